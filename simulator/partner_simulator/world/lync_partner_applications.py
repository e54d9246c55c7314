"""*-CsPartnerApplication, *-CsOAuthServer and *-CsOAuthConfiguration (P-LY-2 to P-LY-4)."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any

from partner_simulator.ports import CmdletError, PsEnum, PsObject, PsText
from partner_simulator.world import cms, documents, errors, names
from partner_simulator.world.cms import CmsState, LyncApplication, OAuthServer
from partner_simulator.world.invocation import Handlers, Invocation
from partner_simulator.world.network import RequestFailed
from partner_simulator.world.switches import Name

_SETTINGS = "Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth"
_TRUST_LEVELS = {"Full": 0, "User": 1, "Application": 2}

BAD_METADATA = (
    "The metadata document could not be downloaded from the URL in the MetadataUrl parameter or "
    "downloaded data is not a valid metadata document."
)
"""As P-LY-8 has it."""


def get(invocation: Invocation) -> None:
    """Entries, all, by identity or by filter, from the CMS or the local replica."""
    for entry in _select(invocation, list(_state(invocation).applications.values())):
        invocation.emit(view(invocation, entry))


def new(invocation: Invocation) -> None:
    """Make an entry; the document was fetched while -MetadataUrl was bound, and is read again."""
    arguments = invocation.arguments
    identity = arguments.text("Identity") or arguments.text("MetadataUrl") or ""
    entry = LyncApplication(
        identity,
        arguments.text("ApplicationIdentifier") or "",
        arguments.text("Realm") or names.DOMAIN,
        use_oauth_server=arguments.flag("UseOAuthServer"),
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
        entry.realm,
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
        PsText(f"{_SETTINGS}.UseOAuthServer", f"{_SETTINGS}.UseOAuthServer")
        if entry.use_oauth_server
        else PsText(f"{_SETTINGS}.MetadataUrl", f"{prefix}{entry.metadata_url}")
    )
    values = {
        "Identity": PsText(
            "Microsoft.Rtc.Management.Xds.XdsGlobalRelativeIdentity", entry.identity
        ),
        "AuthToken": token,
        "Name": entry.identity,
        "ApplicationIdentifier": entry.application_identifier,
        "Realm": entry.realm,
        "ApplicationTrustLevel": PsEnum(
            f"{_SETTINGS}.ApplicationTrustLevel",
            entry.trust_level,
            _TRUST_LEVELS[entry.trust_level],
        ),
        "AcceptSecurityIdentifierInformation": entry.accepts_security_identifiers,
        "Enabled": entry.enabled,
    }
    return PsObject((f"{_SETTINGS}.PartnerApplication#Decorated",), entry.identity, values)


def _state(invocation: Invocation) -> CmsState:
    if invocation.arguments.flag("LocalStore"):
        return invocation.domain.cms.replica(invocation.host)
    return invocation.domain.cms.state


def _select(invocation: Invocation, entries: list[Any]) -> list[Any]:
    identity = invocation.arguments.text("Identity")
    pattern = invocation.arguments.text("Filter")
    if identity:
        entries = [e for e in entries if e.identity.casefold() == _local(identity)]
        if not entries:
            raise _missing(identity)
    if pattern:
        entries = [e for e in entries if fnmatchcase(e.identity.lower(), pattern.lower())]
    return entries


def _local(identity: str) -> str:
    return identity.casefold().removeprefix("global/")


def _one(invocation: Invocation) -> LyncApplication:
    identity = invocation.arguments.text("Identity") or ""
    entry = invocation.domain.cms.state.applications.get(_local(identity))
    if entry is None:
        raise _missing(identity)
    return entry


def _missing(identity: str) -> CmdletError:
    """Text SIM-CHOICE (P-LY-2); not terminating, as -ErrorAction SilentlyContinue silences it."""
    return errors.lync(
        "XdsConfigSettings",
        f'Cannot find PartnerApplication "{identity}" because it does not exist.',
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


def get_oauth_server(invocation: Invocation) -> None:
    """Token servers."""
    for server in _select(invocation, list(_state(invocation).oauth_servers.values())):
        invocation.emit(_server_view(server))


def new_oauth_server(invocation: Invocation) -> None:
    """Trust a token server by its metadata."""
    arguments = invocation.arguments
    identity, url = arguments.text("Identity") or "", arguments.text("MetadataUrl") or ""
    document = _document(invocation, url)
    server = OAuthServer(identity, document.application_identifier, document.realm, url)
    if invocation.may(identity, "New-CsOAuthServer"):
        invocation.domain.cms.change(lambda state: _with_server(state, identity, server))
        invocation.wrote(identity)
        invocation.emit(_server_view(server))


def remove_oauth_server(invocation: Invocation) -> None:
    """Trust a token server no longer."""
    identity = invocation.arguments.text("Identity") or ""
    if _local(identity) not in invocation.domain.cms.state.oauth_servers:
        raise _missing(identity)
    if invocation.may(identity, "Remove-CsOAuthServer"):
        invocation.domain.cms.change(lambda state: _with_server(state, identity, None))
        invocation.wrote(identity)


def _with_server(state: CmsState, identity: str, server: OAuthServer | None) -> CmsState:
    servers = {k: v for k, v in state.oauth_servers.items() if k != _local(identity)}
    if server is not None:
        servers[_local(identity)] = server
    return replace(state, oauth_servers=MappingProxyType(servers))


def _server_view(server: OAuthServer) -> PsObject:
    values = {
        "Identity": server.identity,
        "Name": server.identity,
        "IssuerIdentifier": server.issuer_identifier,
        "Realm": server.realm,
        "MetadataUrl": server.metadata_url,
        "AcceptSecurityIdentifierInformation": False,
    }
    return PsObject((f"{_SETTINGS}.OAuthServer#Decorated",), server.identity, values)


def get_configuration(invocation: Invocation) -> None:
    """The global OAuth configuration."""
    state = _state(invocation)
    configuration = state.configuration
    values = {
        "Identity": "Global",
        "PartnerApplications": [view(invocation, e) for e in state.applications.values()],
        "OAuthServers": [_server_view(s) for s in state.oauth_servers.values()],
        "Realm": configuration.realm,
        "ServiceName": configuration.service_name,
        "ExchangeAutodiscoverUrl": configuration.exchange_autodiscover_url,
        "ExchangeAutodiscoverAllowedDomains": configuration.exchange_autodiscover_allowed_domains,
    }
    invocation.emit(PsObject((f"{_SETTINGS}.OAuthSettings#Decorated",), "Global", values))


def set_configuration(invocation: Invocation) -> None:
    """Change the global OAuth configuration."""
    changed: dict[str, Any] = {}
    for parameter, attribute in (
        ("Realm", "realm"),
        ("ServiceName", "service_name"),
        ("ExchangeAutodiscoverUrl", "exchange_autodiscover_url"),
        ("ExchangeAutodiscoverAllowedDomains", "exchange_autodiscover_allowed_domains"),
    ):
        if parameter in invocation.arguments:
            changed[attribute] = invocation.arguments.text(parameter) or ""
    if invocation.may("Global", "Set-CsOAuthConfiguration"):
        invocation.domain.cms.change(
            lambda state: replace(state, configuration=replace(state.configuration, **changed))
        )
        invocation.wrote("Global")


HANDLERS: Handlers = {
    "Get-CsPartnerApplication": get,
    "New-CsPartnerApplication": new,
    "Set-CsPartnerApplication": set_,
    "Remove-CsPartnerApplication": remove,
    "Get-CsOAuthServer": get_oauth_server,
    "New-CsOAuthServer": new_oauth_server,
    "Remove-CsOAuthServer": remove_oauth_server,
    "Get-CsOAuthConfiguration": get_configuration,
    "Set-CsOAuthConfiguration": set_configuration,
}
