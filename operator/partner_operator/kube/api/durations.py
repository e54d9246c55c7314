"""Durations as Kubernetes people write them: `90s`, `10m`, `1h30m`, `1h0m0s`, `1.5s`, `250ms`."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
    "us": timedelta(microseconds=1),
}
_WHOLE = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:h|m(?!s)|s|ms|us))+")
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(h|ms|us|m|s)")


def parse_duration(text: str) -> timedelta:
    """Read a duration. Raises ValueError with what to write instead."""
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{text!r} is not a duration; write for example 30s, 10m or 1h30m")
    total = timedelta()
    for number, unit in _PART.findall(text):
        try:
            total += float(number) * _UNITS[unit] if "." in number else int(number) * _UNITS[unit]
        except OverflowError:
            raise ValueError(f"{text!r} is longer than any duration can be") from None
    return total


def format_duration(value: timedelta) -> str:
    """Write a duration, exactly, in the largest units that leave whole numbers."""
    microseconds = value // timedelta(microseconds=1)
    if microseconds < 0:
        raise ValueError("a duration is never negative")
    parts = []
    for unit, size in _UNITS.items():
        count, microseconds = divmod(microseconds, size // timedelta(microseconds=1))
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
