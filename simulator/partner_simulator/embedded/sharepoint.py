"""SharePoint's operations: what their scripts answer, call and leave behind."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from partner_simulator.embedded import failures, iis, items, permissions, web
from partner_simulator.embedded.failures import Failed, within
from partner_simulator.embedded.plain import (
    first,
    listed,
    prop,
    same,
    same_url,
    text,
    thumbprint,
)
from partner_simulator.embedded.run import Run
from partner_simulator.ports import PsCertificate, PsObject
from partner_simulator.world import names


@dataclass(frozen=True, slots=True)
class _Issuers:
    """All that are listed, the token service, and why the list is not believed."""

    rows: list[PsObject]
    service: PsObject | None
    doubts: list[str]


def _open(run: Run) -> tuple[PsObject, list[str]]:
    """The farm, and what was warned while the cmdlets were loaded. Raises Failed."""
    with within("Open-Farm"):
        warnings = _load(run)
        farm = run.told("Get-SPFarm", {}).objects
        if not farm:
            raise failures.thrown("PartnerOperator.NoFarm")
    return farm[-1], warnings


def _load(run: Run) -> list[str]:
    if any(module["name"] == names.SHAREPOINT_MODULE for module in run.system("modules")):
        error = run.system("load", name=names.SHAREPOINT_MODULE)["error"]
        if error:
            raise failures.thrown(error)
        return []
    if not any(snapin["name"] == names.SHAREPOINT_SNAPIN for snapin in run.system("snapins")):
        raise failures.no_snapin(names.SHAREPOINT_SNAPIN)
    return list(run.system("load", name=names.SHAREPOINT_SNAPIN)["warnings"])


def _issuers(run: Run, warnings: Iterable[str] = ()) -> _Issuers:
    read = run.told("Get-SPTrustedSecurityTokenIssuer", {})
    services = run.told("Get-SPSecurityTokenServiceConfig", {}).objects
    service = services[-1] if services else None
    doubts = [*warnings, *read.warnings]
    listed_ids = [text(one, "Id") for one in read.objects]
    counted = [text(one, "Id") for one in prop(service, "TrustedSecurityTokenServices") or ()]
    if service is None:
        doubts.append("Get-SPSecurityTokenServiceConfig shows nothing.")
    elif len(counted) != len(listed_ids) or not all(listed(listed_ids, one) for one in counted):
        doubts.append(
            f"Get-SPTrustedSecurityTokenIssuer shows {len(listed_ids)} issuers, and the security token service has "
            f"{len(counted)}."
        )
    return _Issuers(read.objects, service, doubts)


def _proxies(run: Run) -> list[str]:
    return [one.type_names[0] for one in run.told("Get-SPServiceApplicationProxy", {}).objects]


def _of_content(issuer: PsObject, identifier: str, url: str, realm: str) -> bool:
    its_realm = text(issuer, "RegisteredIssuerName").partition("@")[2]
    if not same(_identifier(issuer), identifier):
        return False
    if same_url(prop(issuer, "MetadataEndPoint"), url):
        return True
    return realm != "" and same(its_realm.strip(), realm)


def _identifier(issuer: PsObject) -> str:
    return permissions.identifier_of(text(issuer, "RegisteredIssuerName"))


def _der(certificate: Any) -> str:
    known = isinstance(certificate, PsCertificate)
    return base64.b64encode(certificate.der).decode() if known else ""


def observe(run: Run) -> Mapping[str, Any]:
    """Everything that decisions need."""
    farm, warnings = _open(run)
    read = _issuers(run, warnings)
    page = web.page(run, [_entry(issuer) for issuer in read.rows], 150)
    permissions.show(run, page.entries)
    servers = run.told("Get-SPServer", {}).objects
    provider = prop(read.service, "LocalLoginProvider")
    return {
        "product": "SharePoint",
        "version": text(farm, "BuildVersion"),
        "organization": text(farm, "Id"),
        "entries": page.entries,
        "after": page.after,
        "doubts": read.doubts,
        "certificate": _der(prop(provider, "SigningCertificate")),
        "oauthOverHttp": bool(prop(read.service, "AllowOAuthOverHttp")),
        "metadataOverHttp": bool(prop(read.service, "AllowMetadataOverHttp")),
        "hybridSelection": bool(prop(read.service, "HybridStsSelectionEnabled")),
        "realm": _shown(run, "Get-SPAuthenticationRealm", {}, ""),
        "roots": _shown(run, "Get-SPTrustedRootAuthority", {}, "Name"),
        "rootSite": _shown(run, "Get-SPSite", {"Identity": run.text("web")}, "Url"),
        "proxies": _proxies(run),
        "hosts": [text(one, "Address") for one in servers if text(one, "Role") != "Invalid"],
        "documents": web.documents(run, page.size),
    }


def _shown(run: Run, cmdlet: str, parameters: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Texts for people, or why there are none."""
    try:
        found = run.told(cmdlet, parameters).objects
    except Failed as failed:
        return {"texts": [], "fault": failed.message}
    return {"texts": [text(one, name) if name else one.text for one in found], "fault": ""}


def _entry(issuer: PsObject) -> dict[str, Any]:
    more = prop(issuer, "AdditionalSigningCertificates") or ()
    certificates = [prop(issuer, "SigningCertificate"), *more]
    return {
        "reference": text(issuer, "Id"),
        "name": text(issuer, "Name"),
        "issuer": text(issuer, "RegisteredIssuerName"),
        "metadataUrl": text(issuer, "MetadataEndPoint"),
        "broker": not prop(issuer, "IsSelfIssuer"),
        "thumbprints": [
            thumbprint(one.der if isinstance(one, PsCertificate) else None)
            for one in certificates
            if one is not None
        ],
        "permission": dict(permissions.UNKNOWN),
    }


@dataclass(slots=True)
class _Found:
    """What stands among the issuers when one is to be made."""

    existing: str = ""
    taken: str = ""
    old: PsObject | None = None
    unfinished: PsObject | None = None


def register(run: Run, warnings: Iterable[str]) -> Mapping[str, Any]:
    """Make an issuer unless there is one; with `replaces`, in the place of another."""
    read = _issuers(run, warnings)
    if read.doubts:
        raise failures.thrown(f"The list of token issuers is not whole: {read.doubts[0]}")
    if not listed(_proxies(run), run.asked("appManagement")):
        raise failures.thrown("PartnerOperator.NoAppManagement")
    if run.text("web"):
        with within("Test-Web"):
            wanted = f"{run.text('applicationIdentifier')}@{run.text('realm')}"
            permissions.allowed(run, permissions.site(run), wanted)
    found = _look(run, read.rows)
    if found.existing and found.old is not None:
        raise failures.thrown(
            "There is another token issuer for the same partner, so nothing was removed."
        )
    if found.existing:
        return {"existing": found.existing, "created": ""}
    if found.taken:
        name = run.text("identity")
        raise failures.thrown(
            f"There is another token issuer of the name {name}, so nothing was made."
        )
    made = found.unfinished or _make(run, found, read.rows)
    if made is not None and found.old is not None:
        if run.text("right"):
            with within("Set-OldPermission"):
                permissions.allow_before(run, found.old)
        gone = {"Identity": text(found.old, "Id")}
        run.call("Remove-SPTrustedSecurityTokenIssuer", gone)
        _rename(run, made, run.text("identity"))
    return {"existing": "", "created": text(made, "Id")}


def _look(run: Run, rows: Iterable[PsObject]) -> _Found:
    found, replaces = _Found(), run.text("replaces")
    for issuer in rows:
        if replaces and same(prop(issuer, "Id"), replaces):
            was = (run.text(f"replaced{part}") for part in ("Identifier", "Url", "Realm"))
            if not _of_content(issuer, *was):
                raise failures.thrown(
                    f"The token issuer {text(issuer, 'Name')} was made into another one meanwhile, so nothing was"
                    " removed."
                )
            found.old = issuer
        elif not _wanted(run, issuer):
            if same(prop(issuer, "Name"), run.text("identity")):
                found.taken = text(issuer, "Id")
        elif replaces and same(prop(issuer, "Name"), run.text("interim")):
            found.unfinished = issuer
        else:
            found.existing = text(issuer, "Id")
    return found


def _wanted(run: Run, issuer: PsObject) -> bool:
    wanted = (run.text(name) for name in ("applicationIdentifier", "metadataUrl", "realm"))
    return _of_content(issuer, *wanted)


def _make(run: Run, found: _Found, before: Iterable[PsObject]) -> PsObject | None:
    name = run.text("interim" if found.old is not None else "identity")
    new = {"Name": name, "MetadataEndPoint": run.text("metadataUrl"), "IsTrustBroker": False}
    run.call("New-SPTrustedSecurityTokenIssuer", new)
    known = [text(one, "Id") for one in before]
    made = [
        one
        for one in _issuers(run).rows
        if _wanted(run, one) and not listed(known, prop(one, "Id"))
    ]
    return made[0] if len(made) == 1 else None


def _rename(run: Run, issuer: PsObject, name: str) -> None:
    known = {"Id": text(issuer, "Id"), "Version": prop(issuer, "Version")}
    described = {"Name": name, "Description": text(issuer, "Description")}
    run.method("SPTrustedSecurityTokenService.Update", {**known, **described})


def _ours(run: Run) -> PsObject:
    rows = run.told("Get-SPTrustedSecurityTokenIssuer", {}).objects
    found = first([one for one in rows if same(prop(one, "Id"), run.asked("reference"))])
    if found is None:
        name = run.text("reference")
        raise failures.thrown(f"There is no token issuer {name} any more, so nothing was changed.")
    return found


def _stored(run: Run, issuer: PsObject) -> bool:
    stored = (run.text(name) for name in ("applicationIdentifier", "storedUrl", "storedRealm"))
    return _of_content(issuer, *stored)


def update(run: Run) -> Mapping[str, Any]:
    """Change of an issuer only what was asked for."""
    issuer = _ours(run)
    if not _stored(run, issuer):
        raise failures.thrown(
            f"The token issuer {text(issuer, 'Name')} was made into another one meanwhile, so nothing was changed."
        )
    found = permissions.find(run, issuer) if run.text("right") else None
    if run.asked("setUrl"):
        url = {"MetadataEndPoint": run.text("metadataUrl")}
        flag = {"IsTrustBroker": not prop(issuer, "IsSelfIssuer")}
        named = {"Identity": text(issuer, "Id")}
        run.call("Set-SPTrustedSecurityTokenIssuer", {**named, **url, **flag})
    if run.text("name"):
        issuer = _ours(run)
        _rename(run, issuer, run.text("name"))
    if found is not None:
        permissions.allow(run, *found)
    return {"reference": text(issuer, "Id")}


def remove(run: Run) -> Mapping[str, Any]:
    """Remove the issuer of this Id, if it is listed and still the same, and what was to take its place."""
    _open(run)
    removed = False
    for issuer in run.told("Get-SPTrustedSecurityTokenIssuer", {}).objects:
        named = same(prop(issuer, "Id"), run.asked("reference"))
        unfinished = same(prop(issuer, "Name"), run.asked("interim"))
        if (named or unfinished) and _stored(run, issuer):
            if named and run.text("right"):
                permissions.allow_before(run, issuer)
            run.call("Remove-SPTrustedSecurityTokenIssuer", {"Identity": text(issuer, "Id")})
            removed = True
    return {"removed": removed}


def challenge(run: Run) -> Mapping[str, Any]:
    """Whom the workers of this host trust."""
    url = f"https://{run.text('host')}{run.text('path')}"
    headers = {"Host": run.text("site"), "Authorization": "Bearer"}
    found = web.answered(run, url, 30, headers)
    if found is None:
        return {"status": "none", "challenge": ""}
    return {"status": str(found.status), "challenge": found.header("WWW-Authenticate")}


def host_state(run: Run) -> Mapping[str, Any]:
    """A look at IIS of this host."""
    return iis.host_state(run, "SPTimer")


def apply(run: Run) -> Mapping[str, Any]:
    """Make changes in turn."""
    _, warnings = _open(run)
    steps = {"register": lambda part: register(part, warnings), "update": update}
    return items.make_all(run, steps)


OPERATIONS = {
    "sharepoint/observe": observe,
    "sharepoint/apply": apply,
    "sharepoint/documents": web.fetch,
    "sharepoint/remove": remove,
    "sharepoint/challenge": challenge,
    "sharepoint/host_state": host_state,
    "sharepoint/restart": iis.restart,
}
