"""What principals may do on a farm's sites, as SharePoint's scripts read, give and take it."""

from __future__ import annotations

from collections.abc import Mapping
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


UNKNOWN: Mapping[str, Any] = {"right": "", "appOnly": False, "fault": "", "words": ""}
"""Of a principal that nobody asked about."""


def show(run: Run, entries: list[dict[str, Any]]) -> None:
    """Put what each partner's principal may do into its entry, or why that is not known; all through one web."""
    opened: PsObject | Mapping[str, Any] | None = None
    for entry in entries:
        if listed(run.asked("partners") or (), identifier_of(entry["issuer"])):
            opened = opened or _opened(run)
            entry["permission"] = (
                _permission(run, opened, entry["issuer"])
                if isinstance(opened, PsObject)
                else opened
            )


def _opened(run: Run) -> PsObject | Mapping[str, Any]:
    """The web, or why nothing can be asked through it."""
    try:
        return site(run)
    except Failed as failed:
        return _why(failed)


def _permission(run: Run, web: PsObject, name: str) -> Mapping[str, Any]:
    try:
        right, app_only = allowed(run, web, name)
    except Failed as failed:
        return _why(failed)
    return {**UNKNOWN, "right": right, "appOnly": app_only}


def _why(failed: Failed) -> Mapping[str, Any]:
    kind = failed.innermost_type or failed.exception_type
    return {**UNKNOWN, "fault": kind, "words": failed.messages[-1]}


def identifier_of(issuer: str) -> str:
    """The identifier in a name for tokens, which may bear stray slashes."""
    return issuer.partition("@")[0].strip(" /")


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
