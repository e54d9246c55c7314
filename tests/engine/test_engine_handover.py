"""A rename is a new object for the same trust: everything is handed over, nothing changes (rule 13)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from partner_operator.trust.model import Mode, ObjectKey, Product
from partner_operator.trust.reasons import ConditionStatus, Reason
from support.engine.crash import Crash
from support.engine.world import (
    EXCHANGE_ON_LYNC,
    LYNC_ON_EXCHANGE,
    World,
    converged,
    exchange_on_lync,
    lync_on_exchange,
)
from support.trust import worlds as values

FALSE = ConditionStatus.FALSE


def _rename(world: World) -> None:
    world.cluster.add(lync_on_exchange(key=ObjectKey("trust", "renamed", "uid-renamed")))
    world.cluster.delete(LYNC_ON_EXCHANGE)


def _steps_of_a_rename() -> range:
    world = converged()
    before = len(world.crash.steps)
    _rename(world)
    world.settle()
    return range(1, len(world.crash.steps) - before + 1)


@pytest.mark.parametrize("at", _steps_of_a_rename())
def test_a_rename_killed_at_any_step_hands_over_and_the_heir_removes(at: int) -> None:
    world = converged()
    changes, restarts = world.exchange.changes, dict(world.exchange.restarts)
    world.crash.at = len(world.crash.steps) + at
    _rename(world)
    world.settle()
    world.crash.at = None
    assert LYNC_ON_EXCHANGE not in world.cluster.applications
    assert world.exchange.changes == changes
    assert dict(world.exchange.restarts) == restarts
    assert world.cluster.applications["renamed"].has_finalizer
    world.cluster.delete("renamed")
    world.settle()
    assert not world.exchange.model.entries


def test_two_objects_that_claim_one_entry_the_younger_one_stands_back() -> None:
    world = converged()
    young = lync_on_exchange(
        key=ObjectKey("trust", "young", "uid-young"), created_at=values.NOW + timedelta(hours=1)
    )
    world.cluster.add(young)
    changes = world.exchange.changes
    world.run_round()
    assert world.exchange.changes == changes
    assert world.cluster.ready("young") == (FALSE, Reason.CONFLICT)
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (ConditionStatus.TRUE, Reason.SUCCEEDED)
    world.cluster.delete("young")
    world.run_round()
    assert "young" not in world.cluster.applications
    assert world.exchange.model.entries


def test_a_suspended_heir_still_inherits() -> None:
    """Else nobody would remove what we made."""
    world = converged()
    heir = lync_on_exchange(key=ObjectKey("trust", "heir", "uid-heir"), mode=Mode.SUSPEND)
    world.cluster.add(heir)
    world.cluster.delete(LYNC_ON_EXCHANGE)
    for _ in range(2):
        world.run_round()
    assert LYNC_ON_EXCHANGE not in world.cluster.applications
    world.cluster.change("heir", mode=Mode.ENFORCE)
    world.settle()
    world.cluster.delete("heir")
    world.settle()
    assert "heir" not in world.cluster.applications
    assert not world.exchange.model.entries


def _killed_in_register(organisation: str) -> World:
    """The operator died after the registration was made, and before anybody saw it."""
    steps = converged().crash.steps
    world = World(crash=Crash(at=steps.index(f"{organisation} apply Register done") + 1))
    world.declare()
    world.run_round()
    return world


def test_an_heir_inherits_a_registration_that_nobody_saw_to_its_end() -> None:
    """The open intent of the deleted object explains the entry: it is still ours to remove."""
    world = _killed_in_register("Exchange")
    _rename(world)
    world.settle()
    registration = world.cluster.status("renamed").registration
    assert registration is not None
    assert registration.created_by_us
    assert world.exchange.counts["registered"] == 1
    assert set(world.exchange.restarts.values()) == {1}
    world.cluster.delete("renamed")
    world.settle()
    assert not world.exchange.model.entries


def _rename_on_lync(world: World) -> None:
    world.cluster.add(exchange_on_lync("renamed"))
    world.cluster.delete(EXCHANGE_ON_LYNC)


@pytest.mark.parametrize("witnessed", [True, False])
def test_an_heir_knows_which_certificates_lync_has_read(witnessed: bool) -> None:
    """Exchange rolls while the object is renamed: Lync does not show its copy, the memory does."""
    world = converged() if witnessed else _killed_in_register("Lync")
    _rename_on_lync(world)
    world.roll(Product.EXCHANGE, values.ROLLED)
    for _ in range(3):
        world.run_round()
        world.settle()
    assert world.lync.counts["registered"] == 1
    assert world.lync.counts["apply Update"] == 1
    assert world.trusted()
    assert world.all_ready()


def test_an_heir_that_only_observes_still_hands_on_what_we_made() -> None:
    world = converged()
    for number, mode in enumerate([Mode.OBSERVE, Mode.ENFORCE]):
        names = [name for name in world.cluster.applications if name != EXCHANGE_ON_LYNC]
        key = ObjectKey("trust", f"heir-{number}", f"uid-heir-{number}")
        world.cluster.add(lync_on_exchange(key=key, mode=mode))
        world.cluster.delete(names[0])
        world.run_round()
    registration = world.cluster.status("heir-1").registration
    assert registration is not None
    assert registration.created_by_us
