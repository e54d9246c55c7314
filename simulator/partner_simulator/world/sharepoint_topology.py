"""The farm, its servers, service applications and timer jobs (P-SP-3)."""

from __future__ import annotations

from datetime import UTC, datetime

from partner_simulator.ports import PsEnum, PsObject, PsText
from partner_simulator.world import names, sharepoint_errors, sharepoint_timer
from partner_simulator.world.invocation import Invocation
from partner_simulator.world.sharepoint_farm import CONFIG_DATABASE, Kind, ServiceApplication
from partner_simulator.world.sharepoint_verbs import (
    Verbs,
    emit_rows,
    identifier,
    same,
    servers,
    verb,
)
from partner_simulator.world.switches import Name

BUILDS = {
    "SharePoint Server 2013": "15.0.4805.1000",
    "SharePoint Server 2016": "16.0.4456.1000",
    "SharePoint Server 2019": "16.0.10337.12109",
    "SharePoint Server Subscription Edition": "16.0.18526.20508",
}
_ADMINISTRATION = "Microsoft.SharePoint.Administration"
_APPLICATIONS = {
    Kind.APP_MANAGEMENT: "Microsoft.SharePoint.AppManagement.AppManagementServiceApplication",
    Kind.USER_PROFILE: "Microsoft.Office.Server.Administration.UserProfileApplication",
    Kind.SUBSCRIPTION_SETTINGS: "Microsoft.SharePoint.SPSubscriptionSettingsServiceApplication",
}
"""Full names of the .NET types; a proxy's has `Proxy` behind it."""
_GERMAN = {
    Kind.APP_MANAGEMENT: "App-Verwaltungsdienstanwendung",
    Kind.USER_PROFILE: "Benutzerprofildienst-Anwendung",
    Kind.SUBSCRIPTION_SETTINGS: "Dienstanwendung für Abonnementeinstellungen",
}
_ONLINE = PsEnum(f"{_ADMINISTRATION}.SPObjectStatus", "Online", 0)


def get_farm(invocation: Invocation) -> None:
    """The farm: proof that this process sees it."""
    version = invocation.domain.switches[Name.SHAREPOINT_VERSION]
    values = {
        "Id": invocation.farm.id,
        "Name": CONFIG_DATABASE,
        "DisplayName": CONFIG_DATABASE,
        "BuildVersion": PsText("System.Version", BUILDS[version]),
        "NeedsUpgrade": invocation.farm.needs_upgrade,
        "Status": _ONLINE,
    }
    text = f"SPFarm Name={CONFIG_DATABASE}"
    invocation.emit(PsObject((f"{_ADMINISTRATION}.SPFarm",), text, values))


def get_servers(invocation: Invocation) -> None:
    """The farm's servers, and the SQL Server that it only knows of."""
    asked = invocation.arguments.text("Identity")
    rows = [_server(invocation, fqdn) for fqdn in (*servers(invocation), names.SHAREPOINT_SQL)]
    for row in rows:
        if asked is None or same(row.properties["Name"], asked):
            invocation.emit(row)
    if asked is not None and not any(same(row.properties["Name"], asked) for row in rows):
        raise sharepoint_errors.no_such_server(asked)


def _server(invocation: Invocation, fqdn: str) -> PsObject:
    full = invocation.domain.switches[Name.SHAREPOINT_SERVER_NAMES] == "full"
    name = fqdn if full else names.short_name(fqdn)
    known_of = fqdn == names.SHAREPOINT_SQL
    role = ("Invalid", -1) if known_of else ("Application", 2)
    values = {
        "Id": identifier(fqdn),
        "Name": name,
        "DisplayName": name,
        "Address": name,
        "Role": PsEnum(f"{_ADMINISTRATION}.SPServerRole", *role),
        "Status": _ONLINE,
        "NeedsUpgrade": invocation.farm.needs_upgrade,
    }
    return PsObject((f"{_ADMINISTRATION}.SPServer",), f"SPServer Name={name}", values)


def get_service_instances(invocation: Invocation) -> None:
    """The web application's service, on each server or on one."""
    asked = invocation.arguments.text("Server")
    found = False
    for fqdn in servers(invocation):
        server = _server(invocation, fqdn)
        if asked is not None and not same(str(server.properties["Name"]), asked):
            continue
        found = True
        name = "Microsoft SharePoint Foundation Web Application"
        values = {
            "Id": identifier(f"{fqdn}/web"),
            "TypeName": name,
            "Server": server,
            "Status": _ONLINE,
        }
        type_name = f"{_ADMINISTRATION}.SPWebServiceInstance"
        invocation.emit(PsObject((type_name,), "SPWebServiceInstance", values))
    if not found:
        raise sharepoint_errors.no_such_server(asked or "")


def get_applications(invocation: Invocation) -> None:
    """Service applications, all, by id or by name."""
    found = invocation.farm.applications
    emit_rows(invocation, [_application(invocation, known) for known in found], "Name")


def get_proxies(invocation: Invocation) -> None:
    """The proxies through which web applications find them; a name may be null."""
    found = [known for known in invocation.farm.applications if known.has_proxy]
    emit_rows(invocation, [_proxy(invocation, known) for known in found], "")


def get_proxy_group(invocation: Invocation) -> None:
    """The default group, which is the only one."""
    asked = invocation.arguments.text("Identity")
    if asked is not None and not same(asked, "default"):
        raise sharepoint_errors.no_such_object()
    proxies = [
        _proxy(invocation, known) for known in invocation.farm.applications if known.has_proxy
    ]
    values = {"FriendlyName": "[default]", "Proxies": proxies, "DefaultProxies": proxies}
    type_name = f"{_ADMINISTRATION}.SPServiceApplicationProxyGroup"
    invocation.emit(PsObject((type_name,), "[default]", values))


def _application(invocation: Invocation, known: ServiceApplication) -> PsObject:
    values = {
        "Id": known.id,
        "Name": known.name,
        "DisplayName": known.name,
        "TypeName": _type_name(invocation, known.kind, ""),
        "Status": _ONLINE,
    }
    return PsObject((_APPLICATIONS[known.kind],), known.name, values)


def _proxy(invocation: Invocation, known: ServiceApplication) -> PsObject:
    values = {
        "Id": known.proxy_id,
        "Name": known.proxy_name,
        "DisplayName": known.proxy_name,
        "TypeName": _type_name(invocation, known.kind, " Proxy"),
        "Status": _ONLINE,
    }
    return PsObject((f"{_APPLICATIONS[known.kind]}Proxy",), known.proxy_name or "", values)


def _type_name(invocation: Invocation, kind: Kind, behind: str) -> str:
    german = invocation.domain.switches[Name.SHAREPOINT_TYPE_NAMES] == "German"
    return (_GERMAN[kind] if german else f"{kind} Service Application") + behind


def get_timer_jobs(invocation: Invocation) -> None:
    """RefreshMetadataFeed, where it exists."""
    if invocation.domain.switches[Name.SHAREPOINT_REFRESH_HOURS] <= 0:
        rows = []
    else:
        values = {
            "Id": identifier(sharepoint_timer.JOB),
            "Name": sharepoint_timer.JOB,
            "DisplayName": "Refresh Trusted Security Token Services Metadata feed.",
            "TypeName": f"{_ADMINISTRATION}.Claims.SPRefreshMetadataFeedJobDefinition",
            "IsDisabled": False,
            "LastRunTime": datetime.fromtimestamp(invocation.farm.refreshed_at, UTC),
        }
        rows = [PsObject((f"{_ADMINISTRATION}.SPJobDefinition",), sharepoint_timer.JOB, values)]
    emit_rows(invocation, rows, "Name")


def start_timer_job(invocation: Invocation) -> None:
    """Run RefreshMetadataFeed now."""
    asked = invocation.arguments.text("Identity") or ""
    if not same(asked, sharepoint_timer.JOB):
        raise sharepoint_errors.no_such_object()
    if invocation.domain.switches[Name.SHAREPOINT_REFRESH_HOURS] <= 0:
        raise sharepoint_errors.no_such_object()
    if invocation.may(asked, invocation.call.name):
        sharepoint_timer.refresh(invocation.domain)


def start_assignment(invocation: Invocation) -> None:
    """A place for objects that are to be disposed of."""
    if not invocation.arguments.flag("Global"):
        type_name = "Microsoft.SharePoint.PowerShell.SPAssignmentCollection"
        invocation.emit(PsObject((type_name,), type_name, {"Global": False}))


def stop_assignment(invocation: Invocation) -> None:
    """Dispose of them."""


VERBS: Verbs = {
    "Get-SPFarm": verb(get_farm),
    "Get-SPServer": verb(get_servers, "Identity"),
    "Get-SPServiceInstance": verb(get_service_instances, "Server", "All"),
    "Get-SPServiceApplication": verb(get_applications, "Identity", "Name"),
    "Get-SPServiceApplicationProxy": verb(get_proxies, "Identity"),
    "Get-SPServiceApplicationProxyGroup": verb(get_proxy_group, "Identity", "Default"),
    "Get-SPTimerJob": verb(get_timer_jobs, "Identity"),
    "Start-SPTimerJob": verb(start_timer_job, "Identity"),
    "Start-SPAssignment": verb(start_assignment, "Global"),
    "Stop-SPAssignment": verb(stop_assignment, "Global", "SemiGlobal"),
}
