"""Several changes of one run: what is asked, what is answered of each, and what is known where no answer came."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

MOST_CHARACTERS = 1_000_000
"""Of all parameters together: with the script, and with what is escaped, a request is allowed twice as much."""
_BEGUN = re.compile(r"PO1\+(\d+);")
"""What items.ps1 prints before each item."""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ErrorAnswer(_Answer):
    """An error record, as the bootstrap tells of one."""

    id: str
    type: str
    inner: str
    category: str
    messages: list[str]
    position: str


class ItemAnswer(_Answer):
    """What became of one item that was begun: what its step returned, or its error."""

    data: dict[str, Any] | None
    error: ErrorAnswer | None


class ItemsAnswer(_Answer):
    """The answer of apply.ps1: in the order of the items, as far as they were begun."""

    results: list[ItemAnswer]


def fitting(all_parameters: Sequence[Mapping[str, Any]]) -> int:
    """How many of these fit into one request, from the first on; the first one always does."""
    characters = 0
    for count, parameters in enumerate(all_parameters):
        characters += len(json.dumps(parameters))
        if count and characters > MOST_CHARACTERS:
            return count
    return len(all_parameters)


def begun(printed: str) -> int:
    """How many items were begun, by what the whole run printed."""
    return len(_BEGUN.findall(_unbroken(printed)))


def consoles(printed: str, count: int) -> list[str]:
    """What was printed for people while each of so many items was under way."""
    told = _BEGUN.split(printed)
    by_number = dict(zip(told[1::2], told[2::2], strict=True))
    return [by_number.get(str(number), "") for number in range(count)]


def _unbroken(printed: str) -> str:
    """UTF-16 and wrapped lines must not hide that something began: whoever says "not begun" is believed."""
    return re.sub(r"[\0\r\n]", "", printed)
