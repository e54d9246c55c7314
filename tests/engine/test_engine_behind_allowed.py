"""Whose word it is: the owner of a server says which token servers and which accounts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from partner_operator.trust.conditions import find
from partner_operator.trust.model import LinkedAccount
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from support.engine.behind import ACCOUNT, NAME, READY, StsWorld, disable_ours, registered
from support.engine.meanwhile import when
from support.trust import worlds as values

FALSE = ConditionStatus.FALSE


def test_what_the_owner_does_not_name_is_neither_fetched_nor_registered() -> None:
    world = StsWorld(host="other.litwareinc.com")
    world.ask()
    world.settle(3)
    assert world.cluster.ready(NAME) == (FALSE, Reason.PARTNER_NOT_ALLOWED)
    assert (
        "spec.allowedTokenServers of the server names no host sts.litwareinc.com" in world.message()
    )
    assert world.changes == 0


def test_allowed_partners_name_no_token_servers() -> None:
    world = StsWorld(host="other.litwareinc.com")
    world.cluster.change_server("exchange", allowed_partners=values.OURS)
    world.ask()
    world.settle(3)
    assert world.cluster.ready(NAME) == (FALSE, Reason.PARTNER_NOT_ALLOWED)


@pytest.mark.parametrize("accounts", [(), ("litwareinc.com/Users/Other",)])
def test_an_account_needs_the_owners_word(accounts: tuple[str, ...]) -> None:
    world = StsWorld(accounts=accounts)
    world.ask(linked_account=ACCOUNT)
    world.settle(3)
    assert world.cluster.ready(NAME) == (FALSE, Reason.PARTNER_NOT_ALLOWED)
    assert f"to act with the account {ACCOUNT}" in world.message()
    assert world.changes == 0


def test_an_allowed_account_is_linked_and_kept() -> None:
    world = StsWorld(accounts=(ACCOUNT.upper(),))
    world.ask(linked_account=ACCOUNT)
    world.settle()
    [entry] = world.ours
    assert entry.linked_account == LinkedAccount(ACCOUNT, ())
    other = replace(entry, linked_account=LinkedAccount("litwareinc.com/Users/Admin", ()))
    world.model.entries = (*values.STOCK, other)
    world.settle()
    assert world.ours[0].linked_account.canonical_name == ACCOUNT
    assert world.cluster.ready(NAME) == READY


@pytest.mark.parametrize(
    ("count", "reason"), [(0, Reason.LINKED_ACCOUNT_MISSING), (2, Reason.AMBIGUOUS)]
)
def test_an_account_that_cannot_be_linked_stops_before_anything_is_made(
    count: int, reason: Reason
) -> None:
    """A human makes it when he likes; then the next pass goes on."""
    world = StsWorld(accounts=(ACCOUNT,), create=True, there=())
    world.model.accounts = {ACCOUNT.upper(): count}
    world.ask(linked_account=ACCOUNT)
    world.settle()
    assert world.cluster.ready(NAME) == (FALSE, reason)
    assert ACCOUNT in world.message()
    stalled = find(world.cluster.status(NAME).conditions, ConditionType.STALLED)
    assert stalled is not None
    writes = world.cluster.writes
    world.run_round()
    assert (world.changes, world.addresses, world.cluster.writes) == (0, [], writes)
    world.model.accounts = {ACCOUNT: 1}
    world.settle()
    assert world.cluster.ready(NAME) == READY
    assert world.ours[0].linked_account.canonical_name == ACCOUNT


def test_an_account_that_is_gone_stops_what_needs_it_and_nothing_else() -> None:
    world = StsWorld(accounts=(ACCOUNT,))
    world.ask(linked_account=ACCOUNT)
    world.settle()
    world.model.accounts = {ACCOUNT: 0}
    disable_ours(world)
    world.settle()
    assert world.cluster.ready(NAME) == READY
    lost = replace(world.ours[0], linked_account=None)
    world.model.entries = (*values.STOCK, lost)
    world.settle()
    assert world.cluster.ready(NAME) == (FALSE, Reason.LINKED_ACCOUNT_MISSING)
    assert world.ours == [lost]


def test_without_a_declared_account_whichever_it_has_is_left() -> None:
    world = registered()
    entry = replace(world.ours[0], linked_account=LinkedAccount(ACCOUNT, ("UserApplication",)))
    world.model.entries = (*values.STOCK, entry)
    world.settle()
    assert world.ours == [entry]


def test_an_owners_word_that_is_taken_back_meanwhile_is_heard_before_the_registration() -> None:
    world = StsWorld()
    world.ask()
    when(
        world,
        "Exchange observe done",
        lambda: world.cluster.change_server("exchange", allowed_token_servers=()),
    )
    world.settle(3)
    assert world.ours == []
    assert world.cluster.ready(NAME) == (FALSE, Reason.PARTNER_NOT_ALLOWED)
