"""How much work something is: calls that the operator's code makes, which no load of the machine moves."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import partner_operator

_HERE = str(Path(partner_operator.__file__).parent)
_TURN = asyncio.Handle._run.__code__
"""What the event loop does in each turn with each task."""
_MADE = "<string>"
"""Where the methods of dataclasses come from."""


_Note = Callable[[FrameType, str, Any], None]


def calls_of(do: Callable[[], object]) -> int:
    """Calls of the operator's functions, steps of its generators, and calls of built-in functions by them.

    Those in the thread of whoever asks.
    """
    found: Counter[CodeType] = Counter()

    def note(frame: FrameType, event: str, argument: Any) -> None:
        if event in {"call", "c_call"}:
            found[frame.f_code] += 1

    _watched(do, note)
    return _ours(found)


def longest_turn(do: Callable[[], object]) -> int:
    """The most such calls between two turns of the event loop."""
    found: Counter[CodeType] = Counter()
    most = 0

    def note(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal most
        if event not in {"call", "c_call"}:
            return
        if frame.f_code is _TURN:
            most = max(most, _ours(found))
            found.clear()
        found[frame.f_code] += 1

    _watched(do, note)
    return max(most, _ours(found))


def _watched(do: Callable[[], object], note: _Note) -> None:
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        do()
    finally:
        sys.setprofile(before)


def _ours(found: Counter[CodeType]) -> int:
    return sum(
        count
        for code, count in found.items()
        if code.co_filename.startswith(_HERE) or code.co_filename == _MADE
    )


def growth(work: Callable[[int], Callable[[], object]], sizes: tuple[int, ...]) -> list[float]:
    """How many times the work grows from one of the sizes to the next. `work` prepares it for a size."""
    found = [calls_of(work(size)) for size in sizes]
    return [larger / smaller for smaller, larger in pairwise(found)]
