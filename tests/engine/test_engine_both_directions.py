"""No direction waits for the other for ever, under any policy, mode or order of arrival (C28)."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations, product

import pytest

from partner_operator.trust.activation import SELF_REFRESH
from partner_operator.trust.conditions import find
from partner_operator.trust.model import Mode, RestartPolicy, RestartRules, RestartWindow
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from support.engine.world import (
    EXCHANGE_HOSTS,
    EXCHANGE_ON_LYNC,
    LYNC_ON_EXCHANGE,
    World,
    converged,
    disable,
    exchange_on_lync,
    lync_on_exchange,
)

TRUE, UNKNOWN = ConditionStatus.TRUE, ConditionStatus.UNKNOWN
BOTH = (LYNC_ON_EXCHANGE, EXCHANGE_ON_LYNC)
READS_BY_ITSELF = timedelta(minutes=15)


def _live(world: World, until: timedelta) -> None:
    """Passes when they are due, on a world whose Exchange reads changes by itself after a quarter of an hour."""
    end = world.clock.now() + until
    stored, since = world.exchange.model.entries, world.clock.now()
    while world.clock.now() < end:
        world.run_round()
        if world.exchange.model.entries != stored:
            stored, since = world.exchange.model.entries, world.clock.now()
        waits = [due for due in world.due.values() if due is not None]
        world.clock.instant = max(world.clock.now(), min(waits))
        if world.clock.now() - since >= READS_BY_ITSELF:
            for host in EXCHANGE_HOSTS:
                world.exchange.running[host] = stored


def _never() -> World:
    return World(rules=RestartRules(RestartPolicy.NEVER, timedelta(0)))


POLICIES = {
    "Automatic": RestartRules(settle=timedelta(0)),
    "Manual": RestartRules(RestartPolicy.MANUAL, timedelta(0)),
    "Never": RestartRules(RestartPolicy.NEVER, timedelta(0)),
}


@pytest.mark.parametrize(("policy", "order"), list(product(POLICIES, permutations(BOTH))))
@pytest.mark.parametrize(
    "pause", [timedelta(0), timedelta(hours=3)], ids=["at once", "hours later"]
)
def test_both_become_ready_by_the_test(
    policy: str, order: tuple[str, str], pause: timedelta
) -> None:
    world = World(rules=POLICIES[policy])
    made = {LYNC_ON_EXCHANGE: lync_on_exchange(), EXCHANGE_ON_LYNC: exchange_on_lync()}
    for name in order:
        world.cluster.add(made[name])
        if pause:
            _live(world, pause)
    _live(world, SELF_REFRESH + timedelta(minutes=30))
    assert [world.cluster.ready(name) for name in BOTH] == [(TRUE, Reason.SUCCEEDED)] * 2
    assert world.trusted()
    assert bool(world.exchange.restarts) is (policy == "Automatic")
    # The hourly test may be due.
    world.run_round()
    writes = world.cluster.writes
    world.run_round()
    assert world.cluster.writes == writes, "left alone, it is quiet"


@pytest.mark.parametrize("policy", ["Manual", "Never"])
def test_the_test_does_not_run_before_exchange_can_have_read_the_change(policy: str) -> None:
    world = World(rules=POLICIES[policy])
    world.declare()
    _live(world, SELF_REFRESH - timedelta(minutes=5))
    assert world.lync.counts["test"] == 0
    assert world.cluster.ready(EXCHANGE_ON_LYNC) == (UNKNOWN, Reason.WAITING_FOR_COUNTERPART)
    assert world.cluster.ready(LYNC_ON_EXCHANGE) != (TRUE, Reason.SUCCEEDED)


def test_a_test_that_fails_then_is_told_and_nobody_is_ready_by_it() -> None:
    """Exchange did not read it by itself: nothing claims that it did."""
    world = _never()
    world.declare()
    for _ in range(30):
        world.clock.instant += timedelta(minutes=5)
        world.run_round()
    assert world.lync.counts["test"] >= 1
    assert world.cluster.ready(EXCHANGE_ON_LYNC) == (
        ConditionStatus.FALSE,
        Reason.CONNECTIVITY_TEST_FAILED,
    )
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (UNKNOWN, Reason.RESTART_PENDING)


def test_under_never_somebody_elses_restart_is_enough_and_at_once() -> None:
    world = _never()
    world.declare()
    world.run_round()
    for host in EXCHANGE_HOSTS:
        world.clock.instant += timedelta(seconds=10)
        world.exchange.iisreset(host)
    for _ in range(3):
        world.run_round()
    assert world.all_ready()


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.SUSPEND])
def test_a_counterpart_that_is_only_observed_or_suspended_keeps_this_side_ready(
    policy: str, mode: Mode
) -> None:
    world = converged()
    world.cluster.change_server("exchange", restart=POLICIES[policy])
    world.cluster.change(LYNC_ON_EXCHANGE, mode=mode)
    _live(world, timedelta(hours=3))
    assert world.cluster.ready(EXCHANGE_ON_LYNC) == (TRUE, Reason.SUCCEEDED)
    assert world.lync.counts["test"] >= 2


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.SUSPEND])
def test_a_counterpart_that_stops_in_the_middle_does_not_hold_the_test_for_ever(
    policy: str, mode: Mode
) -> None:
    """Registered, and then suspended before it was active: Exchange reads it by itself."""
    rules = POLICIES[policy]
    closed = RestartWindow("0 3 1 1 *", timedelta(hours=1), "UTC")
    world = World(rules=RestartRules(rules.policy, timedelta(0), (closed,)))
    world.declare()
    world.run_round()
    world.cluster.change(LYNC_ON_EXCHANGE, mode=mode)
    _live(world, timedelta(hours=2))
    assert world.cluster.ready(EXCHANGE_ON_LYNC) == (TRUE, Reason.SUCCEEDED)
    assert not world.exchange.restarts


def test_a_counterpart_that_was_suspended_before_it_registered_anything_is_waited_for() -> None:
    """A test could only fail, and the sentence says whom to look at."""
    world = World()
    world.cluster.add(lync_on_exchange(mode=Mode.SUSPEND))
    world.cluster.add(exchange_on_lync())
    _live(world, timedelta(hours=2))
    assert world.lync.counts["test"] == 0
    assert world.cluster.ready(EXCHANGE_ON_LYNC) == (UNKNOWN, Reason.WAITING_FOR_COUNTERPART)
    world.cluster.change(LYNC_ON_EXCHANGE, mode=Mode.ENFORCE)
    _live(world, timedelta(hours=1))
    assert world.all_ready()


def test_a_repair_under_never_is_proven_by_a_test_of_its_own() -> None:
    """A test that passed before the repair proves nothing of it."""
    world = converged()
    world.cluster.change_server("exchange", restart=POLICIES["Never"])
    _live(world, timedelta(minutes=30))
    disable(world)
    world.run_round()
    activated = find(world.cluster.status(LYNC_ON_EXCHANGE).conditions, ConditionType.ACTIVATED)
    assert activated is not None
    assert activated.status is UNKNOWN
    tests = world.lync.counts["test"]
    _live(world, timedelta(hours=1))
    assert world.lync.counts["test"] > tests
    assert world.all_ready()
