"""An Exchange organisation and a Lync deployment as values, behind the engine's Operations port."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from partner_operator.engine.ports import Credentials, OperationFailed
from partner_operator.trust.model import (
    ConnectivityTest,
    DesiredApplication,
    DesiredServer,
    DiscoveredHost,
    Entry,
    HostState,
    Observed,
    Product,
    Replica,
    TestReport,
)
from partner_operator.trust.plan import Change
from partner_operator.trust.status import ChangeKind
from support.engine_crash import Crash
from support.engine_kubernetes import TestClock
from support.trust_worlds import ModelServer

HEALTHY = frozenset({"W3SVC", "WAS", "MSExchangeServiceHost"})


@dataclass
class FakeOrganisation:
    """One organisation: stored entries, hosts with workers, and counters of all that was done to it."""

    product: Product
    model: ModelServer
    clock: TestClock
    crash: Crash
    hosts: tuple[str, ...]
    workers: dict[str, object] = field(default_factory=dict)
    running: dict[str, tuple[Entry, ...]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    restarts: Counter[str] = field(default_factory=Counter)
    passes: Callable[[], bool] = lambda: True
    failures: list[OperationFailed] = field(default_factory=list)
    """Raised by the next operations, one each."""
    unreachable: set[str] = field(default_factory=set)
    comes_back: bool = True
    seen_passwords: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """All workers started an hour ago, with what was stored then."""
        for host in self.hosts:
            self.workers[host] = self.clock.now() - timedelta(hours=1)
            self.running[host] = tuple(self.model.observed().entries)

    def _begin(self, what: str, host: str) -> None:
        self.crash.point(f"{self.product} {what}")
        # Every remote run takes a second of everybody's clock.
        self.clock.instant += timedelta(seconds=1)
        if host in self.unreachable:
            raise _unreachable(host)
        if self.failures:
            raise self.failures.pop(0)
        self.counts[what] += 1

    async def observe(
        self,
        server: DesiredServer,
        credentials: Credentials,
        host: str,
        urls: Sequence[str],
        controller: str | None,
    ) -> Observed:
        """Read everything."""
        self.seen_passwords.append(credentials.digest)
        self._begin("observe", host)
        found = self.model.observed()
        return replace(
            found,
            host=host,
            clock=self.clock.now(),
            organization=f"org-{self.product}",
            documents={url: found.documents[url] for url in urls if url in found.documents},
            discovered_hosts=tuple(DiscoveredHost(name, True) for name in self.hosts)
            if self.product is Product.EXCHANGE
            else (),
            replicas=tuple(Replica(name, True) for name in self.hosts)
            if self.product is Product.LYNC
            else (),
        )

    async def apply(
        self,
        server: DesiredServer,
        credentials: Credentials,
        observed: Observed,
        change: Change,
        application: DesiredApplication,
    ) -> None:
        """Make the change."""
        self._begin(f"apply {change.kind}", observed.host)
        if change.kind is ChangeKind.REGISTER:
            self.counts["registered"] += 1
        self.model.apply(change, application)
        self.crash.point(f"{self.product} applied {change.kind}")

    async def host_state(
        self, server: DesiredServer, credentials: Credentials, host: str
    ) -> HostState:
        """Look at one host."""
        self._begin("host state", host)
        return HostState(
            host,
            self.workers[host],  # type: ignore[arg-type]
            self.clock.now(),
            HEALTHY,
            {"/ews/exchange.asmx": "401"},
        )

    async def restart(self, server: DesiredServer, credentials: Credentials, host: str) -> None:
        """Restart IIS."""
        self._begin("restart", host)
        self.restarts[host] += 1
        self.clock.instant += timedelta(seconds=20)
        if not self.comes_back:
            self.unreachable.add(host)
            return
        self.workers[host] = self.clock.now()
        self.running[host] = tuple(self.model.observed().entries)
        self.crash.point(f"{host} restarted")

    async def replicate(
        self, server: DesiredServer, credentials: Credentials, host: str
    ) -> tuple[str, ...]:
        """All machines are up to date."""
        self._begin("replicate", host)
        return self.hosts

    async def test(
        self, server: DesiredServer, credentials: Credentials, host: str, test: ConnectivityTest
    ) -> TestReport:
        """Pass or fail as the world says."""
        self._begin("test", host)
        passed = self.passes()
        message = "passed" if passed else "(401) Unauthorized"
        return TestReport(passed, self.clock.now(), timedelta(seconds=1), message, host)

    @property
    def changes(self) -> int:
        """How many changes were made."""
        return sum(count for what, count in self.counts.items() if what.startswith("apply"))


def _unreachable(host: str) -> OperationFailed:
    from partner_operator.trust.reasons import Reason

    return OperationFailed(Reason.UNREACHABLE, f"{host} cannot be reached.", nothing_ran=True)
