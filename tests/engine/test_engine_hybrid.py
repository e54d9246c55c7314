"""What others own: entries and names of the hybrid set-up are neither changed nor given away."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from partner_operator.trust.conditions import find
from partner_operator.trust.model import (
    DeletionPolicy,
    DesiredApplication,
    EntryKind,
    Product,
    behind_token_server,
)
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from support.engine.behind import ACCOUNT, EITHER, NAME, READY, StsWorld, registered
from support.engine.world import EXCHANGE_ON_LYNC, World, exchange_on_lync
from support.trust import worlds as values
from support.trust.worlds import HR, STS_URL

FALSE = ConditionStatus.FALSE


def behind(identifier: str, realm: str = "", **changes: Any) -> DesiredApplication:
    partner = behind_token_server(identifier, realm, STS_URL)
    return replace(values.hr(server_name="exchange"), partner=partner, **changes)


@pytest.mark.parametrize("policy", [None, DeletionPolicy.REMOVE])
def test_what_a_hybrid_set_up_made_is_neither_changed_nor_removed(
    policy: DeletionPolicy | None,
) -> None:
    """SfBLegacy has Lync's identifier and no realm; an object may name just that."""
    world = StsWorld(accounts=(ACCOUNT,))
    lync = values.metadata(Product.LYNC).application_identifier
    world.cluster.add(behind(lync, linked_account=ACCOUNT, deletion_policy=policy))
    world.settle(3)
    assert world.cluster.ready(NAME) == (FALSE, Reason.CONFLICT)
    assert "SfBLegacy belongs to the hybrid set-up" in world.message()
    world.cluster.applications[NAME] = replace(world.cluster.applications[NAME], has_finalizer=True)
    world.cluster.delete(NAME)
    world.settle()
    assert NAME not in world.cluster.applications
    assert world.model.entries == values.STOCK
    assert world.changes == 0


@pytest.mark.parametrize("registered_before", [False, True])
@pytest.mark.parametrize(
    ("product", "name"),
    [
        (Product.EXCHANGE, "sfblegacy"),
        (Product.EXCHANGE, "TeamsScheduler"),
        (Product.LYNC, "microsoft.exchange"),
    ],
)
def test_a_name_of_the_hybrid_set_up_is_given_to_nothing(
    product: Product, name: str, registered_before: bool
) -> None:
    """Its scripts would take the entry for theirs, and the operator could never remove it."""
    world = StsWorld(product=product)
    world.model.entries = stock = values.STOCK[:1] if product is Product.EXCHANGE else ()
    identifier = HR
    if product is Product.LYNC:
        identifier = values.metadata(Product.EXCHANGE).application_identifier
    wanted = replace(behind(identifier, "online.example"), server_name=world.server)
    if registered_before:
        world.cluster.add(wanted)
        world.settle()
        assert world.cluster.ready(NAME) == READY
        stock = world.model.entries
        world.cluster.change(NAME, identity=name)
    else:
        world.cluster.add(replace(wanted, identity=name))
    world.settle(3)
    assert world.cluster.ready(NAME) == (FALSE, Reason.CONFLICT)
    assert f"{name} is a name of the hybrid set-up" in world.message()
    assert world.model.entries == stock


def test_beside_a_stock_entry_the_one_that_a_human_made_is_meant() -> None:
    """A page of Microsoft's has people make one for Skype for Business Online, without a realm."""
    world = StsWorld()
    lync = values.metadata(Product.LYNC).application_identifier
    by_hand = replace(values.STOCK[1], reference="by-hand", identity="SfBOnline")
    world.model.entries = (*values.STOCK, by_hand)
    world.cluster.add(behind(lync))
    world.settle()
    assert world.cluster.ready(NAME) == READY, world.message()
    registration = world.cluster.status(NAME).registration
    assert registration is not None
    assert (registration.identity, registration.created_by_us) == ("SfBOnline", False)
    assert world.changes == 0


@EITHER
def test_an_identifier_of_a_product_is_never_mixed_up_with_the_entry_on_premises(
    product: Product,
) -> None:
    world = StsWorld(product=product)
    other = Product.LYNC if product is Product.EXCHANGE else Product.EXCHANGE
    identifier = values.metadata(other).application_identifier
    on_premises = values.application(
        other, "product", server_name=world.server, has_finalizer=False
    )
    world.cluster.add(replace(behind(identifier, "online.example"), server_name=world.server))
    world.cluster.add(on_premises)
    world.settle()
    assert world.all_ready()
    assert {(entry.kind, entry.realm) for entry in world.ours} == {
        (EntryKind.TOKEN_SERVER, "online.example"),
        (EntryKind.OWN_KEYS, "litwareinc.com"),
    }
    world.cluster.delete(NAME)
    world.settle()
    assert [entry.kind for entry in world.ours] == [EntryKind.OWN_KEYS]


@pytest.mark.parametrize("name", ["Exchange", "microsoft.exchange"])
def test_a_trust_that_a_hybrid_script_turned_is_told_and_never_turned_back(name: str) -> None:
    world = World()
    old = values.entry(Product.EXCHANGE, Product.LYNC, reference=name, identity=name)
    world.lync.model.entries = (old,)
    world.cluster.add(exchange_on_lync(connectivity_test=None))
    world.settle()
    assert world.all_ready()
    turned = replace(old, kind=EntryKind.TOKEN_SERVER, metadata_url="")
    world.lync.model.entries = (turned,)
    world.clock.instant += timedelta(minutes=11)
    world.settle(3)
    assert world.cluster.ready(EXCHANGE_ON_LYNC) == (FALSE, Reason.CONFLICT)
    found = find(world.cluster.status(EXCHANGE_ON_LYNC).conditions, ConditionType.READY)
    assert found is not None
    assert "gets its tokens from a token server now" in found.message
    assert world.lync.model.entries == (turned,)
    assert not world.cluster.told(Reason.VANISHED)
    world.lync.model.entries = (old,)
    world.settle()
    assert world.all_ready()


def test_an_entry_of_ours_that_got_keys_of_its_own_is_told() -> None:
    world = registered()
    turned = replace(world.ours[0], kind=EntryKind.OWN_KEYS, metadata_url="https://evil.example/")
    world.model.entries = (*values.STOCK, turned)
    world.settle(3)
    assert world.cluster.ready(NAME) == (FALSE, Reason.CONFLICT)
    assert world.ours == [turned]
    world.cluster.delete(NAME)
    world.settle()
    assert world.ours == [turned]
