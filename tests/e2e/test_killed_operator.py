"""SIGKILL of the operator between two remote steps: the end state is right, nothing happens twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from partner_demo.stage import Stage
from partner_demo.story import EXCHANGE_OBJECT, LYNC_OBJECT
from partner_simulator.wsman.faults import Occasion
from partner_simulator.wsman.names import Step
from support.pwsh import on_both_engines, on_the_embedded_engine


def start(stage: Stage) -> None:
    """Apply the examples and start the operator, without waiting."""
    exchange, lync = stage.simulation.credentials()
    stage.secret("exchange-admin", *exchange)
    stage.secret("lync-admin", *lync)
    stage.apply_text(stage.examples())
    stage.operator.start()


def nth_command(number: int) -> Callable[[Occasion], bool]:
    """Matches the n-th command that a host is asked to start."""
    seen = 0

    def matches(occasion: Occasion) -> bool:
        nonlocal seen
        seen += 1
        return seen == number

    return matches


def kill_at(stage: Stage, host: str, where: Callable[[Occasion], bool]) -> None:
    """SIGKILL the operator while the server holds its Command; the Command is never executed."""
    barrier = stage.simulation.faults.pause_at(Step.COMMAND, host, where=where)
    start(stage)
    barrier.wait_reached(120)
    stage.operator.kill()
    barrier.abandon()


def expect_converged(stage: Stage) -> None:
    """Trust is proven, one entry, one restart per host."""
    stage.operator.start()
    for name in (EXCHANGE_OBJECT, LYNC_OBJECT):
        stage.wait_ready(name, 180)
    simulation = stage.simulation
    ours = [entry for entry in simulation.exchange_entries() if not entry.use_auth_server]
    assert len(ours) == 1
    assert len(simulation.lync_entries()) == 1
    assert [simulation.restarts(host) for host in simulation.exchange_hosts()] == [1, 1]
    assert simulation.trust_works() is None
    assert stage.get("papp", EXCHANGE_OBJECT)["status"]["registration"]["createdByUs"] is True


@on_the_embedded_engine
@pytest.mark.parametrize(
    ("what", "number"),
    [("between the intent and the registration", 2), ("between registration and restart", 3)],
)
def test_killed_on_the_first_host(stage: Stage, what: str, number: int) -> None:
    """Commands there: 1 observe, 2 register, 3 read-back."""
    first = stage.simulation.exchange_hosts()[0]
    kill_at(stage, first, nth_command(number))
    registered = [e for e in stage.simulation.exchange_entries() if not e.use_auth_server]
    assert len(registered) == number - 2, what
    expect_converged(stage)


@on_both_engines
def test_killed_between_two_hosts(stage: Stage) -> None:
    """The first host is restarted, the second is not; each ends with exactly one restart."""
    first, second = stage.simulation.exchange_hosts()
    kill_at(stage, second, lambda occasion: stage.simulation.restarts(first) == 1)
    assert stage.simulation.restarts(second) == 0
    expect_converged(stage)
