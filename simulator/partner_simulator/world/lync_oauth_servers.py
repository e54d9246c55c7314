"""*-CsOAuthServer and *-CsOAuthConfiguration (P-LY-3, P-LY-4, P-TS-4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from partner_simulator.ports import PsObject
from partner_simulator.world import cms, documents, errors, lync_partner_applications, names
from partner_simulator.world.cms import OAuthServer
from partner_simulator.world.documents import NotADocument
from partner_simulator.world.domain import Domain
from partner_simulator.world.invocation import Handlers, Invocation
from partner_simulator.world.lync_partner_applications import (
    BAD_METADATA,
    SETTINGS,
    local,
    missing,
    select,
    state_of,
)
from partner_simulator.world.network import RequestFailed
from partner_simulator.world.switches import Name

_PARAMETERS = (
    ("Type", "type"),
    ("AuthorizationUriOverride", "authorization_uri_override"),
)


def fetch(domain: Domain, origin: str, url: str) -> documents.Read:
    """A token server's document: JSON, and from 2015 on XML too. Raises RequestFailed or NotADocument."""
    try:
        return domain.fetch_token_document(origin, url)
    except NotADocument:
        if is_2013(domain):
            raise
        return domain.fetch_token_document(origin, url, federation=True)


def is_2013(domain: Domain) -> bool:
    """Whether the deployment is of the version whose token servers are ACS's alone."""
    return bool(domain.switches[Name.LYNC_VERSION] == "Lync Server 2013")


def get(invocation: Invocation) -> None:
    """Token servers."""
    known = list(state_of(invocation).oauth_servers.values())
    for server in select(invocation, known, "OAuthServer"):
        invocation.emit(_view(invocation, server))


def new(invocation: Invocation) -> None:
    """Trust a token server by its document, which was fetched while -MetadataUrl was bound, and is read again."""
    arguments = invocation.arguments
    identity, url = arguments.text("Identity") or "", arguments.text("MetadataUrl") or ""
    server = _with_parameters(invocation, OAuthServer(identity or url, "", "", url))
    if "Realm" in arguments:
        server = replace(server, realm=arguments.text("Realm") or "")
    _refuse_duplicate(invocation, server.identity)
    if not arguments.flag("InMemory"):
        if not invocation.may(server.identity, "New-CsOAuthServer"):
            return
        _refuse_duplicate(invocation, server.identity)
        invocation.domain.cms.change(lambda state: cms.with_oauth_server(state, server))
        invocation.wrote(server.identity)
    invocation.emit(_view(invocation, server))


def set_(invocation: Invocation) -> None:
    """Change a token server; its realm stays (there is no parameter)."""
    server = _one(invocation)
    changed = replace(_with_parameters(invocation, server), realm=server.realm)
    if invocation.may(server.identity, "Set-CsOAuthServer") and changed != server:
        invocation.domain.cms.change(lambda state: cms.with_oauth_server(state, changed))
        invocation.wrote(server.identity)


def remove(invocation: Invocation) -> None:
    """Trust a token server no longer, whoever needs it; does not ask."""
    server = _one(invocation)
    if invocation.may(server.identity, "Remove-CsOAuthServer"):
        invocation.domain.cms.change(lambda state: cms.without_oauth_server(state, server.identity))
        invocation.wrote(server.identity)


def _one(invocation: Invocation) -> OAuthServer:
    identity = invocation.arguments.text("Identity") or ""
    server = invocation.domain.cms.state.oauth_servers.get(local(identity))
    if server is None:
        raise missing(identity, "OAuthServer")
    return server


def _refuse_duplicate(invocation: Invocation, identity: str) -> None:
    """Text SIM-CHOICE."""
    if local(identity) in invocation.domain.cms.state.oauth_servers:
        raise errors.lync(
            "DuplicateIdentity",
            f'The OAuth server "{identity}" already exists.',
            category="ResourceExists",
        )


def _with_parameters(invocation: Invocation, server: OAuthServer) -> OAuthServer:
    arguments = invocation.arguments
    changed: dict[str, Any] = {
        attribute: arguments.text(parameter) or ""
        for parameter, attribute in _PARAMETERS
        if parameter in arguments
    }
    accepts = arguments.boolean("AcceptSecurityIdentifierInformation")
    if accepts is not None:
        changed["accepts_security_identifiers"] = accepts
    url = arguments.text("MetadataUrl")
    if url is not None:
        try:
            document = fetch(invocation.domain, invocation.host, url)
        except (RequestFailed, NotADocument) as error:
            raise errors.lync("InvalidMetadataDocument", BAD_METADATA) from error
        changed |= {
            "metadata_url": url,
            "issuer_identifier": document.issuer.partition("@")[0],
            "realm": document.realm,
            "certificates": document.certificates,
        }
    return replace(server, **changed)


def _view(invocation: Invocation, server: OAuthServer) -> PsObject:
    """2013 lacks what came with logons by OAuth."""
    values: dict[str, Any] = {
        "Identity": server.identity,
        "IssuerIdentifier": server.issuer_identifier,
        "Realm": server.realm,
        "MetadataUrl": server.metadata_url,
    }
    if not is_2013(invocation.domain):
        values |= {
            "AuthorizationUriOverride": server.authorization_uri_override,
            "Type": server.type or ("Acs" if server.issuer_identifier == names.ACS_ID else ""),
            "AcceptSecurityIdentifierInformation": server.accepts_security_identifiers,
        }
    values["Name"] = server.identity
    return PsObject((f"{SETTINGS}.OAuthServer#Decorated",), server.identity, values)


def get_configuration(invocation: Invocation) -> None:
    """The global OAuth configuration."""
    state = state_of(invocation)
    configuration = state.configuration
    applications = state.applications.values()
    values = {
        "Identity": "Global",
        "PartnerApplications": [
            lync_partner_applications.view(invocation, e) for e in applications
        ],
        "OAuthServers": [_view(invocation, server) for server in state.oauth_servers.values()],
        "Realm": configuration.realm,
        "ServiceName": configuration.service_name,
        "ExchangeAutodiscoverUrl": configuration.exchange_autodiscover_url,
        "ExchangeAutodiscoverAllowedDomains": configuration.exchange_autodiscover_allowed_domains,
    }
    if not is_2013(invocation.domain):
        pointer = configuration.client_authorization_server
        values["ClientAuthorizationOAuthServerIdentity"] = pointer
    invocation.emit(PsObject((f"{SETTINGS}.OAuthSettings#Decorated",), "Global", values))


def set_configuration(invocation: Invocation) -> None:
    """Change the global OAuth configuration."""
    changed: dict[str, Any] = {}
    for parameter, attribute in (
        ("Realm", "realm"),
        ("ServiceName", "service_name"),
        ("ExchangeAutodiscoverUrl", "exchange_autodiscover_url"),
        ("ExchangeAutodiscoverAllowedDomains", "exchange_autodiscover_allowed_domains"),
        ("ClientAuthorizationOAuthServerIdentity", "client_authorization_server"),
    ):
        if parameter in invocation.arguments:
            changed[attribute] = invocation.arguments.text(parameter) or ""
    if invocation.may("Global", "Set-CsOAuthConfiguration"):
        invocation.domain.cms.change(
            lambda state: replace(state, configuration=replace(state.configuration, **changed))
        )
        invocation.wrote("Global")


HANDLERS: Handlers = {
    "Get-CsOAuthServer": get,
    "New-CsOAuthServer": new,
    "Set-CsOAuthServer": set_,
    "Remove-CsOAuthServer": remove,
    "Get-CsOAuthConfiguration": get_configuration,
    "Set-CsOAuthConfiguration": set_configuration,
}
