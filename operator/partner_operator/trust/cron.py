"""Five-field cron expressions as sets of values; no clock and no time zone.

Kubernetes' own dialect: lists, ranges, steps, names of months and days, `?` as `*`, 0 or 7 for Sunday.
As everywhere in cron, a day fits when either day field fits, if both are restricted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

_LONGEST_NUMBER = 9
"""Digits."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LAST_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""Of each month, in the years in which it is longest."""


class CronError(ValueError):
    """A schedule that cannot be understood; the message names the part."""


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed schedule."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """0 is Sunday."""
    either_day: bool
    """Both day fields are restricted: one that fits is enough."""

    def fits(self, day: date) -> bool:
        """Whether the schedule names any time on this day."""
        if day.month not in self.months:
            return False
        by_date = day.day in self.days
        by_weekday = day.isoweekday() % 7 in self.weekdays
        return by_date or by_weekday if self.either_day else by_date and by_weekday

    @property
    def comes(self) -> bool:
        """Whether any year has a day that fits; 31 February is in none."""
        shortest = min(self.days)
        return self.either_day or any(shortest <= _LAST_DAYS[month - 1] for month in self.months)


def parse_cron(schedule: str) -> Cron:
    """Read `minute hour day-of-month month day-of-week`. Raises CronError."""
    fields = schedule.split()
    if len(fields) != 5:
        raise CronError(
            f"{schedule!r} has {len(fields)} fields where cron has 5: minute, hour, day of month, month, "
            "day of week"
        )
    minute, hour, day, month, weekday = fields
    weekdays = {value % 7 for value in _values(weekday, "day of week", 0, 7, _DAYS, first=0)}
    return Cron(
        minutes=tuple(sorted(_values(minute, "minute", 0, 59))),
        hours=tuple(sorted(_values(hour, "hour", 0, 23))),
        days=frozenset(_values(day, "day of month", 1, 31)),
        months=frozenset(_values(month, "month", 1, 12, _MONTHS, first=1)),
        weekdays=frozenset(weekdays),
        either_day=not _is_any(day) and not _is_any(weekday),
    )


def _is_any(field: str) -> bool:
    return field[0] in "*?"


def _values(
    field: str, what: str, low: int, high: int, names: tuple[str, ...] = (), first: int = 0
) -> set[int]:
    values: set[int] = set()
    for item in field.split(","):
        span, slash, step_text = item.partition("/")
        step = _number(step_text, what, field) if slash else 1
        if step < 1:
            raise CronError(f"the step in {what} {field!r} must be 1 or more")
        if span in {"*", "?"}:
            start, end = low, high
        else:
            left, dash, right = span.partition("-")
            start = _value(left, what, field, names, first)
            # A step without a range runs to the end of the field: 5/15 is 5-59/15.
            end = _value(right, what, field, names, first) if dash else (high if slash else start)
        if not (low <= start <= high and low <= end <= high):
            raise CronError(f"{what} {field!r} is outside {low} to {high}")
        if start > end:
            raise CronError(f"{what} {field!r} runs backwards; write two ranges with a comma")
        values.update(range(start, end + 1, step))
    return values


def _value(text: str, what: str, field: str, names: tuple[str, ...], first: int) -> int:
    if text.lower() in names:
        return names.index(text.lower()) + first
    return _number(text, what, field)


def _number(text: str, what: str, field: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
        raise CronError(f"{what} {field!r} is not understood")
    return int(text)
