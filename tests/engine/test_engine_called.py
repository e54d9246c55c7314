"""Sentences call a server what people call its version."""

from __future__ import annotations

import re
from dataclasses import replace

from partner_operator.catalog import CATALOG
from partner_operator.trust.model import Product
from support.engine.world import EXCHANGE_ON_LYNC, World

NAME = "Skype for Business Server"
LYNC = CATALOG.rules[Product.LYNC]


def test_the_version_decides() -> None:
    assert [LYNC.called(version) for version in (None, "", "5.0.8308.0", "soon")] == ["Lync"] * 4
    assert [LYNC.called(version) for version in ("6.0.9319.0", "7.0.2046.0", "10.1")] == [NAME] * 3
    assert CATALOG.rules[Product.EXCHANGE].called("15.2.2562.17") == "Exchange"


def test_nothing_that_is_told_of_a_new_server_calls_it_lync() -> None:
    world = World()
    world.lync.version, world.lync.newer_name = "7.0.2046.0", LYNC.newer_name("7.0.2046.0")
    world.declare()
    for _ in range(3):
        world.run_round()
    entry = world.lync.model.entries[0]
    world.lync.model.entries = (replace(entry, enabled=False),)
    world.run_round()
    world.lync.model.entries, world.lync.incomplete = (), "A scope hides entries."
    world.run_round()
    told = [message for name, _, _, message in world.cluster.events if name == EXCHANGE_ON_LYNC]
    assert any(f"{NAME} now trusts" in message for message in told)
    conditions = world.cluster.status(EXCHANGE_ON_LYNC).conditions
    told += [condition.message for condition in conditions]
    assert any(f"partner applications on {NAME} is not proven whole" in text for text in told)
    assert [text for text in told if re.search(r"\bLync\b", text)] == []
