"""observe.ps1 of Exchange in a real PowerShell, and what is read from its answer."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.oauth.certificates import thumbprint
from partner_operator.trust.model import CertificateRole, DocumentFault, EntryKind
from partner_operator.trust.reasons import Reason
from support.oauth.samples import certificate_der
from support.scripts.exchange import (
    CHANGED,
    CONTROLLER,
    CREDENTIALS,
    HOST,
    NOT_FOUND,
    STOCK,
    entry,
    exchange,
    observe,
)
from support.scripts.stubs import Code, changing, literal
from support.trust.worlds import LYNC_URL

pytestmark = pytest.mark.pwsh
NAMES = [
    "2026-09-07T09:44:13.769Z",
    "/Date(1234567890000)/",
    "\u65e5\u672c\u8a9e \U0001f600",
    "\u2018quote\u2019 ' \" `",
    "$(throw 'run') $env:PATH",
    "line\nbreak\r\nand\ttab",
    "@{a=1}",
    "System.Object[]",
    "x" * 300,
    "Stra\u00dfe \u0130",
    "=equals",
]


async def test_a_healthy_organisation_is_read_whole() -> None:
    """Every field lands where decisions look for it."""
    der = certificate_der("lync")
    encoded = base64.b64encode(der).decode()
    stubs = exchange([entry(CertificateStrings=[encoded]), STOCK])
    seen = await observe(stubs)
    assert seen.incomplete is None
    assert seen.organization == "CN=Litware,DC=litwareinc"
    assert seen.domain_controller == CONTROLLER
    assert seen.product_version == "Version 15.0 (Build 1497.2)"
    found, stock = seen.entries
    assert stock.kind is EntryKind.TOKEN_SERVER
    assert found.reference.startswith("CN=LyncEnterprise-1,")
    assert found.metadata_url == LYNC_URL
    assert found.changed_at == CHANGED
    assert found.thumbprints is not None
    assert len(found.thumbprints) == 1
    assert found.linked_account is not None
    assert found.linked_account.roles == ("UserApplication",)
    assert [own.role for own in seen.own_certificates] == [CertificateRole.CURRENT]
    assert seen.own_certificates[0].certificate is not None
    assert [host.fqdn for host in seen.discovered_hosts] == [HOST]
    assert seen.own_certificates_fault is None


@pytest.mark.parametrize("count", [1, 2, 5])
async def test_lists_of_one_and_many_stay_lists(count: int) -> None:
    """C11: one partner application is a list of one."""
    stubs = exchange([entry(f"App-{number}") for number in range(count)])
    seen = await observe(stubs)
    assert [found.identity for found in seen.entries] == [f"App-{n}" for n in range(count)]


@pytest.mark.parametrize("shown", [[], [entry()]])
async def test_a_list_without_stock_entries_is_no_proof_of_absence(
    shown: list[dict[str, Any]],
) -> None:
    """Rule 1: every organisation has some: a list without them is one that something cuts short."""
    seen = await observe(exchange(shown))
    assert len(seen.entries) == len(shown)
    assert seen.incomplete is not None
    assert "brings along" in seen.incomplete


async def test_a_warning_makes_the_list_unproven() -> None:
    """Rule 1: an empty or short list with a warning beside it is unknown, not absent."""
    body = Code("Write-Warning 'Some objects could not be read.'")
    seen = await observe(exchange(body))
    assert seen.incomplete is not None
    assert "Some objects could not be read." in seen.incomplete


async def test_a_warning_about_one_entry_is_that_entrys_matter() -> None:
    """P-EX-14: it goes on in further warnings, which speak of its properties. The list is whole all the same."""
    shown = f"{literal(entry('Lync'))}; {literal(STOCK)}; "
    told = "Object litwareinc.com/Auth Configuration/Lync has been corrupted and it is in an inconsistent state:"
    body = f"{shown}Write-Warning ({literal(told)}); Write-Warning 'Realm is too long.'"
    seen = await observe(exchange(Code(body)))
    assert seen.incomplete is None
    assert [found.warning for found in seen.entries] == [f"{told} Realm is too long.", ""]


@pytest.mark.parametrize(
    "told",
    [
        "Object litwareinc.com/Lync Enterprise has been corrupted and it is in an inconsistent state:",
        "There are more results than these.",
    ],
)
async def test_a_warning_about_no_listed_entry_makes_the_list_unproven(told: str) -> None:
    """What is warned about and not shown is missing."""
    body = f"{literal(entry('Lync'))}; {literal(STOCK)}; Write-Warning ({literal(told)})"
    seen = await observe(exchange(Code(body)))
    assert seen.incomplete is not None
    assert [found.warning for found in seen.entries] == ["", ""]


async def test_a_disabled_or_delegating_assignment_is_no_role() -> None:
    """P-EX-13: the cmdlet is asked for those that count, and what it shows all the same is looked at."""
    shown = [
        {"Role": "UserApplication", "Enabled": False, "RoleAssignmentDelegationType": "Regular"},
        {"Role": "Mailbox Search", "Enabled": True, "RoleAssignmentDelegationType": "Delegating"},
        {
            "Role": "Legal Hold",
            "Enabled": True,
            "RoleAssignmentDelegationType": "DelegatingOrgWide",
        },
        {"Role": "ArchiveApplication", "Enabled": True, "RoleAssignmentDelegationType": "Regular"},
    ]
    shown = [{**each, "RoleAssignee": entry()["LinkedAccount"]} for each in shown]
    stubs = exchange([entry(), STOCK]).cmdlet("Get-ManagementRoleAssignment", shown)
    seen = await observe(stubs)
    assert seen.entries[0].linked_account is not None
    assert seen.entries[0].linked_account.roles == ("ArchiveApplication",)
    together, alone = stubs.named("Get-ManagementRoleAssignment")
    assert "RoleAssignee" not in together
    assert alone["RoleAssignee"] == entry()["LinkedAccount"]
    for asked in (together, alone):
        assert (asked["Enabled"], asked["Delegating"]) == ("True", "False")


async def test_an_account_that_has_all_that_it_needs_is_asked_for_with_all_others() -> None:
    """Letter case is no difference between two names, and a role of another account is none of this one."""
    account = str(entry()["LinkedAccount"])
    shown = [
        {"Role": "UserApplication", "RoleAssignee": account.upper()},
        {"Role": "Mailbox Search", "RoleAssignee": f"{account}-2"},
    ]
    stubs = exchange([entry(), entry("another"), STOCK])
    stubs.cmdlet("Get-ManagementRoleAssignment", shown)
    seen = await observe(stubs)
    found = [each.linked_account for each in seen.entries if each.identity != "Exchange Online"]
    assert {each.roles for each in found if each is not None} == {("UserApplication",)}
    assert len(found) == 2
    assert len(stubs.named("Get-ManagementRoleAssignment")) == 1
    assert stubs.named("Get-User") == []


async def test_where_all_cannot_be_asked_for_together_each_account_is_asked_for_once() -> None:
    """A read that only saves questions stops nothing."""
    body = Code(
        "if (-not $RoleAssignee) { throw 'not given' }; [pscustomobject]@{Role='UserApplication'}"
    )
    stubs = exchange([entry(), entry("another"), STOCK])
    stubs.cmdlet("Get-ManagementRoleAssignment", body)
    seen = await observe(stubs)
    assert [each.linked_account.roles for each in seen.entries if each.linked_account] == [
        ("UserApplication",),
        ("UserApplication",),
        (),
    ]
    assert len(stubs.named("Get-User")) == 1


async def test_a_certificate_is_known_by_all_its_bytes_whoever_can_read_it() -> None:
    """Whole ones of hundreds of entries do not fit into an answer."""
    whole = certificate_der("lync")
    ders = [whole, whole[:100], b"\x00"]
    shown = [base64.b64encode(der).decode() for der in ders] + ["no base64!", ""]
    seen = await observe(exchange([entry(CertificateStrings=shown), STOCK]))
    wanted = [*map(thumbprint, ders), "UNREADABLE", thumbprint(b"")]
    assert seen.entries[0].thumbprints == tuple(sorted(wanted))


async def test_names_come_back_byte_for_byte() -> None:
    """C11: date-like names, CJK, quotes, subexpressions and line ends are text and nothing else."""
    seen = await observe(exchange([entry(name) for name in NAMES]))
    assert [found.identity for found in seen.entries] == NAMES


async def test_a_null_url_is_an_unreadable_value_and_not_an_empty_one() -> None:
    """C06: after a bad write the property reads as null."""
    seen = await observe(exchange([entry(AuthMetadataUrl=None)]))
    assert seen.entries[0].metadata_url is None


async def test_certificate_strings_of_null_are_no_certificates() -> None:
    """C11: null and an empty list are both no certificate; rubbish is one that differs."""
    seen = await observe(
        exchange(
            [
                entry("null", CertificateStrings=None),
                entry("empty", CertificateStrings=[]),
                entry("scalar", CertificateStrings="rubbish"),
            ]
        )
    )
    assert [found.thumbprints for found in seen.entries] == [(), (), ("UNREADABLE",)]


async def test_a_missing_account_is_none_by_type_not_by_sentence() -> None:
    """The not-found error is localised; its class name is not."""
    seen = await observe(exchange().cmdlet("Get-User", NOT_FOUND))
    assert seen.entries[0].linked_account is None


async def test_an_account_that_may_not_be_read_ends_the_run() -> None:
    """Rule 1: denied is not absent."""
    stubs = exchange().cmdlet("Get-User", Code("throw 'access denied'"))
    with pytest.raises(OperationFailed) as caught:
        await observe(stubs)
    assert caught.value.obstacle.reason is Reason.REMOTE_ERROR
    assert stubs.named("Remove-PSSession")


async def test_an_entry_of_an_auth_server_asks_for_no_account() -> None:
    """`SfBLegacy` and its kin act with no linked account."""
    stubs = exchange([entry(UseAuthServer=True, AuthMetadataUrl=None)])
    seen = await observe(stubs)
    assert seen.entries[0].kind is EntryKind.TOKEN_SERVER
    assert stubs.named("Get-User") == []


async def test_an_empty_certificate_list_is_a_fault_of_reading() -> None:
    """C08: the certificate cmdlet shows nothing; the thumbprint is known, the certificate is not."""
    seen = await observe(exchange().cmdlet("Get-ExchangeCertificate", []))
    assert seen.own_certificates_fault == "Get-ExchangeCertificate returns nothing."
    assert seen.own_certificates[0].certificate is None


async def test_only_certificates_that_exchange_signs_with_are_fetched() -> None:
    """A server has many; those that Get-AuthConfig does not name are nobody's business."""
    der = certificate_der("exchange")
    shown = [{"Thumbprint": thumb * 20, "RawData": der} for thumb in ("CD", "ab", "EF")]
    stubs = exchange().cmdlet("Get-ExchangeCertificate", shown)
    seen = await observe(stubs)
    assert seen.own_certificates[0].certificate is not None
    assert seen.own_certificates_fault is None
    assert stubs.ended is not None
    [told] = stubs.ended.answer.data["certificates"]
    assert told["thumbprint"] == "ab" * 20


async def test_a_certificate_cmdlet_that_throws_spoils_nothing_else() -> None:
    """The entries are read all the same."""
    stubs = exchange().cmdlet("Get-ExchangeCertificate", Code("throw 'RPC server'"))
    seen = await observe(stubs)
    assert seen.own_certificates_fault == "RPC server"
    assert len(seen.entries) == 1


async def test_a_read_that_fails_is_never_an_empty_list() -> None:
    """Get-PartnerApplication's non-terminating error stops the run; the inner session goes away."""
    stubs = exchange(Code("Write-Error 'The operation could not be performed.'"))
    with pytest.raises(OperationFailed, match="could not be performed"):
        await observe(stubs)
    assert stubs.named("Remove-PSSession")


async def test_observing_changes_nothing() -> None:
    """Rule 15, on the script itself."""
    stubs = exchange()
    await observe(stubs)
    assert changing(stubs.calls) == []


async def test_one_domain_controller_is_asked_by_every_cmdlet() -> None:
    """Rule 14, C02: the controller that answered first answers everything."""
    stubs = exchange()
    await observe(stubs)
    asked = {
        name: said.get("DomainController")
        for name, said in stubs.calls
        if name.startswith("Get-") and name != "Get-OrganizationConfig"
    }
    assert asked
    assert set(asked.values()) == {CONTROLLER}


async def test_the_controller_of_the_last_pass_is_asked_again() -> None:
    """C02: another controller may not know the newest changes yet."""
    body = Code(
        "[pscustomobject]@{DistinguishedName='CN=Litware';OriginatingServer=$DomainController}"
    )
    stubs = exchange().cmdlet("Get-OrganizationConfig", body)
    seen = await observe(stubs, controller="dc2.litwareinc.com")
    assert seen.domain_controller == "dc2.litwareinc.com"
    assert stubs.named("Get-PartnerApplication")[0]["DomainController"] == "dc2.litwareinc.com"


async def test_a_controller_that_is_gone_is_replaced_by_whoever_answers() -> None:
    """A controller taken out of service does not end all observation."""
    body = Code(
        "if ($DomainController) { throw 'no such server' }\n"
        f"[pscustomobject]@{{DistinguishedName='CN=Litware';OriginatingServer='{CONTROLLER}'}}"
    )
    stubs = exchange().cmdlet("Get-OrganizationConfig", body)
    seen = await observe(stubs, controller="gone.litwareinc.com")
    assert seen.domain_controller == CONTROLLER
    assert stubs.named("Get-PartnerApplication")[0]["DomainController"] == CONTROLLER


async def test_the_whole_forest_is_looked_at() -> None:
    """Rule 1: absence needs a forest-wide scope, and it is set before the first read."""
    stubs = exchange()
    await observe(stubs)
    names = [name for name, _ in stubs.calls]
    assert stubs.named("Set-ADServerSettings")[0]["ViewEntireForest"] == "True"
    assert names.index("Set-ADServerSettings") < names.index("Get-OrganizationConfig")


async def test_the_password_reaches_the_inner_session_and_nothing_else() -> None:
    """Rule 11: quotes and subexpressions in a password are characters; it appears in no output."""
    stubs = exchange()
    stubs.tool(
        "New-PSSession",
        "ConfigurationName ConnectionUri Authentication Credential",
        Code(
            "$plain = $Credential.GetNetworkCredential().Password\n"
            "[Console]::Out.Write('LENGTH=' + $plain.Length + ';SUM=' +"
            " ($plain.ToCharArray() | ForEach-Object { [int]$_ } | Measure-Object -Sum).Sum)\n's'"
        ),
    )
    await observe(stubs)
    assert stubs.ended is not None
    said = stubs.ended.stdout + stubs.ended.stderr
    expected = f"LENGTH={len(CREDENTIALS.password)};SUM={sum(map(ord, CREDENTIALS.password))}"
    assert expected.encode() in said
    assert CREDENTIALS.password.encode() not in said
    assert base64.b64encode(CREDENTIALS.password.encode()) not in said


async def test_documents_that_cannot_be_had_say_why() -> None:
    """Rule 6: fetched on the server; a refused connection is a fault of that document only."""
    url = "https://127.0.0.1:9/metadata/json/1"
    seen = await observe(exchange(), url)
    assert seen.documents[url].fault is DocumentFault.UNREACHABLE
    assert seen.documents[url].detail
    assert len(seen.entries) == 1


async def test_edge_servers_and_pure_management_machines_are_not_restarted() -> None:
    """C05: an edge server is nobody's to restart; one without roles, or of 2010, needs none."""
    shown = [
        {
            "Fqdn": f"{name}.litwareinc.com",
            "AdminDisplayVersion": "15",
            "IsEdgeServer": edge,
            "IsMailboxServer": mailbox,
            "IsClientAccessServer": False,
            "IsE15OrLater": name != "old",
        }
        for name, edge, mailbox in (
            ("ex1", False, True),
            ("edge", True, False),
            ("old", False, True),
            ("tools", 0, False),
        )
    ]
    seen = await observe(exchange().cmdlet("Get-ExchangeServer", shown))
    assert [(h.fqdn, h.needs_restart) for h in seen.discovered_hosts] == [
        ("ex1.litwareinc.com", True),
        ("old.litwareinc.com", False),
        ("tools.litwareinc.com", False),
    ]
