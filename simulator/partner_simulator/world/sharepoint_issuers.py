"""*-SPTrustedSecurityTokenIssuer, and Update() of what it gives (P-SP-4, P-SP-5)."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit
from uuid import UUID

from partner_simulator.ports import PsCertificate, PsObject
from partner_simulator.world import documents, sharepoint_errors
from partner_simulator.world.invocation import Invocation
from partner_simulator.world.network import RequestFailed
from partner_simulator.world.sharepoint_farm import (
    FarmState,
    Issuer,
    with_issuer,
    with_permission,
    without_issuer,
)
from partner_simulator.world.sharepoint_verbs import Verbs, conflict, persisted, verb, write
from partner_simulator.world.switches import Name

_TYPE = "Microsoft.SharePoint.Administration.Claims.SPTrustedSecurityTokenService"


class _NoUri(Exception):
    """The text is no absolute URI."""


def get(invocation: Invocation) -> None:
    """All issuers, or one."""
    farm = invocation.farm
    identity = invocation.arguments.text("Identity")
    if identity is not None:
        invocation.emit(view(_one(invocation, identity)))
        return
    for issuer in farm.state.issuers.values():
        if issuer.id not in farm.hidden:
            invocation.emit(view(issuer))


def new(invocation: Invocation) -> None:
    """Trust somebody, by a document that is read now or by a certificate."""
    arguments = invocation.arguments
    issuer = Issuer(
        arguments.text("Name") or "",
        arguments.text("RegisteredIssuerName") or "",
        (),
        is_self_issuer=not arguments.flag("IsTrustBroker"),
        description=arguments.text("Description") or "",
    )
    longest = invocation.domain.switches[Name.SHAREPOINT_NAME_LENGTH]
    if not 0 < len(issuer.name) <= longest:
        raise sharepoint_errors.refused(f"The name must have 1 to {longest} characters.")
    try:
        issuer = _with_keys(invocation, issuer)
    except _NoUri as error:
        raise sharepoint_errors.invalid_uri() from error
    if issuer is _NOTHING_READ:
        return
    state = invocation.farm.state
    _refuse_duplicates(invocation, state, issuer)
    asks = invocation.domain.switches[Name.SHAREPOINT_NEW_ASKS] or invocation.call.what_if
    if asks and not invocation.may(issuer.name, invocation.call.name):
        return

    def make(state: FarmState) -> FarmState:
        _refuse_duplicates(invocation, state, issuer)
        return with_issuer(state, issuer)

    write(invocation, persisted(issuer), issuer.name, make)
    invocation.emit(view(issuer))


def set_(invocation: Invocation) -> None:
    """Read the document again, or take another certificate, flag or description."""
    arguments, switches = invocation.arguments, invocation.domain.switches
    issuer = _one(invocation, arguments.text("Identity"))
    changed, failed = issuer, None
    try:
        changed = _with_keys(invocation, issuer)
    except _NoUri as error:
        failed = sharepoint_errors.invalid_uri()
        if not switches[Name.SHAREPOINT_BAD_URI_STORED]:
            raise failed from error
        changed = replace(issuer, metadata_end_point="")
    if changed is _NOTHING_READ:
        return
    if "IsTrustBroker" in arguments:
        changed = replace(changed, is_self_issuer=not arguments.flag("IsTrustBroker"))
    elif switches[Name.SHAREPOINT_SET_FLIPS_BROKER]:
        changed = replace(changed, is_self_issuer=True)
    if "Description" in arguments:
        changed = replace(changed, description=arguments.text("Description") or "")
    if "RegisteredIssuerName" in arguments:
        changed = replace(
            changed, registered_issuer_name=arguments.text("RegisteredIssuerName") or ""
        )
    if invocation.may(issuer.name, invocation.call.name):
        _store(invocation, issuer, changed)
    if failed is not None:
        raise failed


def remove(invocation: Invocation) -> None:
    """Trust somebody no longer; what its app principal may do is another store's."""
    issuer = _one(invocation, invocation.arguments.text("Identity"))
    if not invocation.may(issuer.name, invocation.call.name):
        return
    survives = invocation.domain.switches[Name.SHAREPOINT_PERMISSION_SURVIVES]

    def take(state: FarmState) -> FarmState:
        state = without_issuer(state, issuer.id)
        return state if survives else with_permission(state, issuer.registered_issuer_name, None)

    write(invocation, persisted(issuer), issuer.name, take)


def update(invocation: Invocation) -> None:
    """$issuer.Update(): store a changed name or description, unless the object has become old."""
    arguments = invocation.arguments
    known = invocation.farm.state.issuers.get(UUID(arguments.text("Id") or ""))
    if known is None or str(known.version) != arguments.text("Version"):
        raise conflict(invocation, f"SPTrustedSecurityTokenService Name={arguments.text('Name')}")
    changed = replace(
        known,
        name=arguments.text("Name") or "",
        description=arguments.text("Description") or "",
    )
    _store(invocation, known, changed)
    invocation.emit(view(invocation.farm.state.issuers[known.id]))


def view(issuer: Issuer) -> PsObject:
    """An issuer as the cmdlets show it; there is no IsTrustBroker."""
    certificates = [PsCertificate(der) for der in issuer.certificates]
    values = {
        "Id": issuer.id,
        "Name": issuer.name,
        "DisplayName": issuer.name,
        "NameId": issuer.registered_issuer_name or None,
        "RegisteredIssuerName": issuer.registered_issuer_name or None,
        "IsSelfIssuer": issuer.is_self_issuer,
        "MetadataEndPoint": issuer.metadata_end_point or None,
        "IsAutomaticallyUpdated": bool(issuer.metadata_end_point),
        "SigningCertificate": certificates[0] if certificates else None,
        "AdditionalSigningCertificates": certificates[1:],
        "Description": issuer.description,
        "Version": issuer.version,
    }
    return PsObject((_TYPE,), persisted(issuer), values)


def find(issuers: Iterable[Issuer], identity: str | None, *, by_name: bool) -> Issuer | None:
    """The issuer that an identity means: its Id, or its name."""
    wanted = (identity or "").casefold()
    for issuer in issuers:
        if wanted == str(issuer.id) or (by_name and wanted == issuer.name.casefold()):
            return issuer
    return None


def _one(invocation: Invocation, identity: str | None) -> Issuer:
    by_name = invocation.domain.switches[Name.SHAREPOINT_NAME_IS_IDENTITY]
    issuers = invocation.farm.state.issuers.values()
    found = find(issuers, identity, by_name=by_name)
    if found is None:
        raise sharepoint_errors.no_such_object()
    return found


_NOTHING_READ = Issuer("", "", ())
"""In place of an issuer whose document could not be had, where that is no error."""


def _with_keys(invocation: Invocation, issuer: Issuer) -> Issuer:
    """The issuer with the keys that the call names. Raises CmdletError or _NoUri."""
    given = invocation.arguments.values.get("certificate")
    if isinstance(given, PsCertificate):
        if given.has_private_key:
            raise sharepoint_errors.refused("The certificate must not have a private key.")
        return replace(issuer, certificates=(given.der,), metadata_end_point="")
    if given is not None:
        raise sharepoint_errors.refused("Certificate is no X509Certificate2.")
    url = invocation.arguments.text("MetadataEndPoint")
    if url is None:
        return issuer
    if not urlsplit(url).scheme or not urlsplit(url).hostname:
        raise _NoUri
    try:
        document = invocation.domain.fetch_document(invocation.host, url)
    except (RequestFailed, documents.NotADocument) as error:
        if invocation.domain.switches[Name.SHAREPOINT_FETCH_FAILURE] == "nothing":
            return _NOTHING_READ
        reason = error.text if isinstance(error, RequestFailed) else str(error)
        raise sharepoint_errors.metadata_failed(url, reason) from error
    return _as_published(invocation, replace(issuer, metadata_end_point=url), document)


def _as_published(invocation: Invocation, issuer: Issuer, document: documents.Read) -> Issuer:
    """All keys of the document; its issuer too, where there was none or this world follows it."""
    follows = invocation.domain.switches[Name.SHAREPOINT_SET_FOLLOWS_REALM]
    known = issuer.registered_issuer_name
    return replace(
        issuer,
        certificates=tuple(base64.b64decode(text) for text in document.certificates),
        registered_issuer_name=document.issuer if follows or not known else known,
    )


def _store(invocation: Invocation, known: Issuer, changed: Issuer) -> None:
    """Write a changed issuer over the one that was read. Raises CmdletError."""
    if changed == known:
        return

    def put(state: FarmState) -> FarmState:
        if state.issuers.get(known.id) != known:
            raise conflict(invocation, persisted(known))
        _refuse_duplicates(invocation, state, changed)
        return with_issuer(state, replace(changed, version=known.version + 1))

    write(invocation, persisted(known), changed.name, put)


def _refuse_duplicates(invocation: Invocation, state: FarmState, issuer: Issuer) -> None:
    both = invocation.domain.switches[Name.SHAREPOINT_UNIQUE] == "both"
    for other in state.issuers.values():
        if other.id == issuer.id:
            continue
        if other.name.casefold() == issuer.name.casefold():
            text = f"A trusted security token issuer named '{issuer.name}' exists already."
            raise sharepoint_errors.refused(text)
        theirs = other.registered_issuer_name.casefold()
        if both and theirs and theirs == issuer.registered_issuer_name.casefold():
            text = f"The issuer name '{issuer.registered_issuer_name}' is registered already."
            raise sharepoint_errors.refused(text)


VERBS: Verbs = {
    "Get-SPTrustedSecurityTokenIssuer": verb(get, "Identity"),
    "New-SPTrustedSecurityTokenIssuer": verb(
        new,
        *("Name", "Certificate", "MetadataEndPoint", "RegisteredIssuerName"),
        *("IsTrustBroker", "Description"),
    ),
    "Set-SPTrustedSecurityTokenIssuer": verb(
        set_,
        *("Identity", "Certificate", "MetadataEndPoint", "RegisteredIssuerName"),
        *("IsTrustBroker", "Description"),
    ),
    "Remove-SPTrustedSecurityTokenIssuer": verb(remove, "Identity"),
    "SPTrustedSecurityTokenService.Update": verb(update, "Id", "Version", "Name", "Description"),
}
