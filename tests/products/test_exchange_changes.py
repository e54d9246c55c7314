"""update.ps1 and remove.ps1 of Exchange, and the inner session: what they call, and what they must not."""

from __future__ import annotations

from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.trust.model import LinkedAccount
from partner_operator.trust.obstacle import Next
from partner_operator.trust.plan import Field
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind
from support.scripts.exchange import CONTROLLER, NOT_FOUND, entry
from support.scripts.exchange_changes import ACCOUNT, REFERENCE, apply, change, writable
from support.scripts.stubs import Code, changing
from support.trust import worlds as trust_worlds

pytestmark = pytest.mark.pwsh


# ---- update --------------------------------------------------------------------------------------


async def test_certificates_alone_are_refreshed_and_nothing_else_is_set() -> None:
    """Rule 4: change the least."""
    stubs = writable()
    await apply(stubs, change(ChangeKind.UPDATE, Field.CERTIFICATES))
    assert stubs.named("Set-PartnerApplication") == [
        {
            "Identity": REFERENCE,
            "RefreshAuthMetadata": "True",
            "DomainController": CONTROLLER,
            "Confirm": "False",
            "ErrorAction": "Stop",
        }
    ]
    assert changing(stubs.calls) == ["Set-PartnerApplication"]


async def test_a_new_url_reads_the_document_and_needs_no_refresh() -> None:
    """Setting the URL reads it."""
    stubs = writable()
    await apply(stubs, change(ChangeKind.UPDATE, Field.METADATA_URL, Field.CERTIFICATES))
    [said] = stubs.named("Set-PartnerApplication")
    assert said["AuthMetadataUrl"] == trust_worlds.LYNC_URL
    assert "RefreshAuthMetadata" not in said


async def test_the_name_is_set_last_as_it_changes_the_reference() -> None:
    """The distinguished name holds the name: whatever came after would miss the entry."""
    stubs = writable()
    await apply(
        stubs,
        change(
            ChangeKind.UPDATE, Field.IDENTITY, Field.ENABLED, Field.ACCEPTS_SECURITY_IDENTIFIERS
        ),
        identity="Lync \u201cneu\u201d",
    )
    said = stubs.named("Set-PartnerApplication")
    assert ["Name" if "Name" in s else "Enabled" if "Enabled" in s else "Accept" for s in said] == [
        "Accept",
        "Enabled",
        "Name",
    ]
    assert said[-1]["Name"] == "Lync \u201cneu\u201d"


async def test_only_missing_roles_are_assigned() -> None:
    """The account holds one of two; one assignment is made, to the account of the entry."""
    stubs = writable()
    account = LinkedAccount(ACCOUNT, ("UserApplication",))
    await apply(stubs, change(ChangeKind.UPDATE, Field.ROLES, linked_account=account))
    assert stubs.named("Get-ManagementRoleAssignment")[0]["RoleAssignee"] == ACCOUNT
    made = stubs.named("New-ManagementRoleAssignment")
    assert "UserApplication" not in [said["Role"] for said in made]
    assert {said["User"] for said in made} == {ACCOUNT}
    assert changing(stubs.calls) == ["New-ManagementRoleAssignment"] * len(made)


async def test_a_lost_account_is_made_hidden_and_linked() -> None:
    """The account is gone: made under an accepted domain, hidden, then linked by its identity."""
    stubs = writable()
    stubs.state("$global:asked = 0")
    stubs.cmdlet(
        "Get-User",
        Code(
            f"$global:asked++\nif ($global:asked -eq 1) {{ {NOT_FOUND.text} }}\n"
            f"[pscustomobject]@{{Identity='{ACCOUNT}'}}"
        ),
    )
    await apply(stubs, change(ChangeKind.UPDATE, Field.LINKED_ACCOUNT, linked_account=None))
    names = changing(stubs.calls)
    assert names[:2] == ["New-MailUser", "Set-MailUser"]
    assert names[-1] == "Set-PartnerApplication"
    [made] = stubs.named("New-MailUser")
    assert made["ExternalEmailAddress"] == "LyncEnterprise-ApplicationAccount@litwareinc.com"
    assert stubs.named("Set-MailUser")[0]["HiddenFromAddressListsEnabled"] == "True"
    assert stubs.named("Set-PartnerApplication")[0]["LinkedAccount"] == ACCOUNT


@pytest.mark.parametrize(
    ("domains", "expected"),
    [
        ([{"DomainName": "*.litwareinc.com"}, {"DomainName": "litwareinc.com"}], "litwareinc.com"),
        (
            [
                {"DomainName": "a.example", "Default": False},
                {"DomainName": "b.example", "Default": True},
                {"DomainName": "c.example", "Default": False},
            ],
            "b.example",
        ),
        ([{"DomainName": "*.litwareinc.com"}], None),
        ([], None),
    ],
)
async def test_the_address_of_a_new_account_has_a_real_domain(
    domains: list[dict[str, Any]], expected: str | None
) -> None:
    """A wildcard is no domain of an address; without any other nothing is half made."""
    stubs = writable().cmdlet("Get-AcceptedDomain", domains)
    stubs.state("$global:asked = 0")
    found = f"[pscustomobject]@{{Identity='{ACCOUNT}'}}"
    stubs.cmdlet(
        "Get-User",
        Code(f"$global:asked++\nif ($global:asked -eq 1) {{ {NOT_FOUND.text} }}\n{found}"),
    )
    wanted = change(ChangeKind.UPDATE, Field.LINKED_ACCOUNT, linked_account=None)
    if expected is None:
        with pytest.raises(OperationFailed, match="no accepted domain"):
            await apply(stubs, wanted)
        assert changing(stubs.calls) == []
        return
    await apply(stubs, wanted)
    [made] = stubs.named("New-MailUser")
    assert made["ExternalEmailAddress"] == f"LyncEnterprise-ApplicationAccount@{expected}"


async def test_an_account_is_looked_up_and_made_by_its_whole_name() -> None:
    """C17: logon names are cut at 20 characters; a collision is quoted and nothing is half made."""
    stubs = writable().cmdlet("Get-User", NOT_FOUND)
    stubs.cmdlet("New-MailUser", Code("throw \"The object 'CN=LyncEnterprise' already exists.\""))
    with pytest.raises(OperationFailed, match="already exists"):
        await apply(stubs, change(ChangeKind.UPDATE, Field.LINKED_ACCOUNT, linked_account=None))
    assert stubs.named("Get-User")[0]["Identity"] == "LyncEnterprise-ApplicationAccount"
    [made] = stubs.named("New-MailUser")
    assert made["Name"] == "LyncEnterprise-ApplicationAccount"
    assert "SamAccountName" not in made
    assert changing(stubs.calls) == ["New-MailUser"]


async def test_an_account_that_is_there_is_linked_and_not_made_again() -> None:
    """It was unlinked only."""
    stubs = writable()
    await apply(stubs, change(ChangeKind.UPDATE, Field.LINKED_ACCOUNT, linked_account=None))
    assert "New-MailUser" not in changing(stubs.calls)


async def test_a_denied_look_up_of_the_account_makes_nothing() -> None:
    """Rule 1: an error is not absence."""
    stubs = writable().cmdlet("Get-User", Code("throw 'access denied'"))
    with pytest.raises(OperationFailed, match="access denied"):
        await apply(stubs, change(ChangeKind.UPDATE, Field.LINKED_ACCOUNT, linked_account=None))
    assert changing(stubs.calls) == []


async def test_a_set_that_stores_and_then_throws_is_a_failure_and_not_repeated() -> None:
    """C06: the write threw and still happened; the script says so and does nothing more."""
    stubs = writable().cmdlet("Set-PartnerApplication", Code("throw 'Invalid URI'"))
    with pytest.raises(OperationFailed, match="Invalid URI") as caught:
        await apply(stubs, change(ChangeKind.UPDATE, Field.METADATA_URL, Field.ENABLED))
    assert caught.value.obstacle.reason is Reason.REMOTE_ERROR
    assert not caught.value.nothing_ran
    assert changing(stubs.calls) == ["Set-PartnerApplication"]
    assert stubs.named("Remove-PSSession")


# ---- remove --------------------------------------------------------------------------------------


async def test_only_the_listed_entry_is_removed() -> None:
    """By its distinguished name out of a list, letter case apart; never by a name or a filter."""
    stubs = writable([entry("Other"), entry(DistinguishedName=REFERENCE.upper()), entry("Third")])
    await apply(stubs, change(ChangeKind.REMOVE))
    [removed] = stubs.named("Remove-PartnerApplication")
    assert removed["Identity"] == REFERENCE.upper()


GUID = "7e3b6c1a-0000-4000-8000-000000000001"


async def test_the_guid_tells_the_entry_whatever_its_name_is_now() -> None:
    """A rename changes the distinguished name, and another entry can get the old one."""
    renamed = entry("Renamed", Guid=GUID.upper())
    other = entry("LyncEnterprise-1", Guid="7e3b6c1a-0000-4000-8000-000000000002")
    stubs = writable([other, renamed])
    await apply(stubs, change(ChangeKind.REMOVE, reference=GUID))
    assert [said["Identity"] for said in stubs.named("Remove-PartnerApplication")] == [GUID.upper()]


@pytest.mark.parametrize(
    "changes",
    [{"ApplicationIdentifier": "00000003-0000-0ff1-ce00-000000000000"}, {"UseAuthServer": True}],
)
async def test_what_was_made_into_something_else_meanwhile_is_not_removed(
    changes: dict[str, Any],
) -> None:
    """Between our look and our turn under the mutex somebody gave it to another partner."""
    stubs = writable([entry(Guid=GUID, **changes)])
    await apply(stubs, change(ChangeKind.REMOVE, reference=GUID))
    assert changing(stubs.calls) == []


@pytest.mark.parametrize("entries", [[], [entry("Other")]])
async def test_what_is_not_listed_is_not_removed(entries: list[dict[str, Any]]) -> None:
    """An identity that matches nothing can mean "all": the cmdlet is not even called."""
    stubs = writable(entries)
    await apply(stubs, change(ChangeKind.REMOVE))
    assert changing(stubs.calls) == []


async def test_a_list_that_cannot_be_read_removes_nothing() -> None:
    """Rule 1 on the way out."""
    stubs = writable(Code("Write-Error 'nope'"))
    with pytest.raises(OperationFailed):
        await apply(stubs, change(ChangeKind.REMOVE))
    assert changing(stubs.calls) == []


# ---- the inner session ---------------------------------------------------------------------------


async def test_a_refused_inner_session_changes_nothing() -> None:
    """The second hop fails before any cmdlet."""
    stubs = writable().tool(
        "New-PSSession",
        "ConfigurationName ConnectionUri Authentication Credential",
        Code(
            "$PSCmdlet.WriteError((New-Object Management.Automation.ErrorRecord"
            " (New-Object Management.Automation.Remoting.PSRemotingTransportException 'no'),"
            "'AccessDenied,PSSessionOpenFailed','OpenError',$null))"
        ),
    )
    stubs.environment = {"ExchangeInstallPath": "C:/Exchange/"}
    with pytest.raises(OperationFailed, match="second hop") as caught:
        await apply(stubs, change(ChangeKind.UPDATE, Field.ENABLED))
    assert caught.value.obstacle.reason is Reason.FORBIDDEN
    assert caught.value.nothing_ran
    assert changing(stubs.calls) == []


async def test_a_machine_without_exchange_is_the_wrong_product() -> None:
    """Setup's variable is missing and the endpoint does not answer: only a human can help."""
    stubs = writable().tool(
        "New-PSSession",
        "ConfigurationName ConnectionUri Authentication Credential",
        Code("Write-Error 'no such endpoint'"),
    )
    stubs.environment = {"ExchangeInstallPath": ""}
    with pytest.raises(OperationFailed) as caught:
        await apply(stubs, change(ChangeKind.UPDATE, Field.ENABLED))
    assert (caught.value.obstacle.reason, caught.value.obstacle.then is Next.HUMAN) == (
        Reason.WRONG_PRODUCT,
        True,
    )


async def test_a_session_whose_import_fails_is_closed() -> None:
    """No session is left on the server."""
    stubs = writable().tool(
        "Import-PSSession",
        "Session CommandName -DisableNameChecking -AllowClobber",
        Code("throw 'no cmdlets'"),
    )
    with pytest.raises(OperationFailed, match="no cmdlets"):
        await apply(stubs, change(ChangeKind.REMOVE))
    assert stubs.named("Remove-PSSession")
