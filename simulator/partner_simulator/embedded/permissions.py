"""What principals may do on a farm's sites, as SharePoint's scripts read, give and take it."""

from __future__ import annotations

from typing import Any

from partner_simulator.embedded import failures
from partner_simulator.embedded.failures import Failed, within
from partner_simulator.embedded.plain import listed, same, text
from partner_simulator.embedded.run import Run
from partner_simulator.ports import PsObject

_READER = "SPAppPrincipalPermissionsManager"


def site(run: Run) -> PsObject:
    """The root web that permissions are asked through. Raises Failed."""
    webs = run.told("Get-SPWeb", {"Identity": run.text("web")}).objects
    if not webs:
        raise failures.thrown("PartnerOperator.NoWeb")
    return webs[-1]


def allowed(run: Run, web: PsObject, name: str) -> tuple[str, bool]:
    """What a principal may do on all sites, and whether by its own token. Raises Failed."""
    url = text(web, "Url")
    if not run.method("SPAppPrincipalManager.LookupAppPrincipal", {"Web": url, "Name": name}, 2):
        return "None", False
    principal = {"Web": url, "AppPrincipal": name}
    right, app_only = (
        run.method(f"{_READER}.{method}", principal, 1)[0].properties["Value"]
        for method in ("GetAppPrincipalSiteSubscriptionContentPermission", "IsAppOnlyPolicyAllowed")
    )
    return right.name, bool(app_only)


def shown(run: Run, issuer: PsObject, identifier: str) -> dict[str, Any]:
    """What the principal of an issuer may do, or why that is not known."""
    unknown = {"right": "", "appOnly": False, "fault": "", "words": ""}
    if not listed(run.asked("partners") or (), identifier):
        return unknown
    try:
        right, app_only = allowed(run, site(run), text(issuer, "RegisteredIssuerName"))
    except Failed as failed:
        kind = failed.innermost_type or failed.exception_type
        return {**unknown, "fault": kind, "words": failed.messages[-1]}
    return {**unknown, "right": right, "appOnly": app_only}


def find(run: Run, issuer: PsObject) -> tuple[PsObject, PsObject]:
    """The web, and the issuer's principal if it may do what it did when it was looked at. Raises Failed."""
    name = text(issuer, "RegisteredIssuerName")
    with within("Find-AppPrincipal"):
        web = site(run)
        right, app_only = allowed(run, web, name)
        if not same(right, run.asked("rightBefore")) or app_only != run.asked("appOnlyBefore"):
            raise failures.thrown(
                f"The permission of {name} was changed by somebody else meanwhile, so nothing was changed."
            )
        asked = {"Site": text(web, "Url"), "NameIdentifier": name}
        principals = run.told("Get-SPAppPrincipal", asked).objects
        if not principals:
            raise failures.thrown(
                f"Get-SPAppPrincipal shows nothing for {name}, so nothing was changed."
            )
        return web, principals[-1]


def allow(run: Run, web: PsObject, principal: PsObject) -> None:
    """Give the principal what was asked for, or take it. Raises Failed."""
    name = text(principal, "NameIdentifier")
    where = {"AppPrincipal": name, "Site": text(web, "Url"), "Scope": "SiteSubscription"}
    nothing, app_only = run.text("right") == "None", bool(run.asked("appOnly"))
    narrower = bool(run.asked("appOnlyBefore")) and not app_only
    with within("Set-AppPermission"):
        if nothing or narrower:
            run.call("Remove-SPAppPrincipalPermission", {**where, "DisableAppOnlyPolicy": narrower})
        if not nothing:
            right = {"Right": run.text("right"), "EnableAppOnlyPolicy": app_only}
            run.call("Set-SPAppPrincipalPermission", {**where, **right})


def allow_before(run: Run, issuer: PsObject) -> None:
    """The same in one, before an issuer goes. Raises Failed."""
    allow(run, *find(run, issuer))
