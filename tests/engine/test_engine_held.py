"""Our finalizer is put on again where somebody took it off: in every mode, in every state, without contact."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from partner_operator.engine.ports import OperationFailed, Severity
from partner_operator.engine.unserved import serve_unserved
from partner_operator.trust.model import DeletionPolicy, Mode
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import ConditionStatus, Reason
from support.engine.bell import Impatient
from support.engine.world import (
    EXCHANGE_HOSTS,
    LYNC_ON_EXCHANGE,
    World,
    converged,
    lync_on_exchange,
)


def strip(world: World, **changes: object) -> None:
    """`kubectl patch papp ... metadata.finalizers: null`, after a change of spec."""
    if changes:
        world.cluster.change(LYNC_ON_EXCHANGE, **changes)
    found = world.cluster.applications[LYNC_ON_EXCHANGE]
    assert found.has_finalizer
    world.cluster.applications[LYNC_ON_EXCHANGE] = replace(found, has_finalizer=False)


def is_held(world: World) -> bool:
    """Whether `kubectl delete` would wait for us."""
    return world.cluster.applications[LYNC_ON_EXCHANGE].has_finalizer


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("policy", [None, *DeletionPolicy])
def test_in_every_mode_and_while_no_host_answers(mode: Mode, policy: DeletionPolicy | None) -> None:
    world = converged()
    strip(world, mode=mode, deletion_policy=policy)
    world.exchange.unreachable.update(EXCHANGE_HOSTS)
    world.run_pass("exchange")
    assert is_held(world)
    told = [event for event in world.cluster.events if event[2] is Reason.FINALIZER_RESTORED]
    assert [(name, severity) for name, severity, _, _ in told] == [
        (LYNC_ON_EXCHANGE, Severity.WARNING)
    ]
    assert f"partner-operator.io/release=uid-{LYNC_ON_EXCHANGE}" in told[0][3]


def test_while_the_pause_after_a_failure_lasts() -> None:
    """Then the pass does nothing else, and asks nobody."""
    world = converged()
    world.exchange.failures.append(OperationFailed(Reason.TIMED_OUT, "No answer."))
    world.run_pass("exchange")
    observed = world.exchange.counts["observe"]
    strip(world)
    world.run_pass("exchange")
    assert is_held(world)
    assert world.exchange.counts["observe"] == observed


def test_while_the_crds_are_too_old() -> None:
    """C33: nobody is contacted, and the status says why; when they fit it goes on."""
    world = converged()
    sentence = "The cluster's CRDs are older than this operator."
    world.cluster.problems["exchange"] = Obstacle(Reason.CRD_TOO_OLD, sentence, Next.HUMAN)
    strip(world)
    counts = dict(world.exchange.counts)
    world.run_pass("exchange")
    assert is_held(world)
    assert dict(world.exchange.counts) == counts
    stalled = (ConditionStatus.FALSE, Reason.CRD_TOO_OLD)
    assert world.cluster.server_ready("exchange") == stalled
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == stalled
    del world.cluster.problems["exchange"]
    world.settle()
    assert world.all_ready()


def test_an_object_that_waits_for_its_server() -> None:
    world = converged()
    del world.cluster.servers["exchange"]
    strip(world)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(serve_unserved(world.ports(), Impatient(world.clock, 1)))
    assert is_held(world)


def test_what_has_nothing_on_a_server_is_not_held() -> None:
    """Nor what only watches an entry of somebody else."""
    world = World()
    world.cluster.add(lync_on_exchange(mode=Mode.OBSERVE))
    world.run_pass("exchange")
    assert not is_held(world)
    world = converged()
    adopted = world.cluster.status(LYNC_ON_EXCHANGE)
    assert adopted.registration is not None
    uid = world.cluster.applications[LYNC_ON_EXCHANGE].key.uid
    theirs = replace(adopted.registration, created_by_us=False)
    world.cluster.statuses[uid] = replace(adopted, registration=theirs)
    strip(world)
    world.run_pass("exchange")
    assert not is_held(world)


def test_what_is_being_deleted_cannot_be_held_any_more() -> None:
    world = converged()
    world.cluster.delete(LYNC_ON_EXCHANGE)
    going = world.cluster.applications[LYNC_ON_EXCHANGE]
    world.cluster.applications[LYNC_ON_EXCHANGE] = replace(going, has_finalizer=False)
    world.run_pass("exchange")
    assert not is_held(world)


def test_one_that_stays_on_is_no_write_and_no_event() -> None:
    world = converged()
    world.run_pass("exchange")
    writes, events = world.cluster.writes, len(world.cluster.events)
    world.run_pass("exchange")
    assert (world.cluster.writes, len(world.cluster.events)) == (writes, events)
