"""Reading JSON that anybody may have written: what is not as expected is absent, and nothing raises.

Statuses may be of an older or a newer operator, half written by hand, or missing. Texts come back fit to be shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import TypeVar

from partner_operator.texts import shown

Raw = Mapping[str, object]
"""A JSON object, as read."""
NOTHING: Raw = {}

_Enum = TypeVar("_Enum", bound=Enum)


def part(value: object, *path: str) -> Raw:
    """The object at this path; an empty one where there is none."""
    found = at(value, *path)
    return found if isinstance(found, Mapping) else NOTHING


def at(value: object, *path: str) -> object:
    """Whatever stands at this path, or None."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def text(value: object, *path: str) -> str:
    """The text at this path, on one line and visible; empty where there is none."""
    found = at(value, *path)
    return shown(found) if isinstance(found, str) else ""


def number(value: object, *path: str) -> int | None:
    """The whole number at this path."""
    found = at(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def flag(value: object, *path: str) -> bool | None:
    """The truth value at this path."""
    found = at(value, *path)
    return found if isinstance(found, bool) else None


def parts(value: object, *path: str) -> tuple[Raw, ...]:
    """The objects of the list at this path."""
    return tuple(item for item in _items(value, path) if isinstance(item, Mapping))


def texts(value: object, *path: str) -> tuple[str, ...]:
    """The texts of the list at this path."""
    return tuple(shown(item) for item in _items(value, path) if isinstance(item, str))


def instant(value: object, *path: str) -> datetime | None:
    """The time at this path, in UTC."""
    found = at(value, *path)
    if not isinstance(found, str):
        return None
    try:
        read = datetime.fromisoformat(found)
        return read.astimezone(UTC) if read.tzinfo is not None else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def member(kind: type[_Enum], value: object, *path: str) -> _Enum | None:
    """The value of this enum at this path; None: another one, of a newer operator perhaps."""
    found = at(value, *path)
    return next((each for each in kind if each.value == found), None)


def _items(value: object, path: tuple[str, ...]) -> Iterator[object]:
    found = at(value, *path)
    return iter(found if isinstance(found, list | tuple) else ())
