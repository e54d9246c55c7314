"""Declarations that change while a pass is under way decide about what cannot be taken back (C22)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from partner_operator.trust.model import DeletionPolicy, Mode, ObjectKey, Product
from partner_operator.trust.reasons import Reason
from support.engine.meanwhile import when
from support.engine.world import (
    EXCHANGE_ON_LYNC,
    LYNC_ON_EXCHANGE,
    World,
    converged,
    exchange_on_lync,
    lync_on_exchange,
)
from support.trust import worlds as values


def _heir_on_exchange(world: World) -> None:
    world.cluster.add(
        lync_on_exchange(
            key=ObjectKey("trust", "heir", "uid-heir"), created_at=values.NOW + timedelta(hours=1)
        )
    )


LAST_STEPS = ["Exchange observe", "Exchange observe done", f"write status of {LYNC_ON_EXCHANGE}"]
"""Of a removal on Exchange, up to the write of its intent."""


@pytest.mark.parametrize("step", LAST_STEPS)
def test_an_heir_that_comes_while_its_forerunner_is_looked_at_inherits(step: str) -> None:
    world = converged()
    changes, restarts = world.exchange.changes, dict(world.exchange.restarts)
    world.cluster.delete(LYNC_ON_EXCHANGE)
    when(world, step, lambda: _heir_on_exchange(world))
    world.settle()
    assert LYNC_ON_EXCHANGE not in world.cluster.applications
    assert world.exchange.changes == changes
    assert dict(world.exchange.restarts) == restarts
    assert world.cluster.told(Reason.HANDED_OVER)
    registration = world.cluster.status("heir").registration
    assert registration is not None
    assert registration.created_by_us


@pytest.mark.parametrize(
    "change",
    [
        {"deletion_policy": DeletionPolicy.RETAIN},
        {"release_requested": f"uid-{LYNC_ON_EXCHANGE}"},
        {"mode": Mode.SUSPEND},
    ],
    ids=["Retain", "released", "Suspend"],
)
def test_a_word_that_comes_before_the_removal_begins_is_heard(change: dict[str, object]) -> None:
    world = converged()
    world.cluster.delete(LYNC_ON_EXCHANGE)
    when(
        world,
        f"write status of {LYNC_ON_EXCHANGE}",
        lambda: world.cluster.change(LYNC_ON_EXCHANGE, **change),
    )
    world.settle()
    assert LYNC_ON_EXCHANGE not in world.cluster.applications
    assert world.exchange.counts["apply Remove"] == 0


def test_a_server_that_is_suspended_before_lync_recreates_is_left_alone() -> None:
    """RECREATE removes too: on Lync the realm cannot be changed."""
    world = converged()
    entry = world.lync.model.entries[0]
    world.lync.model.entries = (replace(entry, realm="wrong"),)
    when(
        world,
        f"write status of {EXCHANGE_ON_LYNC}",
        lambda: world.cluster.change(EXCHANGE_ON_LYNC, mode=Mode.OBSERVE),
    )
    world.run_round()
    world.run_round()
    assert world.lync.counts["apply Recreate"] == 0
    assert world.cluster.status(EXCHANGE_ON_LYNC).intent is None


def test_a_pass_that_is_overtaken_is_followed_by_another_at_once_and_keeps_what_it_did() -> None:
    """Another object was registered in the same pass: its read-back is not lost."""
    world = converged()
    world.cluster.delete(EXCHANGE_ON_LYNC)
    other = exchange_on_lync("other")
    partner = replace(other.partner, auth_metadata_url="https://b/autodiscover/metadata/json/1")
    world.lync.model.documents = (
        *world.lync.model.documents,
        values.reading(Product.EXCHANGE, partner.auth_metadata_url, realm="b"),
    )
    identity = "Exchange-B"
    first = ObjectKey("trust", "a-first", "uid-first")
    world.cluster.applications = {
        first.name: replace(other, key=first, partner=partner, identity=identity),
        **world.cluster.applications,
    }
    world.cluster.statuses[first.uid] = type(world.cluster.status(EXCHANGE_ON_LYNC))()
    when(
        world,
        "Lync apply Register done",
        lambda: world.cluster.add(exchange_on_lync("heir")),
    )
    due = world.run_pass("lync")
    assert due == world.clock.now()
    status = world.cluster.statuses[first.uid]
    assert status.registration is not None
    assert status.registration.created_by_us
    assert status.intent is None
    world.settle()
    assert world.lync.counts["apply Remove"] == 0
    assert world.lync.counts["apply Update"] == 0
    assert world.lync.counts["registered"] == 2
