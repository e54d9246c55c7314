"""The whole domain, and an operator in memory: where a fault's end is what users see."""

from __future__ import annotations

import asyncio
import random
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from winrm.protocol import Protocol

from partner_operator.catalog import CATALOG
from partner_operator.engine.ports import Credentials, ServerName
from partner_operator.engine.run_pass import run_pass
from partner_operator.engine.state import Patience, Ports
from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.trust.conditions import find
from partner_operator.trust.model import (
    Product,
    RestartPolicy,
    RestartRules,
)
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import Condition
from partner_operator.winrm import Answer, Channels, Endpoint, RemoteRequest
from partner_simulator.simulation import Simulation
from partner_simulator.views import ExchangeEntry, LyncEntry
from partner_simulator.world.objects import PartnerApplication, RoleAssignment, User
from partner_simulator.wsman import Tally
from support.engine.crash import Crash
from support.engine.kubernetes import Cluster, TestClock
from support.matrix.model import Shown
from support.operated_domain import declared_server, logon, remotely
from support.trust import worlds as trust_worlds

SERVER, APPLICATION = "server", "partner"
_MAKES = {Product.EXCHANGE: "New-PartnerApplication", Product.LYNC: "New-CsPartnerApplication"}


class Reset:
    """Puts the domain's directory back to where it was."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._known = {entry.guid for entry in self._all()}

    def __call__(self) -> None:
        """Everything that was made since is gone; no fault is armed, no shell is open."""
        self._simulation.faults.clear()
        for entry in self._all():
            if entry.guid not in self._known:
                self._simulation.domain.directory.delete(entry)
        cms = self._simulation.domain.cms
        cms.change(lambda state: replace(state, applications={}))
        cms.settle()

    def _all(self) -> list[PartnerApplication | User | RoleAssignment]:
        directory = self._simulation.domain.directory
        return [
            *directory.find(PartnerApplication),
            *directory.find(User),
            *directory.find(RoleAssignment),
        ]


@dataclass
class Landscape:
    """One side shall trust the other: one server, one application, nothing registered yet."""

    simulation: Simulation
    product: Product = Product.EXCHANGE
    """Which side is told to trust the other."""
    seconds: float = 30.0
    """Deadline of every remote run."""
    mutex_seconds: float = 20.0
    """How long a run waits on the host for another one."""
    keeps_connections: bool = True
    """Whether the runs of a pass share a connection."""
    cluster: Cluster = field(default_factory=lambda: Cluster(Crash()))
    clock: TestClock = field(
        default_factory=lambda: TestClock(datetime.now(UTC).replace(microsecond=0))
    )

    def __post_init__(self) -> None:
        self._counted = {tally: self.simulation.counters.count(tally) for tally in Tally}
        self._written = len(self.simulation.configuration_writes())
        self._shells = {shell.shell_id for shell in self.simulation.open_shells()}
        self.runs: list[str] = []
        """Operations that were run, in order."""
        self.channels = Channels()
        server = declared_server(
            self.simulation, self.product, restart=RestartRules(policy=RestartPolicy.NEVER)
        )
        self.host = server.hosts[0]
        self.cluster.add_server(
            replace(server, key=replace(server.key, name=SERVER), hosts=(self.host,))
        )
        self.use_secret()
        self.cluster.add(
            trust_worlds.application(
                Product.LYNC if self.product is Product.EXCHANGE else Product.EXCHANGE,
                APPLICATION,
                server_name=SERVER,
                has_finalizer=False,
            )
        )
        self.restart_operator()

    def restart_operator(self) -> None:
        """A new process: nothing is remembered but what the cluster holds."""
        self.operations = (
            ExchangeOperations(self.remotely)
            if self.product is Product.EXCHANGE
            else LyncOperations(self.remotely)
        )

    @property
    def administrator(self) -> Credentials:
        """The server's administrator, now."""
        return logon(self.simulation, self.product)

    def use_secret(self, digest: str = "one") -> None:
        """`kubectl apply` of the Secret with what is right now."""
        known = replace(self.administrator, digest=digest)
        self.cluster.credentials_by_server[SERVER] = known

    async def remotely(self, endpoint: Endpoint, request: RemoteRequest) -> Answer:
        """As the composition root runs it, with less patience."""
        self.runs.append(request.operation)
        hurried = replace(
            request,
            deadline_seconds=min(request.deadline_seconds, self.seconds),
            mutex_wait_seconds=self.mutex_seconds,
        )
        return await remotely(endpoint, hurried, self.channels if self.keeps_connections else None)

    def pass_by(self) -> None:
        """One pass, when it is due."""
        ports = Ports(
            rules=CATALOG.rules,
            reader=self.cluster,
            writer=self.cluster,
            announcer=self.cluster,
            operations={self.product: self.operations},
            clock=self.clock,
            chance=random.Random(1),
            patience=Patience(poll=timedelta(0)),
            hang_up=lambda name: self.channels.end(f"{name.namespace}/{name.name}"),
        )
        result = asyncio.run(run_pass(ports, ServerName("trust", SERVER), None))
        if result.due is not None:
            self.clock.instant = max(self.clock.instant, result.due)

    def condition(self, kind: ConditionType) -> Condition | None:
        """Of the application."""
        return find(self.cluster.status(APPLICATION).conditions, kind)

    def entries(self) -> list[ExchangeEntry | LyncEntry]:
        """What the server has beside its stock."""
        if self.product is Product.LYNC:
            return [*self.simulation.lync_entries()]
        return [entry for entry in self.simulation.exchange_entries() if not entry.use_auth_server]

    def shown(self) -> Shown | None:
        """The application's Ready condition, and what stands beside it."""
        return _shown(self.cluster.status(APPLICATION).conditions)

    def shown_on_server(self) -> Shown | None:
        """The same of the server."""
        uid = self.cluster.servers[SERVER].key.uid
        return _shown(self.cluster.server_statuses[uid].conditions)

    def pinned_to(self) -> str | None:
        """The host to which a change belongs whose answer was lost."""
        intent = self.cluster.status(APPLICATION).intent
        return intent.host if intent is not None else None

    def registered(self) -> bool:
        """Whether the application says that the entry is as declared."""
        found = self.condition(ConditionType.REGISTERED)
        return found is not None and found.status is ConditionStatus.TRUE

    def activation(self) -> Reason | None:
        """What the application says of the restart that its registration needs."""
        found = self.condition(ConditionType.ACTIVATED)
        return found.reason if found is not None else None

    def shells(self) -> list[str]:
        """Shells of this landscape that are open on the hosts."""
        now = (shell.shell_id for shell in self.simulation.open_shells())
        return [shell for shell in now if shell not in self._shells]

    def count(self, tally: Tally) -> int:
        """What the hosts counted since the beginning."""
        return self.simulation.counters.count(tally) - self._counted[tally]

    def made(self) -> int:
        """How many entries were ever made, whether they are still there or not."""
        writes = self.simulation.configuration_writes()[self._written :]
        return sum(1 for write in writes if write.what == _MAKES[self.product])

    def delete_shells(self) -> None:
        """What the IdleTimeOut does in the end, done at once by the administrator."""
        administrator = self.administrator
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as bundle:
            bundle.write(self.simulation.ca_pem)
            bundle.flush()
            protocol = Protocol(
                f"https://{self.host}:5986/wsman",
                transport="ntlm",
                username=administrator.username,
                password=administrator.password,
                ca_trust_path=bundle.name,
                proxy=None,
            )
            for shell in self.shells():
                protocol.close_shell(shell)
            protocol.transport.close_session()

    def heal(self) -> None:
        """The next pass finds nothing in its way; after a refusal a new version of the Secret."""
        shown = self.shown()
        if shown is not None and shown.reason is Reason.CREDENTIALS_REJECTED:
            before = self.count(Tally.LOGONS_ACCEPTED)
            self.pass_by()
            assert self.count(Tally.LOGONS_ACCEPTED) == before
            self.use_secret("two")
        self.pass_by()


def _shown(conditions: tuple[Condition, ...]) -> Shown | None:
    ready = find(conditions, ConditionType.READY)
    beside = [
        kind
        for kind in (ConditionType.STALLED, ConditionType.RECONCILING)
        if find(conditions, kind) is not None
    ]
    if ready is None or not beside:
        return None
    [kind] = beside
    return Shown(ready.reason, kind, ready.status)
