"""A warning about one entry is that entry's matter: told on its object, and nothing of it is relied on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from partner_operator.catalog import CATALOG
from partner_operator.trust.decide import decide
from partner_operator.trust.entries import Entries
from partner_operator.trust.model import DesiredApplication, Entry, Product
from partner_operator.trust.plan import Decision
from partner_operator.trust.reasons import Reason
from partner_operator.trust.search import find_entry
from partner_operator.trust.status import ChangeKind
from support.trust import worlds
from support.trust.worlds import STOCK, application, entry, registered, server, view

WARNING = "Object Lync has been corrupted and it is in an inconsistent state: Realm is too long."
OURS = entry(reference="guid-1")


def decided(*entries: Entry, desired: DesiredApplication | None = None, **memory: Any) -> Decision:
    """The decision for one application."""
    seen = worlds.observed(entries=(*STOCK, *entries))
    rules = CATALOG.rules[Product.EXCHANGE]
    [decision] = decide(rules, server(), [view(desired, **memory)], seen)
    return decision


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"realm": "", "metadata_url": None},
        {"application_identifier": ""},
        {"enabled": False},
        {"thumbprints": ()},
    ],
)
def test_our_entry_is_neither_changed_nor_made_again(values: dict[str, Any]) -> None:
    warned = replace(OURS, warning=WARNING, **values)
    decision = decided(warned, registration=registered(OURS))
    assert decision.change is None
    assert not decision.absent
    assert decision.blocker is not None
    assert decision.blocker.reason is Reason.INCOMPLETE_READ
    assert WARNING in decision.blocker.message


@pytest.mark.parametrize(
    "stranger",
    [
        entry(Product.SHAREPOINT, reference="guid-2", identity="other", warning=WARNING),
        replace(STOCK[1], reference="guid-2", identity="cloud", warning=WARNING),
    ],
)
def test_somebody_elses_entry_stops_nothing(stranger: Entry) -> None:
    decision = decided(stranger)
    assert decision.change is not None
    assert decision.change.kind is ChangeKind.REGISTER
    assert decided(stranger, OURS, registration=registered(OURS)).blocker is None


@pytest.mark.parametrize(
    "values",
    [
        {"realm": "", "metadata_url": ""},
        {"application_identifier": "", "identity": "whose?"},
        {"application_identifier": "rubbish", "identity": "Lync"},
    ],
)
def test_what_may_be_the_wanted_entry_is_not_made_beside_it(values: dict[str, Any]) -> None:
    """Its values are not to be relied on, so nobody can say that it is another one."""
    warned = replace(OURS, warning=WARNING, **({"identity": "Lync 2"} | values))
    decision = decided(warned)
    assert decision.change is None
    assert decision.blocker is not None
    seen = Entries(worlds.observed(entries=(warned,)))
    assert find_entry(application(), None, None, seen).entry is None


def test_a_deletion_removes_what_is_surely_ours_and_waits_for_what_may_be() -> None:
    """By Guid and identifier the entry is ours whatever its other values are."""
    going = application(deleting=True)
    memory = registered(OURS)
    sure = decided(replace(OURS, warning=WARNING, realm=""), desired=going, registration=memory)
    assert sure.change is not None
    assert sure.change.kind is ChangeKind.REMOVE
    warned = replace(OURS, warning=WARNING, application_identifier="")
    unsure = decided(warned, desired=going, registration=memory)
    assert unsure.blocker is not None
    assert not unsure.absent
