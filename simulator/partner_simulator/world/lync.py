"""Lync: the Central Management store, its replicas on the Front Ends, and the OAuth certificates."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from partner_simulator.certificates import Identity
from partner_simulator.world.clock import Clock
from partner_simulator.world.model import LyncEntry
from partner_simulator.world.names import DOMAIN, FRONT_ENDS

Entries = dict[str, LyncEntry]


@dataclass(slots=True)
class Replica:
    """What one Front End has of the store."""

    fqdn: str
    entries: Entries = field(default_factory=dict)
    version: int = 0
    requests: int = 0
    """Replication requests since it was last up to date."""
    reported_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OAuthCertificates:
    """Lync's signing certificates: it signs with the current one and publishes all."""

    current: Identity
    previous: Identity | None = None
    next: Identity | None = None

    @property
    def published(self) -> tuple[Identity, ...]:
        """In the order of the document."""
        return tuple(c for c in (self.current, self.previous, self.next) if c is not None)

    def activated(self) -> OAuthCertificates:
        """After the rollover. Raises LookupError when none is prepared."""
        if self.next is None:
            raise LookupError("no next certificate")
        return replace(self, current=self.next, previous=self.current, next=None)


class Lync:
    """State of the deployment. The world's lock guards it."""

    def __init__(
        self,
        clock: Clock,
        certificate: Identity,
        *,
        replication: timedelta = timedelta(seconds=0.5),
        requests_needed: int = 2,
    ) -> None:
        """A replica is up to date `replication` after a write or `requests_needed` requests later."""
        self.replication = replication
        self.requests_needed = requests_needed
        self.certificates = OAuthCertificates(certificate)
        self.sip_users = {f"sip:kenmyer@{DOMAIN}": f"kenmyer@{DOMAIN}"}
        self.entries: Entries = {}
        """The store: by identity in lower case."""
        self.version = 1
        self.written_at = clock.now() - timedelta(days=1)
        self.replicas = {fqdn: Replica(fqdn, version=1) for fqdn in FRONT_ENDS}
        self._clock = clock

    def put(self, entry: LyncEntry) -> None:
        """Create or replace an entry of the store."""
        self.entries = self.entries | {entry.identity.casefold(): entry}
        self._written()

    def drop(self, identity: str) -> None:
        """Remove an entry of the store."""
        self.entries = {k: v for k, v in self.entries.items() if k != identity.casefold()}
        self._written()

    def find(self, identity: str) -> LyncEntry | None:
        """An entry of the store, in any letter case."""
        return self.entries.get(identity.casefold())

    def request_replication(self, fqdn: str | None) -> None:
        """Ask one replica, or all, to be brought up to date."""
        for replica in self.replicas.values():
            if fqdn is None or replica.fqdn == fqdn.lower():
                replica.requests += 1

    def replica(self, fqdn: str) -> Replica:
        """A Front End's replica, as far as it has come by now."""
        replica = self.replicas[fqdn]
        now = self._clock.now()
        due = now - self.written_at >= self.replication
        if replica.version < self.version and (due or replica.requests >= self.requests_needed):
            replica.entries = self.entries
            replica.version = self.version
        if replica.version == self.version:
            replica.requests = 0
        replica.reported_at = now
        return replica

    def up_to_date(self, replica: Replica) -> bool:
        """Whether it has the last write."""
        return replica.version == self.version

    def _written(self) -> None:
        self.version += 1
        self.written_at = self._clock.now()
