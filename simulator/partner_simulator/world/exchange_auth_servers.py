"""*-AuthServer: the token servers that Exchange trusts (P-TS-1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from partner_simulator.world import documents, errors, exchange_views, names
from partner_simulator.world.invocation import Handlers, Invocation
from partner_simulator.world.network import RequestFailed
from partner_simulator.world.objects import AuthServer, AuthServerType
from partner_simulator.world.switches import Name, Switches


def get(invocation: Invocation) -> None:
    """All auth servers, or those that an identity matches; a strange identity may show all."""
    found = _all(invocation)
    identity = invocation.arguments.text("Identity")
    if identity:
        matching = [server for server in found if server.answers_to(identity)]
        if not matching and not invocation.domain.switches[Name.UNKNOWN_IDENTITY_SHOWS_ALL]:
            raise invocation.not_found(identity)
        found = matching or found
    for server in found:
        _emit(invocation, server)


def new(invocation: Invocation) -> None:
    """Trust a token server by its document, or by a secret without one."""
    arguments, now = invocation.arguments, invocation.domain.clock.now()
    name, url = arguments.text("Name") or "", arguments.text("AuthMetadataUrl")
    asked = arguments.text("Type")
    kind = AuthServerType(asked or AuthServerType.UNKNOWN)
    server = AuthServer(name, "", "", "", now, now, type=kind)
    if url is not None:
        server = with_document(invocation, server, url)
        if asked is None:
            server = replace(server, type=type_of(server, invocation.domain.switches))
    server = _with_parameters(invocation, server)
    _refuse_name(invocation, name)
    if not invocation.may(name, "New-AuthServer"):
        return
    _refuse_name(invocation, name)
    invocation.domain.directory.write(server, invocation.controller)
    invocation.wrote(name)
    _emit(invocation, server)


def set_(invocation: Invocation) -> None:
    """Change an auth server in place; its type stays."""
    arguments = invocation.arguments
    server = _one(invocation)
    changed = server
    url = arguments.text("AuthMetadataUrl")
    if url is not None:
        changed = with_document(invocation, changed, url)
    elif arguments.flag("RefreshAuthMetadata"):
        if not server.auth_metadata_url:
            text = f"The auth server '{server.name}' has no authentication metadata URL."
            raise errors.invalid(invocation.host, text)
        changed = with_document(invocation, changed, server.auth_metadata_url)
    name = arguments.text("Name")
    if name is not None and name != server.name:
        _refuse_name(invocation, name)
        changed = replace(changed, name=name)
    changed = _with_parameters(invocation, changed)
    if not invocation.may(server.name, "Set-AuthServer"):
        return
    if changed == server:
        invocation.output.write_warning(
            f"The command completed successfully but no settings of '{server.name}' have been"
            " modified."
        )
        return
    changed = replace(changed, when_changed=invocation.domain.clock.now())
    invocation.domain.directory.write(changed, invocation.controller)
    invocation.wrote(changed.name)


def remove(invocation: Invocation) -> None:
    """Trust a token server no longer; asks unless told not to (ConfirmImpact High)."""
    server = _one(invocation)
    if invocation.may(server.name, "Remove-AuthServer"):
        invocation.domain.directory.delete(server, invocation.controller)
        invocation.wrote(server.name)


def with_document(invocation: Invocation, server: AuthServer, url: str) -> AuthServer:
    """Download the document on the machine that runs the cmdlet, and copy what it says."""
    check = not invocation.arguments.flag("TrustAnySSLCertificate")
    try:
        document = invocation.domain.fetch_token_document(
            invocation.host, url, federation=server.is_for_people, check_certificate=check
        )
    except RequestFailed as error:
        raise errors.metadata_failed(invocation.host, url, error.text) from error
    except documents.NotADocument as error:
        raise errors.metadata_failed(invocation.host, url, str(error)) from error
    return described(server, url, document)


def described(server: AuthServer, url: str, document: documents.Read) -> AuthServer:
    """The auth server with what its document says. Where people are sent is a SIM-CHOICE."""
    identifier, _, _ = document.issuer.partition("@")
    where = f"https://{urlsplit(url).hostname}/common/oauth2"
    return replace(
        server,
        auth_metadata_url=url,
        issuer_identifier=identifier,
        realm=document.realm,
        certificates=document.certificates,
        token_issuing_endpoint=f"{where}/token" if server.is_for_people else document.issuance,
        authorization_endpoint=f"{where}/authorize" if server.is_for_people else "",
    )


def type_of(server: AuthServer, switches: Switches) -> AuthServerType:
    """The type of one that was made by a URL alone."""
    if server.issuer_identifier == names.ACS_ID:
        return AuthServerType.MICROSOFT_ACS
    return AuthServerType(switches[Name.AUTH_SERVER_TYPE])


def _with_parameters(invocation: Invocation, server: AuthServer) -> AuthServer:
    arguments = invocation.arguments
    changed: dict[str, Any] = {}
    for parameter, attribute in (
        ("Enabled", "enabled"),
        ("IsDefaultAuthorizationEndpoint", "is_default_authorization_endpoint"),
    ):
        value = arguments.boolean(parameter)
        if value is not None:
            changed[attribute] = value
    if "DomainName" in arguments:
        changed["domain_names"] = arguments.texts("DomainName") or ()
    if "ApplicationIdentifier" in arguments:
        changed["application_identifier"] = arguments.text("ApplicationIdentifier") or ""
    return replace(server, **changed)


def _all(invocation: Invocation) -> list[AuthServer]:
    return invocation.domain.directory.find(AuthServer, invocation.controller)


def _one(invocation: Invocation) -> AuthServer:
    identity = invocation.arguments.text("Identity") or ""
    found = next((s for s in _all(invocation) if s.answers_to(identity)), None)
    if found is None:
        raise invocation.not_found(identity)
    return found


def _refuse_name(invocation: Invocation, name: str) -> None:
    for server in _all(invocation):
        if server.name.casefold() == name.casefold():
            raise errors.already_exists(invocation.host, server.distinguished_name)


def _emit(invocation: Invocation, server: AuthServer) -> None:
    switches = invocation.domain.switches
    invocation.emit(
        exchange_views.auth_server(
            server,
            invocation.controller,
            certificates=switches[Name.AUTH_SERVER_CERTIFICATES],
            domain_names=switches[Name.EXCHANGE_VERSION] != names.EXCHANGE_PRODUCT,
        )
    )


HANDLERS: Handlers = {
    "Get-AuthServer": get,
    "New-AuthServer": new,
    "Set-AuthServer": set_,
    "Remove-AuthServer": remove,
}
