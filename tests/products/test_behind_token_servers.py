"""Applications behind a token server: what the scripts of Exchange and Lync read, call, and must not call."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.trust.model import (
    AllowedTokenServer,
    Entry,
    EntryKind,
    Observed,
    Product,
    TokenServer,
)
from partner_operator.trust.obstacle import Next
from partner_operator.trust.plan import Change, Difference, Field
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind
from support.oauth.samples import certificate_der
from support.scripts import exchange as on_exchange
from support.scripts import lync as on_lync
from support.scripts.stubs import Code, Stubs, changing
from support.trust import worlds as values
from support.trust.worlds import HR, STS_URL

pytestmark = pytest.mark.pwsh

ACCOUNT = "litwareinc.com/Users/HR-ApplicationAccount"
GUID = "0e0d0c0b-0000-4000-8000-000000000007"
TOKEN = "Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth.UseOAuthServer"


@dataclass
class Side:
    """One product's stand-ins and words."""

    product: Product
    made: str
    """The cmdlet that makes an application."""
    makes_server: str
    url: str
    """Its parameter for the token server's document."""

    def stubs(self, *entries: dict[str, Any], servers: Any = None) -> Stubs:
        if self.product is Product.LYNC:
            return on_lync.lync(list(entries), servers)
        stubs = on_exchange.exchange([on_exchange.STOCK, *entries], servers)
        for name in ("New", "Set", "Remove"):
            stubs.cmdlet(f"{name}-PartnerApplication")
        return stubs.cmdlet("New-AuthServer").cmdlet("Set-AuthServer")

    def shown(self, name: str = "hr", **changes: Any) -> dict[str, Any]:
        """The application as the server shows it; `realm` is the same on both."""
        realm = changes.pop("realm", "")
        if self.product is Product.LYNC:
            behind = {"AuthToken": TOKEN, "ApplicationIdentifier": HR, "Realm": realm}
            changes.pop("Guid", None)
            return on_lync.entry(name, **behind, **changes)
        behind = {"UseAuthServer": True, "AuthMetadataUrl": "", "LinkedAccount": None, "Guid": GUID}
        shown = behind | {"ApplicationIdentifier": HR, "Realm": realm} | changes
        return on_exchange.entry(name, **shown)

    def entry(self, **changes: Any) -> Entry:
        """The same as it was observed."""
        there = Entry(
            reference="hr" if self.product is Product.LYNC else GUID,
            identity="hr",
            application_identifier=HR,
            realm="",
            issuer="",
            metadata_url="",
            kind=EntryKind.TOKEN_SERVER,
            enabled=True,
            accepts_security_identifiers=False,
        )
        return replace(there, **changes)

    def change(self, kind: ChangeKind, *fields: Field, entry: Entry | None = None) -> Change:
        if kind is not ChangeKind.REGISTER:
            entry = entry or self.entry()
        told = tuple(Difference(each, "old", "new") for each in fields)
        return Change(kind, values.hr().key, entry, told, needs_restart=False)

    async def apply(
        self, stubs: Stubs, change: Change, seen: Observed | None = None, **declared: Any
    ) -> str | None:
        host = on_lync.HOST if self.product is Product.LYNC else on_exchange.HOST
        seen = seen or values.observed(
            self.product, (), [values.sts()], host=host, domain_controller=on_exchange.CONTROLLER
        )
        own_keys = declared.pop("kind", None) is EntryKind.OWN_KEYS
        desired = values.application(**declared) if own_keys else values.hr(**declared)
        server = values.server(self.product)
        if self.product is Product.LYNC:
            lync = LyncOperations(stubs.run).on(server, on_lync.CREDENTIALS, host)
            return await lync.apply(seen, change, desired)
        exchange = ExchangeOperations(stubs.run).on(server, on_exchange.CREDENTIALS, host)
        return await exchange.apply(seen, change, desired)


EXCHANGE = Side(Product.EXCHANGE, "New-PartnerApplication", "New-AuthServer", "AuthMetadataUrl")
LYNC = Side(Product.LYNC, "New-CsPartnerApplication", "New-CsOAuthServer", "MetadataUrl")
BOTH = pytest.mark.parametrize("side", [EXCHANGE, LYNC], ids=["Exchange", "Lync"])


# ---- registering


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


# ---- changing


@BOTH
async def test_an_update_sets_what_differs_and_nothing_else(side: Side) -> None:
    stubs = side.stubs(side.shown())
    await side.apply(stubs, side.change(ChangeKind.UPDATE, Field.ENABLED))
    setter = side.made.replace("New-", "Set-")
    assert changing(stubs.calls) == [setter]
    [said] = stubs.named(setter)
    assert said["Enabled"] == "True"
    assert not {"Realm", "LinkedAccount", "Name", "MetadataUrl", "UseOAuthServer"} & set(said)


async def test_on_exchange_realm_account_and_name_are_set_with_the_name_last() -> None:
    stubs = EXCHANGE.stubs(EXCHANGE.shown())
    fields = (Field.IDENTITY, Field.LINKED_ACCOUNT, Field.REALM)
    wanted = EXCHANGE.change(ChangeKind.UPDATE, *fields)
    await EXCHANGE.apply(stubs, wanted, realm="a.example", linked_account=ACCOUNT, identity="HR")
    said = stubs.named("Set-PartnerApplication")
    assert [each["Identity"] for each in said] == [GUID] * 3
    assert [each.get("Realm") for each in said] == ["a.example", None, None]
    assert said[1]["LinkedAccount"] == ACCOUNT
    assert said[2]["Name"] == "HR"


@pytest.mark.parametrize(
    ("there", "read"),
    [
        ({"thumbprints": ("EE" * 20,)}, True),
        ({"thumbprints": None}, True),
        ({"thumbprints": (values.THUMBPRINT,)}, False),
        ({"thumbprints": ("EE" * 20,), "type": "AzureAD"}, False),
        ({"thumbprints": ("EE" * 20,), "enabled": False}, False),
    ],
)
async def test_keys_of_a_token_server_are_read_again_where_they_are_old(
    there: dict[str, Any], read: bool
) -> None:
    stubs = EXCHANGE.stubs(EXCHANGE.shown())
    known = (
        values.token_server("sts", reference="a guid", **there),
        TokenServer("b", "b", "https://b/"),
    )
    seen = values.observed(
        Product.EXCHANGE, (), [values.sts()], host=on_exchange.HOST, token_servers=known
    )
    await EXCHANGE.apply(stubs, EXCHANGE.change(ChangeKind.UPDATE, Field.TOKEN_SERVER_KEYS), seen)
    said = stubs.named("Set-AuthServer")
    assert [(each["Identity"], each["RefreshAuthMetadata"]) for each in said] == (
        [("a guid", "True")] if read else []
    )
    assert changing(stubs.calls) == ["Set-AuthServer"] * read


async def test_on_lync_another_name_makes_it_anew_and_touches_no_token_server() -> None:
    stubs = LYNC.stubs(LYNC.shown("old"))
    old = LYNC.entry(reference="old", identity="old")
    await LYNC.apply(
        stubs, LYNC.change(ChangeKind.RECREATE, Field.IDENTITY, entry=old), identity="new"
    )
    assert changing(stubs.calls) == ["Remove-CsPartnerApplication", "New-CsPartnerApplication"]
    stubs = LYNC.stubs(LYNC.shown("old", realm="b.example"))
    with pytest.raises(OperationFailed, match="made into another one meanwhile"):
        await LYNC.apply(
            stubs, LYNC.change(ChangeKind.RECREATE, Field.IDENTITY, entry=old), identity="new"
        )
    assert changing(stubs.calls) == []


@BOTH
@pytest.mark.parametrize("kind", EntryKind)
@pytest.mark.parametrize("became", ["gone", "turned", "another's"])
async def test_what_became_of_an_entry_meanwhile_stops_an_update_before_it_begins(
    side: Side, kind: EntryKind, became: str
) -> None:
    """A script of the hybrid set-up may come between the look and the change."""
    behind = kind is EntryKind.TOKEN_SERVER
    there = side.shown()
    if behind is (became == "turned") and side is LYNC:
        there["AuthToken"] = "Value=https://a.b/metadata/json/1"
    elif behind is (became == "turned"):
        there["UseAuthServer"] = False
    if became == "another's":
        there["ApplicationIdentifier"] = HR.replace("0", "1")
    stubs = side.stubs(*([] if became == "gone" else [there]), servers=[])
    entry = side.entry(kind=kind, metadata_url="" if behind else "https://a.b/metadata/json/1")
    fields = (Field.ENABLED, Field.METADATA_URL, Field.IDENTITY, Field.TOKEN_SERVER)
    change = side.change(ChangeKind.UPDATE, *fields, entry=entry)
    says = "is not there any more" if became == "gone" else "was made into another one meanwhile"
    with pytest.raises(OperationFailed, match=says):
        await side.apply(stubs, change, kind=kind)
    assert changing(stubs.calls) == []


# ---- removing


@BOTH
async def test_the_application_is_removed_and_nothing_else(side: Side) -> None:
    stubs = side.stubs(
        side.shown(), side.shown("other", realm="b.example", Guid=GUID.replace("7", "8"))
    )
    await side.apply(stubs, side.change(ChangeKind.REMOVE))
    assert changing(stubs.calls) == [side.made.replace("New-", "Remove-")]
    [said] = stubs.named(side.made.replace("New-", "Remove-"))
    assert said["Identity"] == side.entry().reference


@BOTH
@pytest.mark.parametrize("kind", EntryKind)
async def test_an_entry_that_was_turned_meanwhile_is_not_removed(
    side: Side, kind: EntryKind
) -> None:
    behind = kind is EntryKind.TOKEN_SERVER
    turned = side.shown(realm="litwareinc.com")
    if behind and side is LYNC:
        turned["AuthToken"] = "Value=https://a.b/metadata/json/1"
    elif behind:
        turned["UseAuthServer"] = False
    stubs = side.stubs(turned)
    entry = side.entry(
        kind=kind, realm="litwareinc.com", metadata_url="https://a.b/metadata/json/1"
    )
    await side.apply(stubs, side.change(ChangeKind.REMOVE, entry=entry))
    assert changing(stubs.calls) == []


# ---- reading


async def test_exchange_shows_its_token_servers() -> None:
    encoded = [base64.b64encode(certificate_der("sts")).decode()]
    there = [
        on_exchange.auth_server(CertificateStrings=encoded, Type="MicrosoftACS"),
        on_exchange.auth_server("EvoSts - x", Guid=None, Enabled=False, Type=Code("6")),
    ]
    seen = await on_exchange.observe(on_exchange.exchange(auth_servers=there))
    assert seen.token_servers_fault == ""
    acs, evo = seen.token_servers
    assert (acs.name, acs.metadata_url, acs.realm) == (
        "sts.litwareinc.com",
        STS_URL,
        "litwareinc.com",
    )
    assert (acs.type, acs.enabled, len(acs.thumbprints or ())) == ("MicrosoftACS", True, 1)
    assert acs.reference == on_exchange.auth_server()["Guid"]
    assert (evo.enabled, evo.thumbprints) == (False, None)
    assert evo.reference.startswith("CN=EvoSts")


async def test_an_object_that_lacks_properties_is_read_all_the_same() -> None:
    """2013 and later versions have not the same ones."""
    bare = [{"Name": "a", "DistinguishedName": "CN=a", "Enabled": True}]
    [found] = (await on_exchange.observe(on_exchange.exchange(auth_servers=bare))).token_servers
    assert (found.metadata_url, found.realm, found.type, found.thumbprints) == ("", "", "", None)


@BOTH
async def test_what_is_in_the_way_of_the_list_is_no_absence_and_stops_nothing_else(
    side: Side,
) -> None:
    name = "Get-CsOAuthServer" if side is LYNC else "Get-AuthServer"
    for body, says in (("Write-Warning 'careful'", "careful"), ("throw 'no right'", "no right")):
        stubs = side.stubs().cmdlet(name, Code(body))
        if side is LYNC:
            seen = await on_lync.observe(stubs)
        else:
            seen = await on_exchange.observe(stubs)
        assert says in seen.token_servers_fault
        assert seen.token_servers == ()
        assert seen.incomplete is None


async def test_an_account_without_the_right_to_see_them_loses_nothing_else() -> None:
    """The session brings only what the account's roles carry, and says so with an error."""
    stubs = on_exchange.exchange()
    stubs.tool(
        "Import-PSSession",
        "Session CommandName -DisableNameChecking -AllowClobber",
        Code("if (@($CommandName) -contains 'Get-AuthServer') { throw 'not among the commands' }"),
    )
    seen = await on_exchange.observe(stubs)
    assert "not among the commands" in seen.token_servers_fault
    assert len(seen.entries) == 1
    assert seen.host == on_exchange.HOST


async def test_the_account_of_an_entry_of_a_token_server_is_named_without_a_look_at_it() -> None:
    there = EXCHANGE.shown(LinkedAccount=ACCOUNT)
    stubs = on_exchange.exchange([on_exchange.STOCK, there])
    seen = await on_exchange.observe(stubs)
    found = seen.entries[1].linked_account
    assert found is not None
    assert (found.canonical_name, found.roles) == (ACCOUNT, ())
    assert not stubs.named("Get-User", "Get-ManagementRoleAssignment")


async def test_accounts_that_an_owner_allows_are_counted() -> None:
    """Before anything is changed it is known whether they can be linked; who may not look knows nothing."""
    line = AllowedTokenServer("*", linked_accounts=(ACCOUNT, "HR"))
    server = values.server(allowed_token_servers=(line, replace(line, host="sts.litwareinc.com")))
    several = [{"Identity": "a/HR"}, {"Identity": "b/HR"}]
    for there, told in (
        ([{"Identity": ACCOUNT}], {ACCOUNT: 1, "HR": 1}),
        (several, {ACCOUNT: 2, "HR": 2}),
        (on_exchange.NOT_FOUND, {ACCOUNT: 0, "HR": 0}),
        (Code("throw 'no right'"), {}),
    ):
        stubs = on_exchange.exchange([]).cmdlet("Get-User", there)
        session = ExchangeOperations(stubs.run).on(
            server, on_exchange.CREDENTIALS, on_exchange.HOST
        )
        assert (await session.observe((), None)).accounts == told


async def test_lync_shows_its_token_servers() -> None:
    there = [
        on_lync.oauth_server(),
        on_lync.oauth_server("evoSTS", Type="AzureAD", MetadataUrl="x"),
    ]
    seen = await on_lync.observe(on_lync.lync(oauth_servers=there))
    first, evo = seen.token_servers
    assert (first.reference, first.metadata_url, first.realm) == (
        "sts.litwareinc.com",
        STS_URL,
        "litwareinc.com",
    )
    assert (first.type, first.enabled, first.thumbprints) == ("", True, None)
    assert evo.type == "AzureAD"
