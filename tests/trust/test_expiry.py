"""Thresholds before the end of a certificate, as values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_operator.trust.expiry import (
    ENDED,
    MOST_PER_DAY,
    REMEMBERED,
    THRESHOLDS,
    due_warning,
    end_of,
    next_threshold,
    reached,
    warned_of,
)
from support.trust.worlds import NOW, certificate

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("left", "threshold"),
    [
        (60 * DAY + SECOND, None),
        (60 * DAY, 60),
        (30 * DAY + SECOND, 60),
        (30 * DAY, 30),
        (14 * DAY, 14),
        (7 * DAY, 7),
        (DAY, 1),
        (SECOND, 1),
        (timedelta(0), ENDED),
        (-900 * DAY, ENDED),
    ],
)
def test_the_nearest_threshold_counts(left: timedelta, threshold: int | None) -> None:
    assert reached(end_of(certificate(not_after=NOW + left), None), NOW) == threshold


@pytest.mark.parametrize("year", [1, 800, 2050, 9999])
def test_any_year_is_a_day(year: int) -> None:
    instant = datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)
    end = end_of(certificate(not_after=instant), None)
    assert end.ends == f"{year:04}-12-31"
    assert next_threshold(end, NOW) == (None if year < 2026 else instant - 60 * DAY)


@given(st.lists(st.integers(min_value=-3000, max_value=3000), max_size=60))
def test_each_threshold_is_told_once_whatever_the_clock_does(hours: list[int]) -> None:
    """Also one that jumps to after the end and back; what it skipped is told when its time has come."""
    end = end_of(certificate(not_after=NOW + 100 * DAY), None)
    for hour in (*hours, *range(0, 2500, 6)):
        now = NOW + timedelta(hours=hour)
        days = due_warning(end, now)
        if days is not None:
            end = warned_of(end, days, now)
    assert sorted(warned.days for warned in end.warned) == sorted((*THRESHOLDS, ENDED))


@given(st.integers(min_value=0, max_value=99 * 24))
def test_the_next_threshold_is_the_first_instant_at_which_another_is_reached(hour: int) -> None:
    end = end_of(certificate(not_after=NOW + 100 * DAY), None)
    now = NOW + timedelta(hours=hour)
    then = next_threshold(end, now)
    assert then is not None
    assert reached(end, then) != reached(end, now)
    assert reached(end, then - SECOND) == reached(end, now)


def test_certificates_that_come_and_go_are_bounded() -> None:
    known = None
    told = 0
    for number in range(100):
        now = NOW + timedelta(minutes=number)
        end = end_of(certificate(f"{number:040X}", not_after=now + 5 * DAY), known)
        days = due_warning(end, now)
        known = end if days is None else warned_of(end, days, now)
        told += days is not None
    assert told == MOST_PER_DAY
    assert known is not None
    assert len(known.warned) <= REMEMBERED
