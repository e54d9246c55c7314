"""observe.ps1 of Lync in a real PowerShell, and what is read from its answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.oauth.certificates import Certificate
from partner_operator.trust.model import CertificateRole, EntryKind
from partner_operator.trust.obstacle import Next
from partner_operator.trust.reasons import Reason
from support.oauth.samples import certificate_der
from support.scripts.lync import HOST, entry, lync, observe, replica
from support.scripts.stubs import Code, Stubs, changing, literal
from support.trust.worlds import EXCHANGE_URL

pytestmark = pytest.mark.pwsh
NAMES = [
    "2026-09-07T09:44:13.769Z",
    "\u65e5\u672c \U0001f600",
    "\u2018a\u2019 ' \" $(exit 7)",
    "a\nb",
]


async def test_a_healthy_deployment_is_read_whole() -> None:
    """Every field lands where decisions look for it."""
    stubs = lync()
    seen = await observe(stubs)
    assert seen.incomplete is None
    assert seen.organization == "sql.litwareinc.com\\rtc"
    assert seen.product_version == "5.0.8308.0"
    [found] = seen.entries
    assert (found.identity, found.reference) == ("Exchange", "Exchange")
    assert found.metadata_url == EXCHANGE_URL
    assert found.trust_level == "Full"
    assert found.thumbprints is None
    [own] = seen.own_certificates
    assert (own.role, own.thumbprint) == (CertificateRole.CURRENT, "AB" * 20)
    assert isinstance(own.certificate, Certificate)
    assert own.certificate.not_after == datetime(2028, 1, 1, tzinfo=UTC)
    assert [(r.fqdn, r.up_to_date) for r in seen.replicas] == [(HOST, True)]
    assert changing(stubs.calls) == []


@pytest.mark.parametrize("turn", [1, -1])
async def test_side_by_side_the_version_is_that_of_the_machine_that_was_asked(turn: int) -> None:
    """In whichever order machines are listed: a version that changed with it would be a write each time."""
    stubs = lync()
    other = replica("sfb1.litwareinc.com") | {"ProductVersion": "7.0.2046.0"}
    stubs.cmdlet("Get-CsManagementStoreReplicationStatus", [other, replica(HOST)][::turn])
    assert (await observe(stubs)).product_version == "5.0.8308.0"


@pytest.mark.parametrize("count", [0, 1, 3])
async def test_lists_of_none_one_and_many_stay_lists(count: int) -> None:
    """C11; and on Lync an empty list is a proven absence: it brings no entries along."""
    seen = await observe(lync([entry(f"App{number}") for number in range(count)]))
    assert [found.identity for found in seen.entries] == [f"App{n}" for n in range(count)]
    assert seen.incomplete is None


async def test_names_come_back_byte_for_byte() -> None:
    """C11: date-like names, CJK, quotes, subexpressions and line ends are text."""
    seen = await observe(lync([entry(name) for name in NAMES]))
    assert [found.identity for found in seen.entries] == NAMES


@pytest.mark.parametrize("token", [EXCHANGE_URL, f"Value={EXCHANGE_URL}"])
async def test_the_url_is_the_text_of_the_token(token: str) -> None:
    """There is no MetadataUrl property; the text comes with or without 'Value='."""
    seen = await observe(lync([entry(AuthToken=token)]))
    assert seen.entries[0].metadata_url == EXCHANGE_URL
    assert seen.entries[0].kind is EntryKind.OWN_KEYS


async def test_an_entry_of_an_oauth_server_has_no_url() -> None:
    """UseOAuthServer stands where the URL would be."""
    seen = await observe(lync([entry(AuthToken="Value=UseOAuthServer")]))
    assert seen.entries[0].kind is EntryKind.TOKEN_SERVER


@pytest.mark.parametrize(
    "level",
    ["Full", Code("(Add-Member -InputObject 0 -NotePropertyName Value -NotePropertyValue Full -Force -PassThru)")],
    ids=["live", "deserialised"],
)  # fmt: skip
async def test_enums_are_names_in_both_guises(level: Any) -> None:
    """Deserialised, an enum is a number with its name beside it."""
    seen = await observe(lync([entry(ApplicationTrustLevel=level)]))
    assert seen.entries[0].trust_level == "Full"


async def test_a_warning_makes_the_list_unproven() -> None:
    """Rule 1."""
    seen = await observe(lync(Code("Write-Warning 'cannot reach the store'")))
    assert seen.incomplete is not None
    assert "cannot reach the store" in seen.incomplete


async def test_a_read_that_fails_is_never_an_empty_list() -> None:
    """Rule 1: a non-terminating error of the reading cmdlet stops the run."""
    with pytest.raises(OperationFailed, match="SQL timeout"):
        await observe(lync(Code("Write-Error 'SQL timeout'")))


async def test_no_replica_or_no_store_is_an_incomplete_read() -> None:
    """A deployment without machines, or whose store is not named, was not read."""
    none = lync().cmdlet("Get-CsManagementStoreReplicationStatus", [])
    assert (await observe(none)).incomplete is not None
    unnamed = lync().cmdlet("Get-CsManagementConnection", [{"Connection": None}])
    assert (await observe(unnamed)).incomplete is not None


async def test_a_missing_certificate_and_an_unreadable_one_are_two_facts() -> None:
    """C08 on Lync: nothing assigned is no fault; an error is one, and spoils nothing else."""
    none = await observe(lync().cmdlet("Get-CsCertificate", []))
    assert (none.own_certificates, none.own_certificates_fault) == ((), None)
    broken = await observe(lync().cmdlet("Get-CsCertificate", Code("throw 'denied'")))
    assert broken.own_certificates_fault == "denied"
    assert len(broken.entries) == 1


def with_store(stubs: Stubs, *thumbprints: str, bits: int = 2048) -> Stubs:
    """Let the machine's store have these certificates."""
    there = " -or ".join(f"$LiteralPath.EndsWith('{each}')" for each in thumbprints)
    stubs.tool("Test-Path", "LiteralPath", Code(there))
    stored = {"RawData": certificate_der("stored", bits=bits)}
    return stubs.tool("Get-Item", "LiteralPath", Code(literal(stored)))


async def test_the_key_is_judged_on_the_machines_own_copy() -> None:
    """A weak key is seen although no cmdlet and no document shows it."""
    [own] = (await observe(with_store(lync(), "AB" * 20, bits=1024))).own_certificates
    assert isinstance(own.certificate, Certificate)
    assert own.certificate.key_bits == 1024


@pytest.mark.parametrize(
    ("effective", "expected"),
    [
        (datetime(2020, 1, 1, tzinfo=UTC), {"AB": CertificateRole.CURRENT, "CD": CertificateRole.PREVIOUS}),
        (datetime(2099, 1, 1, tzinfo=UTC), {"AB": CertificateRole.NEXT, "CD": CertificateRole.CURRENT}),
    ],
    ids=["in effect", "not yet"],
)  # fmt: skip
async def test_a_certificate_rules_from_its_effective_date_on(
    effective: datetime, expected: dict[str, CertificateRole]
) -> None:
    """Until then the older one signs, and what the document does not publish yet is no fault."""
    rolled = {
        "Thumbprint": "ab" * 20,
        "PreviousThumbprint": "CD" * 20,
        "Subject": "CN=new",
        "NotBefore": datetime(2019, 1, 1, tzinfo=UTC),
        "NotAfter": datetime(2100, 1, 1, tzinfo=UTC),
        "EffectiveDate": effective,
    }
    stubs = with_store(lync().cmdlet("Get-CsCertificate", [rolled]), "ab" * 20, "CD" * 20)
    seen = await observe(stubs)
    assert {own.thumbprint[:2]: own.role for own in seen.own_certificates} == expected


async def test_skype_for_business_has_the_same_cmdlets_in_another_module() -> None:
    """P-LY-1: the first module that is there is taken."""
    missing = Code(
        "if ($Name -ne 'SkypeForBusiness') { $PSCmdlet.WriteError((New-Object"
        " Management.Automation.ErrorRecord (New-Object IO.FileNotFoundException 'nicht da'),"
        "'Modules_ModuleNotFound,X','ResourceUnavailable',$null)) }"
    )
    stubs = lync().tool("Import-Module", "Name -DisableNameChecking", missing)
    assert len((await observe(stubs)).entries) == 1
    asked = [said["Name"] for said in stubs.named("Import-Module")]
    assert asked == ["Lync", "SkypeForBusiness"]


async def test_a_module_that_is_there_and_cannot_be_loaded_says_why() -> None:
    """It is not taken for a missing one."""
    stubs = lync().tool("Import-Module", "Name -DisableNameChecking", Code("throw 'no .NET 4.5'"))
    with pytest.raises(OperationFailed, match=r"no \.NET") as caught:
        await observe(stubs)
    assert caught.value.obstacle.reason is Reason.REMOTE_ERROR
    assert len(stubs.named("Import-Module")) == 1


async def test_a_machine_without_the_module_is_the_wrong_product() -> None:
    """Import-Module's own error id tells; only a human can help."""
    stubs = Stubs()
    with pytest.raises(OperationFailed) as caught:
        await observe(stubs)
    assert caught.value.obstacle.reason is Reason.WRONG_PRODUCT
    assert caught.value.obstacle.then is Next.HUMAN
