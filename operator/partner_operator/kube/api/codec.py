"""`.status` as JSON to `trust.status` and back, without loss.

What cannot be read is forgotten, field by field: a status that somebody damaged, or that a newer
version wrote, is an empty memory and never a reason to change or restart anything.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from partner_operator.kube.api.status import ApplicationStatusModel, ServerStatusModel
from partner_operator.kube.api.values import Model
from partner_operator.trust.status import ApplicationStatus, ServerStatus

logger = logging.getLogger(__name__)

_Status = TypeVar("_Status", ApplicationStatus, ServerStatus)
_SERVER = TypeAdapter(ServerStatus)
_APPLICATION = TypeAdapter(ApplicationStatus)


def to_json(status: ApplicationStatus | ServerStatus) -> dict[str, Any]:
    """Write a status as the API server stores it; what is empty is left out."""
    model: Model
    if isinstance(status, ServerStatus):
        model = ServerStatusModel.model_validate(asdict(status))
    else:
        model = ApplicationStatusModel.model_validate(asdict(status))
    written = model.model_dump(mode="json", by_alias=True)
    return {key: value for key, value in _without_none(written).items() if value != []}


def server_status(document: object) -> ServerStatus:
    """Read `.status` of a PartnerServer."""
    return _read(document, ServerStatusModel, _SERVER)


def application_status(document: object) -> ApplicationStatus:
    """Read `.status` of a PartnerApplication."""
    return _read(document, ApplicationStatusModel, _APPLICATION)


def _read(document: object, model: type[Model], values: TypeAdapter[_Status]) -> _Status:
    remaining = dict(document) if isinstance(document, Mapping) else {}
    while True:
        try:
            parsed = model.model_validate(remaining)
        except ValidationError as error:
            path = error.errors(include_url=False, include_input=False)[0]["loc"]
            logger.warning("status field %s cannot be read and is forgotten", path)
            remaining = _without(remaining, path)
        else:
            return values.validate_python(parsed.model_dump())


def _without(document: dict[str, Any], path: tuple[int | str, ...]) -> dict[str, Any]:
    """Drop what is damaged: one item of a list at the top (a condition), else the whole field."""
    field = str(path[0])
    value = document[field]
    if isinstance(value, list) and len(path) > 1 and isinstance(path[1], int):
        kept = [item for index, item in enumerate(value) if index != path[1]]
        return {**document, field: kept}
    return {key: item for key, item in document.items() if key != field}


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_none(item) for item in value]
    return value
