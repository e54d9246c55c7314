"""Both directions with a farm come true, whatever step the operator is killed at and whatever run is refused once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.trust.reasons import Reason
from support.engine.crash import Crash, Fault
from support.engine.proven_farm import FarmWorld
from support.engine.world import EXCHANGE_HOSTS, SHAREPOINT_HOSTS


def play(crash: Crash) -> FarmWorld:
    """Declared; an administrator restarts the farm when it waits for that; and as long as it takes after it."""
    world = FarmWorld(crash)
    world.declare()
    for _ in range(4):
        world.run_round()
    for host in SHAREPOINT_HOSTS:
        world.clock.instant += timedelta(seconds=10)
        world.farm.iisreset(host)
    for _ in range(12):
        world.run_round()
        if world.all_ready():
            break
        waits = [due for due in world.due.values() if due is not None]
        world.clock.instant = max(world.clock.now(), min(waits))
    return world


def judge(world: FarmWorld) -> None:
    """Each side has the other once, nobody was restarted more than needed, and the test has proven it."""
    assert world.all_ready(), [world.cluster.ready(name) for name in world.cluster.applications]
    assert [len(each.model.entries) for each in (world.exchange, world.farm)] == [1, 1]
    assert not world.farm.restarts, "nobody but its administrator restarts a farm"
    assert all(world.exchange.restarts[host] <= 1 for host in EXCHANGE_HOSTS)
    assert world.exchange.counts["test"] >= 1


STEPS = len(play(Crash()).crash.steps)
CALLS = len(play(Crash()).crash.calls)


@pytest.mark.parametrize("at", range(1, STEPS + 1))
def test_killed_at_any_step(at: int) -> None:
    judge(play(Crash(at)))


@pytest.mark.parametrize("done", [False, True], ids=["refused", "answer lost"])
@pytest.mark.parametrize("at", range(1, CALLS + 1))
def test_any_run_fails_once(at: int, done: bool) -> None:
    failure = OperationFailed(
        Reason.FARM_BUSY,
        "Somebody else changed the farm.",
        nothing_ran=not done,
        outcome_unknown=done,
    )
    judge(play(Crash(fault=Fault(at, failure, done_all_the_same=done))))
