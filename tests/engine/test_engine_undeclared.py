"""What nobody declared is told so that it can be declared, and whether nothing is missing in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from partner_operator.trust.model import Product
from partner_operator.trust.status import ServerStatus, Undeclared
from support.engine.world import World
from support.trust import worlds as values


def grown() -> World:
    """Trusts made by hand beside stock entries; servers are declared and no application is."""
    world = World()
    world.exchange.model.entries = (*values.STOCK, values.entry())
    world.lync.model.entries = (values.entry(Product.EXCHANGE, Product.LYNC),)
    world.run_round()
    return world


def status(world: World, server: str = "exchange") -> ServerStatus:
    return world.cluster.server_statuses[world.cluster.servers[server].key.uid]


def told(world: World, identity: str, server: str = "exchange") -> Undeclared:
    [found] = [each for each in status(world, server).undeclared if each.identity == identity]
    return found


def test_a_trust_made_by_hand_is_told_whole() -> None:
    world = grown()
    there = values.entry()
    found = told(world, "Lync")
    assert found.metadata_url == there.metadata_url
    assert found.enabled is True
    assert found.thumbprints == there.thumbprints
    assert there.linked_account is not None
    assert found.linked_account == there.linked_account.canonical_name
    assert (found.differs, found.undeclarable) == ((), None)
    assert told(world, "Exchange", "lync").trust_level == "Full"
    assert status(world).undeclared_whole is True
    assert status(world).undeclared_cut is None


def test_what_a_hybrid_set_up_made_is_named_as_such() -> None:
    found = told(grown(), "Exchange Online")
    assert found.undeclarable is not None
    assert "hybrid set-up" in found.undeclarable
    assert found.differs is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"enabled": False}, "enabled"),
        ({"accepts_security_identifiers": False}, "acceptSecurityIdentifierInformation"),
        ({"linked_account": None}, "linkedAccount"),
    ],
)
def test_what_declaring_would_change_is_told_before(changes: dict[str, object], field: str) -> None:
    world = World()
    world.exchange.model.entries = (replace(values.entry(), **changes),)  # type: ignore[arg-type]
    world.run_round()
    differs = told(world, "Lync").differs
    assert differs
    assert differs[0].startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"application_identifier": values.HR}, "No product"),
        (
            {"application_identifier": values.entry(Product.EXCHANGE).application_identifier},
            "trust Exchange",
        ),
        ({"metadata_url": None}, "metadata URL"),
        ({"warning": "The object is corrupt."}, "warns"),
    ],
)
def test_why_no_object_can_stand_for_it(changes: dict[str, object], why: str) -> None:
    world = World()
    world.exchange.model.entries = (replace(values.entry(), **changes),)  # type: ignore[arg-type]
    world.run_round()
    assert why in (told(world, "Lync").undeclarable or "")


def test_a_list_that_may_have_gaps_is_not_whole() -> None:
    world = grown()
    world.exchange.incomplete = "A domain controller did not answer."
    world.run_round()
    assert status(world).undeclared_whole is False


def test_a_server_that_was_not_reached_last_tells_nothing_of_its_list() -> None:
    world = grown()
    world.exchange.unreachable = {*world.exchange.hosts}
    world.run_round()
    assert status(world).undeclared
    assert status(world).undeclared_whole is None
    world.exchange.unreachable = set()
    world.clock.instant += timedelta(hours=1)
    world.run_round()
    assert status(world).undeclared_whole is True


def test_a_steady_list_writes_nothing() -> None:
    world = grown()
    world.run_round()
    writes = world.cluster.writes
    world.run_round()
    assert world.cluster.writes == writes
