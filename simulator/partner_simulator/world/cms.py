"""Lync's Central Management store and the replicas on the Front Ends (P-LY-7)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from partner_simulator.certificates import Identity
from partner_simulator.world import names
from partner_simulator.world.clock import Clock

INVOKED_DELAY_SECONDS = 0.2
"""How long a replication takes that was started by hand (SIM-CHOICE)."""


@dataclass(frozen=True, slots=True)
class LyncApplication:
    """Lync's entry for a partner (P-LY-2)."""

    identity: str
    application_identifier: str
    realm: str
    """Empty only where an OAuth server vouches, and -Realm was not given."""
    trust_level: str = "Full"
    metadata_url: str = ""
    certificates: tuple[str, ...] = ()
    """Base64 DER as read from the document; no cmdlet shows them."""
    use_oauth_server: bool = False
    accepts_security_identifiers: bool = False
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class OAuthServer:
    """A token server that Lync trusts (P-LY-4, P-TS-4)."""

    identity: str
    issuer_identifier: str
    realm: str
    metadata_url: str
    certificates: tuple[str, ...] = ()
    """Base64 DER as read from the document; no cmdlet shows them."""
    type: str = ""
    accepts_security_identifiers: bool = False
    authorization_uri_override: str = ""


@dataclass(frozen=True, slots=True)
class OAuthConfiguration:
    """The one global object (P-LY-3)."""

    realm: str = ""
    service_name: str = names.LYNC_ID
    exchange_autodiscover_url: str = ""
    exchange_autodiscover_allowed_domains: str = ""
    client_authorization_server: str = ""
    """Identity of the OAuth server that people log on at; empty for none."""


@dataclass(frozen=True, slots=True)
class TokenCertificate:
    """The OAuthTokenIssuer certificate: the newer one from `effective_at` on, else the previous."""

    current: Identity
    effective_at: datetime
    previous: Identity | None = None
    updated_at: datetime | None = None

    def signing(self, now: datetime) -> Identity:
        """Which of the two signs tokens now."""
        if self.previous is not None and now < self.effective_at:
            return self.previous
        return self.current


@dataclass(frozen=True, slots=True)
class CmsState:
    """Everything that the CMS holds, as one value."""

    applications: Mapping[str, LyncApplication] = field(default_factory=lambda: _EMPTY)
    """By identity in lower case."""
    oauth_servers: Mapping[str, OAuthServer] = field(default_factory=lambda: _EMPTY_SERVERS)
    configuration: OAuthConfiguration = OAuthConfiguration()
    certificate: TokenCertificate | None = None


_EMPTY: Mapping[str, LyncApplication] = MappingProxyType({})
_EMPTY_SERVERS: Mapping[str, OAuthServer] = MappingProxyType({})


@dataclass(slots=True)
class _Replica:
    state: CmsState
    version: int = 0
    reported_at: float = 0.0
    pending: list[tuple[float, int, CmsState]] = field(default_factory=list)
    stalled: bool = False


@dataclass(frozen=True, slots=True)
class ReplicaStatus:
    """What Get-CsManagementStoreReplicationStatus says of one machine."""

    fqdn: str
    up_to_date: bool
    last_status_report: float
    last_update_creation: float


class CentralManagementStore:
    """The master and one replica per Front End."""

    def __init__(self, clock: Clock, delay_seconds: float, hosts: Sequence[str]) -> None:
        """Start empty, with all replicas up to date."""
        self.delay_seconds = delay_seconds
        self._clock = clock
        self._state = CmsState()
        self._version = 0
        self._updated_at = clock.seconds()
        self._lock = threading.RLock()
        now = clock.seconds()
        self._replicas = {host: _Replica(self._state, reported_at=now) for host in hosts}

    @property
    def state(self) -> CmsState:
        """The master's state."""
        with self._lock:
            return self._state

    def replica(self, host: str) -> CmsState:
        """What a Front End works by now; a machine without a replica works by the master."""
        with self._lock:
            if host not in self._replicas:
                return self._state
            return self._settle(host).state

    def change(self, change: Callable[[CmsState], CmsState]) -> None:
        """Replace the master's state; replicas follow after the delay."""
        with self._lock:
            self._state = change(self._state)
            self._version += 1
            self._updated_at = self._clock.seconds()
            self._ship(self.delay_seconds, list(self._replicas))

    def replicate(self, host: str | None = None) -> None:
        """Start a replication by hand (Invoke-CsManagementStoreReplication)."""
        with self._lock:
            hosts = [host] if host is not None else list(self._replicas)
            self._ship(min(self.delay_seconds, INVOKED_DELAY_SECONDS), hosts)

    def settle(self) -> None:
        """Bring all replicas up to date at once, except stalled ones."""
        with self._lock:
            self._ship(0.0, list(self._replicas))

    def stall(self, host: str, *, stalled: bool = True) -> None:
        """Let a Front End receive nothing any more, or again."""
        with self._lock:
            self._settle(host)
            self._replicas[host].stalled = stalled

    def status(self) -> list[ReplicaStatus]:
        """One row per replica."""
        with self._lock:
            return [
                ReplicaStatus(
                    host,
                    self._settle(host).version == self._version,
                    replica.reported_at,
                    self._updated_at,
                )
                for host, replica in self._replicas.items()
            ]

    def knows(self, host: str) -> bool:
        """Whether the machine has a replica."""
        return host in self._replicas

    def _ship(self, delay: float, hosts: Sequence[str]) -> None:
        due = self._clock.seconds() + delay
        for host in hosts:
            self._replicas[host].pending.append((due, self._version, self._state))

    def _settle(self, host: str) -> _Replica:
        replica = self._replicas[host]
        now = self._clock.seconds()
        if replica.stalled:
            return replica
        arrived = [item for item in replica.pending if item[0] <= now]
        replica.pending = [item for item in replica.pending if item[0] > now]
        for _, version, state in arrived:
            if version > replica.version:
                replica.version, replica.state = version, state
        replica.reported_at = now
        return replica


def with_application(state: CmsState, application: LyncApplication) -> CmsState:
    """The state with this entry made or replaced."""
    applications = dict(state.applications)
    applications[application.identity.casefold()] = application
    return replace(state, applications=MappingProxyType(applications))


def without_application(state: CmsState, identity: str) -> CmsState:
    """The state without the entry of this identity."""
    kept = {k: v for k, v in state.applications.items() if k != identity.casefold()}
    return replace(state, applications=MappingProxyType(kept))


def with_oauth_server(state: CmsState, server: OAuthServer) -> CmsState:
    """The state with this token server made or replaced."""
    servers = {**state.oauth_servers, server.identity.casefold(): server}
    return replace(state, oauth_servers=MappingProxyType(servers))


def without_oauth_server(state: CmsState, identity: str) -> CmsState:
    """The state without the token server of this identity."""
    kept = {k: v for k, v in state.oauth_servers.items() if k != identity.casefold()}
    return replace(state, oauth_servers=MappingProxyType(kept))
