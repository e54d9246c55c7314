"""Which token server is the declared one: host, form and tenant decide, and what cannot be decided is neither."""

from __future__ import annotations

from typing import Any

import pytest

from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.oauth.token_servers import is_of_a_cloud
from partner_operator.trust.model import AllowedTokenServer
from partner_operator.trust.token_servers import Likeness, free_name, likeness, may_make
from support.trust.worlds import STS_URL, observed, server, sts, token_server

TENANT = "6f1c0000-1111-2222-3333-444455556666"
OTHER = "aaaabbbb-1111-2222-3333-444455556666"
ACS = "https://accounts.accesscontrol.windows.net"
BY_ID = f"{ACS}/{TENANT}/metadata/json/1"
BY_NAME = f"{ACS}/litwareinc.com/metadata/json/1"
XML = "https://login.windows.net/litwareinc.com/federationmetadata/2007-06/federationmetadata.xml"
SAME, OTHERS, UNKNOWN = Likeness.SAME, Likeness.OTHER, Likeness.UNKNOWN


def document(realm: str) -> AuthMetadata | None:
    """What the declared address gives; None: it is out of reach."""
    return sts(realm=realm).document


@pytest.mark.parametrize(
    ("declared", "realm", "stored", "stored_realm", "like"),
    [
        # one spelling, whatever is stored beside it
        (STS_URL, None, STS_URL, "", SAME),
        (STS_URL, "new.example", "HTTPS://STS.litwareinc.com:443/Metadata/JSON/1/", "old", SAME),
        (BY_ID, None, f"{ACS}/metadata/json/1?realm={TENANT.upper()}", "", SAME),
        (BY_NAME, None, f"{ACS}/litwareinc.com/metadata/json/1/?realm=litwareinc.com", "", SAME),
        (BY_ID, None, BY_ID.replace("accounts.accesscontrol.windows.net", "login.windows.net"), "", SAME),
        # two spellings of one tenant
        (BY_NAME, TENANT, BY_ID, TENANT, SAME),
        (BY_NAME, TENANT, BY_ID, "", SAME),
        (BY_ID, None, BY_NAME, TENANT.upper(), SAME),
        (BY_ID, TENANT, BY_NAME, TENANT, SAME),
        # another tenant
        (BY_ID, None, BY_ID.replace(TENANT, OTHER), "", OTHERS),
        (BY_NAME, TENANT, f"{ACS}/contoso.com/metadata/json/1", OTHER, OTHERS),
        (BY_ID, None, BY_NAME, OTHER, OTHERS),
        # nobody can tell
        (BY_ID, None, BY_NAME, "", UNKNOWN),
        (BY_NAME, None, BY_ID, TENANT, UNKNOWN),
        (BY_NAME, None, f"{ACS}/litware.onmicrosoft.com/metadata/json/1", "", UNKNOWN),
        (BY_NAME, "*", BY_ID, TENANT, UNKNOWN),
        # another host, port, cloud or form
        (STS_URL, "a", STS_URL.replace("sts.", "sts2."), "a", OTHERS),
        (STS_URL, "a", STS_URL.replace(".com/", ".com:8443/"), "a", OTHERS),
        (BY_ID, TENANT, f"https://login.microsoftonline.us/{TENANT}/metadata/json/1", TENANT, OTHERS),
        (BY_NAME, TENANT, XML, TENANT, OTHERS),
        (STS_URL, "a", "https://sts.litwareinc.com/.well-known/openid-configuration", "a", OTHERS),
        (STS_URL, "a", "", "a", OTHERS),
        (STS_URL, "a", "https://[::1", "a", OTHERS),
    ],
)  # fmt: skip
def test_token_servers_are_compared_by_content(
    declared: str, realm: str | None, stored: str, stored_realm: str, like: Likeness
) -> None:
    """A tenant as identifier or name; a document out of reach leaves some undecided."""
    found = token_server("any name", stored, realm=stored_realm)
    assert likeness(declared, document(realm) if realm else None, found) is like


def test_what_the_server_warns_about_is_never_taken_for_absent() -> None:
    warned = token_server(warning="The object sts has been corrupted.")
    assert likeness(STS_URL, document("litwareinc.com"), warned) is UNKNOWN


@pytest.mark.parametrize(
    ("host", "cloud"),
    [
        ("accounts.accesscontrol.windows.net", True),
        ("LOGIN.microsoftonline.com.", True),
        ("login.microsoftonline.us", True),
        ("login.windows.net:443", True),
        ("login-us.microsoftonline.com", True),
        ("login.partner.microsoftonline.cn", True),
        ("*.microsoftonline.com", True),
        ("*.net", True),
        ("login.microsoftonline.com.litwareinc.com", False),
        ("notlogin.windows.net.example", False),
        ("sts.litwareinc.com", False),
        ("*.litwareinc.com", False),
    ],
)
def test_the_token_servers_of_clouds_are_known_by_host(host: str, cloud: bool) -> None:
    assert is_of_a_cloud(host) is cloud


@pytest.mark.parametrize(
    ("url", "lines", "may"),
    [
        (STS_URL, [("sts.litwareinc.com", True)], True),
        (STS_URL, [("*.litwareinc.com", False), ("sts.litwareinc.com", True)], True),
        (STS_URL, [("*.litwareinc.com", False)], False),
        (STS_URL, [("sts.litwareinc.com:8443", True)], False),
        (STS_URL, [], False),
        (BY_ID, [("*.windows.net", True)], False),
        (BY_ID, [("accounts.accesscontrol.windows.net", True)], False),
    ],
)
def test_making_one_is_the_owners_word_and_never_for_a_cloud(
    url: str, lines: list[tuple[str, bool]], may: bool
) -> None:
    allowed = tuple(AllowedTokenServer(host, create) for host, create in lines)
    assert may_make(server(allowed_token_servers=allowed), url) is may


def test_a_name_is_free_whatever_is_there() -> None:
    def name(*names: str, **changes: Any) -> str:
        there = tuple(token_server(each) for each in names)
        return free_name(STS_URL, observed(token_servers=there, **changes))

    assert name() == "sts.litwareinc.com"
    assert name("STS.litwareinc.com") == "sts.litwareinc.com-2"
    assert name("sts.litwareinc.com", "sts.litwareinc.com-2") == "sts.litwareinc.com-3"
