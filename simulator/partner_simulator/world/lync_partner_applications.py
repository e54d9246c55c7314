"""*-CsPartnerApplication (P-LY-2, P-TS-4)."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from partner_simulator.ports import CmdletError, PsEnum, PsObject, PsText
from partner_simulator.world import cms, documents, errors, names
from partner_simulator.world.cms import CmsState, LyncApplication
from partner_simulator.world.invocation import Handlers, Invocation
from partner_simulator.world.network import RequestFailed
from partner_simulator.world.switches import Name

SETTINGS = "Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth"
_TRUST_LEVELS = {"Full": 0, "User": 1, "Application": 2}

BAD_METADATA = (
    "The metadata document could not be downloaded from the URL in the MetadataUrl parameter or "
    "downloaded data is not a valid metadata document."
)
"""As P-LY-8 has it."""


def get(invocation: Invocation) -> None:
    """Entries, all, by identity or by filter, from the CMS or the local replica."""
    for entry in select(invocation, list(state_of(invocation).applications.values())):
        invocation.emit(view(invocation, entry))


def new(invocation: Invocation) -> None:
    """Make an entry; the document was fetched while -MetadataUrl was bound, and is read again."""
    arguments = invocation.arguments
    identity = arguments.text("Identity") or arguments.text("MetadataUrl") or ""
    vouched = arguments.flag("UseOAuthServer")
    entry = LyncApplication(
        identity,
        arguments.text("ApplicationIdentifier") or "",
        arguments.text("Realm") or ("" if vouched else names.DOMAIN),
        use_oauth_server=vouched,
    )
    entry = _with_parameters(invocation, entry)
    _refuse_duplicate(invocation, identity)
    if not arguments.flag("InMemory"):
        if not invocation.may(identity, "New-CsPartnerApplication"):
            return
        _refuse_duplicate(invocation, identity)
        invocation.domain.cms.change(lambda state: cms.with_application(state, entry))
        invocation.wrote(identity)
    invocation.emit(view(invocation, entry))


def set_(invocation: Invocation) -> None:
    """Change flags or the token source; identifier and realm cannot be changed."""
    entry = _one(invocation)
    changed = _with_parameters(invocation, entry)
    if (changed.application_identifier, changed.realm) != (
        entry.application_identifier,
        entry.realm or changed.realm,
    ):
        # SIM-CHOICE: both are immutable, so a document that says otherwise is refused.
        raise errors.lync(
            "ApplicationIdentifierMismatch",
            "The application identifier or realm in the metadata document differs from that of"
            f' the partner application "{entry.identity}".',
        )
    if invocation.may(entry.identity, "Set-CsPartnerApplication") and changed != entry:
        invocation.domain.cms.change(lambda state: cms.with_application(state, changed))
        invocation.wrote(entry.identity)


def remove(invocation: Invocation) -> None:
    """Remove an entry; does not ask."""
    entry = _one(invocation)
    if invocation.may(entry.identity, "Remove-CsPartnerApplication"):
        invocation.domain.cms.change(lambda s: cms.without_application(s, entry.identity))
        invocation.wrote(entry.identity)


def view(invocation: Invocation, entry: LyncApplication) -> PsObject:
    """An entry as Lync shows it: the URL only inside AuthToken, no certificates."""
    prefix = invocation.domain.switches[Name.AUTH_TOKEN_PREFIX]
    token = (
        PsText(f"{SETTINGS}.UseOAuthServer", f"{SETTINGS}.UseOAuthServer")
        if entry.use_oauth_server
        else PsText(f"{SETTINGS}.MetadataUrl", f"{prefix}{entry.metadata_url}")
    )
    values = {
        "Identity": PsText(
            "Microsoft.Rtc.Management.Xds.XdsGlobalRelativeIdentity", entry.identity
        ),
        "AuthToken": token,
        "Name": entry.identity,
        "ApplicationIdentifier": entry.application_identifier,
        "Realm": entry.realm or _unsaid_realm(invocation),
        "ApplicationTrustLevel": PsEnum(
            f"{SETTINGS}.ApplicationTrustLevel",
            entry.trust_level,
            _TRUST_LEVELS[entry.trust_level],
        ),
        "AcceptSecurityIdentifierInformation": entry.accepts_security_identifiers,
        "Enabled": entry.enabled,
    }
    return PsObject((f"{SETTINGS}.PartnerApplication#Decorated",), entry.identity, values)


def _unsaid_realm(invocation: Invocation) -> str:
    shows_domain = invocation.domain.switches[Name.LYNC_UNSAID_REALM] == "SIP domain"
    return names.DOMAIN if shows_domain else ""


def state_of(invocation: Invocation) -> CmsState:
    """What a cmdlet reads: the store, or with -LocalStore the machine's replica."""
    if invocation.arguments.flag("LocalStore"):
        return invocation.domain.cms.replica(invocation.host)
    return invocation.domain.cms.state


def select(
    invocation: Invocation, entries: list[Any], kind: str = "PartnerApplication"
) -> list[Any]:
    """Those that -Identity or -Filter asks for. Raises CmdletError for an identity that nobody has."""
    identity = invocation.arguments.text("Identity")
    pattern = invocation.arguments.text("Filter")
    if identity:
        entries = [e for e in entries if e.identity.casefold() == local(identity)]
        if not entries:
            raise missing(identity, kind)
    if pattern:
        entries = [e for e in entries if fnmatchcase(e.identity.lower(), pattern.lower())]
    return entries


def local(identity: str) -> str:
    """An identity as a key of the store."""
    return identity.casefold().removeprefix("global/")


def _one(invocation: Invocation) -> LyncApplication:
    identity = invocation.arguments.text("Identity") or ""
    entry = invocation.domain.cms.state.applications.get(local(identity))
    if entry is None:
        raise missing(identity)
    return entry


def missing(identity: str, kind: str = "PartnerApplication") -> CmdletError:
    """Text SIM-CHOICE (P-LY-2); not terminating, as -ErrorAction SilentlyContinue silences it."""
    return errors.lync(
        "XdsConfigSettings",
        f'Cannot find {kind} "{identity}" because it does not exist.',
        category="ObjectNotFound",
        terminating=False,
        exception_type="Microsoft.Rtc.Management.Xds.ItemNotFoundException",
    )


def _refuse_duplicate(invocation: Invocation, identity: str) -> None:
    if identity.casefold() in invocation.domain.cms.state.applications:
        raise errors.lync(
            "DuplicateIdentity",
            f'The partner application "{identity}" already exists.',
            category="ResourceExists",
        )


def _with_parameters(invocation: Invocation, entry: LyncApplication) -> LyncApplication:
    arguments = invocation.arguments
    changed: dict[str, Any] = {}
    level = arguments.text("ApplicationTrustLevel")
    if level:
        changed["trust_level"] = level.capitalize()
    for parameter, attribute in (
        ("Enabled", "enabled"),
        ("AcceptSecurityIdentifierInformation", "accepts_security_identifiers"),
    ):
        value = arguments.boolean(parameter)
        if value is not None:
            changed[attribute] = value
    url = arguments.text("MetadataUrl")
    if url is not None:
        document = _document(invocation, url)
        changed |= {
            "metadata_url": url,
            "application_identifier": document.application_identifier,
            "realm": document.realm,
            "certificates": document.certificates,
            "use_oauth_server": False,
        }
    if arguments.flag("UseOAuthServer"):
        changed |= {"use_oauth_server": True, "metadata_url": "", "certificates": ()}
    raw = arguments.text("CertificateRawData")
    if raw:
        changed |= {"certificates": (raw,), "metadata_url": ""}
    return replace(entry, **changed)


def _document(invocation: Invocation, url: str) -> documents.Read:
    try:
        return invocation.domain.fetch_document(invocation.host, url)
    except (RequestFailed, documents.NotADocument) as error:
        raise errors.lync("InvalidMetadataDocument", BAD_METADATA) from error


HANDLERS: Handlers = {
    "Get-CsPartnerApplication": get,
    "New-CsPartnerApplication": new,
    "Set-CsPartnerApplication": set_,
    "Remove-CsPartnerApplication": remove,
}
