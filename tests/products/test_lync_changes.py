"""Lync's register.ps1, update.ps1 and remove.ps1: what they call, and what they must not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.trust.model import Product
from partner_operator.trust.plan import Change, Difference, Field
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind
from partner_simulator.certificates import CertificateAuthority
from support.oauth.samples import body, document
from support.scripts.lync import CREDENTIALS, DOWNLOAD_FAILED, HOST, entry, lync
from support.scripts.stubs import Code, Stubs, changing
from support.scripts.web import Page, Site, serve
from support.trust import worlds as trust_worlds
from support.trust.worlds import EXCHANGE_URL, application, server

pytestmark = pytest.mark.pwsh
PATH = "/autodiscover/metadata/json/1"


def change(kind: ChangeKind, *fields: Field, existing: bool = True) -> Change:
    """A change of the entry that the stand-ins show."""
    old = trust_worlds.entry(
        Product.EXCHANGE, on=Product.LYNC, reference="Exchange", identity="Exchange"
    )
    return Change(
        kind=kind,
        application=application(Product.EXCHANGE).key,
        entry=old if existing else None,
        differences=tuple(Difference(field, "old", "new") for field in fields),
        needs_restart=False,
    )


async def apply(stubs: Stubs, wanted: Change, **declared: Any) -> str | None:
    """Make the change as the engine would."""
    seen = trust_worlds.observed(Product.LYNC, host=HOST)
    desired = application(Product.EXCHANGE, **declared)
    operations = LyncOperations(stubs.run)
    return await operations.on(server(Product.LYNC), CREDENTIALS, seen.host).apply(
        seen, wanted, desired
    )


async def test_registering_makes_one_entry_with_the_declared_values() -> None:
    """The identity is data, whatever characters it has."""
    stubs = lync([])
    register = change(ChangeKind.REGISTER, Field.ENTRY, existing=False)
    assert await apply(stubs, register, identity="\u2018x\u2019 $(exit 5)")
    assert changing(stubs.calls) == ["New-CsPartnerApplication"]
    [made] = stubs.named("New-CsPartnerApplication")
    assert made["Identity"] == "\u2018x\u2019 $(exit 5)"
    assert made["MetadataUrl"] == EXCHANGE_URL
    assert made["ApplicationTrustLevel"] == "Full"


async def test_an_entry_that_is_there_is_not_made_again() -> None:
    """Rule 10: the same register after an unknown outcome finds its own work."""
    stubs = lync([entry("exchange")])
    await apply(stubs, change(ChangeKind.REGISTER, existing=False), identity="Exchange")
    assert changing(stubs.calls) == []


@pytest.mark.parametrize(
    "there",
    [
        entry("by-hand", url=EXCHANGE_URL.upper(), Realm="other"),
        entry("by-hand", url="https://other/", Realm="LITWAREINC.COM"),
    ],
    ids=["URL", "realm"],
)
async def test_an_entry_for_the_same_partner_under_another_name_is_enough(
    there: dict[str, Any],
) -> None:
    """Somebody was faster, or a killed operator's run: a second one is not made, and this one is not ours."""
    stubs = lync([there])
    assert await apply(stubs, change(ChangeKind.REGISTER, existing=False)) == ""
    assert changing(stubs.calls) == []


OTHERS = [
    entry("Exchange", url="https://other/", Realm="contoso.com"),
    entry("Exchange", ApplicationIdentifier="00000003-0000-0ff1-ce00-000000000000"),
    entry("Exchange", AuthToken="Microsoft.Rtc...UseOAuthServer"),
]
"""Entries that got the name of ours meanwhile."""


@pytest.mark.parametrize("other", OTHERS)
async def test_a_name_that_was_given_again_is_not_removed(other: dict[str, Any]) -> None:
    """Lync has nothing but the name, so the content must be as it was."""
    stubs = lync([other])
    await apply(stubs, change(ChangeKind.REMOVE))
    assert changing(stubs.calls) == []


@pytest.mark.parametrize("other", OTHERS)
async def test_a_name_that_was_given_again_is_not_made_anew(other: dict[str, Any]) -> None:
    """Making anew removes first."""
    stubs = lync([other])
    with pytest.raises(OperationFailed, match="nothing was removed"):
        await apply(stubs, change(ChangeKind.RECREATE, Field.REALM))
    assert changing(stubs.calls) == []


@pytest.fixture(scope="module")
def authority() -> CertificateAuthority:
    """The CA that the server trusts."""
    return CertificateAuthority()


@pytest.fixture
def site(authority: CertificateAuthority) -> Iterator[Site]:
    """Exchange's web server."""
    with serve(authority.issue_server(["autodiscover.example"])) as running:
        running.pages[PATH] = Page(body(document()))
        yield running


def trusting(authority: CertificateAuthority, folder: Path, entries: Any) -> Stubs:
    """A Lync with these entries, whose machine trusts the CA."""
    store = folder / "trusted.pem"
    store.write_text(authority.pem)
    stubs = lync(entries)
    stubs.environment = {"SSL_CERT_FILE": str(store), "SSL_CERT_DIR": str(folder / "none")}
    return stubs


@pytest.mark.parametrize(("declared", "made"), [("Exchange2", "Exchange2"), (None, "Exchange")])
async def test_recreating_removes_exactly_the_old_entry_first(
    site: Site, authority: CertificateAuthority, tmp_path: Path, declared: str | None, made: str
) -> None:
    """Realm and identifier are immutable on Lync (rule 4); without a declared name the name stays."""
    stubs = trusting(authority, tmp_path, [entry("Other"), entry("EXCHANGE")])
    recreate = change(ChangeKind.RECREATE, Field.REALM)
    await apply(stubs, recreate, identity=declared, url=site.url(PATH))
    assert changing(stubs.calls) == ["Remove-CsPartnerApplication", "New-CsPartnerApplication"]
    assert stubs.named("Remove-CsPartnerApplication")[0]["Identity"] == "EXCHANGE"
    assert stubs.named("New-CsPartnerApplication")[0]["Identity"] == made


@pytest.mark.parametrize("status", [404, 503])
async def test_nothing_is_removed_while_the_document_cannot_be_had(
    site: Site, authority: CertificateAuthority, tmp_path: Path, status: int
) -> None:
    """Else the old trust would be gone and the new one not there."""
    site.pages[PATH] = Page(status=status)
    stubs = trusting(authority, tmp_path, [entry("Exchange")])
    with pytest.raises(OperationFailed, match="nothing was removed"):
        await apply(stubs, change(ChangeKind.RECREATE, Field.REALM), url=site.url(PATH))
    assert changing(stubs.calls) == []


async def test_nothing_is_removed_where_the_new_name_is_taken() -> None:
    """The new entry could not be made."""
    stubs = lync([entry("Exchange"), entry("Taken")])
    with pytest.raises(OperationFailed, match="nothing was removed"):
        await apply(stubs, change(ChangeKind.RECREATE, Field.IDENTITY), identity="taken")
    assert changing(stubs.calls) == []


async def test_an_unproven_list_makes_nothing() -> None:
    """Rule 1: a warning beside the list."""
    stubs = lync(Code("Write-Warning 'cannot reach the store'"))
    with pytest.raises(OperationFailed, match="cannot reach the store"):
        await apply(stubs, change(ChangeKind.REGISTER, existing=False))
    assert changing(stubs.calls) == []


async def test_a_document_that_lync_cannot_download_is_told_in_its_words() -> None:
    """S1: the error stands in the parameter binding; nothing else was done."""
    stubs = lync([]).cmdlet("New-CsPartnerApplication", DOWNLOAD_FAILED)
    with pytest.raises(OperationFailed, match="could not be downloaded") as caught:
        await apply(stubs, change(ChangeKind.REGISTER, existing=False))
    assert caught.value.obstacle.reason is Reason.REMOTE_ERROR


async def test_a_create_that_returns_nothing_is_no_error() -> None:
    """C07: the read-back decides."""
    stubs = lync([])
    await apply(stubs, change(ChangeKind.REGISTER, existing=False))
    assert changing(stubs.calls) == ["New-CsPartnerApplication"]


async def test_an_update_sets_only_what_differs() -> None:
    """Rule 4: one field, one call."""
    stubs = lync()
    await apply(stubs, change(ChangeKind.UPDATE, Field.TRUST_LEVEL))
    [said] = stubs.named("Set-CsPartnerApplication")
    assert said["ApplicationTrustLevel"] == "Full"
    assert "MetadataUrl" not in said
    assert "Enabled" not in said


async def test_a_rolled_certificate_is_read_by_setting_the_url() -> None:
    """Lync reads the document when its URL is set (P-LY-4)."""
    stubs = lync()
    await apply(stubs, change(ChangeKind.UPDATE, Field.CERTIFICATES))
    [said] = stubs.named("Set-CsPartnerApplication")
    assert said["MetadataUrl"] == EXCHANGE_URL


async def test_a_set_that_throws_ends_the_update() -> None:
    """C06: nothing follows an error."""
    stubs = lync().cmdlet("Set-CsPartnerApplication", Code("throw 'Invalid URI'"))
    with pytest.raises(OperationFailed, match="Invalid URI") as caught:
        await apply(stubs, change(ChangeKind.UPDATE, Field.CERTIFICATES, Field.ENABLED))
    assert changing(stubs.calls) == ["Set-CsPartnerApplication"]
    assert not caught.value.nothing_ran


@pytest.mark.parametrize("entries", [[], [entry("Other")]])
async def test_what_is_not_listed_is_not_removed(entries: list[dict[str, Any]]) -> None:
    """The removing cmdlet is not even called."""
    stubs = lync(entries)
    await apply(stubs, change(ChangeKind.REMOVE))
    assert changing(stubs.calls) == []


async def test_only_the_listed_entry_is_removed() -> None:
    """One call, for that identity."""
    stubs = lync([entry("Other"), entry("EXCHANGE"), entry("Exchange2")])
    await apply(stubs, change(ChangeKind.REMOVE))
    assert [said["Identity"] for said in stubs.named("Remove-CsPartnerApplication")] == ["EXCHANGE"]
