"""Only what an object registered is removed with it; who made an entry is a property of the entry (C21)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from partner_operator.trust.model import DeletionPolicy, DesiredApplication, Entry, Product
from partner_operator.trust.reasons import Reason
from support.engine.meanwhile import kill_at
from support.engine.servers import FakeOrganisation
from support.engine.world import (
    EXCHANGE_ON_LYNC,
    LYNC_ON_EXCHANGE,
    World,
    converged,
    exchange_on_lync,
    lync_on_exchange,
)
from support.trust import worlds as values

BOTH = pytest.mark.parametrize("name", [LYNC_ON_EXCHANGE, EXCHANGE_ON_LYNC])


def _where(world: World, name: str) -> FakeOrganisation:
    return world.exchange if name == LYNC_ON_EXCHANGE else world.lync


def _twin(world: World, name: str) -> None:
    """A human makes an entry with the same content beside ours."""
    model = _where(world, name).model
    model.entries = (*model.entries, _foreign(name))


def _foreign(name: str) -> Entry:
    partner = Product.LYNC if name == LYNC_ON_EXCHANGE else Product.EXCHANGE
    on = Product.EXCHANGE if name == LYNC_ON_EXCHANGE else Product.LYNC
    return values.entry(partner, on, identity="by-hand", reference="by-hand")


@BOTH
def test_a_twin_that_a_human_made_stays_and_is_named(name: str) -> None:
    world = converged()
    _twin(world, name)
    world.cluster.delete(name)
    world.settle()
    assert name not in world.cluster.applications
    assert [entry.identity for entry in _where(world, name).model.entries] == ["by-hand"]
    [said] = world.cluster.told(Reason.REMOVED)
    assert "by-hand" in said


@BOTH
@pytest.mark.parametrize("looked", [True, False], ids=["adopted", "deleted at once"])
def test_an_entry_that_a_human_put_in_place_of_ours_stays(name: str, looked: bool) -> None:
    world = converged()
    _twin(world, name)
    model = _where(world, name).model
    model.entries = model.entries[1:]
    if looked:
        world.settle()
        registration = world.cluster.status(name).registration
        assert registration is not None
        assert registration.identity == "by-hand"
        assert not registration.created_by_us
        assert any("by-hand" in said for said in world.cluster.told(Reason.ADOPTED))
    world.cluster.delete(name)
    world.settle()
    assert name not in world.cluster.applications
    assert [entry.identity for entry in model.entries] == ["by-hand"]


@BOTH
@pytest.mark.parametrize("policy", [None, DeletionPolicy.REMOVE])
def test_killed_in_a_registration_only_what_was_not_there_before_is_ours(
    name: str, policy: DeletionPolicy | None
) -> None:
    """A human's entry was there, of another URL and realm; it is changed to ours while nobody looks."""
    product = "Exchange" if name == LYNC_ON_EXCHANGE else "Lync"
    world = World()
    kill_at(world, f"{product} apply Register")
    organisation = _where(world, name)
    foreign = _foreign(name)
    organisation.model.entries = (replace(foreign, realm="x", metadata_url="https://x/"),)
    declared: DesiredApplication = (
        lync_on_exchange() if product == "Exchange" else exchange_on_lync()
    )
    world.cluster.add(replace(declared, deletion_policy=policy))
    world.run_round()
    assert world.cluster.status(name).intent is not None
    organisation.model.entries = (foreign,)
    world.cluster.delete(name)
    world.settle()
    assert name not in world.cluster.applications
    assert organisation.model.entries == (foreign,)


@BOTH
def test_an_entry_that_somebody_removed_is_told_as_gone_and_registered_again(name: str) -> None:
    world = converged()
    _where(world, name).model.entries = ()
    for _ in range(2):
        world.run_round()
        world.settle()
    assert world.all_ready()
    assert len(_where(world, name).model.entries) == 1
    [said] = world.cluster.told(Reason.VANISHED)
    assert "registered again" in said
    assert any("again trusts" in told for told in world.cluster.told(Reason.REGISTERED))
    registration = world.cluster.status(name).registration
    assert registration is not None
    assert registration.created_by_us


@BOTH
def test_what_was_adopted_and_vanished_is_ours_when_it_is_made_again(name: str) -> None:
    world = World()
    organisation = _where(world, name)
    partner = Product.LYNC if name == LYNC_ON_EXCHANGE else Product.EXCHANGE
    organisation.model.entries = (values.entry(partner, organisation.product),)
    world.declare()
    world.settle()
    assert not _created_by_us(world, name)
    organisation.model.entries = ()
    for _ in range(2):
        world.run_round()
        world.settle()
    assert _created_by_us(world, name)


def _created_by_us(world: World, name: str) -> bool:
    registration = world.cluster.status(name).registration
    assert registration is not None
    return registration.created_by_us


@BOTH
def test_somebody_is_faster_than_our_registration(name: str) -> None:
    """The script finds an entry there and makes none: the read-back must not take it for ours."""
    world = World()
    organisation = _where(world, name)
    apply = organisation.apply

    async def outrun(*arguments: Any) -> str:
        await apply(*arguments)
        return ""

    organisation.apply = outrun  # type: ignore[method-assign,assignment]
    world.declare()
    world.settle()
    assert not _created_by_us(world, name)


@BOTH
def test_deleted_and_applied_again_is_registered_again(name: str) -> None:
    world = converged()
    old = world.cluster.applications[name]
    world.cluster.delete(name)
    world.settle()
    world.cluster.add(replace(old, key=replace(old.key, uid="uid-again"), has_finalizer=False))
    for _ in range(2):
        world.run_round()
        world.settle()
    assert world.all_ready()
    assert world.trusted()
    assert _created_by_us(world, name)
    assert _where(world, name).counts["registered"] == 2
