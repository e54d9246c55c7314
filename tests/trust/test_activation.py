"""Restart planning: level-triggered, one host at a time, never twice (rules 7, 18 to 20, C04, C05, C24, C25)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from partner_operator.trust.activation import (
    DAY,
    MOST_PER_DAY,
    Look,
    host_of,
    is_young,
    mark_failed,
    mark_not_restarted,
    mark_refused,
    mark_restarted,
    mark_restarting,
    raise_requirement,
    threshold,
)
from partner_operator.trust.model import RestartReport
from partner_operator.trust.skew import SKEW, is_skewed
from partner_operator.trust.status import HostRestartState, HostStatus, IISStatus
from support.trust.restarts import (
    AFTER,
    BEFORE,
    CURRENT,
    FAILED,
    HOSTS,
    LATER,
    MINUTE,
    PENDING,
    SINCE,
    joined,
    remembered,
    seen,
    state,
)
from support.trust.worlds import NOW


def test_the_requirement_only_rises_and_what_hosts_were_judged_by_is_void_then() -> None:
    raised = raise_requirement(None, NOW)
    assert raised.restart_required_since == NOW
    assert raise_requirement(raised, BEFORE) == raised
    assert raise_requirement(raised, AFTER).restart_required_since == AFTER
    judged = joined(raised, seen("ex1", AFTER), hosts=("ex1",)).iis
    line = host_of(raise_requirement(judged, NOW), "ex1")
    assert line is not None
    assert line.required_since is None
    odd = raise_requirement(None, NOW + timedelta(microseconds=1))
    assert odd.restart_required_since == NOW + timedelta(seconds=1), "too late, not too early"


@pytest.mark.parametrize(
    ("started", "pending"),
    [(BEFORE, True), (NOW - timedelta(seconds=1), True), (AFTER, False), (None, False)],
)
def test_a_host_is_pending_while_its_oldest_worker_is_older(
    started: datetime | None, pending: bool
) -> None:
    """An admin's own iisreset counts; a host without a worker has nothing cached."""
    view = joined(SINCE, seen("ex1", started), hosts=("ex1",))
    assert bool(view.pending) is pending


@given(
    changed=st.integers(0, 9),
    started=st.integers(-200, 300),
    ahead=st.integers(-4000, 4000),
    slow=st.integers(0, 120),
    at=st.integers(0, 600),
)
@example(changed=6, started=-4, ahead=0, slow=2, at=1)
def test_no_host_is_current_with_workers_from_before_the_change_whatever_its_clock_shows(
    changed: int, started: int, ahead: int, slow: int, at: int
) -> None:
    """C25, in tenths of seconds: the error of measuring another clock is on the safe side, and no larger than
    the look was long and what is cut off. The example has the start, the change and the look in one second.
    """
    tenth = timedelta(seconds=0.1)
    change = NOW + tenth * changed
    began = change + tenth * at
    when = change + tenth * min(started, at + slow)
    found = seen("ex1", when, at=began, ahead=tenth * ahead, slow=tenth * slow)
    view = joined(raise_requirement(None, change), found, hosts=("ex1",))
    current = state(view, "ex1") is CURRENT
    if when < change:
        assert not current
    if when >= change + tenth * slow + timedelta(seconds=4):
        assert current


@given(ahead=st.integers(-4000, 4000), slow=st.lists(st.integers(0, 120), min_size=2, max_size=2))
def test_a_restart_after_the_first_look_counts_however_slow_looks_are(
    ahead: int, slow: list[int]
) -> None:
    skew = timedelta(seconds=ahead)
    first = seen("ex1", BEFORE, ahead=skew, slow=timedelta(seconds=slow[0]))
    view = joined(SINCE, first, hosts=("ex1",))
    assert view.pending == ("ex1",)
    restarted = first.ended + timedelta(seconds=1)
    second = seen("ex1", restarted, at=restarted, ahead=skew, slow=timedelta(seconds=slow[1]))
    assert state(joined(view.iis, second, hosts=("ex1",)), "ex1") is CURRENT


def test_a_look_that_seems_to_begin_before_the_change_is_a_threshold_itself() -> None:
    """Our clock went back, or another node's is behind."""
    early = seen("ex1", at=NOW - 5 * MINUTE)
    assert threshold(NOW, early) == early.state.clock + timedelta(seconds=1)


def test_a_worker_of_the_second_of_the_look_is_not_proven_young() -> None:
    """Dates are cut off: the worker may have started first, then the change was made, then came the look."""
    change = NOW.replace(microsecond=390_000)
    found = Look(seen("ex1", at=NOW).state, NOW.replace(microsecond=590_000), NOW)
    line = HostStatus("ex1", NOW, HostRestartState.PENDING, threshold(change, found))
    assert not is_young(line, NOW)
    assert is_young(line, NOW + timedelta(seconds=1))


def test_a_clock_that_is_set_back_after_the_first_look_asks_for_no_second_restart() -> None:
    view = joined(SINCE, seen("ex1", ahead=10 * MINUTE), hosts=("ex1",))
    iis = mark_restarting(view, "ex1", now=LATER)
    began = LATER + MINUTE
    iis = mark_restarted(iis, "ex1", RestartReport(True, began))
    back = joined(iis, seen("ex1", began + MINUTE, at=began + 2 * MINUTE), hosts=("ex1",))
    assert state(back, "ex1") is CURRENT


def test_without_a_requirement_nothing_is_pending() -> None:
    """An empty status is no reason to restart anything (rule 15)."""
    for iis in (None, IISStatus()):
        view = joined(iis, *(seen(name) for name in HOSTS))
        assert not view.open
    assert joined(None).iis == IISStatus()


def test_a_status_of_the_version_before_costs_a_look_and_no_restart() -> None:
    """It knows no thresholds, and nothing of health."""
    lines = tuple(HostStatus(name, AFTER, CURRENT) for name in HOSTS)
    old = IISStatus(NOW, lines)
    assert joined(old).unseen == HOSTS
    assert not joined(old, *(seen(name, AFTER) for name in HOSTS)).open


def test_a_host_that_leaves_takes_its_measure_along() -> None:
    iis = remembered(ex1=CURRENT, ex2=FAILED)
    view = joined(iis, seen("ex1", AFTER), hosts=("ex1",))
    assert view.left == ("ex2",)
    assert not view.open
    assert not view.unwell


def test_a_restart_that_a_crash_prevented_is_made_and_does_not_count() -> None:
    view = joined(remembered(ex1=PENDING, ex2=PENDING), *(seen(name) for name in HOSTS))
    iis = mark_restarting(view, "ex1", now=LATER)
    again = joined(iis, *(seen(name) for name in HOSTS))
    assert again.pending[0] == "ex1"
    line = host_of(again.iis, "ex1")
    assert line is not None
    assert line.restarted_at == ()
    assert again.iis.round is not None
    assert again.iis.round.hosts == HOSTS


def test_a_restart_that_happened_counts_and_is_not_repeated() -> None:
    view = joined(remembered(ex1=PENDING, ex2=PENDING), *(seen(name) for name in HOSTS))
    iis = mark_restarting(view, "ex1", now=LATER)
    after = joined(iis, seen("ex1", LATER), seen("ex2"), seen("ex3"))
    assert after.pending == ("ex2", "ex3")
    line = host_of(after.iis, "ex1")
    assert line is not None
    assert line.restarted_at == (LATER,)
    assert after.iis.round is not None
    assert after.iis.round.hosts == ("ex2", "ex3")


def test_a_change_right_after_a_restart_that_a_crash_hid_asks_for_one_more_and_both_count() -> None:
    """The workers are not those of before, though they are too old for the new change."""
    view = joined(remembered(ex1=PENDING), seen("ex1"), hosts=("ex1",))
    iis = raise_requirement(mark_restarting(view, "ex1", now=LATER), LATER + MINUTE)
    after = joined(iis, seen("ex1", LATER, at=LATER + 2 * MINUTE), hosts=("ex1",))
    line = host_of(after.iis, "ex1")
    assert line is not None
    assert (line.state, line.restarted_at) == (PENDING, (LATER,))
    assert after.iis.round is None


def test_a_host_that_came_back_by_half_is_not_back_in_any_later_look() -> None:
    """C24: the measure is what it was before, for this pass and for the next."""
    view = joined(SINCE, seen("ex1"), seen("ex2"), hosts=HOSTS[:2])
    iis = mark_restarting(view, "ex1", now=LATER)
    for marked in (iis, mark_failed(iis, "ex1", "")):
        half = joined(marked, seen("ex1", LATER, "503"), seen("ex2"), hosts=HOSTS[:2])
        assert half.failed == ("ex1",)
        again = joined(half.iis, seen("ex1", LATER, "503"), seen("ex2"), hosts=HOSTS[:2])
        assert again.failed == ("ex1",)
        well = joined(again.iis, seen("ex1", LATER), seen("ex2"), hosts=HOSTS[:2])
        assert (well.failed, well.pending) == ((), ("ex2",))


def test_a_host_that_served_nothing_needs_nothing_to_be_back() -> None:
    view = joined(SINCE, seen("ex1", answer="503"), hosts=("ex1",))
    iis = mark_restarting(view, "ex1", now=LATER)
    assert state(joined(iis, seen("ex1", LATER, "none"), hosts=("ex1",)), "ex1") is CURRENT


def test_a_measure_rises_with_any_look_and_falls_after_a_day_of_the_same() -> None:
    view = joined(SINCE, seen("ex1", answer="503"), hosts=("ex1",))
    assert not view.unwell
    view = joined(view.iis, seen("ex1"), hosts=("ex1",))
    view = joined(view.iis, seen("ex1", answer="503"), hosts=("ex1",))
    assert [line.name for line in view.unwell] == ["ex1"]
    first = view
    for hours in (1, 23):
        view = joined(
            view.iis, seen("ex1", answer="503"), hosts=("ex1",), now=LATER + timedelta(hours=hours)
        )
        assert view.iis == first.iis, "nothing moves while nothing changes"
    worse = joined(view.iis, seen("ex1", None, "503"), hosts=("ex1",), now=LATER + DAY)
    assert worse.unwell, "another lesser health has its own day"
    same = joined(view.iis, seen("ex1", answer="503"), hosts=("ex1",), now=LATER + DAY)
    assert not same.unwell


def test_a_host_that_cannot_be_looked_at_is_less_healthy_for_as_long_as_it_takes() -> None:
    view = joined(remembered(ex1=PENDING, ex2=PENDING), seen("ex1"), hosts=HOSTS[:2])
    assert not view.unwell, "not looked at is not away"
    for hours in (0, 48):
        now = LATER + timedelta(hours=hours)
        view = joined(view.iis, seen("ex1"), hosts=HOSTS[:2], now=now, silent=("ex2",))
        assert [line.name for line in view.unwell] == ["ex2"]
    never = joined(SINCE, seen("ex1"), hosts=HOSTS[:2], silent=("ex2",))
    assert [line.name for line in never.unwell] == ["ex2"], "also one that never answered"


def test_a_host_on_which_nothing_was_restarted_is_told_apart_and_left_alone() -> None:
    view = joined(remembered(ex1=PENDING, ex2=PENDING), seen("ex1"), seen("ex2"), hosts=HOSTS[:2])
    iis = mark_refused(mark_restarting(view, "ex1", now=LATER), "ex1", "Access denied.")
    same = joined(iis, seen("ex1"), seen("ex2"), hosts=HOSTS[:2])
    assert (same.refused, same.pending) == (("ex1",), ("ex2",))
    human = joined(iis, seen("ex1", LATER), seen("ex2"), hosts=HOSTS[:2])
    assert (human.refused, human.pending) == ((), ("ex2",))
    line = host_of(human.iis, "ex1")
    assert line is not None
    assert line.said == ""


def test_restarts_are_kept_for_a_day_and_no_more_than_the_highest_budget() -> None:
    view = joined(SINCE, seen("ex1"), hosts=("ex1",))
    for number in range(40):
        view = replace(view, iis=mark_restarting(view, "ex1", now=LATER + number * MINUTE))
    line = host_of(view.iis, "ex1")
    assert line is not None
    assert len(line.restarted_at) == MOST_PER_DAY
    later = mark_restarting(view, "ex1", now=LATER + 2 * DAY)
    line = host_of(later, "ex1")
    assert line is not None
    assert line.restarted_at == (LATER + 2 * DAY,)
    line = host_of(mark_not_restarted(later, "ex1"), "ex1")
    assert line is not None
    assert (line.restarted_at, line.state) == ((), PENDING)


@pytest.mark.parametrize(
    ("ahead", "before", "skewed"),
    [
        (SKEW + MINUTE, False, True),
        (-SKEW - MINUTE, False, True),
        (SKEW - MINUTE, True, False),
        (timedelta(0), True, False),
        (SKEW - timedelta(seconds=5), True, True),
        (SKEW - timedelta(seconds=5), False, False),
    ],
)
def test_skew_is_told_when_it_is_proven_and_no_longer_when_it_is_disproven(
    ahead: timedelta, before: bool, skewed: bool
) -> None:
    """A look of ten seconds says nothing about five; then it stays as it was."""
    clock = NOW + timedelta(seconds=10) + ahead
    assert is_skewed(before, clock, NOW, NOW + timedelta(seconds=10)) is skewed
