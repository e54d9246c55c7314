"""An entry on Lync that was made from an older document answers 401, and nothing of it differs: only a human's word
makes Lync read the document again, once for each word.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from partner_operator.trust.conditions import find
from partner_operator.trust.model import Mode, Product
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from support.engine.world import EXCHANGE_ON_LYNC, LYNC_HOSTS, World
from support.trust import worlds as values

WAY_OUT = "partner-operator.io/reconcile-requested-at"


def adopted(**changes: object) -> World:
    """A human registered Exchange on Lync before its certificate rolled; then the operator came."""
    world = World()
    entry = values.entry(Product.EXCHANGE, Product.LYNC)
    world.lync.model.entries = (entry,)
    world.lync.running = dict.fromkeys(LYNC_HOSTS, (entry,))
    world.lync.copies[entry.metadata_url or ""] = (values.ROLLED,)
    world.declare()
    if changes:
        world.cluster.change(EXCHANGE_ON_LYNC, **changes)
    for _ in range(8):
        world.run_round()
    return world


def updates(world: World) -> int:
    """What Lync was made to do."""
    return sum(count for what, count in world.lync.counts.items() if what.startswith("apply"))


def later(world: World, minutes: int = 20, passes: int = 3) -> None:
    """Time passes."""
    for _ in range(passes):
        world.clock.instant += timedelta(minutes=minutes)
        for name in world.cluster.servers:
            world.run_pass(name)


def test_a_humans_word_makes_lync_read_the_document_again() -> None:
    world = adopted()
    later(world)
    assert world.cluster.ready(EXCHANGE_ON_LYNC) == (
        ConditionStatus.FALSE,
        Reason.CONNECTIVITY_TEST_FAILED,
    )
    ready = find(world.cluster.status(EXCHANGE_ON_LYNC).conditions, ConditionType.READY)
    assert ready is not None
    assert WAY_OUT in ready.message
    assert "reads the partner's document again" in ready.message
    assert updates(world) == 0
    world.cluster.request(EXCHANGE_ON_LYNC, "please")
    world.run_pass("lync")
    assert updates(world) == 1
    later(world)
    assert world.all_ready()
    assert updates(world) == 1
    assert not world.cluster.told(Reason.DRIFT_DETECTED)
    repair = world.cluster.status(EXCHANGE_ON_LYNC).repair
    assert repair is None or not repair.proven_at, "nobody set anything back"


def test_each_word_is_one_reading() -> None:
    """Also where it does not help: the other side may be the one that is wrong."""
    world = adopted()
    world.lync.passes = lambda: False
    for word in ("first", "second", "third", "fourth", "fifth", "sixth"):
        world.cluster.request(EXCHANGE_ON_LYNC, word)
        later(world)
    assert updates(world) == 6
    assert world.cluster.ready(EXCHANGE_ON_LYNC) == (
        ConditionStatus.FALSE,
        Reason.CONNECTIVITY_TEST_FAILED,
    )


def test_where_no_test_is_declared_the_word_counts_too() -> None:
    world = adopted(connectivity_test=None)
    world.cluster.request(EXCHANGE_ON_LYNC, "please")
    later(world)
    assert updates(world) == 1
    assert world.trusted()


def test_a_passed_test_proves_what_lync_has() -> None:
    """Then a request is a look, and no write."""
    world = adopted()
    world.cluster.request(EXCHANGE_ON_LYNC, "please")
    later(world)
    assert world.all_ready()
    world.cluster.request(EXCHANGE_ON_LYNC, "again")
    later(world)
    assert updates(world) == 1


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.SUSPEND])
def test_who_only_looks_reads_nothing_again(mode: Mode) -> None:
    """Rule 15; and a word is no difference that Observe could show."""
    world = adopted(mode=mode)
    world.cluster.request(EXCHANGE_ON_LYNC, "please")
    later(world)
    assert updates(world) == 0
    assert not world.cluster.status(EXCHANGE_ON_LYNC).plan


def test_a_list_that_is_not_proven_whole_is_no_basis_for_it() -> None:
    world = adopted()
    world.lync.incomplete = "Get-CsPartnerApplication warned."
    world.cluster.request(EXCHANGE_ON_LYNC, "please")
    later(world)
    assert updates(world) == 0


def test_exchange_shows_its_certificates_and_needs_no_such_word() -> None:
    world = World()
    entry = values.entry()
    world.exchange.model.entries = (entry,)
    world.exchange.running = dict.fromkeys(world.exchange.hosts, (entry,))
    world.declare()
    world.settle()
    name = next(iter(world.cluster.applications))
    world.cluster.applications[name] = replace(
        world.cluster.applications[name], reconcile_requested_at="please"
    )
    later(world)
    assert world.exchange.changes == 0
