"""Dataclasses of `trust/` as they stand in our YAML: derived from their fields, so no type is written twice.

`Annotated[ServerStatus, InYAML]` is read from YAML into a ServerStatus and written from it. Names become
camelCase, values are encoded by their types, in tuples, mappings and nested dataclasses too; unknown fields
are ignored. What has a default may be left out, and so may what can be None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import GetCoreSchemaHandler, WrapSerializer
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, core_schema

from partner_operator.kube.api.values import Duration, Instant, Passed

_BY_NAME: dict[str, tuple[str, Any]] = {
    "last_transition": ("lastTransitionTime", Instant),
    "passed": ("result", Passed),
}
"""Fields that Kubernetes or people call otherwise: their name and type in YAML."""
_BY_TYPE: dict[Any, Any] = {datetime: Instant, timedelta: Duration}
_MAPPING_AS_DICT = WrapSerializer(lambda value, write: write(dict(value)))
"""pydantic writes no mapping but a dict."""


class InYAML:
    """Marks a dataclass whose YAML is derived."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The schema that reads and writes the dataclass `source`."""
        hints = get_type_hints(source)
        arguments = core_schema.dataclass_args_schema(
            source.__name__,
            [_field(field, hints[field.name], handler) for field in fields(source)],
        )
        names = [field.name for field in fields(source)]
        return core_schema.dataclass_schema(source, arguments, names, slots=True)


def _field(
    field: Field[Any], hint: Any, handler: GetCoreSchemaHandler
) -> core_schema.DataclassField:
    name, kind = _BY_NAME.get(field.name) or (to_camel(field.name), _in_yaml(hint))
    schema = handler.generate_schema(kind)
    if field.default_factory is not MISSING:
        schema = core_schema.with_default_schema(schema, default_factory=field.default_factory)
    elif field.default is not MISSING:
        schema = core_schema.with_default_schema(schema, default=field.default)
    elif NoneType in get_args(hint):
        schema = core_schema.with_default_schema(schema, default=None)
    return core_schema.dataclass_field(
        field.name, schema, validation_alias=name, serialization_alias=name
    )


def _in_yaml(hint: Any) -> Any:
    """The same type with our encoding of each value in it."""
    if is_dataclass(hint):
        return Annotated[hint, InYAML]
    origin = get_origin(hint)
    if origin not in (Union, UnionType, tuple, Mapping):
        return _BY_TYPE.get(hint, hint)
    parts = tuple(_in_yaml(part) for part in get_args(hint))
    kind = origin[parts] if origin in (tuple, Mapping) else reduce(or_, parts)
    return Annotated[kind, _MAPPING_AS_DICT] if origin is Mapping else kind
