"""Restart planning: level-triggered, one host at a time, never twice (design rule 7, C04, C05)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_operator.trust.activation import (
    RestartAction,
    RestartStep,
    activated,
    look,
    mark_back,
    mark_failed,
    mark_restarting,
    missing_after_restart,
    next_step,
    pending_hosts,
    raise_requirement,
)
from partner_operator.trust.model import HostState, RestartPolicy, RestartRules, RestartWindow
from partner_operator.trust.reasons import ConditionStatus, Reason
from partner_operator.trust.status import HostRestartState, HostStatus, IISStatus
from support.trust_worlds import NOW

HOSTS = ("ex1", "ex2", "ex3")
BEFORE, AFTER = NOW - timedelta(hours=1), NOW + timedelta(minutes=1)
SINCE = IISStatus(restart_required_since=NOW)
NOTHING = RestartStep(RestartAction.NOTHING)
RULES = RestartRules(settle=timedelta(0))


def seen(name: str, started: object = BEFORE) -> HostState:
    return HostState(name, started, NOW, answers={"/ews": "401"})  # type: ignore[arg-type]


def remembered(**states: HostRestartState) -> IISStatus:
    lines = tuple(HostStatus(name, BEFORE, state) for name, state in states.items())
    return IISStatus(NOW, lines)


def step(iis: IISStatus, *states: HostState, rules: RestartRules = RULES) -> RestartStep:
    view = look(iis, {state.fqdn: state for state in states}, HOSTS)
    return next_step(rules, view, now=NOW, last_change_at=NOW)


def test_the_requirement_only_rises() -> None:
    raised = raise_requirement(None, NOW)
    assert raised.restart_required_since == NOW
    assert raise_requirement(raised, BEFORE) == raised
    assert raise_requirement(raised, AFTER).restart_required_since == AFTER


@pytest.mark.parametrize(
    ("started", "pending"),
    [
        (BEFORE, True),
        (NOW - timedelta(microseconds=1), True),
        (NOW, False),
        (AFTER, False),
        (None, False),
    ],
)
def test_a_host_is_pending_while_its_oldest_worker_is_older(started: object, pending: bool) -> None:
    """An admin's own iisreset counts; a host without a worker has nothing cached."""
    assert bool(pending_hosts(SINCE, {"ex1": seen("ex1", started)}, ("ex1",))) is pending


def test_without_a_requirement_nothing_is_pending() -> None:
    """An empty status is no reason to restart anything (rule 15)."""
    states = {name: seen(name) for name in HOSTS}
    for iis in (None, IISStatus()):
        assert pending_hosts(iis, states, HOSTS) == ()
        assert next_step(RULES, look(iis, states, HOSTS), now=NOW, last_change_at=None) == NOTHING
    assert look(None, {}, HOSTS).iis == IISStatus()


def test_a_decommissioned_host_leaves_and_the_round_ends() -> None:
    """Case C04: ex1 done, ex2 being restarted and gone, ex3 pending; only ex3 is restarted."""
    iis = IISStatus(
        NOW,
        (
            HostStatus("ex1", AFTER, HostRestartState.CURRENT),
            HostStatus("ex2", BEFORE, HostRestartState.RESTARTING),
            HostStatus("ex3", BEFORE, HostRestartState.PENDING),
        ),
    )
    left = ("ex1", "ex3")
    states = {"ex1": seen("ex1", AFTER), "ex3": seen("ex3")}
    view = look(iis, states, left)
    assert view.left == ("ex2",)
    assert view.pending == ("ex3",)
    first = next_step(RULES, view, now=NOW, last_change_at=None)
    assert first == RestartStep(RestartAction.RESTART, host="ex3")
    states["ex3"] = seen("ex3", AFTER)
    done = look(mark_back(mark_restarting(view.iis, "ex3"), "ex3", states["ex3"]), states, left)
    assert next_step(RULES, done, now=NOW, last_change_at=None) == NOTHING
    verdict = activated(done, test_passed_at=None, rules=RULES, step=NOTHING)
    assert verdict.reason is Reason.ACTIVATED


def test_a_dead_host_is_named_and_does_not_stop_the_others() -> None:
    """Case C05."""
    iis = remembered(ex1=HostRestartState.PENDING, ex2=HostRestartState.PENDING)
    assert step(iis, seen("ex2"), seen("ex3", AFTER)).host == "ex2"
    view = look(iis, {"ex2": seen("ex2", AFTER), "ex3": seen("ex3", AFTER)}, HOSTS)
    assert view.unseen == ("ex1",)
    waiting = next_step(RULES, view, now=NOW, last_change_at=None)
    assert (waiting.action, waiting.reason) == (RestartAction.WAIT, Reason.ACTIVATION_UNKNOWN)
    verdict = activated(view, test_passed_at=None, rules=RULES, step=waiting)
    assert verdict.status is ConditionStatus.UNKNOWN
    assert "ex1" in verdict.message


def test_no_host_at_all_is_not_activated() -> None:
    """Case C05: an empty list is a fault, never 'nothing to restart, so activated'."""
    verdict = activated(look(SINCE, {}, ()), test_passed_at=None, rules=RULES, step=NOTHING)
    assert (verdict.status, verdict.reason) == (ConditionStatus.UNKNOWN, Reason.NO_HOST_FOUND)


def test_a_host_that_did_not_come_back_stops_the_round_and_is_not_restarted_again() -> None:
    iis = mark_failed(
        remembered(ex1=HostRestartState.RESTARTING, ex2=HostRestartState.PENDING), "ex1"
    )
    asked = step(iis, seen("ex1"), seen("ex2"), seen("ex3"))
    assert (asked.action, asked.reason) == (RestartAction.ASK, Reason.RESTART_FAILED)
    assert step(iis, seen("ex2"), seen("ex3")).action is RestartAction.ASK
    assert step(iis, seen("ex1", None), seen("ex2")).action is RestartAction.ASK
    mended = step(iis, seen("ex1", AFTER), seen("ex2"), seen("ex3"))
    assert mended == RestartStep(RestartAction.RESTART, host="ex2")
    view = look(iis, {}, HOSTS)
    assert (
        activated(view, test_passed_at=None, rules=RULES, step=asked).reason
        is Reason.RESTART_FAILED
    )


def test_a_restart_that_a_crash_prevented_is_made_and_one_that_happened_is_not_repeated() -> None:
    iis = remembered(ex1=HostRestartState.RESTARTING, ex2=HostRestartState.PENDING)
    assert step(iis, seen("ex1"), seen("ex2"), seen("ex3")).host == "ex1"
    assert step(iis, seen("ex1", AFTER), seen("ex2"), seen("ex3")).host == "ex2"


def test_a_host_in_the_middle_of_its_restart_holds_the_others() -> None:
    iis = remembered(ex1=HostRestartState.RESTARTING, ex2=HostRestartState.PENDING)
    assert step(iis, seen("ex2"), seen("ex3")).action is RestartAction.ASK


@pytest.mark.parametrize(
    ("policy", "action", "reason"),
    [
        (RestartPolicy.AUTOMATIC, RestartAction.RESTART, None),
        (RestartPolicy.MANUAL, RestartAction.ASK, Reason.RESTART_APPROVAL_NEEDED),
        (RestartPolicy.NEVER, RestartAction.WAIT, Reason.RESTART_PENDING),
    ],
)
def test_the_policy_says_who_restarts(
    policy: RestartPolicy, action: RestartAction, reason: Reason | None
) -> None:
    taken = step(SINCE, *map(seen, HOSTS), rules=RestartRules(policy, timedelta(0)))
    assert (taken.action, taken.reason) == (action, reason)


def test_silence_comes_first() -> None:
    rules = RestartRules(settle=timedelta(seconds=30))
    taken = step(SINCE, *map(seen, HOSTS), rules=rules)
    assert taken.reason is Reason.WAITING_FOR_SETTLE
    assert taken.not_before == NOW + timedelta(seconds=30)


NIGHT = RestartWindow("0 22 * * *", timedelta(hours=2), "UTC")


@pytest.mark.parametrize(
    ("hour", "minute", "restarts"),
    [(21, 59, False), (22, 0, True), (23, 55, True), (23, 56, False)],
)
def test_no_restart_begins_when_less_than_a_restarts_time_is_left(
    hour: int, minute: int, restarts: bool
) -> None:
    """Case C18."""
    now = NOW.replace(hour=hour, minute=minute)
    view = look(SINCE, {"ex1": seen("ex1")}, ("ex1",))
    rules = RestartRules(settle=timedelta(0), windows=(NIGHT,))
    taken = next_step(rules, view, now=now, last_change_at=None)
    assert (taken.action is RestartAction.RESTART) is restarts
    if not restarts:
        assert taken.reason is Reason.WAITING_FOR_WINDOW
        assert taken.not_before is not None
        assert taken.not_before > now
        assert str(taken.not_before.year) not in taken.message


@pytest.mark.parametrize(
    "window",
    [
        RestartWindow("0 22 * *", NIGHT.duration, "UTC"),
        RestartWindow("0 0 31 2 *", NIGHT.duration, "UTC"),
    ],
    ids=["wrong", "never"],
)
def test_a_window_that_cannot_open_asks_a_human(window: RestartWindow) -> None:
    rules = RestartRules(settle=timedelta(0), windows=(window,))
    taken = step(SINCE, *map(seen, HOSTS), rules=rules)
    assert (taken.action, taken.reason) == (RestartAction.ASK, Reason.INVALID_OBJECT)


def test_a_test_that_passed_after_the_change_proves_activation() -> None:
    """Rule 8; and a test that passed before it proves nothing."""
    view = look(SINCE, {name: seen(name) for name in HOSTS}, HOSTS)
    late = activated(view, test_passed_at=AFTER, rules=RULES, step=NOTHING)
    assert late.status is ConditionStatus.TRUE
    early = activated(view, test_passed_at=NOW, rules=RULES, step=NOTHING)
    assert (early.status, early.reason) == (ConditionStatus.UNKNOWN, Reason.RESTART_PENDING)


def health(answer: str, *services: str, started: object = BEFORE) -> HostState:
    return HostState("ex1", started, NOW, frozenset(services), {"/ews": answer})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after", "back"),
    [
        (health("401", "W3SVC"), health("HTTP/1.1 401 Unauthorized", "W3SVC", "New"), True),
        (health("401"), health("503"), False),
        (health("401"), health(""), False),
        (health("401"), health("404"), False),
        (health("503"), health("503"), True),
        (health("401", "W3SVC", "POP3"), health("401", "W3SVC"), False),
        (health("401"), health("401", started=None), False),
        (health("401", started=None), health("401", started=None), True),
        (None, health("401"), True),
        (None, health("503"), False),
        (None, HostState("ex1", AFTER, NOW), True),
    ],
)
def test_a_host_is_back_when_it_is_as_healthy_as_before(
    before: HostState | None, after: HostState, back: bool
) -> None:
    """What was broken before its restart is not blamed on the restart."""
    assert (missing_after_restart(before, after) == ()) is back


@given(st.lists(st.booleans(), min_size=1, max_size=6), st.data())
def test_a_round_restarts_each_pending_host_once_whatever_crashes_forget(
    old: list[bool], data: st.DataObject
) -> None:
    """The bookkeeping may be lost between any two steps; worker start times are the truth."""
    hosts = tuple(f"ex{number}" for number in range(len(old)))
    states = {
        name: seen(name, BEFORE if pending else AFTER)
        for name, pending in zip(hosts, old, strict=True)
    }
    iis, restarts = SINCE, list[str]()
    for _ in range(3 * len(hosts)):
        if data.draw(st.booleans()):
            iis = IISStatus(iis.restart_required_since)
        view = look(iis, states, hosts)
        taken = next_step(RULES, view, now=NOW, last_change_at=None)
        if taken.host is None:
            break
        restarts.append(taken.host)
        iis = mark_restarting(view.iis, taken.host)
        states[taken.host] = seen(taken.host, AFTER)
    assert restarts == [name for name, pending in zip(hosts, old, strict=True) if pending]
