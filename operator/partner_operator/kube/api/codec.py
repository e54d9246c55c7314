"""`.status` as JSON to `trust.status` and back, without loss.

What cannot be read is forgotten, field by field: a status that somebody damaged, or that a newer
version wrote, is an empty memory and never a reason to change or restart anything.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from partner_operator.kube.api.derived import InYAML
from partner_operator.trust.status import ApplicationStatus, ServerStatus

logger = logging.getLogger(__name__)

_Status = TypeVar("_Status", ApplicationStatus, ServerStatus)
SERVER: TypeAdapter[ServerStatus] = TypeAdapter(Annotated[ServerStatus, InYAML])
APPLICATION: TypeAdapter[ApplicationStatus] = TypeAdapter(Annotated[ApplicationStatus, InYAML])


def to_json(status: ApplicationStatus | ServerStatus) -> dict[str, Any]:
    """Write a status as the API server stores it; what is empty is left out."""
    adapter: TypeAdapter[Any] = SERVER if isinstance(status, ServerStatus) else APPLICATION
    written = adapter.dump_python(status, mode="json", by_alias=True, exclude_none=True)
    return {key: value for key, value in written.items() if value != []}


def server_status(document: object) -> ServerStatus:
    """Read `.status` of a PartnerServer."""
    return _read(document, SERVER)


def application_status(document: object) -> ApplicationStatus:
    """Read `.status` of a PartnerApplication."""
    return _read(document, APPLICATION)


def _read(document: object, adapter: TypeAdapter[_Status]) -> _Status:
    remaining = dict(document) if isinstance(document, Mapping) else {}
    while True:
        try:
            return adapter.validate_python(remaining)
        except ValidationError as error:
            path = error.errors(include_url=False, include_input=False)[0]["loc"]
            logger.warning("status field %s cannot be read and is forgotten", path)
            remaining = _without(remaining, path)


def _without(document: dict[str, Any], path: tuple[int | str, ...]) -> dict[str, Any]:
    """Drop what is damaged: one item of a list at the top (a condition), else the whole field."""
    field = str(path[0])
    value = document[field]
    if isinstance(value, list) and len(path) > 1 and isinstance(path[1], int):
        kept = [item for index, item in enumerate(value) if index != path[1]]
        return {**document, field: kept}
    return {key: item for key, item in document.items() if key != field}
