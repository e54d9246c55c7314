"""Case C15: what a bearer challenge really contains."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_operator.oauth.challenge import Challenge, parse_challenge
from partner_operator.oauth.identifiers import (
    EXCHANGE,
    LYNC,
    SHAREPOINT,
    Issuer,
    Product,
    describe,
)
from support.oauth.samples import EXCHANGE_ID, LYNC_ID

TENANT = "6f1c0000-1111-2222-3333-444455556666"
ISSUERS = (
    "00000001-0000-0000-c000-000000000000@*,"
    f"/7557eb47-c689-4224-abcf-aef9bd7573df@{TENANT},"
    "00000004-0000-0FF1-CE00-000000000000/@litwareinc.com"
)
BEARER = (
    f'Bearer client_id="{EXCHANGE_ID}", trusted_issuers="{ISSUERS}", '
    'token_types="a_v1 b_v1", error="invalid_token"'
)


def read(*headers: str) -> Challenge:
    challenge = parse_challenge(headers)
    assert challenge is not None
    return challenge


@pytest.mark.parametrize(
    "headers",
    [
        ("Negotiate", "NTLM", BEARER),
        (f'{BEARER},Negotiate,NTLM,Basic realm="autodiscover.litwareinc.com"',),
        (f"Negotiate TlRMTVNTUAACAAAA==, NTLM, {BEARER}",),
        (BEARER.replace("Bearer", "bearer").replace(", ", ",\r\n  "),),
    ],
    ids=["one per header", "folded behind", "folded in front", "lower case and line breaks"],
)
def test_issuers_are_read_without_stray_slashes(headers: tuple[str, ...]) -> None:
    challenge = read(*headers)
    assert challenge.client_id == EXCHANGE_ID
    assert challenge.trusted_issuers == (
        Issuer("00000001-0000-0000-c000-000000000000", "*"),
        Issuer("7557eb47-c689-4224-abcf-aef9bd7573df", TENANT),
        Issuer(LYNC_ID, "litwareinc.com"),
    )
    assert challenge.trusts(LYNC_ID.upper(), "LITWAREINC.COM")


def test_two_bearer_headers_are_taken_together() -> None:
    challenge = read(
        'Bearer trusted_issuers="a@x"', 'Bearer client_id=farm, trusted_issuers="b@y,a@x"'
    )
    assert challenge.trusted_issuers == (Issuer("a", "x"), Issuer("b", "y"))
    assert challenge.client_id == "farm"


def test_the_cloud_entry_of_a_tenant_is_no_proof_for_our_realm() -> None:
    """SfBLegacy lists Lync's GUID with the tenant; a star stands for tenants, not for us."""
    challenge = read(f'Bearer trusted_issuers="{LYNC_ID}@{TENANT},{LYNC_ID}@*"')
    assert not challenge.trusts(LYNC_ID, "litwareinc.com")


def test_a_nine_digit_group_is_another_application() -> None:
    challenge = read(f'Bearer trusted_issuers="0{LYNC_ID}@litwareinc.com"')
    assert not challenge.trusts(LYNC_ID, "litwareinc.com")


@pytest.mark.parametrize("headers", [(), ("Negotiate", "NTLM"), ('Basic realm="Bearer x"',), ("",)])
def test_no_bearer_is_none(headers: tuple[str, ...]) -> None:
    assert parse_challenge(headers) is None


@given(st.lists(st.text(max_size=80), max_size=4))
def test_any_header_is_read_or_refused_without_an_error(headers: list[str]) -> None:
    challenge = parse_challenge([*headers, 'Bearer trusted_issuers="a@b"'])
    assert challenge is not None
    assert challenge.trusts("a", "b")


def test_identifiers_and_products_name_each_other() -> None:
    found = {describe(name.upper()) for name in (EXCHANGE, LYNC, SHAREPOINT)}
    assert found == set(Product)
    assert describe("00000003-0000-0000-c000-000000000000") == "Microsoft Graph"
    assert describe("nobody") == "nobody"
