"""App principals and what they may do: cmdlets that give and take, classes that read (P-SP-6)."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from partner_simulator.ports import PsEnum, PsObject
from partner_simulator.world import sharepoint_errors
from partner_simulator.world.invocation import Handler, Invocation
from partner_simulator.world.sharepoint_access import needs_databases
from partner_simulator.world.sharepoint_farm import (
    APP_MANAGEMENT_DATABASE,
    FarmState,
    Kind,
    Permission,
    Right,
    Scope,
    Site,
    with_permission,
)
from partner_simulator.world.sharepoint_verbs import Verbs, verb, write

_KIND = "Microsoft.SharePoint.SPAppPrincipalPermissionKind"
_RIGHTS = {Right.READ: 2, Right.WRITE: 3, Right.MANAGE: 4, Right.FULL_CONTROL: 5}
"""Numbers are SIM-CHOICE."""


def site_of(invocation: Invocation, name: str = "Site") -> Site:
    """The web that a call works through, which is a site collection's root. Raises CmdletError."""
    url = invocation.arguments.text(name) or ""
    site = invocation.farm.site(url)
    if site is None:
        # A web that cannot be opened ends a call that needs one.
        raise replace(sharepoint_errors.no_such_web(url), terminating=True)
    needs_databases(invocation, site.content_database, APP_MANAGEMENT_DATABASE)
    if invocation.farm.application(Kind.APP_MANAGEMENT) is None:
        raise sharepoint_errors.no_app_management()
    return site


def get(invocation: Invocation) -> None:
    """The principal of an issuer, or of an application that was registered."""
    site_of(invocation)
    name = invocation.arguments.text("NameIdentifier") or ""
    shown = _display_name(invocation.farm.state, name)
    if shown is None:
        raise sharepoint_errors.no_such_principal(name)
    invocation.emit(view(name, shown))


def register(invocation: Invocation) -> None:
    """Make the principal of a broker's application."""
    site_of(invocation)
    name = invocation.arguments.text("NameIdentifier") or ""
    shown = invocation.arguments.text("DisplayName") or ""

    def add(state: FarmState) -> FarmState:
        return replace(
            state, registered=MappingProxyType({**state.registered, name.casefold(): shown})
        )

    write(invocation, f"SPAppPrincipal Name={shown}", name, add)
    invocation.emit(view(name, shown))


def give(invocation: Invocation) -> None:
    """Set-SPAppPrincipalPermission; giving again what is there is harmless."""
    site = site_of(invocation)
    name = _principal(invocation)
    scope, right = _scope(invocation), Right(invocation.arguments.text("Right") or "")
    if not invocation.may(name, invocation.call.name):
        return

    def add(state: FarmState) -> FarmState:
        known = state.permissions.get(name.casefold(), Permission())
        app_only = known.app_only or invocation.arguments.flag("EnableAppOnlyPolicy")
        rights = MappingProxyType({**known.rights, (scope, _about(scope, site)): right})
        return with_permission(state, name, Permission(rights, app_only))

    write(invocation, f"SPAppPrincipal Name={name}", name, add)


def take(invocation: Invocation) -> None:
    """Remove-SPAppPrincipalPermission for one scope; the app-only policy only where asked."""
    site = site_of(invocation)
    name, scope = _principal(invocation), _scope(invocation)
    if not invocation.may(name, invocation.call.name):
        return

    def drop(state: FarmState) -> FarmState:
        known = state.permissions.get(name.casefold(), Permission())
        gone = (scope, _about(scope, site))
        rights = {place: right for place, right in known.rights.items() if place != gone}
        app_only = known.app_only and not invocation.arguments.flag("DisableAppOnlyPolicy")
        left = Permission(MappingProxyType(rights), app_only) if rights or app_only else None
        return with_permission(state, name, left)

    write(invocation, f"SPAppPrincipal Name={name}", name, drop)


def look_up(invocation: Invocation) -> None:
    """SPAppPrincipalManager.LookupAppPrincipal: the principal, or nothing."""
    site_of(invocation, "Web")
    name = invocation.arguments.text("Name") or ""
    shown = _display_name(invocation.farm.state, name)
    if shown is not None:
        invocation.emit(view(name, shown))


def _reads_right(scope: Scope) -> Handler:
    def read(invocation: Invocation) -> None:
        site = site_of(invocation, "Web")
        held = _held(invocation).rights.get((scope, _about(scope, site)))
        value = PsEnum(_KIND, held.value, _RIGHTS[held]) if held else PsEnum(_KIND, "None", 0)
        invocation.emit(PsObject((_KIND,), value.name, {"Value": value}))

    return read


def is_app_only(invocation: Invocation) -> None:
    """SPAppPrincipalPermissionsManager.IsAppOnlyPolicyAllowed."""
    site_of(invocation, "Web")
    allowed = _held(invocation).app_only
    invocation.emit(PsObject(("System.Boolean",), str(allowed), {"Value": allowed}))


def view(name: str, shown: str) -> PsObject:
    """An app principal."""
    values = {
        "DisplayName": shown,
        "NameIdentifier": name,
        "EncodedNameIdentifier": f"ms.sp.ext|{name}",
        "EncodedIdentityClaim": f"i:0i.t|ms.sp.ext|{name}",
    }
    return PsObject(("Microsoft.SharePoint.SPAppPrincipal",), shown, values)


def _display_name(state: FarmState, name: str) -> str | None:
    wanted = name.casefold()
    for issuer in state.issuers.values():
        if wanted and issuer.registered_issuer_name.casefold() == wanted:
            return issuer.name
    return state.registered.get(wanted)


def _principal(invocation: Invocation) -> str:
    return invocation.arguments.text("AppPrincipal") or ""


def _held(invocation: Invocation) -> Permission:
    permissions = invocation.farm.state.permissions
    return permissions.get(_principal(invocation).casefold(), Permission())


def _scope(invocation: Invocation) -> Scope:
    return Scope(invocation.arguments.text("Scope") or "")


def _about(scope: Scope, site: Site) -> str:
    return "" if scope is Scope.SITE_SUBSCRIPTION else site.url


_READ = ("Web", "AppPrincipal")
_MANAGER = "SPAppPrincipalPermissionsManager"
VERBS: Verbs = {
    "Get-SPAppPrincipal": verb(get, "Site", "NameIdentifier"),
    "Register-SPAppPrincipal": verb(register, "Site", "NameIdentifier", "DisplayName"),
    "Set-SPAppPrincipalPermission": verb(
        give, "AppPrincipal", "Site", "Scope", "Right", "EnableAppOnlyPolicy"
    ),
    "Remove-SPAppPrincipalPermission": verb(
        take, "AppPrincipal", "Site", "Scope", "DisableAppOnlyPolicy"
    ),
    "SPAppPrincipalManager.LookupAppPrincipal": verb(look_up, "Web", "Name"),
    f"{_MANAGER}.GetAppPrincipalSiteSubscriptionContentPermission": verb(
        _reads_right(Scope.SITE_SUBSCRIPTION), *_READ
    ),
    f"{_MANAGER}.GetAppPrincipalSitePermission": verb(_reads_right(Scope.SITE_COLLECTION), *_READ),
    f"{_MANAGER}.GetAppPrincipalWebPermission": verb(_reads_right(Scope.SITE), *_READ),
    f"{_MANAGER}.IsAppOnlyPolicyAllowed": verb(is_app_only, *_READ),
}
