"""What tests and the demo are shown of the servers: plain values, read from the state."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass

from partner_simulator.certificates import thumbprint
from partner_simulator.world.domain import Domain
from partner_simulator.world.objects import AuthServer, PartnerApplication, RoleAssignment, User
from partner_simulator.world.sharepoint_farm import Permission, Scope


@dataclass(frozen=True, slots=True)
class ExchangeEntry:
    """A partner application of Exchange."""

    name: str
    application_identifier: str
    realm: str
    auth_metadata_url: str
    use_auth_server: bool
    enabled: bool
    thumbprints: tuple[str, ...]
    linked_account: str
    """Canonical name; empty without one."""
    roles: frozenset[str]
    """Roles of the linked account."""
    accepts_security_identifiers: bool


@dataclass(frozen=True, slots=True)
class LyncEntry:
    """A partner application of Lync, as the Central Management store has it."""

    identity: str
    application_identifier: str
    realm: str
    trust_level: str
    metadata_url: str
    use_oauth_server: bool
    enabled: bool
    thumbprints: tuple[str, ...]
    """Of the certificates that Lync copied; no cmdlet shows them."""
    accepts_security_identifiers: bool


@dataclass(frozen=True, slots=True)
class TokenServerEntry:
    """A token server that Exchange (AuthServer) or Lync (OAuthServer) trusts."""

    name: str
    issuer_identifier: str
    realm: str
    metadata_url: str
    type: str
    enabled: bool
    thumbprints: tuple[str, ...]
    """Of the keys that were copied; Lync's are shown by no cmdlet."""
    is_for_logon: bool
    """Whether people's clients are sent there."""


@dataclass(frozen=True, slots=True)
class SharePointEntry:
    """A trusted security token issuer of the farm, and what its app principal may do."""

    name: str
    registered_issuer_name: str
    metadata_end_point: str
    is_self_issuer: bool
    thumbprints: tuple[str, ...]
    description: str
    right: str
    """For the whole farm; empty for none."""
    app_only: bool


def exchange_entries(domain: Domain) -> list[ExchangeEntry]:
    """All entries, the newest state of each."""
    users = {user.guid: user for user in domain.directory.find(User)}
    assignments = domain.directory.find(RoleAssignment)
    found = []
    for entry in domain.directory.find(PartnerApplication):
        user = users.get(entry.linked_account) if entry.linked_account else None
        found.append(
            ExchangeEntry(
                name=entry.name,
                application_identifier=entry.application_identifier,
                realm=entry.realm,
                auth_metadata_url=entry.auth_metadata_url,
                use_auth_server=entry.use_auth_server,
                enabled=entry.enabled,
                thumbprints=_thumbprints(entry.certificates),
                linked_account=user.canonical_name if user else "",
                roles=frozenset(
                    a.role for a in assignments if user and a.assignee == user.guid and a.gives
                ),
                accepts_security_identifiers=entry.accepts_security_identifiers,
            )
        )
    return found


def lync_entries(domain: Domain) -> list[LyncEntry]:
    """All entries of the store."""
    return [
        LyncEntry(
            identity=entry.identity,
            application_identifier=entry.application_identifier,
            realm=entry.realm,
            trust_level=entry.trust_level,
            metadata_url=entry.metadata_url,
            use_oauth_server=entry.use_oauth_server,
            enabled=entry.enabled,
            thumbprints=_thumbprints(entry.certificates),
            accepts_security_identifiers=entry.accepts_security_identifiers,
        )
        for entry in domain.cms.state.applications.values()
    ]


def exchange_token_servers(domain: Domain) -> list[TokenServerEntry]:
    """All auth servers, the newest state of each."""
    return [
        TokenServerEntry(
            name=server.name,
            issuer_identifier=server.issuer_identifier,
            realm=server.realm,
            metadata_url=server.auth_metadata_url,
            type=server.type,
            enabled=server.enabled,
            thumbprints=_thumbprints(server.certificates),
            is_for_logon=server.is_default_authorization_endpoint,
        )
        for server in domain.directory.find(AuthServer)
    ]


def lync_token_servers(domain: Domain) -> list[TokenServerEntry]:
    """All OAuth servers of the store; none of them can be disabled."""
    state = domain.cms.state
    pointer = state.configuration.client_authorization_server.casefold()
    return [
        TokenServerEntry(
            name=server.identity,
            issuer_identifier=server.issuer_identifier,
            realm=server.realm,
            metadata_url=server.metadata_url,
            type=server.type,
            enabled=True,
            thumbprints=_thumbprints(server.certificates),
            is_for_logon=server.identity.casefold() == pointer,
        )
        for server in state.oauth_servers.values()
    ]


def sharepoint_entries(domain: Domain) -> list[SharePointEntry]:
    """All issuers in the configuration database."""
    state = domain.sharepoint.state
    found = []
    for issuer in state.issuers.values():
        principal = issuer.registered_issuer_name.casefold()
        held = state.permissions.get(principal, Permission())
        found.append(
            SharePointEntry(
                name=issuer.name,
                registered_issuer_name=issuer.registered_issuer_name,
                metadata_end_point=issuer.metadata_end_point,
                is_self_issuer=issuer.is_self_issuer,
                thumbprints=tuple(map(thumbprint, issuer.certificates)),
                description=issuer.description,
                right=held.rights.get((Scope.SITE_SUBSCRIPTION, ""), ""),
                app_only=held.app_only,
            )
        )
    return found


def _thumbprints(certificates: Iterable[str]) -> tuple[str, ...]:
    return tuple(thumbprint(base64.b64decode(text)) for text in certificates)
