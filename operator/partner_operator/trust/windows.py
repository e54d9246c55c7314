"""Maintenance windows: cron schedule, duration, time zone (case C18).

A time that a change to summer time skips opens at the first instant after the gap; one that comes
twice opens once, the first time. Durations are real time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from partner_operator.trust.model import RestartWindow


class WindowError(ValueError):
    """A window that can never be understood; the message says which part and why."""


def check_window(window: RestartWindow) -> None:
    """Raises WindowError unless schedule, duration and time zone can be used."""
    raise NotImplementedError


def open_until(windows: Sequence[RestartWindow], now: datetime) -> datetime | None:
    """When the window that is open now closes (the latest, in UTC), or None if none is open.

    Raises WindowError.
    """
    raise NotImplementedError


def next_opening(windows: Sequence[RestartWindow], now: datetime) -> datetime | None:
    """The first opening after `now`, in UTC; None if there is none within ten years.

    Raises WindowError.
    """
    raise NotImplementedError


def may_begin(windows: Sequence[RestartWindow], now: datetime, needed: timedelta) -> bool:
    """True without windows, or when one is open for at least `needed` more. Raises WindowError."""
    raise NotImplementedError
