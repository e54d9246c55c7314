"""Case C18: the hour that does not exist, the one that comes twice, and windows over midnight."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_operator.trust.cron import CronError, parse_cron
from partner_operator.trust.model import RestartWindow
from partner_operator.trust.windows import (
    WindowError,
    check_window,
    may_begin,
    next_opening,
    open_until,
)

SUNDAY = RestartWindow("30 2 * * SUN", timedelta(hours=2), "Europe/Berlin")
OVERNIGHT = RestartWindow("0 23 * * SAT", timedelta(hours=6), "Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def openings(window: RestartWindow, start: datetime, end: datetime) -> Iterator[datetime]:
    found = next_opening([window], start)
    while found is not None and found < end:
        yield found
        found = next_opening([window], found)


def test_the_missing_hour_opens_once_at_the_end_of_the_gap() -> None:
    """2027-03-28 in Berlin: 02:00 becomes 03:00 (01:00 UTC)."""
    day = list(openings(SUNDAY, at("2027-03-27T12:00"), at("2027-03-29T12:00")))
    assert day == [at("2027-03-28T01:00")]
    assert open_until([SUNDAY], at("2027-03-28T00:59")) is None
    assert open_until([SUNDAY], at("2027-03-28T01:00")) == at("2027-03-28T03:00")
    assert open_until([SUNDAY], at("2027-03-28T03:00")) is None


def test_the_double_hour_opens_once_and_lasts_two_real_hours() -> None:
    """2027-10-31 in Berlin: 02:30 comes at 00:30 and at 01:30 UTC."""
    day = list(openings(SUNDAY, at("2027-10-30T12:00"), at("2027-11-01T12:00")))
    assert day == [at("2027-10-31T00:30")]
    assert open_until([SUNDAY], at("2027-10-31T01:30")) == at("2027-10-31T02:30")
    assert open_until([SUNDAY], at("2027-10-31T02:30")) is None


@pytest.mark.parametrize(
    ("opens", "closes"),
    [
        ("2027-03-27T22:00", "2027-03-28T04:00"),
        ("2027-10-30T21:00", "2027-10-31T03:00"),
        ("2027-06-05T21:00", "2027-06-06T03:00"),
    ],
    ids=["over the gap", "over the double hour", "plain"],
)
def test_a_window_over_midnight_lasts_its_real_time(opens: str, closes: str) -> None:
    assert next_opening([OVERNIGHT], at(opens) - timedelta(hours=9)) == at(opens)
    assert open_until([OVERNIGHT], at(opens)) == at(closes)
    assert open_until([OVERNIGHT], at(closes) - timedelta(seconds=1)) == at(closes)
    assert open_until([OVERNIGHT], at(closes)) is None


def test_a_zone_without_summer_time_is_plain_arithmetic() -> None:
    window = RestartWindow("15 3 * * *", timedelta(hours=1), "Asia/Taipei")
    assert next_opening([window], at("2027-03-28T00:00")) == at("2027-03-28T19:15")


def test_two_years_have_one_opening_a_week_and_no_busy_loop() -> None:
    began = time.process_time()
    found = list(openings(SUNDAY, at("2027-01-01T00:00"), at("2029-01-01T00:00")))
    assert len(found) == 105
    assert all(
        timedelta(days=6) < later - earlier < timedelta(days=8)
        for earlier, later in pairwise(found)
    )
    assert time.process_time() - began < 5


@given(
    st.sampled_from(["30 2 * * SUN", "*/20 1-3 * * *", "0 23 * * 6", "0 2 28 3 *"]),
    st.integers(5, 600),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Taipei"]),
    st.integers(0, 2 * 366 * 24 * 60),
)
def test_open_and_next_agree_at_every_minute(
    schedule: str, minutes: int, zone: str, minute: int
) -> None:
    """Open means: some opening lies less than the duration back; next lies ahead and opens."""
    window = RestartWindow(schedule, timedelta(minutes=minutes), zone)
    now = at("2027-01-01T00:00") + timedelta(minutes=minute)
    past = list(openings(window, now - window.duration, now + timedelta(seconds=1)))
    expected = past[-1] + window.duration if past else None
    assert open_until([window], now) == expected
    ahead = next_opening([window], now)
    assert ahead is not None
    assert ahead > now
    closing = open_until([window], ahead)
    assert closing is not None
    assert closing >= ahead + window.duration
    assert may_begin([window], ahead, window.duration)


def test_no_window_means_always_and_several_mean_any() -> None:
    assert may_begin([], at("2027-01-01T00:00"), timedelta(days=9))
    morning = RestartWindow("0 5 * * *", timedelta(hours=1), "UTC")
    evening = RestartWindow("0 20 * * *", timedelta(hours=1), "UTC")
    both = [morning, evening]
    assert may_begin(both, at("2027-01-01T20:30"), timedelta(minutes=30))
    assert not may_begin(both, at("2027-01-01T20:31"), timedelta(minutes=30))
    assert next_opening(both, at("2027-01-01T06:00")) == at("2027-01-01T20:00")


def test_a_day_that_comes_every_eight_years_is_found_and_one_that_never_comes_is_not() -> None:
    leap = RestartWindow("0 0 29 2 *", timedelta(hours=1), "UTC")
    assert next_opening([leap], at("2096-03-01T00:00")) == at("2104-02-29T00:00")
    never = RestartWindow("0 0 31 2 *", timedelta(hours=1), "UTC")
    assert next_opening([never], at("2027-01-01T00:00")) is None


@pytest.mark.parametrize(
    ("window", "words"),
    [
        (RestartWindow("0 2 * *", timedelta(hours=1), "UTC"), "4 fields"),
        (RestartWindow("61 2 * * *", timedelta(hours=1), "UTC"), "minute"),
        (RestartWindow("0 2 * * *", timedelta(hours=1), "Europe/Berln"), "Berln"),
        (RestartWindow("0 2 * * *", timedelta(hours=1), "../../etc/passwd"), "time zone"),
        (RestartWindow("0 2 * * *", timedelta(hours=1), ""), "time zone"),
        (RestartWindow("0 2 * * *", timedelta(minutes=4), "UTC"), "duration"),
        (RestartWindow("0 2 * * *", timedelta(days=8), "UTC"), "duration"),
    ],
)
def test_a_window_that_cannot_be_used_is_refused_with_a_sentence(
    window: RestartWindow, words: str
) -> None:
    with pytest.raises(WindowError, match=words):
        check_window(window)


@pytest.mark.parametrize(
    ("schedule", "minutes", "hours"),
    [
        ("*/15 2 * * *", (0, 15, 30, 45), (2,)),
        ("5/20 1-3 * * *", (5, 25, 45), (1, 2, 3)),
        ("0,30 22,2 ? * ?", (0, 30), (2, 22)),
        ("10-20/5 0 1 JAN mon-FRI", (10, 15, 20), (0,)),
    ],
)
def test_cron_fields(schedule: str, minutes: tuple[int, ...], hours: tuple[int, ...]) -> None:
    parsed = parse_cron(schedule)
    assert (parsed.minutes, parsed.hours) == (minutes, hours)


def test_sunday_is_0_and_7_and_either_day_field_is_enough() -> None:
    sunday = at("2027-03-28T00:00").date()
    assert parse_cron("0 0 * * 0").fits(sunday)
    assert parse_cron("0 0 * * 7").fits(sunday)
    assert parse_cron("0 0 28 * MON").fits(sunday)
    assert not parse_cron("0 0 27 * MON").fits(sunday)
    assert not parse_cron("0 0 27 * *").fits(sunday)
    assert not parse_cron("0 0 28 4 *").fits(sunday)


@pytest.mark.parametrize(
    "schedule",
    ["", "* * * * * *", "@daily", "a * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8",
     "*/0 * * * *", "5-1 * * * *", "-1 * * * *", "1, * * * *", "1/ * * * *", "٣ * * * *", "* * * * SUNDAY"],
)  # fmt: skip
def test_wrong_schedules_are_refused(schedule: str) -> None:
    with pytest.raises(CronError):
        parse_cron(schedule)
