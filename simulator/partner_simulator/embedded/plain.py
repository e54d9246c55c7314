"""Values of product objects as the operator's scripts write them: texts, instants, comparisons."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from partner_simulator.ports import PsEnum, PsObject, PsText


def first(items: Sequence[PsObject]) -> PsObject | None:
    """The first, if there is one."""
    return items[0] if items else None


def prop(item: PsObject | None, name: str) -> Any:
    """A property; null where the object or the property is missing."""
    return None if item is None else item.properties.get(name)


def text(item: PsObject | None, name: str) -> str:
    """A property as text."""
    return plain(prop(item, name))


def plain(value: Any) -> str:
    """A value as text: an enum by its name, an object by its text form."""
    match value:
        case PsEnum():
            return value.name
        case PsText() | PsObject():
            return value.text
    return "" if value is None else str(value)


def shown(item: PsObject, texts: str, flags: str = "", instants: str = "") -> dict[str, Any]:
    """Keys of an answer with properties of an object, each list written as `key=Property ...`."""
    return {
        key: form(prop(item, name))
        for form, pairs in ((plain, texts), (bool, flags), (instant, instants))
        for key, _, name in (pair.partition("=") for pair in pairs.split())
    }


def same(left: Any, right: Any) -> bool:
    """Letter by letter but for case, by the simple mapping of each letter as in .NET."""
    return _upper(plain(left)) == _upper(plain(right))


def same_url(left: Any, right: Any) -> bool:
    """The same address: a slash at the end of its path makes no other."""
    one, other = (re.sub(r"/(?=$|\?)", "", plain(url)) for url in (left, right))
    return same(one, other)


def listed(names: Iterable[Any], name: Any) -> bool:
    """Whether one of these is the same."""
    return any(one is not None and same(one, name) for one in names)


def thumbprint(der: bytes | None) -> str:
    """Of a stored certificate; what is no base64 has none."""
    return (
        "UNREADABLE"
        if der is None
        else hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()
    )


def decoded(words: Any) -> bytes | None:
    """Base64 as .NET reads it; None for what is none."""
    try:
        return base64.b64decode("".join(plain(words).split()), validate=True)
    except ValueError:
        return None


def instant(value: Any) -> str | None:
    """A time in UTC, to the second; null for what is none."""
    if not isinstance(value, datetime):
        return None
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _upper(word: str) -> str:
    return "".join(big if len(big := letter.upper()) == 1 else letter for letter in word)
