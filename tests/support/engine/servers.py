"""An Exchange organisation, a Lync deployment or a SharePoint farm as values, behind the engine's Operations port."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from partner_operator.engine.ports import (
    Credentials,
    LogonRefused,
    OperationFailed,
    Outcome,
    RunFailed,
    Wanted,
)
from partner_operator.oauth.challenge import Challenge
from partner_operator.oauth.identifiers import Issuer
from partner_operator.trust.model import (
    CertificateRole,
    ConnectivityTest,
    DesiredApplication,
    DesiredServer,
    DiscoveredHost,
    Entry,
    HostState,
    Observed,
    OwnCertificate,
    Product,
    Replica,
    RestartReport,
    TestReport,
)
from partner_operator.trust.plan import Change, Field
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind
from support.engine.crash import Crash
from support.engine.kubernetes import TestClock
from support.engine.session import OnHost
from support.trust.model_server import BrokenOff, ModelServer
from support.trust.worlds import URLS, metadata

HEALTHY = frozenset({"W3SVC", "WAS", "MSExchangeServiceHost"})
SERVES = {"/ews/exchange.asmx": "401"}


@dataclass
class FakeOrganisation:
    """One organisation: stored entries, hosts with workers, and counters of all that was done to it."""

    product: Product
    model: ModelServer
    clock: TestClock
    crash: Crash
    hosts: tuple[str, ...]
    skew: timedelta = timedelta(0)
    """How far the servers' clocks are ahead of the operator's."""
    skews: dict[str, timedelta] = field(default_factory=dict)
    """How far single hosts' clocks are ahead beside that."""
    slow: dict[str, timedelta] = field(default_factory=dict)
    """How long a look at a host takes, beside the second of every run."""
    workers: dict[str, datetime] = field(default_factory=dict)
    running: dict[str, tuple[Entry, ...]] = field(default_factory=dict)
    """By host with IIS: what its workers loaded when they started. By Lync machine: its replica."""
    copies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By entry: certificates that Lync read from the partner's document, and does not show."""
    replication: int = 0
    """How often Lync must be asked to replicate before its machines have a change."""
    counts: Counter[str] = field(default_factory=Counter)
    restarts: Counter[str] = field(default_factory=Counter)
    passes: Callable[[], bool] = lambda: True
    failures: list[RunFailed] = field(default_factory=list)
    """Raised by the next operations, one each."""
    unreachable: set[str] = field(default_factory=set)
    comes_back: bool = True
    refusal: str = ""
    """What iisreset says when it restarts nothing."""
    services: dict[str, frozenset[str]] = field(default_factory=dict)
    """Services that run, where they are not all."""
    starts: frozenset[str] = HEALTHY
    """Services that run on a host after its next restart."""
    answers: Mapping[str, str] = field(default_factory=lambda: dict(SERVES))
    """What a host serves after its next restart."""
    served: dict[str, Mapping[str, str]] = field(default_factory=dict)
    refuses_afterwards: bool = False
    """The logon is refused after an answer has come."""
    asks_for_tokens: bool = True
    """Whether its sites answer with a bearer challenge."""
    answers_as: Product | None = None
    """Whose challenge it shows, where it is not its own."""
    seen_passwords: list[str] = field(default_factory=list)
    runs: list[tuple[ChangeKind, ...]] = field(default_factory=list)
    """The changes of each run that made some."""
    time_for: int | None = None
    """How many changes a run has time for; None: for all of them."""
    incomplete: str | None = None
    controller: str | None = None
    organization: str | None = None
    """What it says that it is; its usual name where nothing is set."""
    version: str = "15.0"
    newer_name: str | None = None
    """What people call the product in this version; its own name where nothing is set."""
    signs_with: str | None = None
    """The certificate that it signs with; the first that it publishes where nothing is set."""
    _lag: int = 0

    def __post_init__(self) -> None:
        """All workers started an hour ago, with what was stored then."""
        for host in self.hosts:
            self.workers[host] = self.now(host) - timedelta(hours=1)
            self.running[host] = self.model.entries
            self.served[host] = SERVES

    def now(self, host: str = "") -> datetime:
        """The servers' clock, or that of one host."""
        return self.clock.now() + self.skew + self.skews.get(host, timedelta(0))

    def _begin(self, what: str, host: str, credentials: Credentials) -> None:
        self.crash.point(f"{self.product} {what}")
        self.seen_passwords.append(credentials.digest)
        # Every remote run takes a second of everybody's clock.
        self.clock.instant += timedelta(seconds=1)
        if host in self.unreachable:
            raise OperationFailed(
                Reason.UNREACHABLE, f"{host} cannot be reached.", nothing_ran=True
            )
        self.crash.call(f"{self.product} {what}")
        if self.failures:
            raise self.failures.pop(0)
        self.counts[what] += 1

    def _end(self, what: str) -> None:
        self.crash.point(f"{self.product} {what} done")
        self.crash.answer()

    def on(self, server: DesiredServer, credentials: Credentials, host: str) -> Any:
        """A session on one host."""
        return OnHost(self, server, credentials, host, self.refuses_afterwards)

    async def observe(
        self,
        server: DesiredServer,
        credentials: Credentials,
        host: str,
        urls: Sequence[str],
        controller: str | None,
    ) -> Observed:
        """Read everything."""
        self._begin("observe", host, credentials)
        found = self.model.observed()
        lync = self.product is Product.LYNC
        seen = replace(
            found,
            host=host,
            product_version=self.version,
            newer_name=self.newer_name,
            clock=self.now(host),
            organization=self.organization or f"org-{self.product}",
            incomplete=self.incomplete,
            own_certificates=self._own_certificates(found),
            domain_controller=self.controller,
            documents={url: found.documents[url] for url in urls if url in found.documents},
            discovered_hosts=()
            if lync
            else tuple(DiscoveredHost(name, True) for name in self.hosts),
            replicas=tuple(
                Replica(name, self.running[name] == self.model.entries) for name in self.hosts
            )
            if lync
            else (),
        )
        self._end("observe")
        return seen

    async def apply_all(
        self,
        server: DesiredServer,
        credentials: Credentials,
        observed: Observed,
        wanted: Sequence[Wanted],
    ) -> list[Outcome]:
        """Make the changes in turn, in one run. What ends the run ends it for those after it, too."""
        self.runs.append(tuple(each.change.kind for each in wanted))
        outcomes: list[Outcome] = []
        for each in wanted:
            if self.time_for is not None and len(outcomes) == self.time_for:
                break
            try:
                made = await self.apply(
                    server, credentials, observed, each.change, each.application
                )
            except RunFailed as failure:
                unheard = failure.outcome_unknown or isinstance(failure, LogonRefused)
                if unheard or (failure.nothing_ran and not outcomes):
                    raise
                outcomes.append(Outcome(failure=failure))
            else:
                outcomes.append(Outcome(made))
        return outcomes + [Outcome(begun=False)] * (len(wanted) - len(outcomes))

    async def apply(
        self,
        server: DesiredServer,
        credentials: Credentials,
        observed: Observed,
        change: Change,
        application: DesiredApplication,
    ) -> str | None:
        """Make the change."""
        self._begin(f"apply {change.kind}", observed.host, credentials)
        if change.kind is ChangeKind.REGISTER:
            self.counts["registered"] += 1
        try:
            self.model.seen = observed
            made = self.model.apply(change, application)
        except BrokenOff as broken:
            raise OperationFailed(
                Reason.OUTCOME_UNKNOWN, "The answer was lost.", outcome_unknown=True
            ) from broken
        if change.kind is not ChangeKind.UPDATE or change.fields & {
            Field.CERTIFICATES,
            Field.METADATA_URL,
        }:
            document = observed.documents.get(application.partner.auth_metadata_url)
            if document is not None and document.document is not None:
                self.copies[application.partner.auth_metadata_url] = document.document.thumbprints
        self._lag = self.replication
        if self.product is Product.LYNC and self._lag == 0:
            self._replicated()
        self._end(f"apply {change.kind}")
        return made

    def _own_certificates(self, found: Observed) -> tuple[OwnCertificate, ...]:
        document = found.documents[URLS[self.product]].document
        assert document is not None
        current = document.certificates[0]
        thumbprint = self.signs_with or current.thumbprint
        return (OwnCertificate(CertificateRole.CURRENT, thumbprint, current),)

    def _replicated(self) -> None:
        for host in self.hosts:
            self.running[host] = self.model.entries

    async def host_state(
        self, server: DesiredServer, credentials: Credentials, host: str
    ) -> HostState:
        """Look at one host."""
        self._begin("host state", host, credentials)
        self.clock.instant += self.slow.get(host, timedelta(0))
        running = self.services.get(host, HEALTHY)
        state = HostState(host, self.workers[host], self.now(host), running, self.served[host])
        self._end("host state")
        return state

    async def challenge(
        self, server: DesiredServer, credentials: Credentials, host: str
    ) -> Challenge | None:
        """Whom the workers of a host trust."""
        self._begin("challenge", host, credentials)
        own = metadata(self.answers_as or self.product)
        trusted = tuple(
            Issuer(entry.application_identifier, entry.realm) for entry in self.running[host]
        )
        found = Challenge(own.application_identifier, trusted)
        self._end("challenge")
        return found if self.asks_for_tokens else None

    async def restart(
        self, server: DesiredServer, credentials: Credentials, host: str, older_than: datetime
    ) -> RestartReport:
        """Restart IIS, unless its workers are young."""
        self._begin("restart", host, credentials)
        began = self.now(host)
        if self.workers[host] > older_than:
            self._end("restart")
            return RestartReport(False, began)
        if self.refusal:
            raise OperationFailed(Reason.RESTART_FAILED, self.refusal)
        self.restarts[host] += 1
        self.clock.instant += timedelta(seconds=20)
        if not self.comes_back:
            self.unreachable.add(host)
            return RestartReport(True, began)
        self.iisreset(host)
        self._end("restart")
        return RestartReport(True, began)

    def iisreset(self, host: str) -> None:
        """What iisreset does on a host, whoever types it."""
        self.workers[host] = self.now(host)
        self.running[host] = self.model.entries
        self.served[host] = self.answers
        self.services[host] = self.starts

    async def replicate(
        self, server: DesiredServer, credentials: Credentials, host: str
    ) -> tuple[str, ...]:
        """Machines that are up to date after waiting a while."""
        self._begin("replicate", host, credentials)
        self._lag -= 1
        if self._lag <= 0:
            self._replicated()
        fresh = tuple(name for name in self.hosts if self.running[name] == self.model.entries)
        self._end("replicate")
        return fresh

    async def test(
        self, server: DesiredServer, credentials: Credentials, host: str, test: ConnectivityTest
    ) -> TestReport:
        """Pass or fail as the world says."""
        self._begin("test", host, credentials)
        passed = self.passes()
        message = "passed" if passed else "(401) Unauthorized"
        report = TestReport(passed, timedelta(seconds=1), message, host)
        self._end("test")
        return report

    @property
    def changes(self) -> int:
        """How many changes were made."""
        return sum(count for what, count in self.counts.items() if what.startswith("apply"))
