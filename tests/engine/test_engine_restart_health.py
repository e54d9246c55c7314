"""What a host was before its restart is the measure, for its neighbours too, in every pass (C24, C42)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from partner_operator.trust.reasons import ConditionStatus, Reason
from partner_operator.trust.status import HostRestartState
from support.engine.crash import Crash
from support.engine.servers import HEALTHY
from support.engine.world import EXCHANGE_HOSTS, LYNC_ON_EXCHANGE, World, converged, disable

FIRST, SECOND = EXCHANGE_HOSTS
UNKNOWN, FALSE = ConditionStatus.UNKNOWN, ConditionStatus.FALSE
BOTH = {"/autodiscover/metadata/json/1": "200", "/ews/exchange.asmx": "401"}
HALF = {**BOTH, "/ews/exchange.asmx": "503"}


def _declared(crash: Crash | None = None) -> World:
    world = World(crash=crash or Crash())
    for host in EXCHANGE_HOSTS:
        world.exchange.served[host] = BOTH
    world.exchange.answers = BOTH
    world.declare()
    return world


def _spoil(world: World, what: str) -> None:
    """After their next restart, hosts serve or run less than before."""
    if what == "probe":
        world.exchange.answers = HALF
    else:
        world.exchange.starts = HEALTHY - {"MSExchangeServiceHost"}


def _mend(world: World, host: str) -> None:
    world.exchange.starts, world.exchange.answers = HEALTHY, BOTH
    world.exchange.services[host], world.exchange.served[host] = HEALTHY, BOTH


def _state(world: World, host: str) -> HostRestartState:
    return world.hosts_of_iis[host].state


def _later(world: World, hours: float = 0.1, passes: int = 3) -> None:
    for _ in range(passes):
        world.clock.instant += timedelta(hours=hours)
        world.run_pass("exchange")


@pytest.mark.parametrize("what", ["probe", "service"])
@pytest.mark.parametrize("killed", [False, True], ids=["", "killed"])
@pytest.mark.parametrize("changed", [False, True], ids=["", "another change"])
def test_a_host_that_came_back_by_half_holds_its_neighbour_and_is_not_restarted_again(
    what: str, killed: bool, changed: bool
) -> None:
    steps = converged().crash.steps
    crash = Crash(at=steps.index("Exchange restart done") + 1) if killed else Crash()
    world = _declared(crash)
    _spoil(world, what)
    world.run_pass("exchange")
    if changed:
        disable(world)
    _later(world)
    assert dict(world.exchange.restarts) == {FIRST: 1}
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.RESTART_FAILED)
    ready = world.cluster.server_statuses["uid-Exchange"].conditions[1]
    missing = "/ews/exchange.asmx answered 401" if what == "probe" else "MSExchangeServiceHost"
    assert missing in ready.message
    writes = world.cluster.writes
    world.run_pass("exchange")
    assert world.cluster.writes == writes
    _mend(world, FIRST)
    world.clock.instant += timedelta(minutes=16)
    world.settle()
    assert dict(world.exchange.restarts) == {FIRST: 2 if changed else 1, SECOND: 1}
    assert world.all_ready()


def test_a_host_that_served_nothing_needs_nothing_to_be_back() -> None:
    world = _declared()
    world.exchange.served[FIRST] = {"/ews/exchange.asmx": "503"}
    world.exchange.services[FIRST] = frozenset({"W3SVC"})
    world.exchange.answers = {"/ews/exchange.asmx": "none"}
    world.exchange.starts = frozenset({"W3SVC"})
    world.cluster.change_server("exchange", hosts=(FIRST,))
    world.run_pass("exchange")
    assert _state(world, FIRST) is HostRestartState.CURRENT


def test_an_approval_goes_on_with_what_the_host_shows_now() -> None:
    world = _declared()
    _spoil(world, "service")
    world.run_pass("exchange")
    world.exchange.starts = HEALTHY
    world.cluster.approve("exchange", "yes")
    world.run_pass("exchange")
    assert dict(world.exchange.restarts) == {FIRST: 1, SECOND: 1}
    assert world.cluster.told(Reason.RESTART_APPROVED)
    world.settle()
    assert world.all_ready()


def test_after_a_day_of_the_same_lesser_health_the_round_goes_on() -> None:
    world = _declared()
    _spoil(world, "service")
    world.run_pass("exchange")
    _later(world, hours=11, passes=2)
    assert dict(world.exchange.restarts) == {FIRST: 1}
    world.exchange.starts = HEALTHY
    _later(world, hours=3, passes=1)
    assert dict(world.exchange.restarts) == {FIRST: 1, SECOND: 1}


@pytest.mark.parametrize("how", ["probe", "service", "silent"])
def test_on_patch_night_nobody_goes_down_beside_a_neighbour_that_is_down(how: str) -> None:
    """A converged pair: the second is down for other reasons when a change comes."""
    world = converged()
    if how == "silent":
        world.exchange.unreachable.add(SECOND)
    elif how == "probe":
        world.exchange.served[SECOND] = {"/ews/exchange.asmx": "503"}
    else:
        world.exchange.services[SECOND] = HEALTHY - {"W3SVC"}
    disable(world)
    _later(world)
    assert dict(world.exchange.restarts) == {FIRST: 1, SECOND: 1}, "of the first registration"
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (UNKNOWN, Reason.WAITING_FOR_HOSTS)
    world.exchange.served[SECOND] = world.exchange.answers
    world.exchange.services[SECOND] = HEALTHY
    world.exchange.unreachable.clear()
    # Whoever patched it restarted it.
    world.exchange.iisreset(SECOND)
    world.clock.instant += timedelta(minutes=16)
    world.settle()
    assert dict(world.exchange.restarts) == {FIRST: 2, SECOND: 1}
    assert world.all_ready()


def test_what_iisreset_says_is_told_and_it_is_not_repeated() -> None:
    """C42: 'was not restarted' is not 'did not come back'."""
    world = _declared()
    world.exchange.refusal = "iisreset on ex1 ended with 5 and said: Access denied."
    started = world.clock.now()
    world.run_pass("exchange")
    assert world.clock.now() - started < timedelta(minutes=1), "its end is known at once"
    assert _state(world, FIRST) is HostRestartState.REFUSED
    _later(world)
    calls = world.crash.calls.count("Exchange restart")
    assert calls == 1
    ready = world.cluster.server_statuses["uid-Exchange"].conditions[1]
    assert "Access denied." in ready.message
    assert "was not restarted" in ready.message
    assert "did not come back" not in ready.message
    world.exchange.refusal = ""
    world.cluster.approve("exchange", "once more")
    world.settle()
    assert dict(world.exchange.restarts) == {FIRST: 1, SECOND: 1}
    assert world.all_ready()


def test_after_a_refusal_an_admins_own_iisreset_ends_it() -> None:
    world = _declared()
    world.exchange.refusal = "Access denied."
    world.run_pass("exchange")
    world.exchange.refusal = ""
    world.clock.instant += timedelta(minutes=1)
    world.exchange.iisreset(FIRST)
    world.settle()
    assert dict(world.exchange.restarts) == {SECOND: 1}
    assert world.all_ready()


def test_declarations_are_read_again_before_each_host() -> None:
    """The first host's restart took a minute; meanwhile its owner said Manual, or Observe."""
    world = _declared()
    iisreset = world.exchange.iisreset

    def meanwhile(host: str) -> None:
        iisreset(host)
        world.cluster.change_server("exchange", hosts=(FIRST,))

    world.exchange.iisreset = meanwhile  # type: ignore[method-assign]
    _later(world)
    assert dict(world.exchange.restarts) == {FIRST: 1}


def test_a_host_whose_workers_are_young_by_then_is_left_alone() -> None:
    """C30: another operator was between the look and the restart. It does not count."""
    world = _declared()
    restart = world.exchange.restart

    async def late(*arguments: Any) -> object:
        if not world.exchange.counts["restart"]:
            world.clock.instant += timedelta(seconds=30)
            world.exchange.iisreset(FIRST)
        return await restart(*arguments)

    world.exchange.restart = late  # type: ignore[method-assign,assignment]
    world.settle()
    assert dict(world.exchange.restarts) == {SECOND: 1}
    assert world.all_ready()
    assert [len(line.restarted_at) for line in world.hosts_of_iis.values()] == [0, 1]
    assert [SECOND in message for message in world.cluster.told(Reason.RESTARTED)] == [True]
    assert [FIRST in message for message in world.cluster.told(Reason.RESTART_NOT_NEEDED)] == [True]
