"""Maintenance windows: cron schedule, duration, time zone (case C18).

A time that a change to summer time skips opens at the first instant after the gap; one that comes
twice opens once, the first time. Durations are real time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from partner_operator.trust.cron import Cron, CronError, parse_cron
from partner_operator.trust.model import RestartWindow

RESTART_TIME = timedelta(minutes=5)
"""What one host may need; no restart begins when a window leaves less."""
LONGEST_DURATION = timedelta(days=7)
FARTHEST_DAYS = 3660
"""Days to look ahead: 29 February can be eight years away."""
_DAY = timedelta(days=1)


class WindowError(ValueError):
    """A window that can never be understood. `field` is the part as the declaration spells it; the message is a
    sentence about it.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def check_window(window: RestartWindow) -> None:
    """Raises WindowError unless schedule, duration and time zone can be used."""
    _cron(window)
    _zone(window)
    if not RESTART_TIME <= window.duration <= LONGEST_DURATION:
        raise WindowError(
            "duration", "The duration of a restart window must be between 5 minutes and 7 days."
        )


def check_declared(window: RestartWindow) -> None:
    """Raises WindowError also for a window that never opens: whoever declares it waits for a restart in vain."""
    check_window(window)
    if not _cron(window).comes:
        raise WindowError(
            "schedule",
            f"The schedule {window.schedule!r} names a day that no year has, so the window never opens.",
        )


def open_until(windows: Sequence[RestartWindow], now: datetime) -> datetime | None:
    """When the window that is open now closes (the latest, in UTC), or None if none is open.

    Raises WindowError.
    """
    closings = (_closing(window, now) for window in windows)
    return max((closing for closing in closings if closing is not None), default=None)


def next_opening(windows: Sequence[RestartWindow], now: datetime) -> datetime | None:
    """The first opening after `now`, in UTC; None if there is none within ten years.

    Raises WindowError.
    """
    openings = (_next_opening(window, now) for window in windows)
    return min((opening for opening in openings if opening is not None), default=None)


def may_begin(windows: Sequence[RestartWindow], now: datetime, needed: timedelta) -> bool:
    """True without windows, or when one is open for at least `needed` more. Raises WindowError."""
    if not windows:
        return True
    closing = open_until(windows, now)
    return closing is not None and closing - now >= needed


def _closing(window: RestartWindow, now: datetime) -> datetime | None:
    """When this window closes, if it is open at `now`: the latest opening decides."""
    check_window(window)
    day = now.astimezone(_zone(window)).date()
    earliest = (now - window.duration).astimezone(_zone(window)).date() - _DAY
    while day >= earliest:
        past = [opening for opening in _openings_on(window, day) if opening <= now]
        if past:
            closing = max(past) + window.duration
            return closing if closing > now else None
        day -= _DAY
    return None


def _next_opening(window: RestartWindow, now: datetime) -> datetime | None:
    check_window(window)
    # The day before, because an opening in a gap may have slid past midnight.
    day = now.astimezone(_zone(window)).date() - _DAY
    for _ in range(FARTHEST_DAYS):
        future = [opening for opening in _openings_on(window, day) if opening > now]
        if future:
            return min(future)
        day += _DAY
    return None


def _openings_on(window: RestartWindow, day: date) -> Iterator[datetime]:
    """All instants (UTC) at which the window opens on a day of its own time zone."""
    cron = _cron(window)
    if not cron.fits(day):
        return
    zone = _zone(window)
    for hour in cron.hours:
        for minute in cron.minutes:
            yield _instant(datetime.combine(day, time(hour, minute)), zone)


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a wall-clock time: its first occurrence, or the end of the gap it falls in."""
    first = wall.replace(tzinfo=zone, fold=0)
    instant = first.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    # In a gap the offset before it puts the instant behind the gap by as much as the time lies in it.
    before = first.utcoffset()
    after = first.replace(fold=1).utcoffset()
    assert before is not None
    assert after is not None
    return _end_of_gap(instant - (after - before), instant, zone, after)


def _end_of_gap(low: datetime, high: datetime, zone: ZoneInfo, after: timedelta) -> datetime:
    """The first instant with offset `after` between two instants, to the minute."""
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == after:
            high = middle
        else:
            low = middle
    return high.replace(second=0, microsecond=0)


def _cron(window: RestartWindow) -> Cron:
    try:
        return _parsed(window.schedule)
    except CronError as error:
        raise WindowError(
            "schedule", f"The schedule of a restart window is wrong: {error}."
        ) from error


def _zone(window: RestartWindow) -> ZoneInfo:
    try:
        return ZoneInfo(window.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise WindowError(
            "timeZone",
            f"{window.time_zone or 'An empty text'} is not a time zone. Write a name of the IANA list, for "
            "example Europe/Berlin or UTC.",
        ) from error


_parsed = lru_cache(maxsize=256)(parse_cron)
