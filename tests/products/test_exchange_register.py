"""register.ps1 of Exchange: the shipped script, once, guarded, and what it made gets its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from partner_operator.engine.making import MOST_TOGETHER
from partner_operator.engine.ports import OperationFailed, Wanted
from partner_operator.products.exchange.operations import SUCCEEDED, ExchangeOperations
from partner_operator.trust.obstacle import Next
from partner_operator.trust.plan import Field
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind
from support.scripts.exchange import CONTROLLER, CREDENTIALS, HOST, entry
from support.scripts.exchange_changes import apply, change, seen, writable
from support.scripts.stubs import Code, Stubs, changing, literal
from support.trust.worlds import LYNC_URL, application, server

pytestmark = pytest.mark.pwsh

CONFIGURE = """param($AuthMetadataUrl, $ApplicationType, $DomainController)
[Console]::Out.Write("configure $AuthMetadataUrl $ApplicationType $DomainController ")
{body}
Write-Host '{last}'
"""


def with_shipped_script(stubs: Stubs, folder: Path, body: str, last: str = SUCCEEDED) -> Stubs:
    """Put a shipped script there, as Exchange's setup does; `$global:made` is what it leaves."""
    # Windows' separators in the operator's path are part of the file name here.
    path = folder / "Scripts\\Configure-EnterprisePartnerApplication.ps1"
    path.write_text(CONFIGURE.format(body=body, last=last), encoding="ascii")
    stubs.environment = {"ExchangeInstallPath": f"{folder}/"}
    stubs.state("$global:made = @()")
    return stubs


MADE = entry("LyncEnterprise-9f", DistinguishedName="CN=LyncEnterprise-9f")
MAKES = f"$global:made = @({literal(MADE)})"


async def test_the_first_registration_runs_the_shipped_script_and_names_what_it_made(
    tmp_path: Path,
) -> None:
    """Once, on the controller that was observed, and only the new entry gets the identity."""
    old = entry("Other", AuthMetadataUrl="https://other/", ApplicationIdentifier="x")
    stubs = with_shipped_script(writable(), tmp_path, MAKES)
    stubs.state(f"$global:old = {literal(old)}")
    stubs.cmdlet("Get-PartnerApplication", Code("$global:old; $global:made"))
    await apply(stubs, change(ChangeKind.REGISTER, Field.ENTRY), identity="it's $(exit 4) \u65e5")
    assert changing(stubs.calls) == ["Set-PartnerApplication"]
    [named] = stubs.named("Set-PartnerApplication")
    assert named["Identity"] == "CN=LyncEnterprise-9f"
    assert named["Name"] == "it's $(exit 4) \u65e5"
    assert named["DomainController"] == CONTROLLER
    assert stubs.ended is not None
    assert stubs.ended.stdout.count(b"configure ") == 1


MAIL_USER = "litwareinc.com/Users/LyncEnterprise-ApplicationAccount"


def with_account(stubs: Stubs, *held: Any, kind: Any = "MailUser") -> Stubs:
    """The linked account of an earlier time is there, with these roles."""
    stubs.cmdlet("Get-User", [{"Identity": MAIL_USER, "RecipientType": kind}])
    stubs.cmdlet("Get-ManagementRoleAssignment", [{"Role": role} for role in held])
    return stubs


async def test_an_account_of_an_earlier_time_is_used_and_the_shipped_script_is_not(
    tmp_path: Path,
) -> None:
    """C31: the shipped script cannot tell that the account has its roles, and fails or makes them twice."""
    stubs = with_shipped_script(writable(), tmp_path, "throw 'must not run'")
    with_account(stubs, "UserApplication")
    stubs.cmdlet("Get-PartnerApplication", Code("$global:made"))
    made = literal(MADE | {"Name": "Lync", "Guid": "guid-1"})
    stubs.cmdlet("New-PartnerApplication", Code(f"$global:made = @({made})"))
    told = await apply(stubs, change(ChangeKind.REGISTER, Field.ENTRY))
    assert told == "guid-1"
    assert changing(stubs.calls) == ["New-ManagementRoleAssignment", "New-PartnerApplication"]
    [role] = stubs.named("New-ManagementRoleAssignment")
    assert (role["Role"], role["User"]) == ("ArchiveApplication", MAIL_USER)
    [said] = stubs.named("New-PartnerApplication")
    assert said["Name"] == "Lync"
    assert said["AuthMetadataUrl"] == LYNC_URL
    assert said["LinkedAccount"] == MAIL_USER
    assert (said["Enabled"], said["AcceptSecurityIdentifierInformation"]) == ("True", "True")
    assert said["DomainController"] == CONTROLLER


@pytest.mark.parametrize("kind", ["UserMailbox", 3, None])
async def test_an_account_that_does_not_fit_is_the_shipped_scripts_matter(
    tmp_path: Path, kind: Any
) -> None:
    """It then takes another name; what is not understood is no account of ours either."""
    stubs = with_shipped_script(writable(), tmp_path, MAKES)
    with_account(stubs, kind=kind)
    stubs.cmdlet("Get-PartnerApplication", Code("$global:made"))
    assert await apply(stubs, change(ChangeKind.REGISTER, Field.ENTRY)) == MADE["DistinguishedName"]
    assert "New-PartnerApplication" not in changing(stubs.calls)


async def test_what_the_run_made_is_told_and_what_was_there_is_not(tmp_path: Path) -> None:
    """Somebody was faster: nothing of it is ours. Of several new ones nobody can tell."""
    stubs = with_shipped_script(writable([entry()]), tmp_path, "throw 'must not run'")
    assert await apply(stubs, change(ChangeKind.REGISTER, Field.ENTRY)) == ""
    two = f"{MAKES[:-1]}; {literal(entry('LyncEnterprise-a0'))})"
    stubs = with_shipped_script(writable(), tmp_path, two)
    stubs.cmdlet("Get-PartnerApplication", Code("$global:made"))
    assert await apply(stubs, change(ChangeKind.REGISTER, Field.ENTRY)) is None
    assert changing(stubs.calls) == []


async def test_an_entry_that_is_there_is_not_made_again(tmp_path: Path) -> None:
    """Rule 10: after an unknown outcome the same change finds its own work and does nothing."""
    stubs = with_shipped_script(writable([entry()]), tmp_path, "throw 'must not run'")
    await apply(stubs, change(ChangeKind.REGISTER, Field.ENTRY))
    assert changing(stubs.calls) == []


@pytest.mark.parametrize(
    ("there", "made"),
    [
        (entry("cloud", UseAuthServer=True, AuthMetadataUrl="", Realm=""), True),
        (entry("other url", AuthMetadataUrl="https://old/metadata/json/1"), False),
        (entry("other realm", Realm="fabrikam.com"), False),
        (entry("both other", AuthMetadataUrl="https://old/", Realm="fabrikam.com"), True),
        (entry("empty", AuthMetadataUrl="", Realm=""), True),
    ],
    ids=lambda value: value["Name"] if isinstance(value, dict) else "",
)
async def test_what_counts_as_being_there(
    tmp_path: Path, there: dict[str, Any], made: bool
) -> None:
    """Rule 3: identifier, no auth server, and URL or realm; the script looks once more by itself."""
    stubs = with_shipped_script(writable([there]), tmp_path, "")
    await apply(stubs, change(ChangeKind.REGISTER, Field.ENTRY))
    assert stubs.ended is not None
    assert stubs.ended.stdout.count(b"configure ") == (1 if made else 0)


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (Code("Write-Warning 'Some objects could not be read.'"), "could not be read"),
        ([entry("lync", AuthMetadataUrl="https://x/", Realm="x")], "another partner application"),
    ],
)
async def test_an_unproven_list_or_a_taken_name_makes_nothing(
    tmp_path: Path, shown: Any, said: str
) -> None:
    """Rule 1, and no entry is left half made because its name is another's."""
    stubs = with_shipped_script(writable(shown), tmp_path, "throw 'must not run'")
    with pytest.raises(OperationFailed, match=said):
        await apply(stubs, change(ChangeKind.REGISTER, Field.ENTRY), identity="Lync")
    assert changing(stubs.calls) == []


async def test_an_entry_that_somebody_else_made_meanwhile_keeps_its_name(tmp_path: Path) -> None:
    """Only what is the partner's can be what our run made."""
    foreign = entry("Foreign", AuthMetadataUrl="https://x/", Realm="x", ApplicationIdentifier="y")
    stubs = with_shipped_script(
        writable(), tmp_path, f"$global:made = @({literal(foreign)}; {literal(MADE)})"
    )
    stubs.cmdlet("Get-PartnerApplication", Code("$global:made"))
    await apply(stubs, change(ChangeKind.REGISTER, Field.ENTRY))
    assert [said["Identity"] for said in stubs.named("Set-PartnerApplication")] == [
        "CN=LyncEnterprise-9f"
    ]


async def test_a_missing_shipped_script_is_told_by_its_path(tmp_path: Path) -> None:
    """Not as a missing right in Exchange."""
    stubs = writable([])
    stubs.environment = {"ExchangeInstallPath": f"{tmp_path}/"}
    with pytest.raises(OperationFailed, match="is not there") as caught:
        await apply(stubs, change(ChangeKind.REGISTER, Field.ENTRY))
    assert caught.value.obstacle.reason is Reason.REMOTE_ERROR


async def test_a_cmdlet_that_the_account_may_not_use_is_a_missing_right(tmp_path: Path) -> None:
    """Without its role a cmdlet does not exist in the session."""
    stubs = with_shipped_script(writable([]), tmp_path, "New-NothingAtAll")
    with pytest.raises(OperationFailed) as caught:
        await apply(stubs, change(ChangeKind.REGISTER, Field.ENTRY))
    assert (caught.value.obstacle.reason, caught.value.obstacle.then is Next.HUMAN) == (
        Reason.FORBIDDEN,
        True,
    )


async def test_a_shipped_script_without_its_last_line_has_failed(tmp_path: Path) -> None:
    """It has no output and no exit code to go by; only its last line tells (1.3.3)."""
    stubs = with_shipped_script(writable([]), tmp_path, "", last="Something else.")
    with pytest.raises(OperationFailed, match="did not report success") as caught:
        await apply(stubs, change(ChangeKind.REGISTER, Field.ENTRY))
    assert caught.value.obstacle.reason is Reason.REMOTE_ERROR


async def test_a_shipped_script_that_makes_nothing_is_no_error_of_ours(tmp_path: Path) -> None:
    """C07: success and nothing there; nothing is named, and the read-back decides."""
    stubs = with_shipped_script(writable([]), tmp_path, "")
    await apply(stubs, change(ChangeKind.REGISTER, Field.ENTRY))
    assert changing(stubs.calls) == []


async def test_a_shipped_script_that_throws_is_a_failure_and_the_session_goes(
    tmp_path: Path,
) -> None:
    """C06: whatever it did before is read again; the inner session is closed."""
    stubs = with_shipped_script(writable([]), tmp_path, MAKES + "\nthrow 'half way'")
    with pytest.raises(OperationFailed, match="half way"):
        await apply(stubs, change(ChangeKind.REGISTER, Field.ENTRY))
    assert stubs.named("Remove-PSSession")


@pytest.mark.parametrize("word", ["break", "continue", "return", "exit 3"])
async def test_a_shipped_script_that_ends_itself_in_its_own_way_ends_nothing_else(
    tmp_path: Path, word: str
) -> None:
    """A word that is meant for a loop leaves that of whoever calls: here, that over all changes of a run."""
    once = f"$global:times++; if ($global:times -eq 1) {{ {word} }}; {MAKES}"
    stubs = with_shipped_script(writable(), tmp_path, once)
    stubs.state("$global:times = 0")
    stubs.cmdlet("Get-PartnerApplication", Code("$global:made"))
    session = ExchangeOperations(stubs.run).on(server(), CREDENTIALS, HOST)
    wanted = Wanted(change(ChangeKind.REGISTER, Field.ENTRY), application())
    first, second = await session.apply_all(seen(), [wanted, wanted])
    assert first.begun
    assert first.failure is not None
    assert not first.failure.nothing_ran
    assert (second.begun, second.failure) == (True, None)
    assert second.made == MADE["DistinguishedName"]


async def test_an_error_of_any_length_leaves_room_for_those_of_a_hundred_changes(
    tmp_path: Path,
) -> None:
    """PowerShell 3.0 and 4.0 write 2 MiB at most. The text of what is thrown is the error's id too."""
    stubs = with_shipped_script(writable([]), tmp_path, "throw ('x' * 100000)")
    with pytest.raises(OperationFailed, match="xxx"):
        await apply(stubs, change(ChangeKind.REGISTER, Field.ENTRY))
    assert stubs.ended is not None
    assert len(stubs.ended.stdout) < 2**21 / MOST_TOGETHER
