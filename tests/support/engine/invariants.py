"""What must never happen, whatever befalls the operator: judged on the servers' own state and on statuses.

The judge sees every effect on a server at its true time, and every status that is written. It reads no code
and no memory of an operator, so what an operator believes cannot acquit it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from partner_operator.trust.conditions import find
from partner_operator.trust.model import (
    DesiredApplication,
    DesiredServer,
    DocumentReading,
    Entry,
    EntryKind,
    Mode,
    Product,
    RestartPolicy,
)
from partner_operator.trust.reasons import ConditionStatus, ConditionType
from partner_operator.trust.status import (
    ApplicationStatus,
    Condition,
    HostRestartState,
    ServerStatus,
)

HUMAN = "a person"
Health = frozenset[str]
"""Services that run and probes that are answered."""
DAY = timedelta(hours=24)
SLACK = timedelta(minutes=1)
"""Statuses keep whole seconds, and a budget may be counted from the begin or the end of a restart."""
DEFAULT_BUDGET = 4
REMOVAL_SETTLE = timedelta(seconds=30)
"""How long a deletion stands before anything is removed for it."""
BY_ITSELF = timedelta(minutes=15)
"""After this long Exchange has read a change without a restart."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A living declaration at the moment when an entry is removed."""

    name: str
    since: datetime


@dataclass(slots=True)
class _Host:
    """One host as it truly is."""

    product: Product
    started: datetime
    """True start of its workers."""
    before: Health | None = None
    """What it was when an operator took it down, until it is that again or a person lowers it."""
    shown: Health = frozenset()
    """The most that any operator was shown of it."""
    broke_at: datetime | None = None
    restarts: list[datetime] = field(default_factory=list)


@dataclass(slots=True)
class Judge:
    """Sees everything, and collects what should not have happened."""

    now: Callable[[], datetime]
    health: Callable[[str], Health] = lambda host: frozenset()
    claims: Callable[[Product, str], Sequence[Claim]] = lambda product, uid: ()
    """Living declarations, besides this object, for what it stands for."""
    alive: Callable[[str], bool] = lambda uid: False
    """Whether the object with this uid is there and not being deleted."""
    up_to_date: Callable[[str], bool] = lambda host: False
    """Whether the workers of a host have what is stored, whenever they started."""
    violations: list[str] = field(default_factory=list)
    hosts: dict[str, _Host] = field(default_factory=dict)
    makers: dict[tuple[Product, str], str] = field(default_factory=dict)
    approvals: list[datetime] = field(default_factory=list)
    passes: dict[tuple[str, Product], datetime] = field(default_factory=dict)
    """When each engine's pass over a product's server began."""
    _changes: dict[Product, list[tuple[datetime, str]]] = field(default_factory=dict)
    _tests: list[datetime] = field(default_factory=list)
    _told: set[str] = field(default_factory=set)
    _seen: dict[tuple[str, Product], tuple[tuple[Entry, ...], tuple[DocumentReading, ...]]] = field(
        default_factory=dict
    )
    _looks: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def complain(self, what: str) -> None:
        """Something that should not have happened; told once, with its first time."""
        if what not in self._told:
            self._told.add(what)
            self.violations.append(f"{self.now():%d %H:%M:%S} {what}")

    # ---- entries

    def made(self, product: Product, reference: str, by: str) -> None:
        """An entry came into being."""
        self.makers[product, reference] = by

    def renamed(self, product: Product, old: str, new: str) -> None:
        """An entry was given another name, or another took its place: it belongs to whom it belonged."""
        self.makers[product, new] = self.makers.pop((product, old), HUMAN)

    def removed(self, product: Product, reference: str, by: str) -> None:
        """An entry is gone."""
        maker = self.makers.pop((product, reference), HUMAN)
        if by == HUMAN:
            return
        if maker == HUMAN:
            self.complain(f"{by} removed {reference} on {product}, which no object registered")
        elif maker != by and self.alive(maker):
            self.complain(f"{by} removed {reference} on {product}, which {maker} registered")

    def removal_begins(
        self,
        server: DesiredServer,
        application: DesiredApplication,
        *,
        read_at: datetime,
        deleted_at: datetime,
    ) -> None:
        """An operator is about to remove an entry. `read_at`: when it last read the declarations."""
        product = server.product
        settle = getattr(server, "removal_settle", REMOVAL_SETTLE)
        if self.now() < deleted_at + settle:
            self.complain(
                f"{product}: the entry of {application.key.name} is removed before it settled"
            )
        for claim in self.claims(product, application.key.uid):
            if claim.since < read_at:
                name = application.key.name
                self.complain(
                    f"{product}: the entry of {name} is removed, and {claim.name} is for it"
                )

    def changed(self, engine: str, product: Product) -> None:
        """An operator changed what workers keep."""
        self._changes.setdefault(product, []).append((self.now(), engine))

    # ---- hosts

    def started(self, product: Product, host: str, at: datetime) -> None:
        """A host has new workers, and is what it is to be after its restart."""
        known = self.hosts.setdefault(host, _Host(product, at))
        known.started = at
        self._settle_health()

    def broke(self, host: str) -> None:
        """A host is about to get worse without an operator."""
        self._settle_health()
        self.hosts[host].broke_at = self.now()

    def looked(self, engine: str, product: Product, host: str, shown: Health) -> None:
        """An operator was shown a host."""
        self._settle_health()
        self.hosts[host].shown |= shown
        self._looks[engine, host] = self.now()

    def restart_begins(self, engine: str, server: DesiredServer, host: str) -> None:
        """An operator takes a host down."""
        this = self.hosts[host]
        self._settle_health()
        if this.before is not None:
            self.complain(f"{engine} restarts {host} again, which is not what it was before")
        for other in server.hosts:
            if other != host:
                self._beside(engine, server, host, other)
        recent = [at for at in this.restarts if self.now() - at < DAY - SLACK]
        approved = sum(1 for at in self.approvals if self.now() - at < DAY)
        budget = getattr(server.restart, "max_per_day", DEFAULT_BUDGET)
        if len(recent) >= budget + approved:
            self.complain(f"{engine} restarts {host} for the {len(recent) + 1}th time within a day")
        if server.restart.policy is not RestartPolicy.AUTOMATIC and not approved:
            self.complain(f"{engine} restarts {host} under policy {server.restart.policy}")
        this.restarts.append(self.now())
        this.before = self.health(host)

    def _beside(self, engine: str, server: DesiredServer, host: str, other: str) -> None:
        that = self.hosts[other]
        now = self.health(other)
        if that.before is not None:
            lost = ", ".join(sorted(that.before - now))
            self.complain(f"{engine} restarts {host} while {other} lacks {lost} since its restart")
            return
        lost = ", ".join(sorted(that.shown - now))
        looked = self._looks.get((engine, other))
        began = self.passes.get((engine, server.product), self.now())
        if not lost or that.broke_at is None:
            return
        # What a host lacked for a whole day it is not measured by any more.
        if self.now() - that.broke_at >= DAY:
            return
        if that.broke_at < began or (looked is not None and that.broke_at < looked):
            self.complain(f"{engine} restarts {host} while {other} lacks {lost}")

    def _settle_health(self) -> None:
        """A host that is again what it was needs no guard any more."""
        for name, host in self.hosts.items():
            if host.before is not None and host.before <= self.health(name):
                host.before = None

    def forgive(self, host: str) -> None:
        """A person accepts a host as it is, or it left spec.hosts."""
        self.hosts[host].before = None
        self.hosts[host].shown = self.health(host)

    def test_passed(self) -> None:
        """A connectivity test truly passed."""
        self._tests.append(self.now())

    # ---- statuses

    def observed(
        self,
        engine: str,
        product: Product,
        entries: tuple[Entry, ...],
        documents: tuple[DocumentReading, ...],
    ) -> None:
        """What an operator was shown last."""
        self._seen[engine, product] = (entries, documents)

    def server_left(self, engine: str, server: DesiredServer, status: ServerStatus) -> None:
        """A pass is over, and this status of a PartnerServer stands until the next one."""
        for host in status.iis.hosts if status.iis is not None else ():
            if host.state is HostRestartState.CURRENT:
                self._current(engine, server, host.name, "is called Current")

    def application_told(
        self,
        engine: str,
        server: DesiredServer,
        application: DesiredApplication,
        status: ApplicationStatus,
    ) -> None:
        """A status of a PartnerApplication is written."""
        if application.deleting or application.mode is Mode.SUSPEND:
            return
        activated = find(status.conditions, ConditionType.ACTIVATED)
        under_way = find(status.conditions, ConditionType.RECONCILING) is not None
        if (
            not under_way
            and _of_today(activated, application)
            and server.product is not Product.LYNC
        ):
            for host in server.hosts:
                self._current(engine, server, host, f"is active for {application.key.name}")
        ready = find(status.conditions, ConditionType.READY)
        if _of_today(ready, application):
            self._ready(engine, server, application)

    def _current(self, engine: str, server: DesiredServer, host: str, claim: str) -> None:
        since = self._last_change(engine, server.product)
        if since is None or self.hosts[host].started >= since:
            return
        if any(at > since for at in self._tests) and claim != "is called Current":
            return
        if server.product is Product.SHAREPOINT and self.up_to_date(host):
            return
        waited = self.now() - since >= (DAY if server.product is Product.SHAREPOINT else BY_ITSELF)
        if waited and server.restart.policy is not RestartPolicy.AUTOMATIC:
            return
        self.complain(
            f"{engine}: {host} {claim} with workers from before the change of {since:%H:%M:%S}"
        )

    def _last_change(self, engine: str, product: Product) -> datetime | None:
        """The last change that this engine made, or could know of when its pass began."""
        began = self.passes.get((engine, product), self.now())
        known = [at for at, by in self._changes.get(product, ()) if by == engine or at < began]
        return max(known, default=None)

    def _ready(self, engine: str, server: DesiredServer, application: DesiredApplication) -> None:
        seen = self._seen.get((engine, server.product))
        name = application.key.name
        if seen is None:
            self.complain(f"{engine}: {name} is Ready, and nobody looked at {server.product}")
            return
        fault = wrong(application, *seen)
        if fault:
            self.complain(f"{engine}: {name} is Ready, and {fault}")


def _of_today(condition: Condition | None, application: DesiredApplication) -> bool:
    return (
        condition is not None
        and condition.status is ConditionStatus.TRUE
        and condition.observed_generation == application.generation
    )


def wrong(
    application: DesiredApplication,
    entries: Sequence[Entry],
    documents: Sequence[DocumentReading],
) -> str:
    """What of these entries is not as this object declares; empty where all is."""
    url = application.partner.auth_metadata_url
    document = next((found.document for found in documents if found.url == url), None)
    fits = [
        entry for entry in entries if entry.metadata_url == url and entry.kind is EntryKind.OWN_KEYS
    ]
    if document is None:
        return "its partner's document cannot be had"
    fits = [
        entry for entry in fits if entry.application_identifier == document.application_identifier
    ]
    if not fits:
        return "no entry is there"
    if application.identity is not None:
        fits = [e for e in fits if e.identity.casefold() == application.identity.casefold()]
    good = [
        entry
        for entry in fits
        if entry.enabled
        and entry.realm == document.realm
        and entry.thumbprints in (None, document.thumbprints)
    ]
    return "" if good else f"its entry differs: {fits}"
