"""An object that is deleted and made anew under the same name: `kubectl replace --force`, and Flux with force."""

from __future__ import annotations

from dataclasses import replace

from partner_operator.trust.model import DeletionPolicy
from partner_operator.trust.reasons import ConditionStatus, Reason
from support.engine.world import LYNC_ON_EXCHANGE, World, converged


def _replaced(world: World) -> None:
    """The new object comes as soon as the API server takes it: when the old one is gone."""
    old = world.cluster.applications[LYNC_ON_EXCHANGE]
    world.cluster.delete(LYNC_ON_EXCHANGE)
    for _ in range(5):
        if LYNC_ON_EXCHANGE not in world.cluster.applications:
            break
        world.run_round()
    key = replace(old.key, uid="uid-of-the-new-one")
    world.cluster.add(replace(old, key=key, generation=1, has_finalizer=False))


def test_who_is_replaced_by_force_takes_its_trust_down_until_it_is_registered_anew() -> None:
    """As docs/flux.md warns: one removal, one registration, and a restart of every host."""
    world = converged()
    counts, restarts = dict(world.exchange.counts), sum(world.exchange.restarts.values())
    _replaced(world)
    assert not world.exchange.model.entries
    world.settle()
    assert world.all_ready()
    assert world.exchange.counts["registered"] == counts["registered"] + 1
    assert sum(world.exchange.restarts.values()) > restarts


def test_with_retain_a_replacement_touches_no_server() -> None:
    """The entry stays, the new object adopts it, and nothing is restarted."""
    world = converged()
    world.cluster.change(LYNC_ON_EXCHANGE, deletion_policy=DeletionPolicy.RETAIN)
    world.settle()
    changes, restarts = world.exchange.changes, dict(world.exchange.restarts)
    entries = world.exchange.model.entries
    for _ in range(2):
        _replaced(world)
        assert world.trusted()
        world.settle()
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (ConditionStatus.TRUE, Reason.SUCCEEDED)
    assert (world.exchange.changes, dict(world.exchange.restarts)) == (changes, restarts)
    assert world.exchange.model.entries == entries
    registration = world.cluster.status(LYNC_ON_EXCHANGE).registration
    assert registration is not None
    assert not registration.created_by_us, "only deletionPolicy Remove takes it away"
