"""How single values stand in our YAML: instants, durations, test results."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel

from partner_operator.kube.api.durations import format_duration, parse_duration


class Model(BaseModel):
    """A part of our YAML: camelCase outside, unknown fields ignored, never changed."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


def _to_instant(value: object) -> datetime:
    parsed = datetime.fromisoformat(str(value))
    if parsed.tzinfo is None:
        raise ValueError("an instant needs its offset, for example 2026-11-25T08:00:00Z")
    return parsed.astimezone(UTC)


def format_instant(value: datetime) -> str:
    """RFC 3339 in UTC; a fraction of a second is kept where there is one."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _to_duration(value: object) -> timedelta:
    return parse_duration(str(value))


def _to_passed(value: object) -> bool:
    if value in ("Passed", "Failed"):
        return value == "Passed"
    raise ValueError("a result is Passed or Failed")


Instant = Annotated[
    datetime,
    BeforeValidator(_to_instant),
    PlainSerializer(format_instant, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Duration = Annotated[
    timedelta,
    BeforeValidator(_to_duration),
    PlainSerializer(format_duration, when_used="json"),
    WithJsonSchema({"type": "string"}),
]
Passed = Annotated[
    bool,
    BeforeValidator(_to_passed),
    PlainSerializer(lambda passed: "Passed" if passed else "Failed", when_used="json"),
    WithJsonSchema({"type": "string", "enum": ["Passed", "Failed"]}),
]
