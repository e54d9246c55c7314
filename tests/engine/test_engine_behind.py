"""An application behind a token server: registered, kept, adopted and removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from partner_operator.trust.conditions import find
from partner_operator.trust.model import EntryKind, Product, TrustLevel
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import TokenServerStatus
from support.engine.behind import EITHER, NAME, READY, StsWorld, disable_ours, registered
from support.trust.worlds import HR, STS_URL

FALSE = ConditionStatus.FALSE


@EITHER
@pytest.mark.parametrize("realm", ["", "litwareinc.com"])
def test_it_is_registered_and_what_cannot_be_seen_is_said_once(
    product: Product, realm: str
) -> None:
    world = StsWorld(product=product)
    before = world.model.token_servers
    world.ask(realm=realm, trust_level=TrustLevel.APPLICATION)
    world.settle()
    [entry] = world.ours
    assert (entry.kind, entry.application_identifier) == (EntryKind.TOKEN_SERVER, HR)
    assert (entry.realm, entry.enabled) == (realm, True)
    assert world.model.token_servers == before
    assert world.cluster.ready(NAME) == READY
    connected = find(world.cluster.status(NAME).conditions, ConditionType.CONNECTED)
    assert connected is not None
    assert connected.reason is Reason.NOT_TESTED
    assert "cannot be seen from here" in world.message()
    writes = world.cluster.writes
    world.run_round()
    assert (world.changes, world.cluster.writes) == (1, writes)
    assert bool(world.exchange.restarts) is (product is Product.EXCHANGE)


@EITHER
def test_the_inventory_has_token_servers_and_kinds(product: Product) -> None:
    world = registered(product)
    status = world.cluster.server_statuses[world.cluster.servers[world.server].key.uid]
    assert status.token_servers == (
        TokenServerStatus("sts", STS_URL, "litwareinc.com", "", enabled=True),
    )
    if product is Product.EXCHANGE:
        assert {each.kind for each in status.undeclared} == {EntryKind.TOKEN_SERVER}
    registration = world.cluster.status(NAME).registration
    assert registration is not None
    assert registration.kind is EntryKind.TOKEN_SERVER


def _remove(world: StsWorld) -> None:
    world.model.entries = tuple(entry for entry in world.model.entries if entry not in world.ours)


def _move(world: StsWorld) -> None:
    world.model.entries = tuple(
        replace(entry, realm="contoso.com") if entry in world.ours else entry
        for entry in world.model.entries
    )


@pytest.mark.parametrize(
    ("product", "drift"),
    [
        (Product.EXCHANGE, disable_ours),
        (Product.EXCHANGE, _remove),
        (Product.EXCHANGE, _move),
        (Product.LYNC, disable_ours),
        (Product.LYNC, _remove),
    ],
)
def test_drift_of_the_application_is_repaired_as_everywhere(
    product: Product, drift: Callable[[StsWorld], None]
) -> None:
    world = registered(product)
    drift(world)
    world.settle()
    kept = [each for each in world.ours if each.realm == ""]
    assert [each.enabled for each in kept] == [True]
    assert world.cluster.ready(NAME) == READY
    assert world.model.token_servers == world.there


@EITHER
def test_deleted_it_is_gone_and_the_token_server_still_there(product: Product) -> None:
    world = registered(product, create=True, there=())
    assert len(world.model.token_servers) == 1
    world.cluster.delete(NAME)
    world.settle()
    assert NAME not in world.cluster.applications
    assert world.ours == []
    assert len(world.model.token_servers) == 1


def test_one_application_may_have_an_entry_for_each_of_its_realms() -> None:
    """An empty realm is a realm like any other."""
    world = StsWorld()
    for name, realm in (("all", ""), ("a", "a.example"), ("b", "b.example")):
        world.ask(name, realm=realm)
    world.settle()
    assert world.all_ready()
    assert {entry.realm for entry in world.ours} == {"", "a.example", "b.example"}
    world.cluster.delete("a")
    world.settle()
    assert {entry.realm for entry in world.ours} == {"", "b.example"}


def test_two_objects_for_one_application_and_realm_are_in_conflict() -> None:
    world = registered()
    world.ask("twin", identity="other")
    world.settle()
    assert world.cluster.ready("twin") == (FALSE, Reason.CONFLICT)
    assert len(world.ours) == 1


def test_an_entry_that_is_there_is_adopted_and_stays() -> None:
    world = registered()
    world.cluster.applications[NAME] = replace(
        world.cluster.applications[NAME], has_finalizer=False
    )
    world.cluster.recreate(NAME)
    world.settle()
    assert world.cluster.ready(NAME) == READY
    assert world.changes == 1
    world.cluster.applications[NAME] = replace(world.cluster.applications[NAME], has_finalizer=True)
    world.cluster.delete(NAME)
    world.settle()
    assert len(world.ours) == 1


def test_on_lync_an_entry_may_get_lyncs_own_realm_where_none_is_given() -> None:
    """Which of the two Lync does is not known: both are the same declaration come true."""
    world = StsWorld(product=Product.LYNC)
    world.model.default_realm = "litwareinc.com"
    world.ask()
    world.settle()
    assert world.cluster.ready(NAME) == READY
    assert [entry.realm for entry in world.ours] == ["litwareinc.com"]
    world.ask("twin", realm="litwareinc.com", identity="twin")
    world.settle(3)
    assert world.cluster.ready("twin") == (FALSE, Reason.CONFLICT)
    world.cluster.delete(NAME)
    world.settle()
    assert world.all_ready()
    assert [entry.identity for entry in world.ours] == ["twin"]
