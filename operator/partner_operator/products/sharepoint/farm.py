"""What is read of a farm and never written: shown in the status, and looked at by the doctor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from partner_operator.oauth.identifiers import TOKEN_SERVER, parse_issuer
from partner_operator.products.sharepoint.answers import ObserveAnswer, ShownAnswer
from partner_operator.products.sharepoint.permissions import APP_MANAGEMENT
from partner_operator.trust.match import same
from partner_operator.trust.model import Observed
from partner_operator.trust.product import Finding

USER_PROFILE = "Microsoft.Office.Server.Administration.UserProfileApplicationProxy"
"""Class of the proxy that finds the user for whom a token speaks."""
_MOST_NAMES = 20
_CLOUD = "https://sts.windows.net/"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checks look at."""

    organization: str
    realm: str
    over_http: tuple[str, ...]
    """Names of flags that allow HTTP."""
    proxies: tuple[str, ...]
    cloud: tuple[str, ...]
    """Names of issuers of Microsoft's cloud."""
    no_site: str
    """Why the site of the farm's own document was not found; empty where it was."""


def facts(told: ObserveAnswer) -> Facts:
    """What the checks look at, of one answer."""
    flags = {
        "AllowOAuthOverHttp": told.oauthOverHttp,
        "AllowMetadataOverHttp": told.metadataOverHttp,
    }
    cloud = [
        entry.name
        for entry in told.entries
        if parse_issuer(entry.issuer).identifier == TOKEN_SERVER or entry.issuer.startswith(_CLOUD)
    ]
    no_site = told.rootSite.fault or ("" if told.rootSite.texts else "Get-SPSite shows nothing.")
    return Facts(
        organization=told.organization,
        realm=" ".join(told.realm.texts),
        over_http=tuple(name for name, set_ in flags.items() if set_),
        proxies=tuple(told.proxies),
        cloud=tuple(cloud),
        no_site=no_site,
    )


def settings(told: ObserveAnswer) -> Iterator[str]:
    """Lines for the status of the server."""
    yield f"Authentication realm: {_listed(told.realm)}"
    yield f"HybridStsSelectionEnabled: {told.hybridSelection}"
    yield f"AllowMetadataOverHttp: {told.metadataOverHttp}"
    yield f"AllowOAuthOverHttp: {told.oauthOverHttp}"
    yield f"Trusted root authorities: {_listed(told.roots)}"
    proxies = [name.rpartition(".")[2] for name in told.proxies]
    yield f"Service application proxies: {_joined(proxies)}"


def _listed(shown: ShownAnswer) -> str:
    return f"not read ({shown.fault[:200]})" if shown.fault else _joined(shown.texts)


def _joined(names: list[str]) -> str:
    found = sorted(name[:100] for name in names)
    more = f", and {len(found) - _MOST_NAMES} more" if len(found) > _MOST_NAMES else ""
    return (", ".join(found[:_MOST_NAMES]) or "none") + more


def _app_management(found: Facts) -> Finding:
    if APP_MANAGEMENT in found.proxies:
        return Finding(True, "The farm has it, with a proxy.")
    return Finding(
        False,
        "The farm has no App Management service application with a proxy: nothing can be registered there.",
        "New-SPAppManagementServiceApplication, then New-SPAppManagementServiceApplicationProxy -UseDefaultProxyGroup.",
    )


def _user_profile(found: Facts) -> Finding:
    if USER_PROFILE in found.proxies:
        return Finding(True, "The farm has it, with a proxy.")
    return Finding(
        False,
        "The farm has no User Profile service application with a proxy: tokens that speak for a user are refused.",
        "New-SPProfileServiceApplication, then New-SPProfileServiceApplicationProxy -DefaultProxyGroup; then let it "
        "synchronise.",
    )


def _root_site(found: Facts) -> Finding:
    if not found.no_site:
        return Finding(
            True, "The site of the farm's own document exists, and the account may open it."
        )
    return Finding(
        False,
        f"The site of spec.authMetadataUrl was not found: {found.no_site}",
        "Make a site collection at the root of that web application, or name an address that has one; and let the "
        "account in with Add-SPShellAdmin -database for its content database.",
    )


def _flags(found: Facts) -> Finding:
    if not found.over_http:
        return Finding(True, "Neither documents nor tokens travel over HTTP.")
    return Finding(
        False,
        f"{' and '.join(found.over_http)} of the security token service: what travels over HTTP, anybody on the way "
        "can take or change. The operator leaves it as it is.",
        "See who needs it, then set it to $false on Get-SPSecurityTokenServiceConfig and call Update().",
    )


def _hybrid(found: Facts) -> Finding:
    """No fault: only what explains a realm that changes."""
    signs = [f"the token issuer {name}" for name in found.cloud]
    if found.realm and not same(found.realm, found.organization):
        signs.append(f"a realm that is not the farm's Id ({found.realm})")
    if not signs:
        return Finding(True, "None.")
    return Finding(
        True,
        f"{', '.join(signs)}. A hybrid wizard that runs again may give the farm another realm; the operator follows, "
        "and on Lync the partner application is then removed and made again.",
    )


def _of_farm(check: Callable[[Facts], Finding]) -> Callable[[Observed], Finding]:
    def checked(observed: Observed) -> Finding:
        assert isinstance(observed.facts, Facts), "this product's observation has them"
        return check(observed.facts)

    return checked


CHECKS = tuple(
    (name, _of_farm(check))
    for name, check in (
        ("App Management", _app_management),
        ("User Profile", _user_profile),
        ("root site", _root_site),
        ("security token service", _flags),
        ("signs of hybrid", _hybrid),
    )
)
