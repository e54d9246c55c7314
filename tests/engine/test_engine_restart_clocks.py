"""Each host is judged by its own clock, with the error of measuring it on the safe side (C25)."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from partner_operator.trust.conditions import find
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from support.engine.world import EXCHANGE_HOSTS, LYNC_ON_EXCHANGE, World, converged, disable

FIRST, SECOND = EXCHANGE_HOSTS
MINUTE = timedelta(minutes=1)
SKEWS = [-7 * MINUTE, -2 * MINUTE, timedelta(0), 4 * MINUTE, 7 * MINUTE]


def _skewed(first: timedelta, second: timedelta, slow: timedelta = timedelta(0)) -> World:
    world = World()
    for host, ahead in zip(EXCHANGE_HOSTS, (first, second), strict=True):
        world.exchange.skews[host] = ahead
        world.exchange.workers[host] = world.exchange.now(host) - timedelta(hours=1)
        world.exchange.slow[host] = slow
    return world


def _runs_as_stored(world: World) -> bool:
    return all(
        running == world.exchange.model.entries for running in world.exchange.running.values()
    )


@pytest.mark.parametrize(("first", "second"), list(product(SKEWS, SKEWS)))
@pytest.mark.parametrize("slow", [timedelta(0), timedelta(seconds=70)], ids=["", "slow"])
def test_hosts_with_their_own_clocks_are_restarted_once_for_each_change(
    first: timedelta, second: timedelta, slow: timedelta
) -> None:
    world = _skewed(first, second, slow)
    world.declare()
    for rounds in (1, 2):
        world.settle()
        assert world.all_ready()
        assert dict(world.exchange.restarts) == {FIRST: rounds, SECOND: rounds}
        assert _runs_as_stored(world)
        # The next change comes within the time by which the clocks differ.
        world.clock.instant += MINUTE
        disable(world)
        world.run_pass("exchange")


@pytest.mark.parametrize(("first", "second"), list(product(SKEWS, SKEWS)))
def test_an_admins_own_restart_counts_when_it_came_after_the_change_and_not_before(
    first: timedelta, second: timedelta
) -> None:
    world = _skewed(first, second)
    world.exchange.unreachable.add(SECOND)
    world.exchange.iisreset(FIRST)
    world.declare()
    world.run_pass("exchange")
    assert not world.exchange.restarts
    world.clock.instant += MINUTE
    world.exchange.iisreset(SECOND)
    world.exchange.unreachable.clear()
    world.clock.instant += MINUTE
    world.settle()
    assert dict(world.exchange.restarts) == {FIRST: 1}
    assert _runs_as_stored(world)


def test_skew_that_kerberos_refuses_is_told_once_and_until_it_is_gone() -> None:
    world = _skewed(timedelta(0), 7 * MINUTE)
    world.declare()
    world.settle()
    assert world.all_ready()
    told = world.cluster.told(Reason.CLOCK_SKEW)
    assert [SECOND in message for message in told] == [True]
    assert not any(figure in told[0] for figure in ("7", "420"))
    status = world.cluster.server_statuses["uid-Exchange"]
    assert status.skewed_hosts == (SECOND,)
    ready = find(status.conditions, ConditionType.READY)
    assert ready is not None
    assert SECOND in ready.message
    for _ in range(3):
        world.run_round()
    assert len(world.cluster.told(Reason.CLOCK_SKEW)) == 1
    world.exchange.skews.clear()
    disable(world)
    world.settle()
    assert world.cluster.server_statuses["uid-Exchange"].skewed_hosts == ()


def test_the_clock_of_the_host_that_answers_is_seen_in_every_pass_of_one_process() -> None:
    world = converged()
    world.exchange.skews[FIRST] = -6 * MINUTE
    calls = len(world.crash.calls)
    world.run_pass("exchange")
    assert world.crash.calls[calls:] == ["Exchange observe"]
    assert world.cluster.told(Reason.CLOCK_SKEW)
    writes = world.cluster.writes
    world.run_pass("exchange")
    assert world.cluster.writes == writes


def test_a_change_while_a_test_runs_is_not_proven_by_it() -> None:
    """The token was presented before the change, and the answer came after it."""
    world = converged()
    test = world.lync.test

    async def meanwhile(*arguments: Any) -> object:
        report = await test(*arguments)
        disable(world)
        world.clock.instant += timedelta(seconds=5)
        return report

    world.lync.test = meanwhile  # type: ignore[method-assign,assignment]
    world.clock.instant += timedelta(hours=2)
    tests = world.lync.counts["test"]
    world.run_pass("lync")
    world.lync.test = test  # type: ignore[method-assign]
    world.settle()
    for _ in range(2):
        world.run_round()
    assert world.lync.counts["test"] == tests + 2
    activated = find(world.cluster.status(LYNC_ON_EXCHANGE).conditions, ConditionType.ACTIVATED)
    assert activated is not None
    assert activated.status is ConditionStatus.TRUE
