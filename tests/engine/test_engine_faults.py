"""One remote call of the story fails, whichever and however: nothing is changed blindly, and it ends well."""

from __future__ import annotations

import pytest

from partner_operator.engine.ports import LogonRefused, OperationFailed, RunFailed
from partner_operator.trust.obstacle import Next
from partner_operator.trust.reasons import ConditionStatus, Reason
from support.engine.crash import Crash, Fault
from support.engine.world import (
    EXCHANGE_ON_LYNC,
    LYNC_ON_EXCHANGE,
    World,
    converged,
)

CALLS = tuple(converged().crash.calls)
RESTARTED_ONCE = {"ex1.litwareinc.com": 1, "ex2.litwareinc.com": 1}

UNREACHABLE = OperationFailed(Reason.UNREACHABLE, "No route to the host.", nothing_ran=True)
TIMED_OUT = OperationFailed(Reason.TIMED_OUT, "No answer in time.", outcome_unknown=True)
LOST = OperationFailed(Reason.OUTCOME_UNKNOWN, "The answer was lost.", outcome_unknown=True)
REFUSED = OperationFailed(Reason.REMOTE_ERROR, "The cmdlet wrote an error.")
BUSY = OperationFailed(Reason.BUSY, "Another run is under way.", nothing_ran=True)
GARBLED = OperationFailed(Reason.PROTOCOL_ERROR, "The answer makes no sense.", outcome_unknown=True)
FORBIDDEN = OperationFailed(
    Reason.FORBIDDEN, "A right is missing.", then=Next.HUMAN, nothing_ran=True
)
REJECTED = LogonRefused("The password was refused.", nothing_ran=True)
BEFORE = (UNREACHABLE, TIMED_OUT, LOST, REFUSED, BUSY, GARBLED, FORBIDDEN)
AFTER = (TIMED_OUT, LOST, REFUSED, GARBLED)


def _name(failure: RunFailed) -> str:
    return failure.obstacle.reason.value


def _call(at: int) -> str:
    return f"{at} {CALLS[at - 1]}"


def _story(fault: Fault) -> World:
    """The story with one fault in it; every remote call is one that the world allows for."""
    world = World(crash=Crash(fault=fault))
    world.declare()
    world.settle(20)
    assert world.crash.fault is None, "the fault was not reached"
    return world


def _ended_well(world: World) -> None:
    assert world.all_ready(), [world.cluster.ready(name) for name in world.cluster.applications]
    assert world.trusted()
    assert len(world.exchange.model.entries) == 1
    assert len(world.lync.model.entries) == 1
    for name in (LYNC_ON_EXCHANGE, EXCHANGE_ON_LYNC):
        status = world.cluster.status(name)
        assert status.registration is not None
        assert status.registration.created_by_us
        assert status.intent is None
    for server in world.cluster.server_statuses.values():
        assert server.retry is None


@pytest.mark.parametrize(
    ("at", "failure"),
    [
        pytest.param(at, failure, id=f"{_call(at)} {_name(failure)}")
        for at in range(1, len(CALLS) + 1)
        for failure in BEFORE
        # That one ends otherwise: iisreset ran and complained.
        if not (failure is REFUSED and "restart" in _call(at))
    ],
)
def test_a_call_that_fails_before_its_work(at: int, failure: RunFailed) -> None:
    world = _story(Fault(at, failure))
    _ended_well(world)
    assert world.exchange.counts["registered"] == 1
    assert world.lync.counts["registered"] == 1
    assert dict(world.exchange.restarts) == RESTARTED_ONCE


@pytest.mark.parametrize("failure", AFTER, ids=_name)
@pytest.mark.parametrize("at", range(1, len(CALLS) + 1), ids=_call)
def test_a_call_whose_work_was_done_and_whose_answer_failed(at: int, failure: RunFailed) -> None:
    """C06: the write threw, and still happened."""
    world = _story(Fault(at, failure, done_all_the_same=True))
    _ended_well(world)
    assert world.exchange.counts["registered"] == 1
    assert world.lync.counts["registered"] == 1
    assert dict(world.exchange.restarts) == RESTARTED_ONCE


@pytest.mark.parametrize("at", range(1, len(CALLS) + 1), ids=_call)
def test_a_password_that_is_refused_at_any_call_is_not_tried_again(at: int) -> None:
    """Each further logon could lock the account: also when the password changed in mid-pass."""
    world = World(crash=Crash(fault=Fault(at, REJECTED)))
    world.declare()
    for _ in range(20):
        world.run_round()
        if world.crash.fault is None:
            break
    organisation = world.exchange if CALLS[at - 1].startswith("Exchange") else world.lync
    name = LYNC_ON_EXCHANGE if organisation is world.exchange else EXCHANGE_ON_LYNC
    logons = len(organisation.seen_passwords)
    for _ in range(3):
        world.run_round()
    assert len(organisation.seen_passwords) == logons
    ready = (ConditionStatus.FALSE, Reason.CREDENTIALS_REJECTED)
    assert world.cluster.ready(name) == ready


@pytest.mark.parametrize("at", [at for at in range(1, len(CALLS) + 1) if "restart" in _call(at)])
def test_an_iisreset_that_complains_and_restarts_nothing_is_left_to_a_human(at: int) -> None:
    world = _story(Fault(at, REFUSED))
    restarts = dict(world.exchange.restarts)
    for name in (LYNC_ON_EXCHANGE, None):
        ready = world.cluster.ready(name) if name else world.cluster.server_ready("exchange")
        assert ready == (ConditionStatus.FALSE, Reason.RESTART_FAILED)
    assert world.cluster.told(Reason.RESTART_FAILED)
    for host, started in world.exchange.workers.items():
        if started < world.exchange.now():
            world.exchange.iisreset(host)
    world.settle(20)
    _ended_well(world)
    assert dict(world.exchange.restarts) == restarts
