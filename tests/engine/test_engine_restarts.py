"""Restart rounds as hosts and statuses show them (rule 7, C04)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from partner_operator.engine.ports import Credentials, LogonRefused
from partner_operator.trust.conditions import find
from partner_operator.trust.model import (
    DesiredServer,
    HostState,
    Mode,
    Product,
    RestartPolicy,
    RestartRules,
    RestartWindow,
)
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import HostRestartState, HostStatus, IISStatus
from support.engine.crash import Crash
from support.engine.world import (
    EXCHANGE_HOSTS,
    LYNC_ON_EXCHANGE,
    World,
    converged,
    disable,
)

FIRST, SECOND = EXCHANGE_HOSTS
UNKNOWN, FALSE = ConditionStatus.UNKNOWN, ConditionStatus.FALSE


def _states(world: World) -> dict[str, HostRestartState]:
    return {name: host.state for name, host in world.hosts_of_iis.items()}


def test_rounds_begin_only_after_the_time_of_silence() -> None:
    world = World(rules=RestartRules(settle=timedelta(seconds=90)))
    world.declare()
    changed_at = world.clock.now()
    due = world.run_pass("exchange")
    assert not world.exchange.restarts
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (UNKNOWN, Reason.WAITING_FOR_SETTLE)
    assert due is not None
    assert changed_at + timedelta(seconds=90) <= due <= changed_at + timedelta(seconds=100)
    world.clock.instant = due
    world.run_pass("exchange")
    assert dict(world.exchange.restarts) == {FIRST: 1, SECOND: 1}


def test_rounds_begin_only_in_a_window_and_the_wait_is_said() -> None:
    window = RestartWindow("0 22 * * *", timedelta(hours=2), "UTC")
    world = World(rules=RestartRules(settle=timedelta(0), windows=(window,)))
    world.declare()
    due = world.run_pass("exchange")
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (UNKNOWN, Reason.WAITING_FOR_WINDOW)
    assert due is not None
    # The regular resyncs go on meanwhile, and restart nothing.
    while world.clock.now().hour < 22:
        assert not world.exchange.restarts
        world.clock.instant = due
        due = world.run_pass("exchange")
        assert due is not None
    assert (world.clock.now().hour, world.clock.now().minute) == (22, 0)
    assert dict(world.exchange.restarts) == {FIRST: 1, SECOND: 1}


def test_several_changes_of_one_pass_are_one_round() -> None:
    world = converged()
    disable(world)
    world.roll(Product.LYNC, "CD" * 20)
    world.settle()
    assert world.exchange.counts["apply Update"] == 1
    assert dict(world.exchange.restarts) == {FIRST: 2, SECOND: 2}


def test_a_host_that_is_no_longer_listed_is_not_waited_for() -> None:
    """C04: ex2 was being restarted when it was taken away; ex1 is not restarted again."""
    world = converged()
    world.exchange.restarts.clear()
    now = world.clock.now()
    third = "ex3.litwareinc.com"
    for host in (FIRST, third):
        world.exchange.workers[host] = now if host == FIRST else now - timedelta(hours=9)
        world.exchange.running[host] = world.exchange.model.entries
        world.exchange.served[host] = world.exchange.answers
    iis = IISStatus(
        restart_required_since=now - timedelta(minutes=2),
        hosts=(
            HostStatus(FIRST, now, HostRestartState.CURRENT),
            HostStatus(SECOND, None, HostRestartState.RESTARTING),
            HostStatus(third, None, HostRestartState.PENDING),
        ),
    )
    status = world.cluster.server_statuses["uid-Exchange"]
    world.cluster.server_statuses["uid-Exchange"] = replace(status, iis=iis)
    world.cluster.change_server("exchange", hosts=(FIRST, third))
    world.exchange.unreachable.add(SECOND)
    world.settle()
    assert dict(world.exchange.restarts) == {third: 1}
    assert _states(world) == {FIRST: HostRestartState.CURRENT, third: HostRestartState.CURRENT}
    assert any(SECOND in message for message in world.cluster.told(Reason.HOST_LEFT))
    assert world.cluster.server_ready("exchange") == (ConditionStatus.TRUE, Reason.SUCCEEDED)


def test_a_host_that_serves_nothing_after_its_restart_keeps_the_others_running() -> None:
    """New workers alone do not make a host healthy: not at once, and not in the next pass."""
    world = World()
    world.declare()
    world.exchange.answers = {"/ews/exchange.asmx": "503"}
    for _ in range(4):
        world.run_round()
        world.clock.instant += timedelta(minutes=3)
    assert dict(world.exchange.restarts) == {FIRST: 1}
    assert _states(world)[FIRST] is HostRestartState.FAILED
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.RESTART_FAILED)
    assert world.cluster.server_ready("exchange") == (FALSE, Reason.RESTART_FAILED)
    world.exchange.answers = {"/ews/exchange.asmx": "401"}
    world.exchange.served[FIRST] = world.exchange.answers
    world.settle()
    assert dict(world.exchange.restarts) == {FIRST: 1, SECOND: 1}
    assert world.all_ready()


def test_an_operator_killed_while_a_host_restarts_waits_for_that_host() -> None:
    """The next operator finds the host down: it is not restarted again, and no other one is."""
    steps = converged().crash.steps
    world = World(crash=Crash(at=steps.index("Exchange restart done") + 1))
    world.declare()
    world.run_pass("exchange")
    assert dict(world.exchange.restarts) == {FIRST: 1}
    world.exchange.unreachable.add(FIRST)
    for _ in range(3):
        world.run_round()
    assert dict(world.exchange.restarts) == {FIRST: 1}
    world.exchange.unreachable.clear()
    world.exchange.served[FIRST] = {"/ews/exchange.asmx": "503"}
    world.run_round()
    assert dict(world.exchange.restarts) == {FIRST: 1}
    world.exchange.served[FIRST] = {"/ews/exchange.asmx": "401"}
    world.settle()
    assert dict(world.exchange.restarts) == {FIRST: 1, SECOND: 1}
    assert world.all_ready()


@pytest.mark.parametrize("way_out", ["it answers", "out of spec.hosts", "approval"])
def test_a_host_that_never_answered_holds_the_others_until_a_human_says_so(way_out: str) -> None:
    """C05, patch night: the last serving host does not go down beside a dead one."""
    world = World()
    world.declare()
    world.exchange.unreachable.add(SECOND)
    for _ in range(3):
        world.run_round()
    assert not world.exchange.restarts
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (UNKNOWN, Reason.WAITING_FOR_HOSTS)
    assert len(world.cluster.told(Reason.UNREACHABLE)) == 1, "told once, not with each look"
    if way_out == "it answers":
        world.exchange.unreachable.clear()
    elif way_out == "out of spec.hosts":
        world.cluster.change_server("exchange", hosts=(FIRST,))
    else:
        world.cluster.approve("exchange", "go on")
    for _ in range(3):
        world.run_round()
    expected = {FIRST: 1, SECOND: 1} if way_out == "it answers" else {FIRST: 1}
    assert dict(world.exchange.restarts) == expected
    if way_out == "approval":
        assert world.cluster.ready(LYNC_ON_EXCHANGE) == (UNKNOWN, Reason.ACTIVATION_UNKNOWN)
        world.exchange.unreachable.clear()
        world.clock.instant += timedelta(minutes=20)
        world.settle()
        assert dict(world.exchange.restarts) == {FIRST: 1, SECOND: 1}


def test_hosts_of_the_organisation_that_are_not_listed_are_named_and_never_touched() -> None:
    world = World()
    world.cluster.change_server("exchange", hosts=(FIRST,))
    world.declare()
    world.settle()
    status = world.cluster.server_statuses["uid-Exchange"]
    unlisted = [found for found in status.conditions if found.reason is Reason.HOSTS_UNLISTED]
    assert [SECOND in found.message for found in unlisted] == [True]
    assert dict(world.exchange.restarts) == {FIRST: 1}


def test_a_host_that_is_listed_later_is_restarted_when_it_runs_old_workers() -> None:
    world = World()
    world.cluster.change_server("exchange", hosts=(FIRST,))
    world.declare()
    world.run_round()
    world.cluster.change_server("exchange", hosts=(FIRST, SECOND))
    world.settle()
    assert dict(world.exchange.restarts) == {FIRST: 1, SECOND: 1}


@pytest.mark.parametrize("ahead", [timedelta(minutes=-7), timedelta(minutes=7)])
def test_servers_with_another_clock_are_restarted_once_and_tested_once(ahead: timedelta) -> None:
    world = World()
    for organisation in (world.exchange, world.lync):
        organisation.skew = ahead
        for host in organisation.hosts:
            organisation.workers[host] = organisation.now() - timedelta(hours=1)
    world.declare()
    world.settle()
    assert world.all_ready()
    for _ in range(3):
        world.run_round()
    assert dict(world.exchange.restarts) == {FIRST: 1, SECOND: 1}
    assert world.lync.counts["test"] == 1


def test_observe_restarts_nothing_even_when_a_restart_was_pending_before() -> None:
    """C13: the mode was switched while a round was waiting."""
    world = World(rules=RestartRules(settle=timedelta(minutes=10)))
    world.declare()
    world.run_round()
    for name in list(world.cluster.applications):
        world.cluster.change(name, mode=Mode.OBSERVE)
    changes = world.exchange.changes + world.lync.changes
    for _ in range(6):
        world.clock.instant += timedelta(minutes=10)
        world.run_round()
    assert not world.exchange.restarts
    assert world.exchange.changes + world.lync.changes == changes
    assert world.lync.counts["test"] == 0


@pytest.mark.parametrize("why", ["Observe", "IncompleteRead"])
def test_who_may_not_restart_does_not_look_every_minute(why: str) -> None:
    """A round that cannot go on is looked at with the next resync: each look is a process on each host."""
    world = World(rules=RestartRules(settle=timedelta(hours=9)))
    world.declare()
    world.run_round()
    world.cluster.change_server("exchange", restart=RestartRules(settle=timedelta(0)))
    if why == "Observe":
        world.cluster.change(LYNC_ON_EXCHANGE, mode=Mode.OBSERVE)
    else:
        world.exchange.incomplete = "Something is left out."
    world.run_pass("exchange")
    due = world.due["exchange"]
    assert due is not None
    assert due - world.clock.now() >= timedelta(minutes=8)
    assert not world.exchange.restarts


@pytest.mark.parametrize("policy", [RestartPolicy.MANUAL, RestartPolicy.NEVER])
def test_a_host_that_cannot_be_looked_at_is_named_with_its_cause_whatever_is_waited_for(
    policy: RestartPolicy,
) -> None:
    """C37: the cause stands in the condition, and in one Event."""
    world = World(rules=RestartRules(policy=policy, settle=timedelta(0)))
    world.declare()
    world.exchange.unreachable.add(EXCHANGE_HOSTS[1])
    for _ in range(4):
        world.clock.instant += timedelta(minutes=11)
        world.run_pass("exchange")
    ready = find(world.cluster.status(LYNC_ON_EXCHANGE).conditions, ConditionType.READY)
    assert ready is not None
    assert f"{EXCHANGE_HOSTS[1]} cannot be reached." in ready.message
    assert len(world.cluster.told(Reason.UNREACHABLE)) == 1


def test_hosts_are_looked_at_two_by_two_and_no_more_after_a_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the password was changed a moment ago, each host that is asked counts against the account."""
    world = World()
    world.declare()
    more = tuple(f"ex{number}.litwareinc.com" for number in range(3, 6))
    world.cluster.change_server("exchange", hosts=(*EXCHANGE_HOSTS, *more))
    asked: list[str] = []
    together = 0

    async def refused(server: DesiredServer, credentials: Credentials, host: str) -> HostState:
        nonlocal together
        asked.append(host)
        begun = len(asked)
        await asyncio.sleep(0)
        together = max(together, len(asked) - begun + 1)
        raise LogonRefused(f"{host} refused the logon.")

    monkeypatch.setattr(world.exchange, "host_state", refused)
    world.run_pass("exchange")
    assert asked == [FIRST, SECOND]
    assert together == 2
