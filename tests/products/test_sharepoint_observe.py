"""What the operator makes of a farm's answer; no server and no PowerShell."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.oauth.certificates import Certificate
from partner_operator.products.sharepoint.rules import RULES
from partner_operator.trust.model import Observed, Permission, Product, Right
from partner_operator.trust.reasons import Reason
from partner_simulator.certificates import self_signed
from partner_simulator.world.sharepoint_farm import NEVER
from support.products.answers import SHAREPOINT, changed, observed
from support.scripts.exchange import HOST


async def seen(path: str = "version", value: Any = "15.0.4805.1000") -> Observed:
    return await observed(changed(SHAREPOINT, path, value), Product.SHAREPOINT)


async def test_a_farm_that_stores_short_names_has_the_declared_hosts() -> None:
    """A server that nobody declared keeps the name that the farm has for it."""
    found = await seen("hosts", [HOST.partition(".")[0].upper(), "other"])
    assert [host.fqdn for host in found.discovered_hosts] == [HOST, "other"]
    assert found.incomplete is None
    assert found.organization == SHAREPOINT["organization"]


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("doubts", ["The local farm is not accessible."], "The local farm is not accessible."),
        ("certificate", "", "shows no signing certificate"),
        ("organization", "", "does not show the farm's Id"),
        ("hosts", ["another"], f"has no server {HOST}"),
        ("entries.0.issuer", "", "Lync trust without a RegisteredIssuerName"),
        ("entries", SHAREPOINT["entries"] * 2, "2 times"),
    ],
)
async def test_what_is_not_proven_whole_is_no_knowledge(path: str, value: Any, why: str) -> None:
    assert why in str((await seen(path, value)).incomplete)


async def test_a_new_farm_has_no_issuer_and_that_is_the_whole_list() -> None:
    found = await seen("entries", [])
    assert (found.incomplete, found.entries) == (None, ())


@pytest.mark.parametrize(
    ("path", "value", "notice"),
    [
        ("version", "15.0", "Lync trust of Lync is a trust broker"),
        ("proxies", [], "no App Management service application"),
        ("oauthOverHttp", True, "AllowOAuthOverHttp"),
    ],
)
async def test_what_is_not_changed_is_shown(path: str, value: Any, notice: str) -> None:
    assert notice in " ".join((await seen(path, value)).notices)


async def test_brokers_of_others_are_nobodys_business() -> None:
    """A token server must be one."""
    assert (await seen("entries.0.issuer", "00000001-0000-0000-c000-000000000000@*")).notices == ()


async def test_a_certificate_that_ends_in_the_year_9999_is_read() -> None:
    der = self_signed("SharePoint Security Token Service", not_after=NEVER).der
    found = await seen("certificate", base64.b64encode(der).decode())
    [own] = found.own_certificates
    assert isinstance(own.certificate, Certificate)
    assert own.certificate.not_after.year == 9999


async def test_an_older_product_is_refused() -> None:
    with pytest.raises(OperationFailed) as caught:
        await seen("version", "14.0.7015.1000")
    assert caught.value.obstacle.reason is Reason.WRONG_PRODUCT


@pytest.mark.parametrize("reference", ["Lync trust", "", "*"])
async def test_an_issuer_is_known_by_its_id_alone(reference: str) -> None:
    with pytest.raises(OperationFailed) as caught:
        await seen("entries.0.reference", reference)
    assert caught.value.obstacle.reason is Reason.CONTRACT_VIOLATED


def _permission(**changes: Any) -> dict[str, Any]:
    return {"right": "", "appOnly": False, "fault": "", "words": "", **changes}


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("app_only", [True, False])
async def test_what_a_partner_may_do_is_read(right: Right, app_only: bool) -> None:
    told = _permission(right=str(right), appOnly=app_only)
    [entry] = (await seen("entries.0.permission", told)).entries
    assert (entry.permission, entry.permission_fault) == (Permission(right, app_only), None)


@pytest.mark.parametrize(
    ("told", "reason", "next_step"),
    [
        (
            _permission(fault="System.UnauthorizedAccessException", words="Verboten."),
            Reason.FORBIDDEN,
            "Add-SPShellAdmin",
        ),
        (
            _permission(fault="Microsoft.SharePoint.PowerShell.SPCmdletPipeBindException"),
            Reason.ROOT_SITE_MISSING,
            "New-SPSite https://portal.litwareinc.com",
        ),
        (
            _permission(fault="System.Exception", words="It broke."),
            Reason.REMOTE_ERROR,
            "It broke.",
        ),
        (_permission(), Reason.REMOTE_ERROR, "(none)"),
        (_permission(right="Guest"), Reason.REMOTE_ERROR, "Remove-SPAppPrincipalPermission"),
    ],
)
async def test_what_cannot_be_read_is_no_knowledge_and_has_a_next_step(
    told: dict[str, Any], reason: Reason, next_step: str
) -> None:
    """By the class of the exception: texts come in the server's language."""
    found = await seen("entries.0.permission", told)
    assert found.incomplete is None, "the list of issuers is whole all the same"
    [entry] = found.entries
    assert entry.permission is None
    assert entry.permission_fault is not None
    assert entry.permission_fault.reason is reason
    assert next_step in entry.permission_fault.message


async def test_without_app_management_that_is_what_is_told() -> None:
    told = _permission(fault="System.InvalidOperationException", words="not installed")
    answer = changed(changed(SHAREPOINT, "entries.0.permission", told), "proxies", [])
    [entry] = (await observed(answer, Product.SHAREPOINT)).entries
    assert entry.permission_fault is not None
    assert entry.permission_fault.reason is Reason.SERVICE_APPLICATION_MISSING


async def test_settings_are_shown_and_names_shortened() -> None:
    roots = {"texts": [f"root {number:03}" for number in range(25)], "fault": ""}
    shown = (await seen("roots", roots)).settings
    assert f"Authentication realm: {SHAREPOINT['organization']}" in shown
    assert {
        "HybridStsSelectionEnabled: True",
        "AllowMetadataOverHttp: False",
        "AllowOAuthOverHttp: False",
    } <= set(shown)
    [line] = [line for line in shown if line.startswith("Trusted root authorities: ")]
    assert line.endswith("root 019, and 5 more")
    assert (
        "Service application proxies: AppManagementServiceApplicationProxy, UserProfileApplicationProxy"
        in shown
    )


async def test_what_cannot_be_shown_is_said_and_stops_nothing() -> None:
    found = await seen("realm", {"texts": [], "fault": "Access is denied."})
    assert "Authentication realm: not read (Access is denied.)" in found.settings
    assert found.incomplete is None


@pytest.mark.parametrize(
    ("path", "value", "name", "words"),
    [
        ("proxies", [], "App Management", "nothing can be registered"),
        ("proxies", [], "User Profile", "speak for a user are refused"),
        (
            "rootSite",
            {"texts": [], "fault": "Cannot find an SPSite object."},
            "root site",
            "Cannot find an SPSite object.",
        ),
        ("rootSite", {"texts": [], "fault": ""}, "root site", "Get-SPSite shows nothing."),
        ("oauthOverHttp", True, "security token service", "AllowOAuthOverHttp of"),
        ("metadataOverHttp", True, "security token service", "AllowMetadataOverHttp of"),
    ],
)
async def test_the_doctor_finds_what_is_wrong_with_a_farm(
    path: str, value: Any, name: str, words: str
) -> None:
    good, bad = await seen(), await seen(path, value)
    check = dict(RULES.checks)[name]
    assert check(good).ok
    found = check(bad)
    assert (found.ok, bool(found.next_step)) == (False, True)
    assert words in found.message


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("version", "16.0", "None."),
        ("entries.0.issuer", "00000001-0000-0000-c000-000000000000@*", "the token issuer Lync"),
        ("entries.0.issuer", "https://sts.windows.net/*/", "the token issuer Lync trust"),
        ("entries.0.issuer", "00000005-0000-0000-c000-000000000000@x", "None."),
        ("realm", {"texts": ["contoso"], "fault": ""}, "a realm that is not the farm's Id"),
        ("realm", {"texts": [SHAREPOINT["organization"].upper()], "fault": ""}, "None."),
        ("hybridSelection", False, "None."),
    ],
)
async def test_signs_of_hybrid_are_told_and_are_no_fault(path: str, value: Any, words: str) -> None:
    """HybridStsSelectionEnabled is set in every new farm, so it is no sign."""
    found = dict(RULES.checks)["signs of hybrid"](await seen(path, value))
    assert found.ok
    assert words in found.message
