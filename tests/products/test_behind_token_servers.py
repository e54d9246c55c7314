"""An application behind a token server is registered: what the scripts read, call, and must not call."""

from __future__ import annotations

from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.trust.model import Product
from partner_operator.trust.obstacle import Next
from partner_operator.trust.plan import Change, Field
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind
from support.products.behind import ACCOUNT, BOTH, EXCHANGE, LYNC, Side
from support.scripts import exchange as on_exchange
from support.scripts import lync as on_lync
from support.scripts.stubs import Code, changing
from support.trust import worlds as values
from support.trust.worlds import HR, STS_URL

pytestmark = pytest.mark.pwsh


@BOTH
@pytest.mark.parametrize("realm", ["", "a.example"])
async def test_registering_makes_the_application_alone(side: Side, realm: str) -> None:
    stubs = side.stubs()
    name = "\u2018x\u2019 $(exit 5)"
    register = side.change(ChangeKind.REGISTER, Field.ENTRY)
    await side.apply(stubs, register, identity=name, realm=realm)
    assert changing(stubs.calls) == [side.made]
    [made] = stubs.named(side.made)
    identity = made["Identity" if side is LYNC else "Name"]
    assert (identity, made["ApplicationIdentifier"]) == (name, HR)
    assert made.get("Realm", "") == realm
    assert made["Confirm"] == "False"
    if side is LYNC:
        assert (made["UseOAuthServer"], made["ApplicationTrustLevel"]) == ("True", "Full")
        assert "MetadataUrl" not in made
    else:
        assert (made["Enabled"], made["DomainController"]) == ("True", on_exchange.CONTROLLER)
        assert not {"AuthMetadataUrl", "AcceptSecurityIdentifierInformation"} & set(made)
        # Accounts and roles of such an application are the owner's.
        assert not stubs.named("Get-User", "Get-ManagementRoleAssignment")


@BOTH
async def test_a_token_server_is_made_before_and_in_its_plain_form(side: Side) -> None:
    stubs = side.stubs(servers=[])
    register = side.change(ChangeKind.REGISTER, Field.ENTRY, Field.TOKEN_SERVER)
    await side.apply(stubs, register)
    assert changing(stubs.calls) == [side.makes_server, side.made]
    [made] = stubs.named(side.makes_server)
    assert made[side.url] == STS_URL
    assert set(made) <= {
        *("Name", "Identity", side.url, "Force"),
        *("DomainController", "Confirm", "ErrorAction"),
    }


@BOTH
async def test_a_token_server_that_came_meanwhile_is_not_made_again(side: Side) -> None:
    stubs = side.stubs()
    await side.apply(stubs, side.change(ChangeKind.REGISTER, Field.ENTRY, Field.TOKEN_SERVER))
    assert changing(stubs.calls) == [side.made]


@BOTH
async def test_a_list_of_token_servers_that_is_not_whole_makes_nothing(side: Side) -> None:
    stubs = side.stubs()
    stubs.cmdlet(
        "Get-CsOAuthServer" if side is LYNC else "Get-AuthServer", Code("Write-Warning 'careful'")
    )
    register = side.change(ChangeKind.REGISTER, Field.ENTRY, Field.TOKEN_SERVER)
    with pytest.raises(OperationFailed, match="not whole"):
        await side.apply(stubs, register)
    assert changing(stubs.calls) == []


@BOTH
async def test_an_application_that_is_there_is_not_made_again(side: Side) -> None:
    stubs = side.stubs(side.shown("by-hand"))
    register = side.change(ChangeKind.REGISTER, Field.ENTRY, Field.TOKEN_SERVER)
    assert await side.apply(stubs, register) == ""
    assert changing(stubs.calls) == []


@BOTH
async def test_what_is_like_it_is_another_one(side: Side) -> None:
    """Another realm; keys of its own; a stock entry."""
    own = on_lync.entry("own") if side is LYNC else on_exchange.entry("own")
    own["ApplicationIdentifier"] = HR
    stubs = side.stubs(side.shown("other realm", realm="b.example"), own)
    await side.apply(stubs, side.change(ChangeKind.REGISTER, Field.ENTRY))
    assert changing(stubs.calls) == [side.made]


async def test_on_lync_an_entry_of_its_own_realm_is_the_one_without() -> None:
    """Whether Lync writes its own realm where none is given is not known."""
    stubs = LYNC.stubs(LYNC.shown("by-hand", realm="LITWAREINC.com"))
    seen = values.observed(
        Product.LYNC, (), [values.sts()], host=on_lync.HOST, default_realm="litwareinc.com"
    )
    await LYNC.apply(stubs, LYNC.change(ChangeKind.REGISTER, Field.ENTRY), seen)
    assert changing(stubs.calls) == []


async def test_a_name_that_is_taken_on_exchange_makes_nothing() -> None:
    stubs = EXCHANGE.stubs(EXCHANGE.shown("mine", realm="b.example"))
    with pytest.raises(OperationFailed, match="another partner application of the name MINE"):
        await EXCHANGE.apply(
            stubs, EXCHANGE.change(ChangeKind.REGISTER, Field.TOKEN_SERVER), identity="MINE"
        )
    assert changing(stubs.calls) == []


async def test_a_declared_account_is_linked_and_must_be_there() -> None:
    register = EXCHANGE.change(ChangeKind.REGISTER, Field.ENTRY, Field.TOKEN_SERVER)
    stubs = EXCHANGE.stubs(servers=[])
    await EXCHANGE.apply(stubs, register, linked_account=ACCOUNT)
    [made] = stubs.named("New-PartnerApplication")
    assert made["LinkedAccount"] == ACCOUNT
    assert {call["Identity"] for call in stubs.named("Get-User")} == {ACCOUNT}
    assert changing(stubs.calls) == ["New-AuthServer", "New-PartnerApplication"]


@pytest.mark.parametrize(
    ("there", "reason", "says"),
    [
        (
            on_exchange.NOT_FOUND,
            Reason.LINKED_ACCOUNT_MISSING,
            f"The account {ACCOUNT} of spec.exchange.linkedAccount does not exist, so the operator changes nothing. "
            "Make it",
        ),
        (
            [{"Identity": "a/b"}, {"Identity": "a/c"}],
            Reason.AMBIGUOUS,
            f"There are several accounts {ACCOUNT}, so the operator changes nothing. Declare one",
        ),
    ],
)
@pytest.mark.parametrize(
    "change",
    [
        EXCHANGE.change(ChangeKind.REGISTER, Field.ENTRY, Field.TOKEN_SERVER),
        EXCHANGE.change(ChangeKind.UPDATE, Field.LINKED_ACCOUNT, Field.TOKEN_SERVER),
    ],
    ids=["register", "update"],
)
async def test_an_account_that_cannot_be_linked_needs_a_human(
    change: Change, there: Any, reason: Reason, says: str
) -> None:
    """And no attempt is counted: a human may come late."""
    entries = [] if change.entry is None else [EXCHANGE.shown()]
    stubs = EXCHANGE.stubs(*entries, servers=[]).cmdlet("Get-User", there)
    with pytest.raises(OperationFailed) as failed:
        await EXCHANGE.apply(stubs, change, linked_account=ACCOUNT)
    obstacle = failed.value.obstacle
    assert (obstacle.reason, obstacle.then) == (reason, Next.HUMAN)
    assert obstacle.message.startswith(says)
    assert failed.value.nothing_ran
    assert changing(stubs.calls) == []


async def test_an_account_that_goes_at_that_moment_is_told_in_exchanges_words() -> None:
    """Whether it is gone, or not everywhere yet, tells the next try."""
    stubs = EXCHANGE.stubs().cmdlet("New-PartnerApplication", on_exchange.NOT_FOUND)
    with pytest.raises(OperationFailed, match="nicht gefunden") as failed:
        await EXCHANGE.apply(
            stubs, EXCHANGE.change(ChangeKind.REGISTER, Field.ENTRY), linked_account=ACCOUNT
        )
    assert failed.value.obstacle.then is Next.RETRIED
    assert not failed.value.nothing_ran
