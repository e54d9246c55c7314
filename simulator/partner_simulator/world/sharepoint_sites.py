"""Web applications, site collections and their root webs (P-SP-3)."""

from __future__ import annotations

from collections.abc import Callable

from partner_simulator.ports import CmdletError, PsObject
from partner_simulator.world import names, sharepoint_errors
from partner_simulator.world.invocation import Invocation
from partner_simulator.world.sharepoint_farm import Site
from partner_simulator.world.sharepoint_verbs import Verbs, emit_rows, identifier, verb

_WEB_APPLICATION = "Microsoft.SharePoint.Administration.SPWebApplication"
_CENTRAL_ADMINISTRATION = f"http://{names.SHAREPOINT_HOSTS[0]}:2016"


def get_web(invocation: Invocation) -> None:
    """The root web of a site collection."""
    _one_site(invocation, sharepoint_errors.no_such_web, _web)


def get_site(invocation: Invocation) -> None:
    """A site collection, or all of them."""
    if "Identity" in invocation.arguments:
        _one_site(invocation, sharepoint_errors.no_such_site, _site)
        return
    for site in invocation.farm.sites:
        invocation.emit(_site(site))


def _one_site(
    invocation: Invocation, missing: Callable[[str], CmdletError], show: Callable[[Site], PsObject]
) -> None:
    url = invocation.arguments.text("Identity") or ""
    site = invocation.farm.site(url)
    if site is None:
        raise missing(url)
    if invocation.may(site.url, invocation.call.name):
        invocation.emit(show(site))


def _web(site: Site) -> PsObject:
    values = {
        "ID": identifier(f"{site.url}#web"),
        "Url": site.url,
        "Title": "Home",
        "IsRootWeb": True,
    }
    return PsObject(("Microsoft.SharePoint.SPWeb",), "Home", values)


def _site(site: Site) -> PsObject:
    values = {
        "ID": identifier(site.url),
        "Url": site.url,
        "HostHeaderIsSiteName": site.host_named,
        "RootWeb": _web(site),
    }
    return PsObject(("Microsoft.SharePoint.SPSite",), f"SPSite Url={site.url}", values)


def get_web_applications(invocation: Invocation) -> None:
    """Web applications; host-named site collections are none."""
    urls = [site.url for site in invocation.farm.sites if not site.host_named]
    rows = [_web_application(url) for url in urls]
    if invocation.arguments.flag("IncludeCentralAdministration"):
        rows.append(_web_application(_CENTRAL_ADMINISTRATION))
    emit_rows(invocation, rows, "DisplayName", "Url")


def _web_application(url: str) -> PsObject:
    values = {
        "Id": identifier(f"{url}#application"),
        "DisplayName": f"SharePoint - {url.partition('//')[2]}",
        "Url": f"{url}/",
        "IsAdministrationWebApplication": url == _CENTRAL_ADMINISTRATION,
        "UseClaimsAuthentication": True,
    }
    return PsObject((_WEB_APPLICATION,), f"SPWebApplication Name={values['DisplayName']}", values)


def get_service_context(invocation: Invocation) -> None:
    """The context of a site; without subscriptions it is the whole farm's."""
    url = invocation.arguments.text("Site") or ""
    if invocation.farm.site(url) is None:
        raise sharepoint_errors.no_such_site(url)
    type_name = "Microsoft.SharePoint.SPServiceContext"
    invocation.emit(PsObject((type_name,), type_name, {"SiteSubscription": None}))


VERBS: Verbs = {
    "Get-SPWeb": verb(get_web, "Identity"),
    "Get-SPSite": verb(get_site, "Identity"),
    "Get-SPWebApplication": verb(get_web_applications, "Identity", "IncludeCentralAdministration"),
    "Get-SPServiceContext": verb(get_service_context, "Site"),
}
