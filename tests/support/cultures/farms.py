"""SharePoint's operations, and Exchange's test of a farm, on stand-ins whose values a culture could spoil."""

from __future__ import annotations

from typing import Any

from partner_operator.oauth.identifiers import EXCHANGE
from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.products.sharepoint.operations import SharePointOperations
from partner_operator.trust.model import Product, ServiceTest
from partner_operator.trust.plan import Change, Difference, Field
from partner_operator.trust.status import ChangeKind
from support.cultures.cases import LETTERS, Case, Runner
from support.scripts import exchange as scripts_exchange
from support.scripts import sharepoint as scripts_sharepoint
from support.scripts.exchange import exchange
from support.scripts.sharepoint import farm, issuer
from support.scripts.stubs import Code, Stubs
from support.trust import worlds as trust_worlds
from support.trust.worlds import EXCHANGE_URL, application, server


def _farm() -> Stubs:
    """Its names have all four I's of Turkish; one issuer is Exchange in other letters."""
    other = issuer(
        LETTERS, Id="66666666-7777-4888-8999-000000000000", RegisteredIssuerName="I@\u0130"
    )
    return farm(issuer("TITLE", RegisteredIssuerName=f"{EXCHANGE.upper()}@LITWAREINC.COM"), other)


def _of_farm(kind: ChangeKind) -> Any:
    old = trust_worlds.entry(
        Product.EXCHANGE,
        on=Product.SHAREPOINT,
        reference=scripts_sharepoint.ISSUER.upper(),
        identity="title",
        application_identifier=EXCHANGE,
        realm="litwareinc.com",
        metadata_url=EXCHANGE_URL,
    )
    wanted = Change(
        kind=kind,
        application=application(Product.EXCHANGE).key,
        entry=None if kind is ChangeKind.REGISTER else old,
        differences=(Difference(Field.CERTIFICATES, "old", "new"),),
        needs_restart=True,
    )
    host = scripts_sharepoint.HOST
    before = trust_worlds.observed(Product.SHAREPOINT, host=host)
    desired = application(Product.EXCHANGE, identity="title")

    def act(runner: Runner) -> Any:
        session = SharePointOperations(runner).on(
            server(Product.SHAREPOINT), scripts_sharepoint.CREDENTIALS, host
        )
        return session.apply(before, wanted, desired)

    return act


def _tested(body: Any, mailbox: str | None = "ILKIN@litwareinc.com") -> Case:
    test = ServiceTest("https://portal.litwareinc.com/_vti_bin/client.svc", mailbox)

    def act(runner: Runner) -> Any:
        session = ExchangeOperations(runner).on(
            server(), scripts_exchange.CREDENTIALS, scripts_exchange.HOST
        )
        return session.test(test)

    name = "exchange test" if mailbox else "exchange test fails"
    return Case(name, lambda: exchange().cmdlet("Test-OAuthConnectivity", body), act)


def farm_cases(urls: tuple[str, ...]) -> list[Case]:
    """What is done on a farm, and asked of it."""
    host = scripts_sharepoint.HOST

    def look(runner: Runner) -> Any:
        session = SharePointOperations(runner).on(
            server(Product.SHAREPOINT, hosts=(host,)), scripts_sharepoint.CREDENTIALS, host
        )
        return session.observe(urls, None)

    passed = [{"ResultType": "Success", "Detail": "I\u0130\u0131i 1,5"}]
    failed = Code("Write-Error '1,5 I\u0130'\n[pscustomobject]@{ ResultType = 'ERROR' }")
    return [
        Case("sharepoint observe", _farm, look),
        Case("sharepoint register again", _farm, _of_farm(ChangeKind.REGISTER)),
        Case("sharepoint register", farm, _of_farm(ChangeKind.REGISTER)),
        Case("sharepoint update", _farm, _of_farm(ChangeKind.UPDATE)),
        Case("sharepoint remove", _farm, _of_farm(ChangeKind.REMOVE)),
        _tested(passed),
        _tested(failed, None),
    ]
