"""Values of product objects as the operator's scripts write them: texts, instants, comparisons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from partner_simulator.ports import PsEnum, PsObject, PsText


def prop(item: PsObject | None, name: str) -> Any:
    """A property; null where the object or the property is missing."""
    return None if item is None else item.properties.get(name)


def first(items: Sequence[PsObject]) -> PsObject | None:
    """The first, if there is one."""
    return items[0] if items else None


def text(value: Any) -> str:
    """A value as text: an enum by its name, an object by its text form."""
    match value:
        case None:
            return ""
        case PsEnum():
            return value.name
        case PsText() | PsObject():
            return value.text
        case list() | tuple():
            return " ".join(text(item) for item in value)
    return str(value)


def texts(item: PsObject, **keys: str) -> dict[str, Any]:
    """Answers' keys with the text of the named properties."""
    return {key: text(prop(item, name)) for key, name in keys.items()}


def flags(item: PsObject, **keys: str) -> dict[str, Any]:
    """Answers' keys with the truth of the named properties."""
    return {key: bool(prop(item, name)) for key, name in keys.items()}


def same(left: Any, right: Any) -> bool:
    """Letter by letter but for case."""
    return _upper(text(left)) == _upper(text(right))


def listed(names: Iterable[Any], name: Any) -> bool:
    """Whether one of these is the same."""
    return any(one is not None and same(one, name) for one in names)


def instant(value: Any) -> str | None:
    """A time in UTC, to the second; null for what is none."""
    if not isinstance(value, datetime):
        return None
    known = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    return known.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _upper(word: str) -> str:
    """By the simple mapping of each letter, as .NET's OrdinalIgnoreCase."""
    return "".join(big if len(big := letter.upper()) == 1 else letter for letter in word)
