"""What the engine asks of the edges: Kubernetes and the products implement these Protocols."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from partner_operator.oauth.challenge import Challenge
from partner_operator.texts import shown
from partner_operator.trust.allowed import USUAL_BOUNDS, Bounds, is_allowed
from partner_operator.trust.model import (
    AnyTest,
    DesiredApplication,
    DesiredServer,
    HostState,
    ObjectKey,
    Observed,
    Product,
    RestartReport,
    TestReport,
)
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.plan import Change
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ApplicationStatus, Removal, ServerStatus


@dataclass(frozen=True, slots=True)
class ServerName:
    """Where a PartnerServer is found; the uid is learnt by reading."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """A logon. Never printed: both values are kept out of `repr`."""

    username: str = field(repr=False)
    password: str = field(repr=False)
    digest: str
    """Salted digest of both values; the same data gives the same digest (rule 12)."""
    hosts: tuple[str, ...]
    """Patterns of the hosts that the password may be sent to, as the Secret says; see `trust.allowed`."""
    bounds: Bounds = USUAL_BOUNDS
    """Where the operator may log on at all."""
    version: str = ""
    """Of the Secret: another one may hold the same data."""
    ca_bundle: str | None = None
    """Authorities that the hosts were trusted by, kept with a logon that outlives its Secret."""

    def fault(self, server: DesiredServer, host: str) -> str | None:
        """Why this logon may not be used on a host of the server; None: it may."""
        fault = self.bounds.fault(host, server.port)
        if fault is not None or is_allowed(host, self.hosts):
            return fault
        secret, hosts = server.credentials_secret, ",".join(server.hosts)
        return (
            f"The key hosts of Secret {secret} does not name {shown(host)}, so its password is not sent there. Take "
            "the host out of spec.hosts; or, if it is yours, let whoever owns the Secret name it: kubectl patch secret "
            f"{secret} --namespace={server.key.namespace} --type=merge "
            f'-p \'{{"stringData":{{"hosts":"{hosts}"}}}}\''
        )


@dataclass(frozen=True, slots=True)
class DeclaredApplication:
    """A PartnerApplication as read: declaration, memory, and what the reader found wrong with it."""

    desired: DesiredApplication
    status: ApplicationStatus
    blocker: Obstacle | None = None
    """Set when references do not resolve or a block belongs to another product."""
    counterpart: CounterpartView | None = None


@dataclass(frozen=True, slots=True)
class CounterpartView:
    """The declared other direction, as its own status tells."""

    name: str
    ready: bool
    """Ready=True for its present generation."""
    last_changed_at: datetime | None
    """When the other side's registration or activation last changed."""
    testable_at: datetime | None = None
    """Since when a test can pass although it is not Ready; None: it is not registered."""
    test_passed_at: datetime | None = None
    """When the last connectivity test began that passed, and so proves this side too."""
    settling: bool = False
    """It is registered, and not known to be active yet."""
    gradual: bool = False
    """Its servers take changes over at a time that nobody knows: a test may pass at any time after one."""


@dataclass(frozen=True, slots=True)
class OtherServer:
    """Another PartnerServer of the cluster, for finding duplicates."""

    key: ObjectKey
    created_at: datetime
    product: Product
    organization: str | None
    deleting: bool = False
    answered_by: str | None = None
    """The host that `organization` was read from last."""
    stands_back: bool = False
    """Its status says that it leaves the organisation alone, see `trust.conditions.stands_back`."""
    removals: tuple[Removal, ...] = ()


@dataclass(frozen=True, slots=True)
class DeclaredServer:
    """Everything Kubernetes says about one server, read afresh for one pass."""

    desired: DesiredServer
    status: ServerStatus
    applications: tuple[DeclaredApplication, ...]
    others: tuple[OtherServer, ...] = ()
    neighbours: tuple[DeclaredApplication, ...] = ()
    """Applications that name other servers, existing or not. Read only while one of this server is being
    deleted: the heir of a trust may be declared under a new name of its server."""
    crd_deleting: bool = False
    """True: the CRD itself is being deleted, so nothing may be removed from servers (rule 13)."""
    problem: Obstacle | None = None
    """Set when the server's own declaration cannot be used (CA bundle missing, invalid object)."""


class CredentialsProblem(Exception):
    """The Secret is missing, lacks a key, or holds a value no logon can be made of."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.obstacle = Obstacle(reason, message, Next.HUMAN)


class Gone(Exception):
    """The object was deleted, or deleted and made anew, while we worked on it."""


class StatusChanged(Gone):
    """Somebody else wrote the status of an object while we worked on it: another operator, or a human.

    What this pass knows is as good as gone. It ends, and the next one begins with a fresh read.
    """


class NotWritten(Exception):
    """The API server does not take a status or a finalizer: an admission policy, a missing right, its schema.

    It concerns one object. No race: the same was tried again where the object had changed meanwhile.
    """

    def __init__(self, kind: Kind, key: ObjectKey, what: str, words: str) -> None:
        """`what` was not written ("the status"), and `words` are the API server's own."""
        self.message = f"The API server does not take {what} of {kind} {key.name}: {words}"
        super().__init__(self.message)
        self.kind = kind
        self.key = key


class ClusterFailed(Exception):
    """Kubernetes gave no answer, or not the one that a pass cannot do without. Its text may be told to people."""


class Reader(Protocol):
    """Fresh reads from Kubernetes; nothing is cached."""

    async def server(self, name: ServerName) -> DeclaredServer | None:
        """Read one server and its applications, or None where it does not exist."""
        ...

    async def again(self, server: DesiredServer) -> DeclaredServer:
        """Read the same anew in the middle of a pass. Raises Gone, and StatusChanged."""
        ...

    async def credentials(self, server: DesiredServer) -> Credentials:
        """Read the Secret, once per pass. Raises CredentialsProblem."""
        ...

    async def unserved(self) -> Sequence[DeclaredApplication]:
        """Applications whose serverRef names no existing server."""
        ...


class Writer(Protocol):
    """The only writer of statuses and finalizers. Writes nothing where nothing changed.

    Each method raises NotWritten where the API server does not take what it should write.
    """

    async def server_status(self, server: DesiredServer, status: ServerStatus) -> None:
        """Make this the server's status. Raises Gone, and StatusChanged."""
        ...

    async def application_status(
        self, application: DesiredApplication, status: ApplicationStatus
    ) -> None:
        """Make this the application's status. Raises Gone, and StatusChanged."""
        ...

    async def rehearse_server_status(self, server: DesiredServer, status: ServerStatus) -> None:
        """Find out whether this status would be taken, and write nothing. Raises Gone, and StatusChanged."""
        ...

    async def rehearse_application_status(
        self, application: DesiredApplication, status: ApplicationStatus
    ) -> None:
        """Find out whether this status would be taken, and write nothing. Raises Gone, and StatusChanged."""
        ...

    async def add_finalizer(self, application: DesiredApplication) -> None:
        """Put our finalizer on, before the first remote change. Raises Gone, and StatusChanged."""
        ...

    async def remove_finalizer(self, application: DesiredApplication) -> None:
        """Take our finalizer off. Done already counts as done. Raises StatusChanged."""
        ...


class Severity(StrEnum):
    """Kubernetes' two event types."""

    NORMAL = "Normal"
    WARNING = "Warning"


class Kind(StrEnum):
    """Our two kinds."""

    SERVER = "PartnerServer"
    APPLICATION = "PartnerApplication"


class Announcer(Protocol):
    """Writes Kubernetes Events. Never raises: an event that cannot be written is logged."""

    async def announce(
        self, kind: Kind, key: ObjectKey, severity: Severity, reason: Reason, message: str
    ) -> None:
        """Tell people that something happened to an object."""
        ...


class Step(StrEnum):
    """How far a remote run came before it failed, in the order in which a run takes these steps."""

    CONNECT = "connect"
    TLS = "TLS"
    LOGON = "logon"
    SHELL = "shell"
    POWERSHELL = "PowerShell"
    MUTEX = "mutex"
    MODULE = "module"
    SECOND_HOP = "second hop"
    RIGHTS = "rights"
    WORK = "work"
    """Everything before it is proven; the operation itself failed."""


class RunFailed(Exception):
    """A remote run did not do its work. One reason, one sentence, one next step.

    `nothing_ran`: proven that no change was made, so it may simply be tried again.
    `outcome_unknown`: the operation may have run, or still runs (rule 10).
    `no_attempt`: it says nothing of whether the change can be made, so it is tried until it is: nothing ran, others
    were at work on the same thing, or a right is missing beside it.
    `step`: where it failed, for people who look for the cause; nothing is decided by it.
    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        then: Next = Next.RETRIED,
        *,
        nothing_ran: bool = False,
        outcome_unknown: bool = False,
        no_attempt: bool = False,
        step: Step = Step.WORK,
    ) -> None:
        super().__init__(message)
        self.obstacle = Obstacle(reason, message, then)
        self.nothing_ran = nothing_ran
        self.outcome_unknown = outcome_unknown
        self.no_attempt = no_attempt or nothing_ran
        self.step = step


class OperationFailed(RunFailed):
    """Anything but the logon was in the way."""


class LogonRefused(RunFailed):
    """The user name or password was refused. It ends the pass: each further try may lock the account."""

    def __init__(
        self, message: str, *, nothing_ran: bool = False, outcome_unknown: bool = False
    ) -> None:
        super().__init__(
            Reason.CREDENTIALS_REJECTED,
            message,
            Next.HUMAN,
            nothing_ran=nothing_ran,
            outcome_unknown=outcome_unknown,
            step=Step.LOGON,
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """A change that is to be made for an application."""

    change: Change
    application: DesiredApplication


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change of a run. Without a failure the cmdlets said that it is done; only a read-back
    proves it."""

    made: str | None = None
    """Of a registration: the reference of the entry that this run made, empty when one was there already, None when
    it cannot tell."""
    failure: RunFailed | None = None
    begun: bool = True
    """False: the run ended before its turn came."""


class Session(Protocol):
    """What can be done on one host of every product. Each method is one remote run.

    All methods of sessions raise OperationFailed or LogonRefused, and nothing else. They are coroutines; the
    blocking work is done on a bounded thread pool that the composition root owns.
    """

    @property
    def logon_refused(self) -> bool:
        """The answer of the newest run came, and the logon was refused afterwards: it must not be tried again."""
        ...

    async def observe(self, urls: Sequence[str], controller: str | None) -> Observed:
        """Read everything that decisions need, and fetch `urls` on the server. Changes nothing.

        `controller`: the domain controller to ask, while it answers (rule 14).
        """
        ...

    async def apply_all(self, observed: Observed, wanted: Sequence[Wanted]) -> Sequence[Outcome]:
        """Make these changes one after the other in one run, on the domain controller of `observed`.

        Returns what became of each, in the same order: that one fails does not keep the others. Raises where
        nothing is known of any of them.
        """
        ...


class Restarts(Protocol):
    """What a session has beside it where changes become active by restarts of IIS."""

    async def host_state(self) -> HostState:
        """Look at the host: worker start times, services, what it serves."""
        ...

    async def restart(self, older_than: datetime) -> RestartReport:
        """Run iisreset locally and wait for it.

        The host looks again and does nothing where no worker started before `older_than` (its own clock).
        """
        ...


class Challenges(Protocol):
    """What a session has beside it where hosts tell whom their workers trust."""

    async def challenge(self) -> Challenge | None:
        """The bearer challenge of this very host; None where it asks for no token."""
        ...


class Replicates(Protocol):
    """What a session has beside it where the product brings changes to its hosts by itself."""

    async def replicate(self) -> tuple[str, ...]:
        """Ask for replication and wait a while; returns the FQDNs that are up to date."""
        ...


class Tests(Protocol):
    """What a session has beside it where the product can prove trust by a test of its own."""

    async def test(self, test: AnyTest) -> TestReport:
        """Run the connectivity test. A failed test is a report, not an error."""
        ...


class Operations(Protocol):
    """The sessions of one product."""

    @property
    def product(self) -> Product:
        """Whose servers they are for."""
        ...

    def on(self, server: DesiredServer, credentials: Credentials, host: str) -> Session:
        """A session on one host, which asks nobody before its first run. It has the abilities of its product."""
        ...


class Clock(Protocol):
    """Time as the engine sees it, so that tests can own it."""

    def now(self) -> datetime:
        """Aware UTC wall clock."""
        ...

    def monotonic(self) -> float:
        """Seconds that only grow."""
        ...
