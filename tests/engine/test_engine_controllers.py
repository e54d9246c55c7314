"""Another domain controller answers than before (C02): doubt is in place for half an hour, not for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest

from partner_operator.trust.model import Mode
from partner_operator.trust.reasons import ConditionStatus, Reason
from support.engine.world import LYNC_ON_EXCHANGE, World, converged

READY = (ConditionStatus.TRUE, Reason.SUCCEEDED)
DOUBTED = (ConditionStatus.FALSE, Reason.INCOMPLETE_READ)


def killed_before_the_change() -> World:
    """DC1 answered, the intent was written, and the operator was killed before anything was sent."""
    world = World()
    world.exchange.controller = "dc1.litwareinc.com"
    world.declare()
    world.run_pass("lync")
    steps = len(world.crash.steps)
    probe = World()
    probe.exchange.controller = "dc1.litwareinc.com"
    probe.declare()
    probe.run_pass("lync")
    probe.run_pass("exchange")
    world.crash.at = steps + probe.crash.steps[steps:].index("Exchange apply Register") + 1
    world.run_pass("exchange")
    assert world.cluster.status(LYNC_ON_EXCHANGE).intent is not None
    assert world.exchange.changes == 0
    return world


def test_a_controller_that_never_returns_does_not_keep_an_old_intent_open() -> None:
    """Whatever the change did has reached every controller long since; absence may be believed."""
    world = killed_before_the_change()
    world.exchange.controller = "dc2.litwareinc.com"
    world.run_pass("exchange")
    assert world.exchange.changes == 0
    assert world.cluster.server_ready("exchange") == DOUBTED
    world.clock.instant += timedelta(minutes=31)
    world.settle()
    assert world.exchange.counts["registered"] == 1
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == READY


def test_a_suspended_object_with_an_open_intent_does_not_hold_its_server() -> None:
    """Its intent is settled only when it is taken up again, which may be never."""
    world = killed_before_the_change()
    world.cluster.change(LYNC_ON_EXCHANGE, mode=Mode.SUSPEND)
    world.exchange.controller = "dc2.litwareinc.com"
    world.clock.instant += timedelta(hours=1)
    world.run_pass("exchange")
    assert world.cluster.server_ready("exchange") == READY


@pytest.mark.parametrize("spelling", ["DC1.LITWAREINC.COM", "dc1.litwareinc.com"])
def test_the_same_controller_in_other_letters_is_no_other(spelling: str) -> None:
    """Nor is anything written for it."""
    world = converged()
    world.exchange.controller = "dc1.litwareinc.com"
    world.run_round()
    writes = world.cluster.writes
    world.exchange.controller = spelling
    world.run_pass("exchange")
    assert world.cluster.server_ready("exchange") == READY
    assert world.cluster.writes == writes


def test_whichever_controller_stands_in_the_doubt_is_told_in_the_same_words() -> None:
    """Each pass may meet another one; a message that moved would be a write and an Event each time."""
    world = killed_before_the_change()
    said = set()
    for stand_in in ("dc2", "dc3", "dc2"):
        world.exchange.controller = f"{stand_in}.litwareinc.com"
        world.clock.instant += timedelta(minutes=1)
        world.run_pass("exchange")
        status = world.cluster.server_statuses[world.cluster.servers["exchange"].key.uid]
        said.add(next(each.message for each in status.conditions if each.type == "Ready"))
    assert len(said) == 1
    assert "dc1.litwareinc.com" in said.pop()
