"""What the owner of a server allows: partners by URL, permissions, and who a test may show a token to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from partner_operator.catalog import CATALOG
from partner_operator.engine.ports import DeclaredApplication
from partner_operator.kube.parse import declared_application, parse_server
from partner_operator.trust.model import Right, ServiceTest
from partner_operator.trust.obstacle import Next
from partner_operator.trust.reasons import Reason
from support.kube.objects import FARM_SPEC, application, changed, server, stored
from support.kube.parsed import (
    EXCHANGE,
    JOINED,
    LYNC,
    SERVERS,
    SERVICE,
    allowing,
    by_url,
    declared,
    farm_tested,
)


@pytest.mark.parametrize("hosts", [(), ("accesscontrol.windows.net",), ("*.windows",)])
def test_a_partner_by_url_needs_the_word_of_the_servers_owner(hosts: tuple[str, ...]) -> None:
    blocker = declared(by_url(), allowing(*hosts)).blocker
    assert blocker is not None
    assert blocker.reason is Reason.PARTNER_NOT_ALLOWED
    assert blocker.then is Next.HUMAN
    assert "names no host accounts.accesscontrol.windows.net." in blocker.message


def test_a_pattern_from_before_the_rules_makes_the_server_stalled_and_names_nobody() -> None:
    found = parse_server(allowing("*"), CATALOG)
    assert found.problem is not None
    assert found.problem.reason is Reason.INVALID_OBJECT
    assert (
        "spec.allowedPartners[0].host cannot be used: write an exact name" in found.problem.message
    )
    assert declared(by_url(), allowing("*")).blocker is not None


FARM = stored(server("farm", FARM_SPEC))


def on_the_farm(partner: str, asked: str | None, most: str | None) -> DeclaredApplication:
    """An application whose server is a farm with this bound."""
    farm = changed(FARM, "sharePoint", {"maxPermission": most}) if most else FARM
    spec = {"serverRef": {"name": "farm"}, "partnerRef": {"name": partner}}
    block = {} if asked is None else {"sharePoint": {"permission": asked}}
    body = stored(application("app", {**spec, **block}))
    return declared_application(body, farm, [*SERVERS, farm], CATALOG)


@pytest.mark.parametrize(
    ("asked", "most", "reason"),
    [
        (None, None, None),
        ("None", None, None),
        ("None", "None", None),
        ("Read", "Read", None),
        ("Write", "FullControl", None),
        ("FullControl", "FullControl", None),
        ("Read", None, Reason.PERMISSION_NOT_ALLOWED),
        ("FullControl", "Manage", Reason.PERMISSION_NOT_ALLOWED),
        ("Manage", "Write", Reason.PERMISSION_NOT_ALLOWED),
    ],
)
def test_a_permission_needs_the_word_of_the_farms_owner(
    asked: str | None, most: str | None, reason: Reason | None
) -> None:
    found = on_the_farm("exchange", asked, most)
    assert found.desired.permission is Right(asked or "None")
    assert (found.blocker and found.blocker.reason) is reason
    if found.blocker is not None:
        assert found.blocker.then is Next.HUMAN


def test_a_partner_that_needs_no_permission_is_given_none() -> None:
    """No page gives one to Lync."""
    found = on_the_farm("lync", "Read", "FullControl")
    assert found.blocker is not None
    assert found.blocker.reason is Reason.PRODUCT_MISMATCH
    assert "Lync needs no permission on SharePoint" in found.blocker.message
    assert on_the_farm("lync", "None", None).blocker is None


@pytest.mark.parametrize("on", [EXCHANGE, LYNC])
def test_a_permission_on_another_server_is_a_block_of_another_product(on: dict[str, Any]) -> None:
    partner = "lync" if on is EXCHANGE else "exchange"
    body = changed(stored(application("lync-on-exchange")), "partnerRef", {"name": partner})
    found = declared(changed(body, "sharePoint", {"permission": "FullControl"}), on)
    assert found.blocker is not None
    assert found.blocker.reason is Reason.PRODUCT_MISMATCH
    assert found.desired.permission is Right.NONE


def test_a_test_of_a_web_service_is_read() -> None:
    found = declared_application(farm_tested(), EXCHANGE, [EXCHANGE, JOINED], CATALOG)
    assert found.blocker is None
    assert found.desired.connectivity_test == ServiceTest(SERVICE, "kenmyer@litwareinc.com")
    alone = farm_tested(mailbox=None, appOnly=True, interval="6h", failureThreshold=1)
    read = declared_application(alone, EXCHANGE, [EXCHANGE, JOINED], CATALOG).desired
    assert read.connectivity_test == ServiceTest(SERVICE, None, True, timedelta(hours=6), 1)


@pytest.mark.parametrize(
    ("url", "allowed", "fine"),
    [
        ("https://PORTAL.litwareinc.com:443/other", (), True),
        ("https://my.litwareinc.com/", (), False),
        ("https://portal.litwareinc.com:8443/", (), False),
        ("https://portal.litwareinc.com.evil.example/", (), False),
        ("https://portal.litwareinc.com@evil.example/", (), False),
        ("https://my.litwareinc.com/", ("*.litwareinc.com",), True),
        ("https://evil.example/", ("*.litwareinc.com",), False),
    ],
)
def test_a_test_shows_no_token_to_whom_the_writer_likes(
    url: str, allowed: tuple[str, ...], fine: bool
) -> None:
    """Whom Exchange talks to is its owner's word."""
    owner = allowing(*allowed)
    found = declared_application(farm_tested(url=url), owner, [owner, JOINED], CATALOG)
    if fine:
        assert found.blocker is None
        return
    assert found.blocker is not None
    assert found.blocker.reason is Reason.PARTNER_NOT_ALLOWED
    assert found.blocker.then is Next.HUMAN
    assert "spec.exchange.connectivityTest.url" in found.blocker.message
