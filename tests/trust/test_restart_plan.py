"""What a round does next: policy, silence, window, budget, neighbours; and a human's word (C18, C24, C27)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_operator.trust.activated import ByItself, activated
from partner_operator.trust.activation import (
    DAY,
    Look,
    Round,
    host_of,
    look,
    mark_failed,
    mark_refused,
    mark_restarting,
    raise_requirement,
)
from partner_operator.trust.approval import approved
from partner_operator.trust.conditions import LONGEST_MESSAGE, Part
from partner_operator.trust.model import RestartPolicy, RestartRules, RestartWindow
from partner_operator.trust.reasons import ConditionStatus, Reason
from partner_operator.trust.restart_plan import RestartAction, RestartStep, next_step, question_of
from partner_operator.trust.status import IISStatus
from support.trust.restarts import (
    AFTER,
    BEFORE,
    CURRENT,
    HOSTS,
    LATER,
    MINUTE,
    PENDING,
    RESTARTING,
    SINCE,
    joined,
    remembered,
    seen,
    state,
)
from support.trust.worlds import NOW

RULES = RestartRules(settle=timedelta(0))
MANUAL = RestartRules(RestartPolicy.MANUAL, timedelta(0))
NIGHT = RestartWindow("0 22 * * *", timedelta(hours=2), "UTC")
NOTHING = RestartStep(RestartAction.NOTHING)
OLD = tuple(seen(name) for name in HOSTS)


def step(view: Round, rules: RestartRules = RULES, **how: Any) -> RestartStep:
    return next_step(rules, view, **({"product": "Exchange", "now": LATER} | how))  # type: ignore[arg-type]  # by name


def asked(view: Round, rules: RestartRules = RULES) -> IISStatus:
    """What stands in the status once the condition was written."""
    return replace(view.iis, question=question_of(step(view, rules), view))


def by_name(*looks: Look) -> Mapping[str, Look]:
    return {one.state.fqdn: one for one in looks}


def with_restarts(iis: IISStatus, **hours_ago: list[float]) -> IISStatus:
    lines = (
        replace(
            line,
            restarted_at=tuple(
                LATER - timedelta(hours=hours) for hours in hours_ago.get(line.name, [])
            ),
        )
        for line in iis.hosts
    )
    return replace(iis, hosts=tuple(lines))


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
    taken = step(joined(SINCE, *OLD), RestartRules(policy, timedelta(0)))
    assert (taken.action, taken.reason) == (action, reason)


def test_silence_comes_first() -> None:
    taken = step(joined(SINCE, *OLD), RestartRules(settle=timedelta(minutes=3)))
    assert taken.reason is Reason.WAITING_FOR_SETTLE
    assert taken.not_before == NOW + timedelta(minutes=3)


@pytest.mark.parametrize(
    ("hour", "minute", "restarts"),
    [(21, 59, False), (22, 0, True), (23, 55, True), (23, 56, False)],
)
def test_no_restart_begins_when_less_than_a_restarts_time_is_left(
    hour: int, minute: int, restarts: bool
) -> None:
    """Case C18."""
    now = NOW.replace(hour=hour, minute=minute)
    rules = RestartRules(settle=timedelta(0), windows=(NIGHT,))
    taken = step(joined(SINCE, seen("ex1"), hosts=("ex1",)), rules, now=now)
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
    taken = step(joined(SINCE, *OLD), RestartRules(settle=timedelta(0), windows=(window,)))
    assert (taken.action, taken.reason) == (RestartAction.ASK, Reason.INVALID_OBJECT)


@pytest.mark.parametrize("why", ["answers worse", "is silent", "never answered"])
def test_no_host_goes_down_while_another_is_less_healthy_than_it_was(why: str) -> None:
    """C24, patch night: also a host that runs young workers holds the others."""
    iis = remembered(ex1=PENDING, ex2=PENDING, ex3=PENDING)
    looks = [seen("ex1"), seen("ex2", AFTER)]
    silent: tuple[str, ...] = ()
    if why == "answers worse":
        looks.append(seen("ex3", AFTER, "503"))
    else:
        silent = ("ex3",)
        if why == "never answered":
            iis = replace(iis, hosts=iis.hosts[:2])
    view = joined(iis, *looks, silent=silent)
    taken = step(view, why={"ex3": "No route to host."} if silent else {})
    assert (taken.action, taken.reason) == (RestartAction.WAIT, Reason.WAITING_FOR_HOSTS)
    for text in ("ex1", "ex3", "spec.hosts", "approve-restart"):
        assert text in taken.message
    assert ("No route to host." in taken.message) is bool(silent)


@pytest.mark.parametrize("hosts", [HOSTS, ("ex2",)])
def test_a_host_that_is_ill_itself_is_not_restarted_either(hosts: tuple[str, ...]) -> None:
    """Somebody may be at work on it: with its neighbours, and alone."""
    looks = (seen("ex1"), seen("ex2", answer="503"), seen("ex3"))
    iis = remembered(ex1=PENDING, ex2=PENDING, ex3=PENDING)
    view = joined(iis, *(one for one in looks if one.state.fqdn in hosts), hosts=hosts)
    taken = step(view)
    assert (taken.host, taken.reason) == (None, Reason.WAITING_FOR_HOSTS)
    assert "ex2" in taken.message


def test_a_dead_host_is_named_when_all_others_are_done() -> None:
    """Case C05."""
    iis = remembered(ex1=PENDING, ex2=PENDING, ex3=PENDING)
    view = joined(iis, seen("ex2", AFTER), seen("ex3", AFTER), silent=("ex1",))
    waiting = step(view, why={"ex1": "No route to host."})
    assert (waiting.action, waiting.reason) == (RestartAction.WAIT, Reason.ACTIVATION_UNKNOWN)
    assert "No route to host." in waiting.message
    verdict = activated(view, test_passed_at=None, rules=RULES, step=waiting)
    assert verdict.status is ConditionStatus.UNKNOWN
    assert "ex1" in verdict.message


def test_no_host_at_all_is_not_activated() -> None:
    """Case C05: an empty list is a fault, never 'nothing to restart, so activated'."""
    verdict = activated(joined(SINCE, hosts=()), test_passed_at=None, rules=RULES, step=NOTHING)
    assert (verdict.status, verdict.reason) == (ConditionStatus.UNKNOWN, Reason.NO_HOST_FOUND)


def test_a_test_that_began_after_the_change_and_passed_proves_activation() -> None:
    """Rule 8; and one that began before it proves nothing."""
    view = joined(SINCE, *OLD)
    late = activated(view, test_passed_at=AFTER, rules=RULES, step=NOTHING)
    assert late.status is ConditionStatus.TRUE
    early = activated(view, test_passed_at=NOW, rules=RULES, step=NOTHING)
    assert (early.status, early.reason) == (ConditionStatus.UNKNOWN, Reason.RESTART_PENDING)


NEVER = RestartRules(RestartPolicy.NEVER)
A_DAY = timedelta(hours=24)


def test_what_a_product_takes_over_by_itself_is_waited_for_and_then_true() -> None:
    view = joined(SINCE, *OLD)
    since = view.iis.restart_required_since
    assert since is not None
    waiting = step(view, NEVER, within=A_DAY, product="SharePoint")
    assert (waiting.reason, waiting.not_before) == (Reason.WAITING_FOR_ACTIVATION, since + A_DAY)
    assert "within 24 hours" in waiting.message
    since = since.replace(microsecond=0)

    def after(length: timedelta, **known: Any) -> Part:
        found = ByItself("SharePoint", A_DAY, since + length, **({"changed_at": since} | known))
        return activated(view, test_passed_at=None, rules=NEVER, step=waiting, by_itself=found)

    early = after(A_DAY - MINUTE)
    assert (early.status, early.reason) == (ConditionStatus.UNKNOWN, Reason.WAITING_FOR_ACTIVATION)
    late = after(A_DAY)
    assert late.status is ConditionStatus.TRUE
    assert "24 hours" in late.message
    # What another entry waits for is not waited for by this one.
    assert after(MINUTE, changed_at=None).reason is Reason.RESTART_NOT_NEEDED
    assert after(A_DAY - MINUTE, changed_at=since - MINUTE).status is ConditionStatus.TRUE


def test_hosts_that_name_a_new_issuer_are_proof_one_by_one() -> None:
    view = joined(SINCE, seen("ex1", AFTER), *OLD[1:2])
    waiting = step(view, NEVER, within=A_DAY)
    assert view.unseen == ("ex3",)

    def heard(*known: str, **silent: str) -> Part:
        found = ByItself("SharePoint", A_DAY, NOW, NOW, known, silent)
        return activated(view, test_passed_at=None, rules=NEVER, step=waiting, by_itself=found)

    assert heard("ex2").status is ConditionStatus.UNKNOWN
    assert heard("ex2", "EX3").status is ConditionStatus.TRUE
    assert "ex2 does not tell whom it trusts (No route.)" in heard("ex3", ex2="No route.").message


def test_time_alone_proves_nothing_where_restarts_are_due() -> None:
    verdict = activated(joined(SINCE, *OLD), test_passed_at=None, rules=MANUAL, step=NOTHING)
    assert verdict.status is ConditionStatus.UNKNOWN


def test_young_workers_are_proof_before_the_time_is_over() -> None:
    view = joined(SINCE, *(seen(name, AFTER) for name in HOSTS))
    taken = step(view, NEVER, within=A_DAY)
    verdict = activated(view, test_passed_at=None, rules=NEVER, step=taken)
    assert verdict.status is ConditionStatus.TRUE


def test_a_host_that_did_not_come_back_stops_the_round_and_says_what_is_missing() -> None:
    iis = mark_failed(remembered(ex1=RESTARTING, ex2=PENDING), "ex1", "It said something.")
    view = joined(iis, seen("ex1", LATER, "503"), *OLD[1:])
    taken = step(view)
    assert (taken.action, taken.reason) == (RestartAction.ASK, Reason.RESTART_FAILED)
    for text in ("ex1", "/ews answered 401", "It said something.", "approve-restart"):
        assert text in taken.message
    verdict = activated(view, test_passed_at=None, rules=RULES, step=taken)
    assert verdict.reason is Reason.RESTART_FAILED
    assert step(joined(iis, *OLD[1:])).reason is Reason.RESTART_FAILED, "also while it is away"


def test_what_iisreset_said_is_told_and_nothing_is_said_to_be_down() -> None:
    view = joined(SINCE, *OLD)
    iis = mark_refused(mark_restarting(view, "ex1", now=LATER), "ex1", "Access denied.")
    taken = step(joined(iis, *OLD))
    assert taken.reason is Reason.RESTART_FAILED
    assert "was not restarted" in taken.message
    assert "Access denied." in taken.message
    assert "did not come back" not in taken.message


def test_the_way_out_is_never_cut_off() -> None:
    iis = mark_failed(remembered(ex1=RESTARTING), "ex1", "x" * 4000)
    taken = step(joined(iis, seen("ex1", LATER, "503"), hosts=("ex1",)))
    assert len(taken.message) <= LONGEST_MESSAGE
    assert "approve-restart" in taken.message


@pytest.mark.parametrize(("most", "spent"), [(1, True), (2, True), (3, False), (24, False)])
def test_a_round_that_would_restart_one_of_its_hosts_too_often_does_not_begin(
    most: int, spent: bool
) -> None:
    iis = joined(with_restarts(remembered(ex1=PENDING, ex2=PENDING), ex2=[30, 20, 3]), *OLD).iis
    view = joined(iis, *OLD)
    taken = step(view, replace(RULES, max_per_day=most))
    assert (taken.reason is Reason.RESTART_BUDGET_SPENT) is spent
    if spent:
        assert "ex2" in taken.message
        assert "approve-restart" in taken.message
        freed = {1: 3, 2: 20}[most]
        assert taken.not_before == LATER - timedelta(hours=freed) + DAY
        freed_view = joined(iis, *OLD)
        later = step(freed_view, replace(RULES, max_per_day=most), now=taken.not_before)
        assert later.action is RestartAction.RESTART


def test_a_round_that_has_begun_is_finished() -> None:
    """The budget was made smaller, or the next change came, while its second host waited."""
    iis = mark_restarting(joined(SINCE, *OLD), "ex1", now=LATER)
    iis = with_restarts(iis, ex1=[1], ex2=[1], ex3=[1])
    rules = replace(RULES, max_per_day=1)
    view = joined(iis, seen("ex1", LATER), *OLD[1:])
    assert step(view, rules).host == "ex2"
    changed = raise_requirement(view.iis, LATER + MINUTE)
    at = LATER + 2 * MINUTE
    view = joined(
        changed, *(seen(name, BEFORE, at=at) for name in HOSTS[1:]), seen("ex1", LATER, at=at)
    )
    taken = step(view, rules, now=at)
    assert taken.host == "ex2", "the first waits for its budget, the others finish what was begun"


@given(
    st.lists(st.sampled_from(["change", "hour", "pass", "crash"]), max_size=60), st.integers(1, 5)
)
def test_nothing_restarts_a_host_more_often_than_the_budget(story: list[str], most: int) -> None:
    now, iis = NOW, SINCE
    workers = dict.fromkeys(HOSTS, BEFORE)
    restarts: list[tuple[str, object]] = []
    for what in story:
        now += MINUTE
        if what == "change":
            iis = raise_requirement(iis, now)
        elif what == "hour":
            now += timedelta(hours=1)
        for _ in range(2 * len(HOSTS)) if what in {"pass", "crash"} else ():
            now += MINUTE
            looks = {name: seen(name, workers[name], at=now) for name in HOSTS}
            view = look(iis, looks, HOSTS, now=now)
            taken = next_step(replace(RULES, max_per_day=most), view, product="Exchange", now=now)
            if taken.host is None:
                break
            iis = mark_restarting(view, taken.host, now=now)
            restarts.append((taken.host, now))
            now += MINUTE
            workers[taken.host] = now
            if what == "crash":
                break
    for host in HOSTS:
        at = [when for name, when in restarts if name == host]
        for first, beyond in zip(at, at[most:], strict=False):
            assert beyond - first >= DAY  # type: ignore[operator]  # instants


@pytest.mark.parametrize("rules", [MANUAL, RestartRules(windows=(NIGHT,), settle=timedelta(0))])
def test_an_approval_is_for_the_hosts_and_the_change_that_were_named(rules: RestartRules) -> None:
    view = joined(SINCE, *OLD[:2], hosts=HOSTS[:2])
    told = asked(view, rules)
    assert told.question is not None
    listed = joined(told, *OLD)
    iis = approved(listed, told, by_name(*OLD))
    assert iis is not None
    begun = joined(iis, *OLD)
    assert step(begun, rules).host == "ex1"
    iis = mark_restarting(begun, "ex1", now=LATER)
    second = joined(iis, seen("ex1", LATER), *OLD[1:])
    assert step(second, rules).host == "ex2"
    iis = mark_restarting(second, "ex2", now=LATER)
    third = joined(iis, seen("ex1", LATER), seen("ex2", LATER), OLD[2])
    assert step(third, rules).host is None, "ex3 was not named"
    changed = raise_requirement(begun.iis, AFTER)
    assert step(joined(changed, *OLD), rules).host is None, "another change was not named"


def test_an_approval_for_a_round_that_is_over_approves_nothing() -> None:
    told = asked(joined(SINCE, *OLD), MANUAL)
    done = joined(told, *(seen(name, AFTER) for name in HOSTS))
    assert approved(done, told, {}) is None
    changed = joined(raise_requirement(told, AFTER), *OLD)
    assert approved(changed, told, by_name(*OLD)) is None
    assert approved(joined(SINCE, *OLD), None, by_name(*OLD)) is None
    assert approved(joined(SINCE, *OLD), SINCE, by_name(*OLD)) is None


def test_an_approval_counts_what_was_listed_as_healthy_and_nothing_else() -> None:
    iis = remembered(ex1=PENDING, ex2=PENDING, ex3=PENDING)
    looks = (seen("ex1"), seen("ex2"), seen("ex3", AFTER, "503"))
    view = joined(iis, *looks)
    told = asked(view)
    allowed = approved(joined(told, *looks), told, by_name(*looks))
    assert allowed is not None
    assert step(joined(allowed, *looks)).host == "ex1"
    worse = (*looks[:2], seen("ex3", None, "503"))
    allowed = approved(joined(told, *worse), told, by_name(*worse))
    assert allowed is not None
    assert step(joined(allowed, *worse)).reason is Reason.WAITING_FOR_HOSTS


@pytest.mark.parametrize("known", [True, False])
def test_an_approval_lets_a_silent_host_be_until_it_answers(known: bool) -> None:
    iis = remembered(ex1=PENDING, ex2=PENDING) if known else remembered(ex1=PENDING)
    view = joined(iis, seen("ex1"), hosts=HOSTS[:2], silent=("ex2",))
    told = asked(view)
    allowed = approved(joined(told, seen("ex1"), hosts=HOSTS[:2], silent=("ex2",)), told, {})
    assert allowed is not None
    silent = joined(allowed, seen("ex1"), hosts=HOSTS[:2], silent=("ex2",))
    assert step(silent).host == "ex1"
    there = joined(silent.iis, seen("ex1"), seen("ex2"), hosts=HOSTS[:2])
    gone = joined(there.iis, seen("ex1"), hosts=HOSTS[:2], silent=("ex2",))
    assert step(gone).reason is Reason.WAITING_FOR_HOSTS, "what it can do it is measured by again"


@pytest.mark.parametrize("silent", [True, False])
def test_an_approval_goes_on_without_a_host_that_did_not_come_back(silent: bool) -> None:
    iis = mark_failed(remembered(ex1=RESTARTING, ex2=PENDING), "ex1", "")
    looks = (OLD[1],) if silent else (seen("ex1", LATER, "503"), OLD[1])
    away = ("ex1",) if silent else ()
    told = asked(joined(iis, *looks, hosts=HOSTS[:2], silent=away))
    view = joined(told, *looks, hosts=HOSTS[:2], silent=away)
    allowed = approved(view, told, by_name(*looks))
    assert allowed is not None
    went = joined(allowed, *looks, hosts=HOSTS[:2], silent=away)
    assert step(went).host == "ex2"
    assert state(went, "ex1") is (PENDING if silent else CURRENT)


def test_an_approval_after_a_refusal_tries_once_more() -> None:
    iis = mark_refused(mark_restarting(joined(SINCE, *OLD), "ex1", now=LATER), "ex1", "No.")
    told = asked(joined(iis, *OLD))
    allowed = approved(joined(told, *OLD), told, by_name(*OLD))
    assert allowed is not None
    assert step(joined(allowed, *OLD)).host == "ex1"


def test_an_approval_for_a_failed_host_does_not_cover_its_neighbours_illness() -> None:
    """Their missing things were not listed in that message."""
    iis = mark_failed(remembered(ex1=RESTARTING, ex2=PENDING, ex3=PENDING), "ex1", "")
    looks = (seen("ex1", LATER, "503"), seen("ex2"), seen("ex3", answer="503"))
    told = asked(joined(iis, *looks))
    allowed = approved(joined(told, *looks), told, by_name(*looks))
    assert allowed is not None
    view = joined(allowed, *looks)
    assert not view.failed
    assert step(view).reason is Reason.WAITING_FOR_HOSTS
    line = host_of(view.iis, "ex3")
    assert line is not None
    assert line.missing


def test_a_host_that_is_away_in_the_middle_of_its_restart_holds_the_others() -> None:
    view = joined(remembered(ex1=RESTARTING, ex2=PENDING), *OLD[1:], silent=("ex1",))
    assert step(view).action is RestartAction.ASK
