"""A partner behind a token server, read from an object: whose it is, and what cannot be registered."""

from __future__ import annotations

from typing import Any

import pytest

from partner_operator.catalog import CATALOG
from partner_operator.kube.parse import parse_server
from partner_operator.trust.obstacle import Next
from partner_operator.trust.reasons import Reason
from support.kube.objects import FARM_SPEC, application, changed, server, stored
from support.kube.parsed import EXCHANGE, LYNC, declared

STS = "https://sts.litwareinc.com/metadata/json/1?realm=A"
HR = "0D0C0B0A-1111-2222-3333-444455556666"


def _behind(identifier: str = HR, **partner: Any) -> Any:
    given = {"applicationIdentifier": identifier, "tokenServer": {"authMetadataUrl": STS}}
    body = changed(stored(application("lync-on-exchange")), "partnerRef", None)
    return changed(body, "partner", given | partner)


def _using(owner: Any = None, **line: Any) -> Any:
    lines = [{"host": "sts.litwareinc.com", **line}]
    return changed(owner or EXCHANGE, "allowedTokenServers", lines)


def test_a_partner_behind_a_token_server_is_nobodys_product() -> None:
    account = "litwareinc.com/Users/HR"
    body = changed(_behind(realm="litwareinc.com"), "exchange.linkedAccount", account)
    found = declared(body, _using(linkedAccounts=[account]))
    assert found.blocker is None
    partner = found.desired.partner
    assert partner.behind_token_server
    assert (partner.identifier, partner.realm) == (HR.lower(), "litwareinc.com")
    assert (partner.auth_metadata_url, partner.server_name) == (STS, None)
    assert partner.name == f"{HR.lower()}-litwareinc.com"
    assert found.desired.linked_account == account
    assert declared(_behind(), _using()).desired.linked_account is None


@pytest.mark.parametrize(
    ("body", "owner", "reason", "says"),
    [
        (_behind(), EXCHANGE, Reason.PARTNER_NOT_ALLOWED, "allowedTokenServers of the server names no"),
        (_behind(), _using(stored(server("farm", FARM_SPEC))), Reason.UNSUPPORTED_PAIR, "for the whole farm"),
        *(
            (_behind(identifier), _using(), Reason.UNSUPPORTED_PAIR, "is never registered on Exchange")
            for identifier in (
                "00000002-0000-0FF1-CE00-000000000000",
                "00000003-0000-0000-c000-000000000000",
                "7557eb47-c689-4224-abcf-aef9bd7573df",
                "db7de2b5-2149-435e-8043-e080dd50afae",
            )
        ),
        (
            changed(stored(application("lync-on-exchange")), "exchange.linkedAccount", "a.b/U/X"),
            EXCHANGE,
            Reason.PRODUCT_MISMATCH,
            "linkedAccount is for partners behind a token server",
        ),
        (_behind(product="Lync"), _using(), Reason.INVALID_OBJECT, ""),
        (_behind(tokenServer=None), _using(), Reason.INVALID_OBJECT, "applicationIdentifier and tokenServer"),
    ],
)  # fmt: skip
def test_what_cannot_be_registered_behind_a_token_server_is_told(
    body: Any, owner: Any, reason: Reason, says: str
) -> None:
    blocker = declared(body, owner).blocker
    assert blocker is not None
    assert (blocker.reason, blocker.then) == (reason, Next.HUMAN)
    assert says in blocker.message


@pytest.mark.parametrize(
    ("identifier", "owner"),
    [
        ("00000004-0000-0ff1-ce00-000000000000", EXCHANGE),
        (HR, EXCHANGE),
        # Setup looks for it on Exchange alone.
        ("00000002-0000-0ff1-ce00-000000000000", LYNC),
        ("00000003-0000-0000-c000-000000000000", LYNC),
    ],
)
def test_another_identifier_of_the_products_is_allowed(identifier: str, owner: Any) -> None:
    body = changed(_behind(identifier, realm="a.example"), "serverRef.name", "x")
    assert declared(body, _using(owner)).blocker is None


def test_a_token_server_of_a_cloud_is_made_by_nobody_here() -> None:
    found = parse_server(_using(host="login.microsoftonline.com", create=True), CATALOG)
    assert found.problem is not None
    assert "spec.allowedTokenServers[0].create cannot be used" in found.problem.message
    assert parse_server(_using(host="login.microsoftonline.com"), CATALOG).problem is None
    wrong = parse_server(_using(host="*"), CATALOG).problem
    assert wrong is not None
    assert "spec.allowedTokenServers[0].host" in wrong.message
