"""What was visible before and vanished together with our entry tells of the read, not of the entries (rule 25)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.trust.conditions import find
from partner_operator.trust.model import Entry, Mode, Product
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from support.engine.servers import FakeOrganisation
from support.engine.world import EXCHANGE_ON_LYNC, LYNC_ON_EXCHANGE, World, crowd, declare_crowd
from support.trust import worlds as values

DOUBTED = (ConditionStatus.FALSE, Reason.INCOMPLETE_READ)
READY = (ConditionStatus.TRUE, Reason.SUCCEEDED)
STRANGER = values.entry(
    Product.SHAREPOINT, reference="CN=SharePoint", identity="SharePoint by hand"
)
STRANGER_ON_LYNC = values.entry(
    Product.SHAREPOINT, Product.LYNC, reference="SharePoint by hand", identity="SharePoint by hand"
)


def converged_among_others() -> World:
    """Everything declared is true, beside stock entries and those of other people."""
    world = World()
    world.exchange.controller = "dc1.litwareinc.com"
    world.exchange.model.entries = (*values.STOCK, STRANGER)
    world.lync.model.entries = (STRANGER_ON_LYNC,)
    world.declare()
    world.settle()
    assert world.all_ready()
    # One more pass each: what it sees is remembered, and a steady one writes nothing.
    world.run_round()
    return world


def hide(organisation: FakeOrganisation, *which: str) -> tuple[Entry, ...]:
    """These are not shown any more; all of them as they were."""
    before = organisation.model.entries
    organisation.model.entries = tuple(each for each in before if each.identity not in which)
    return before


def message(world: World, server: str = "exchange") -> str:
    """What the server's Ready condition says."""
    status = world.cluster.server_statuses[world.cluster.servers[server].key.uid]
    found = find(status.conditions, ConditionType.READY)
    assert found is not None
    return found.message


def ask(world: World, token: str, server: str = "exchange") -> None:
    """`kubectl annotate pserver` with reconcile-requested-at."""
    declared = world.cluster.servers[server]
    world.cluster.servers[server] = replace(declared, reconcile_requested_at=token)


def later(world: World, server: str = "exchange", **time: int) -> None:
    """A pass over a server when so much time has gone by."""
    world.clock.instant += timedelta(**time)
    world.run_pass(server)


def test_our_entry_alone_was_removed_by_somebody() -> None:
    world = converged_among_others()
    hide(world.exchange, "Lync")
    later(world, minutes=10)
    assert len(world.cluster.told(Reason.VANISHED)) == 1
    assert world.exchange.counts["registered"] == 2


@pytest.mark.parametrize(
    "which",
    [
        ("Lync", "SharePoint by hand"),
        ("Lync", "Exchange Online"),
        ("Lync", "SfBLegacy", "SharePoint by hand"),
        ("Lync", "SfBLegacy", "Exchange Online", "SharePoint by hand"),
    ],
)
def test_what_vanished_with_others_is_not_believed(which: tuple[str, ...]) -> None:
    """A stranger, a stock entry, several of them, everything at once."""
    world = converged_among_others()
    before, changes = hide(world.exchange, *which), world.exchange.changes
    for _ in range(5):
        later(world, hours=4)
    assert world.exchange.changes == changes
    assert world.cluster.told(Reason.VANISHED) == []
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == DOUBTED
    assert world.cluster.server_ready("exchange") == DOUBTED
    said = message(world)
    assert all(name in said for name in which)
    assert "reconcile-requested-at on PartnerServer exchange" in said
    world.exchange.model.entries = before
    world.settle()
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == READY
    assert world.exchange.changes == changes


def test_a_stranger_or_a_stock_entry_that_goes_alone_changes_nothing() -> None:
    world = converged_among_others()
    hide(world.exchange, "SharePoint by hand", "Exchange Online")
    later(world, minutes=10)
    assert world.cluster.server_ready("exchange") == READY
    writes = world.cluster.writes
    later(world, minutes=10)
    assert world.cluster.writes == writes


def test_first_a_stranger_and_in_another_pass_ours() -> None:
    """A view that gets smaller bit by bit is the same fault; what went a day earlier is another matter."""
    world = converged_among_others()
    hide(world.exchange, "SharePoint by hand")
    later(world, minutes=10)
    hide(world.exchange, "Lync")
    later(world, hours=20)
    assert world.cluster.server_ready("exchange") == DOUBTED
    assert world.exchange.counts["registered"] == 1
    # The stranger has been gone for more than a day now, ours has not.
    later(world, hours=6)
    assert world.cluster.server_ready("exchange") == DOUBTED
    assert world.exchange.counts["registered"] == 1

    slow = converged_among_others()
    hide(slow.exchange, "SharePoint by hand")
    later(slow, minutes=10)
    later(slow, hours=25)
    hide(slow.exchange, "Lync")
    later(slow, minutes=10)
    assert len(slow.cluster.told(Reason.VANISHED)) == 1


def test_a_stranger_that_comes_back_under_another_name_did_not_vanish() -> None:
    world = converged_among_others()
    hide(world.exchange, "Lync", "SharePoint by hand")
    renamed = replace(STRANGER, identity="SharePoint 2016", realm="other.example")
    world.exchange.model.entries = (*world.exchange.model.entries, renamed)
    later(world, minutes=10)
    assert len(world.cluster.told(Reason.VANISHED)) == 1


def test_two_of_ours_at_once() -> None:
    world = World()
    crowd(world, 2)
    hide(world.exchange, "partner-0", "partner-1")
    later(world, minutes=10)
    assert world.cluster.server_ready("exchange") == DOUBTED
    assert world.exchange.counts["registered"] == 2
    ask(world, "they are gone")
    later(world, minutes=1)
    world.settle()
    assert world.exchange.counts["registered"] == 4
    assert world.all_ready()


def test_a_day_later_it_is_believed() -> None:
    world = converged_among_others()
    hide(world.exchange, "Lync", "SharePoint by hand")
    later(world, minutes=10)
    later(world, hours=23)
    assert world.exchange.counts["registered"] == 1
    later(world, hours=1, minutes=1)
    assert len(world.cluster.told(Reason.VANISHED)) == 1
    assert world.exchange.counts["registered"] == 2
    world.settle()
    assert world.all_ready()


@pytest.mark.parametrize("stays_hidden", [True, False])
def test_a_humans_word_after_the_question_ends_it(stays_hidden: bool) -> None:
    world = converged_among_others()
    before = hide(world.exchange, "Lync", "SharePoint by hand")
    ask(world, "for something else")
    later(world, minutes=10)
    assert world.exchange.counts["registered"] == 1, "nobody had been asked yet"
    if not stays_hidden:
        world.exchange.model.entries = before
    ask(world, "they were removed")
    later(world, minutes=1)
    assert world.exchange.counts["registered"] == 1 + stays_hidden
    assert len(world.cluster.told(Reason.VANISHED)) == stays_hidden
    world.settle()
    assert world.all_ready()


def test_the_word_may_stand_on_the_object_that_asks() -> None:
    world = converged_among_others()
    hide(world.exchange, "Lync", "SharePoint by hand")
    later(world, minutes=10)
    world.cluster.request(LYNC_ON_EXCHANGE, "it was removed")
    later(world, minutes=1)
    assert world.exchange.counts["registered"] == 2


def test_a_word_is_for_what_the_sentence_named() -> None:
    """More is missing than the human could read: that is a new question."""
    world = converged_among_others()
    hide(world.exchange, "Lync", "SharePoint by hand")
    later(world, minutes=10)
    hide(world.exchange, "SfBLegacy")
    ask(world, "they were removed")
    later(world, minutes=1)
    assert world.exchange.counts["registered"] == 1
    assert "SfBLegacy" in message(world)
    ask(world, "that one too")
    later(world, minutes=1)
    assert world.exchange.counts["registered"] == 2


def test_another_controller_that_shows_the_same_ends_it() -> None:
    """None is named meanwhile, so that another one can answer."""
    world = converged_among_others()
    asked = controllers_asked(world)
    hide(world.exchange, "Lync", "SharePoint by hand")
    later(world, hours=1)
    later(world, minutes=10)
    assert asked == ["dc1.litwareinc.com", None]
    assert world.exchange.counts["registered"] == 1, "the same controller says nothing new"
    world.exchange.controller = "dc2.litwareinc.com"
    later(world, minutes=10)
    assert world.exchange.counts["registered"] == 2
    assert len(world.cluster.told(Reason.VANISHED)) == 1
    assert asked[-1] == "dc2.litwareinc.com", "the read-back names who was read"


def test_another_controller_that_shows_more_is_right() -> None:
    world = converged_among_others()
    changes = world.exchange.changes
    before = hide(world.exchange, "Lync", "SharePoint by hand")
    later(world, hours=1)
    world.exchange.model.entries, world.exchange.controller = before, "dc2.litwareinc.com"
    later(world, minutes=10)
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == READY
    assert world.exchange.changes == changes


def test_a_controller_that_stands_in_and_shows_less_proves_nothing_by_itself() -> None:
    """It is the first to show it, so it must be another one that shows the same."""
    world = converged_among_others()
    hide(world.exchange, "Lync", "SharePoint by hand")
    world.exchange.controller = "dc2.litwareinc.com"
    later(world, hours=1)
    later(world, minutes=10)
    assert world.exchange.counts["registered"] == 1
    assert world.cluster.server_ready("exchange") == DOUBTED
    world.exchange.controller = "dc3.litwareinc.com"
    later(world, minutes=10)
    assert world.exchange.counts["registered"] == 2


def test_another_controller_that_shows_even_less_asks_again() -> None:
    world = converged_among_others()
    hide(world.exchange, "Lync", "SharePoint by hand")
    later(world, hours=1)
    hide(world.exchange, "SfBLegacy")
    world.exchange.controller = "dc2.litwareinc.com"
    later(world, minutes=10)
    assert world.exchange.counts["registered"] == 1
    assert world.cluster.server_ready("exchange") == DOUBTED


def controllers_asked(world: World) -> list[str | None]:
    """The controllers that observe runs on Exchange name from now on."""
    asked: list[str | None] = []
    observe: Callable[..., object] = world.exchange.observe

    async def noted(*arguments: Any) -> object:
        asked.append(arguments[-1])
        return await observe(*arguments)  # type: ignore[misc]

    world.exchange.observe = noted  # type: ignore[method-assign,assignment]
    return asked


def test_lync_has_no_controllers_and_the_same_rule() -> None:
    world = converged_among_others()
    changes = world.lync.changes
    hide(world.lync, "Exchange", "SharePoint by hand")
    later(world, "lync", minutes=10)
    assert world.cluster.ready(EXCHANGE_ON_LYNC) == DOUBTED
    assert "controller" not in message(world, "lync")
    assert world.cluster.server_ready("exchange") == READY, "each server has a memory of its own"
    assert world.lync.changes == changes
    ask(world, "gone", "lync")
    later(world, "lync", minutes=1)
    assert world.lync.counts["registered"] == 2


def test_doubt_is_told_in_one_sentence_and_written_once() -> None:
    world = converged_among_others()
    hide(world.exchange, "Lync", "SharePoint by hand")
    later(world, minutes=10)
    events, said = len(world.cluster.events), message(world)
    for _ in range(4):
        later(world, minutes=20)
    assert message(world) == said
    assert len(world.cluster.events) == events


def test_a_read_that_fails_in_between_forgets_nothing() -> None:
    """A warning or a dead host between two reads; then the hidden ones are still known."""
    world = converged_among_others()
    hide(world.exchange, "SharePoint by hand")
    world.exchange.incomplete = "a warning was written"
    later(world, minutes=10)
    world.exchange.incomplete = None
    hide(world.exchange, "Lync")
    world.exchange.failures = [OperationFailed(Reason.TIMED_OUT, "slow")]
    later(world, minutes=30)
    later(world, minutes=30)
    assert world.cluster.server_ready("exchange") == DOUBTED
    assert world.exchange.counts["registered"] == 1


def test_a_removal_waits_too() -> None:
    """An object whose entry is hidden does not leave; ours that is seen is not removed meanwhile."""
    world = converged_among_others()
    before = hide(world.exchange, "Lync", "SharePoint by hand")
    world.cluster.delete(LYNC_ON_EXCHANGE)
    later(world, minutes=10)
    later(world, minutes=30)
    assert LYNC_ON_EXCHANGE in world.cluster.applications
    assert world.cluster.server_ready("exchange") == DOUBTED
    world.exchange.model.entries = before
    world.settle()
    later(world, minutes=10)
    assert LYNC_ON_EXCHANGE not in world.cluster.applications
    assert "Lync" not in {each.identity for each in world.exchange.model.entries}


def test_what_we_removed_or_made_anew_did_not_vanish() -> None:
    """Beside a stranger that a human removes at the same time."""
    world = World()
    world.exchange.model.entries = (STRANGER,)
    names = crowd_beside(world)
    world.cluster.delete(names[0])
    hide(world.exchange, "SharePoint by hand")
    for _ in range(4):
        later(world, minutes=1)
    assert names[0] not in world.cluster.applications
    assert world.cluster.server_ready("exchange") == READY


def crowd_beside(world: World) -> list[str]:
    """Six of ours beside what is there."""
    there = world.exchange.model.entries
    world.exchange.model.entries = ()
    names = crowd(world)
    world.exchange.model.entries = (*world.exchange.model.entries, *there)
    world.settle()
    later(world, minutes=10)
    return names


def test_mode_observe_tells_it_too_and_plans_nothing() -> None:
    world = converged_among_others()
    world.cluster.change(LYNC_ON_EXCHANGE, mode=Mode.OBSERVE)
    world.settle()
    hide(world.exchange, "Lync", "Exchange Online")
    later(world, minutes=10)
    assert world.cluster.server_ready("exchange") == DOUBTED
    assert world.cluster.status(LYNC_ON_EXCHANGE).plan == ()


def test_another_organization_that_is_meant_has_no_past() -> None:
    world = converged_among_others()
    hide(world.exchange, "Lync", "SharePoint by hand", "SfBLegacy")
    world.exchange.organization = "the new one"
    later(world, minutes=10)
    ask(world, "we moved")
    later(world, minutes=1)
    assert world.exchange.counts["registered"] == 2
    world.settle()
    assert world.all_ready()


def test_what_we_just_made_and_cannot_see_is_not_made_twice() -> None:
    """The view becomes smaller between the change and its read-back."""
    world = World()
    world.exchange.model.entries = (*values.STOCK, STRANGER)
    world.exchange.controller = "dc1.litwareinc.com"
    world.declare()
    world.exchange.incomplete = "not yet"
    world.run_pass("lync")
    world.run_pass("exchange")
    world.exchange.incomplete = None
    apply = world.exchange.apply

    async def then_hidden(*arguments: Any) -> str | None:
        made = await apply(*arguments)
        hide(world.exchange, "Lync", "SharePoint by hand")
        return made

    world.exchange.apply = then_hidden  # type: ignore[method-assign,assignment]
    later(world, minutes=10)
    for _ in range(3):
        later(world, minutes=30)
    assert world.exchange.counts["registered"] == 1
    assert world.cluster.server_ready("exchange") == DOUBTED


@pytest.mark.parametrize("unseen", ["partner-0", "partner-1"])
def test_one_of_several_that_we_just_made_is_not_made_twice_for_the_others_are_seen(
    unseen: str,
) -> None:
    """All of them are pools of one product: what is seen of one tells nothing of another."""
    world = World()
    world.exchange.model.entries = (*values.STOCK, STRANGER)
    declare_crowd(world, 2)
    world.exchange.incomplete = "not yet"
    world.run_pass("exchange")
    world.exchange.incomplete = None
    apply_all = world.exchange.apply_all

    async def then_hidden(*arguments: Any) -> Any:
        outcomes = await apply_all(*arguments)
        hide(world.exchange, unseen, "SharePoint by hand")
        return outcomes

    world.exchange.apply_all = then_hidden  # type: ignore[method-assign,assignment]
    later(world, minutes=10)
    for _ in range(3):
        later(world, minutes=30)
    assert world.exchange.counts["registered"] == 2
    assert world.cluster.server_ready("exchange") == DOUBTED


def test_an_older_operators_memory_knows_names_only() -> None:
    world = converged_among_others()
    uid = world.cluster.servers["exchange"].key.uid
    status = world.cluster.server_statuses[uid]
    old = tuple(replace(each, reference="") for each in status.undeclared)
    world.cluster.server_statuses[uid] = replace(status, undeclared=old)
    hide(world.exchange, "Lync", "SharePoint by hand")
    later(world, minutes=10)
    assert world.cluster.server_ready("exchange") == DOUBTED


def test_a_warning_about_one_entry_stops_that_one_only() -> None:
    """The other application of the server is repaired in the same pass, and the server is not in doubt."""
    world = World()
    crowd(world, 2)
    first, second = world.exchange.model.entries
    world.exchange.model.entries = (
        replace(first, warning="Object partner-0 has been corrupted.", enabled=False),
        replace(second, enabled=False),
    )
    later(world, minutes=10)
    assert world.cluster.ready("partner-0") == DOUBTED
    assert [each.enabled for each in world.exchange.model.entries] == [False, True]
    assert world.cluster.server_ready("exchange") != DOUBTED
    world.exchange.model.entries = tuple(
        replace(each, warning="") for each in world.exchange.model.entries
    )
    world.settle()
    assert world.all_ready()
