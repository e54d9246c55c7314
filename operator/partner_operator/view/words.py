"""How times, names and thumbprints are written for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

_STEPS = (
    (timedelta(days=730), timedelta(days=365.2425), "years"),
    (timedelta(days=100), timedelta(days=30), "months"),
    (timedelta(hours=48), timedelta(days=1), "days"),
    (timedelta(minutes=120), timedelta(hours=1), "hours"),
    (timedelta(seconds=120), timedelta(minutes=1), "minutes"),
)
"""From which length on which unit is used; two of the smallest at least, so no plural is ever wrong."""
_MOMENT = timedelta(seconds=5)


def length(span: timedelta) -> str:
    """`3 minutes`, `20 days`: one unit, rounded down; years to the nearest."""
    span = abs(span)
    for least, unit, word in _STEPS:
        if span >= least:
            return f"{round(span / unit) if word == 'years' else span // unit} {word}"
    return f"{span // timedelta(seconds=1)} seconds"


def ago(then: datetime, now: datetime) -> str:
    """`3 minutes ago`, `in 20 days`, `just now`."""
    if abs(now - then) < _MOMENT:
        return "just now"
    return f"{length(now - then)} ago" if then <= now else f"in {length(then - now)}"


def day(then: datetime) -> str:
    """`2026-12-31`, in UTC."""
    return then.date().isoformat()


def minute(then: datetime) -> str:
    """`2026-12-31 23:59 UTC`."""
    return f"{day(then)} {then:%H:%M} UTC"


def short(thumbprint: str) -> str:
    """Enough of a thumbprint to tell it from others: `1A2B3C4D…9F0E`."""
    return thumbprint if len(thumbprint) <= 16 else f"{thumbprint[:8]}…{thumbprint[-4:]}"


def listed(names: Sequence[str], most: int = 6) -> str:
    """`a, b and c`, `a, b and 12 more`."""
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
