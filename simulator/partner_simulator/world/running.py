"""What the worker processes of one Exchange host go by: a copy, taken when they started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from partner_simulator.world import names
from partner_simulator.world.active_directory import ActiveDirectory
from partner_simulator.world.objects import (
    AcceptedDomain,
    AuthServer,
    PartnerApplication,
    RoleAssignment,
    User,
    VirtualDirectory,
)


@dataclass(frozen=True, slots=True)
class RunningConfiguration:
    """OAuth configuration in the memory of one host's workers (P-EX-8)."""

    loaded_at: float
    applications: tuple[PartnerApplication, ...]
    auth_servers: tuple[AuthServer, ...]
    accepted_domains: tuple[AcceptedDomain, ...]
    roles: Mapping[UUID, frozenset[str]]
    """Roles by account; only accounts that exist."""
    without_oauth: frozenset[str]
    """Kinds of virtual directories with OAuth switched off."""

    def trusted(self) -> tuple[PartnerApplication, ...]:
        """Enabled entries with keys of their own."""
        return tuple(a for a in self.applications if a.enabled and not a.use_auth_server)

    def vouching(self) -> tuple[AuthServer, ...]:
        """Enabled token servers whose word counts for applications."""
        return tuple(s for s in self.auth_servers if s.enabled and not s.is_for_people)

    def trusted_issuers(self, *, applications: bool) -> tuple[str, ...]:
        """What a challenge lists: auth servers and enabled entries (P-S2S-4).

        `applications`: those that use auth servers too.
        """
        servers = self.vouching()
        listed = [names.issuer(s.issuer_identifier, s.realm or "*") for s in servers]
        listed += [names.issuer(a.application_identifier, a.realm) for a in self.trusted()]
        listed += [
            names.issuer(a.application_identifier, s.realm or "*")
            for a in self.applications
            if applications and a.enabled and a.use_auth_server
            for s in servers
        ]
        return tuple(listed)

    @property
    def authorization_uri(self) -> str:
        """Where the challenge sends people's clients; empty without a default endpoint."""
        return next(
            (
                server.authorization_endpoint
                for server in self.auth_servers
                if server.enabled and server.is_default_authorization_endpoint
            ),
            "",
        )

    @property
    def realm(self) -> str:
        """The realm that Exchange itself goes by: the default accepted domain (SIM-CHOICE)."""
        return default_realm(self.accepted_domains)


def default_realm(domains: tuple[AcceptedDomain, ...]) -> str:
    """The default accepted domain, without the star of a wildcard."""
    default = next((d for d in domains if d.default), None)
    return default.domain_name.removeprefix("*.") if default else names.DOMAIN


def load(
    directory: ActiveDirectory, host: str, controller: str | None, now: float
) -> RunningConfiguration:
    """Read it, as workers do when they start; `controller` None: the newest state of all."""
    users = {user.guid for user in directory.find(User, controller)}
    roles: dict[UUID, frozenset[str]] = dict.fromkeys(users, frozenset())
    for assignment in directory.find(RoleAssignment, controller):
        if assignment.gives and assignment.assignee in roles:
            roles[assignment.assignee] |= {assignment.role}
    off = {
        v.kind
        for v in directory.find(VirtualDirectory, controller)
        if v.server == host and not v.oauth_authentication
    }
    return RunningConfiguration(
        loaded_at=now,
        applications=tuple(directory.find(PartnerApplication, controller)),
        auth_servers=tuple(directory.find(AuthServer, controller)),
        accepted_domains=tuple(directory.find(AcceptedDomain, controller)),
        roles=roles,
        without_oauth=frozenset(off),
    )
