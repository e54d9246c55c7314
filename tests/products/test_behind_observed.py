"""Token servers, applications behind them and their accounts, as a read shows them."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.trust.model import AllowedTokenServer
from support.oauth.samples import certificate_der
from support.products.behind import ACCOUNT, BOTH, EXCHANGE, LYNC, Side
from support.scripts import exchange as on_exchange
from support.scripts import lync as on_lync
from support.scripts.stubs import Code
from support.trust import worlds as values
from support.trust.worlds import STS_URL

pytestmark = pytest.mark.pwsh


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
