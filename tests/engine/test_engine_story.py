"""The story, told by what was done to the servers and what the statuses say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from partner_operator.trust.model import Product
from partner_operator.trust.reasons import ConditionStatus, Reason
from support.engine.crash import Crash
from support.engine.world import (
    EXCHANGE_ON_LYNC,
    LYNC_ON_EXCHANGE,
    World,
    converged,
    exchange_on_lync,
)
from support.trust import worlds as values


def test_from_nothing_to_a_proven_trust() -> None:
    world = converged()
    assert world.exchange.counts["registered"] == 1
    assert world.lync.counts["registered"] == 1
    assert dict(world.exchange.restarts) == {"ex1.litwareinc.com": 1, "ex2.litwareinc.com": 1}
    assert world.trusted()
    assert not world.cluster.told(Reason.CONNECTIVITY_TEST_FAILED)
    registration = world.cluster.status(LYNC_ON_EXCHANGE).registration
    assert registration is not None
    assert registration.created_by_us


def test_a_second_pass_over_a_converged_world_does_nothing() -> None:
    world = converged()
    world.run_round()
    writes, exchange, lync = (
        world.cluster.writes,
        dict(world.exchange.counts),
        dict(world.lync.counts),
    )
    world.run_round()
    assert world.cluster.writes == writes
    assert dict(world.exchange.counts) == exchange | {"observe": exchange["observe"] + 1}
    assert dict(world.lync.counts) == lync | {"observe": lync["observe"] + 1}


def _steps_of_the_story() -> int:
    world = converged()
    return len(world.crash.steps)


@pytest.mark.parametrize("at", range(1, _steps_of_the_story() + 1))
def test_killed_at_any_step(at: int) -> None:
    """SIGKILL before or after any step: the end state is right, nothing is done twice."""
    world = World(crash=Crash(at))
    world.declare()
    world.settle(20)
    assert world.all_ready()
    assert world.trusted()
    assert world.exchange.counts["registered"] == 1
    assert world.lync.counts["registered"] == 1
    assert dict(world.exchange.restarts) == {"ex1.litwareinc.com": 1, "ex2.litwareinc.com": 1}
    for name in (LYNC_ON_EXCHANGE, EXCHANGE_ON_LYNC):
        registration = world.cluster.status(name).registration
        assert registration is not None
        assert registration.created_by_us


def test_a_disabled_entry_is_repaired_and_named() -> None:
    world = converged()
    entry = world.exchange.model.entries[0]
    world.exchange.model.entries = (replace(entry, enabled=False),)
    world.settle()
    world.settle()
    assert world.exchange.model.entries[0].enabled
    assert any("enabled" in message for message in world.cluster.told(Reason.DRIFT_DETECTED))
    assert world.exchange.counts["apply Update"] == 1
    assert world.all_ready()


def test_a_rolled_certificate_is_followed() -> None:
    world = converged()
    rolled = values.reading(
        Product.LYNC,
        certificates=(values.certificate(), values.certificate(values.ROLLED)),
    )
    exchange = world.exchange.model
    exchange.documents = (exchange.documents[0], rolled)
    world.settle()
    world.settle()
    assert values.ROLLED in (exchange.entries[0].thumbprints or ())
    assert not world.cluster.told(Reason.CONNECTIVITY_TEST_FAILED)


def test_a_rename_is_handed_over_and_the_heir_may_remove() -> None:
    world = converged()
    changes = world.exchange.changes + world.lync.changes
    heir = exchange_on_lync(name="second")
    world.cluster.add(heir)
    world.cluster.delete(EXCHANGE_ON_LYNC)
    world.settle()
    assert EXCHANGE_ON_LYNC not in world.cluster.applications
    assert world.exchange.changes + world.lync.changes == changes
    world.cluster.delete("second")
    world.settle()
    assert "second" not in world.cluster.applications
    assert not world.lync.model.entries


def test_deleted_objects_take_their_registrations_along() -> None:
    world = converged()
    for name in (LYNC_ON_EXCHANGE, EXCHANGE_ON_LYNC):
        world.cluster.delete(name)
    world.settle()
    assert not world.cluster.applications
    assert not world.exchange.model.entries
    assert not world.lync.model.entries


def test_the_test_waits_for_the_declared_other_direction() -> None:
    world = World()
    world.declare()
    world.run_pass("lync")
    assert world.cluster.ready(EXCHANGE_ON_LYNC) == (
        ConditionStatus.UNKNOWN,
        Reason.WAITING_FOR_COUNTERPART,
    )
    assert world.lync.counts["test"] == 0
