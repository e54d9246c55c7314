"""How much work something is: calls that the operator's code makes, which no load of the machine moves."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import partner_operator

_HERE = str(Path(partner_operator.__file__).parent)
_MADE = "<string>"
"""Where the methods of dataclasses come from."""


def calls_of(do: Callable[[], object]) -> int:
    """Calls of the operator's functions, steps of its generators, and calls of built-in functions by them."""
    found: Counter[CodeType] = Counter()

    def note(frame: FrameType, event: str, argument: Any) -> None:
        if event in {"call", "c_call"}:
            found[frame.f_code] += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        do()
    finally:
        sys.setprofile(before)
    return sum(
        count
        for code, count in found.items()
        if code.co_filename.startswith(_HERE) or code.co_filename == _MADE
    )


def growth(work: Callable[[int], Callable[[], object]], sizes: tuple[int, ...]) -> list[float]:
    """How many times the work grows from one of the sizes to the next. `work` prepares it for a size."""
    found = [calls_of(work(size)) for size in sizes]
    return [larger / smaller for smaller, larger in pairwise(found)]
