"""What one pass knows so far: the declaration as read, and the statuses as they will be written."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import cast

from partner_operator.engine.ports import (
    Announcer,
    Clock,
    DeclaredApplication,
    DeclaredServer,
    Kind,
    NotWritten,
    Operations,
    Reader,
    Restarts,
    ServerName,
    Session,
    Severity,
    Writer,
)
from partner_operator.engine.process_memory import ProcessMemory
from partner_operator.engine.sessions import Logon
from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.trust.activation import Look, Round
from partner_operator.trust.entries import Entries
from partner_operator.trust.model import DesiredApplication, DesiredServer, Mode, Observed, Product
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.plan import Decision
from partner_operator.trust.product import Rules
from partner_operator.trust.reasons import Reason
from partner_operator.trust.restart_plan import RestartStep
from partner_operator.trust.status import ApplicationStatus, IISStatus, ServerStatus


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a pass waits for slow things, and how often it looks."""

    host_return: timedelta = timedelta(minutes=5)
    """A host that is not as healthy as before its restart after this long has failed."""
    poll: timedelta = timedelta(seconds=3)
    replication: timedelta = timedelta(seconds=60)
    longest_run: timedelta = timedelta(minutes=20)
    """So long after its intent nothing of a run is at work any more. It begins within `intent_age`; then it takes no
    longer than 400 s until its last request is sent, 60 s until it has the mutex, and 400 s until it ends itself
    (products/scripts/watchdog.ps1)."""
    intent_age: timedelta = timedelta(minutes=2)
    """What is written down waits no longer than this for its run. Longer than one request is tried again."""
    retest: timedelta = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Ports:
    """The edges, as the composition root wired them."""

    reader: Reader
    writer: Writer
    announcer: Announcer
    operations: Mapping[Product, Operations]
    rules: Mapping[Product, Rules]
    clock: Clock
    chance: random.Random
    patience: Patience = field(default_factory=Patience)
    hang_up: Callable[[ServerName], None] = lambda name: None
    """End what the remote runs of a server's pass keep open for the next ones."""


@dataclass(slots=True, eq=False)
class Draft:
    """One application during a pass."""

    declared: DeclaredApplication
    status: ApplicationStatus
    blocker: Obstacle | None = None
    """Why nothing is begun for it, or not yet."""
    decision: Decision | None = None
    document: AuthMetadata | None = None
    """The partner's document that the decision rests on; another product's is not the partner's."""
    made: str | None = None
    """Reference of the entry that our run said to have made, empty if it made none; None: nothing was heard."""
    failure: Obstacle | None = None
    """Why what was begun is not done."""
    gone: bool = False
    """The object has left: our finalizer is off, or the object was made anew."""
    stored: ApplicationStatus = field(init=False)
    """What stands in the cluster: where a write is refused, this pass knows no more than that."""

    def __post_init__(self) -> None:
        """A pass begins with what is stored."""
        self.stored = self.status

    @property
    def desired(self) -> DesiredApplication:
        """The declaration."""
        return self.declared.desired


@dataclass(slots=True)
class Pass:
    """One pass over one server."""

    ports: Ports
    declared: DeclaredServer
    status: ServerStatus
    drafts: list[Draft]
    logon: Logon | None = None
    failure: Obstacle | None = None
    """What kept this pass from its work on the whole server."""
    blocker: Obstacle | None = None
    """What is wrong with the whole server, so that there is no sense in trying more often."""
    overtaken: bool = False
    """The declarations changed under the pass: it begins nothing more, and the next one begins at once."""
    due: list[datetime] = field(default_factory=list)
    memory: ProcessMemory = field(default_factory=ProcessMemory)
    whole: bool | None = None
    """Whether the list of entries is proven whole; None: nobody looked to the end yet."""
    refused: list[NotWritten] = field(default_factory=list)
    """What the API server refused to write about applications in this pass."""
    stored: ServerStatus = field(init=False)
    """What stands in the cluster."""
    leaving: tuple[Draft, ...] = field(init=False)
    """Drafts of deleted objects, those that have left included."""

    def __post_init__(self) -> None:
        """A pass begins with what is stored."""
        self.stored = self.status
        self.leaving = tuple(draft for draft in self.drafts if draft.desired.deleting)

    @property
    def server(self) -> DesiredServer:
        """The declaration."""
        return self.declared.desired

    @property
    def rules(self) -> Rules:
        """What holds for this server's product. A pass over one that is not managed never comes to ask."""
        return self.ports.rules[self.server.product]

    @property
    def called(self) -> str:
        """The name of the server's product in sentences."""
        rules, product = self.ports.rules.get(self.server.product), self.server.product
        return rules.called(self.status.product_version) if rules is not None else str(product)

    @property
    def live(self) -> list[Draft]:
        """Drafts whose objects are still ours to write."""
        return [draft for draft in self.drafts if not draft.gone]

    @property
    def iis(self) -> IISStatus:
        """Restart bookkeeping, empty where there is none."""
        return self.status.iis or IISStatus()

    def obstacle_to(self, draft: Draft) -> Obstacle | None:
        """What is wrong, where something is: what holds everything up stands first."""
        found = (self.blocker, draft.blocker, draft.failure, self.failure)
        return next((each for each in found if each and each.then is not Next.WAITS), None)

    def stop(self, obstacle: Obstacle) -> None:
        """Say what ended this pass early."""
        if obstacle.then is Next.HUMAN:
            self.blocker = obstacle
        else:
            self.failure = obstacle

    def now(self) -> datetime:
        """The operator's clock."""
        return self.ports.clock.now()

    def wake_at(self, instant: datetime) -> None:
        """Ask for another pass no later than this."""
        self.due.append(instant)

    async def save_server(self, **changes: object) -> None:
        """Remember something of the server before going on: survives a crash at the next line.

        Raises NotWritten; then the pass knows no more than what is stored.
        """
        self.status = replace(self.status, **changes)  # type: ignore[arg-type]  # fields are checked by replace
        try:
            await self.ports.writer.server_status(self.server, self.status)
        except NotWritten:
            self.status = self.stored
            self.memory.refused(self.server.key.uid)
            raise
        if self.status != self.stored:
            self.memory.taken(self.server.key.uid)
        self.stored = self.status

    async def save(self, draft: Draft, status: ApplicationStatus) -> None:
        """Remember something of an application before going on. Raises NotWritten, as `save_server` does."""
        uid, draft.status = draft.desired.key.uid, status
        try:
            await self.ports.writer.application_status(draft.desired, status)
        except NotWritten:
            draft.status = draft.stored
            self.memory.refused(uid)
            raise
        if status != draft.stored:
            self.memory.taken(uid)
        draft.stored = status

    async def hold(self, draft: Draft) -> None:
        """Put our finalizer on, before anything remote is done for an application. Raises NotWritten."""
        await self.ports.writer.add_finalizer(draft.desired)
        desired = replace(draft.desired, has_finalizer=True)
        draft.declared = replace(draft.declared, desired=desired)

    async def tell(
        self, draft: Draft, reason: Reason, message: str, severity: Severity = Severity.NORMAL
    ) -> None:
        """An Event on an application."""
        await self.ports.announcer.announce(
            Kind.APPLICATION, draft.desired.key, severity, reason, message
        )

    async def tell_server(
        self, reason: Reason, message: str, severity: Severity = Severity.NORMAL
    ) -> None:
        """An Event on the server."""
        await self.ports.announcer.announce(Kind.SERVER, self.server.key, severity, reason, message)


@dataclass(slots=True)
class Reached(Pass):
    """A pass whose organisation has answered: what is known from then on, and the means to go on."""

    logon: Logon = field(kw_only=True)
    observed: Observed = field(kw_only=True)
    ahead: timedelta = field(kw_only=True)
    """How far the clock of the server that was observed is ahead of ours."""
    unsettled: Obstacle | None = None
    """Set when a change of ours may still be at work on a host: no other change begins meanwhile."""
    looks: dict[str, Look] = field(default_factory=dict)
    """The newest look of this pass at each host that answered."""
    silent_hosts: dict[str, str] = field(default_factory=dict)
    """Hosts that could not be looked at, and what was in the way."""
    not_asked: dict[str, str] = field(default_factory=dict)
    """Hosts that did not tell whom they trust, and what was in the way."""
    just_looked_at: set[str] = field(default_factory=set)
    """Hosts whose newest look need not be repeated before the next step of the round."""
    round: Round | None = None
    step: RestartStep | None = None
    up_to_date: frozenset[str] = frozenset()
    """Lync machines (lower case) that have the present configuration."""
    _entries: Entries | None = None

    @property
    def entries(self) -> Entries:
        """The entries that were observed, to search them: made once for each read."""
        if self._entries is None or self._entries.observed is not self.observed:
            self._entries = Entries(self.observed)
        return self._entries

    def on(self, host: str) -> Session:
        """A session on this host, with the logon of this pass. Raises LogonRefused."""
        self.memory.alive_at = self.ports.clock.monotonic()
        return self.logon.on(host)

    def restarts_on(self, host: str) -> Restarts:
        """The same, where the product's rules say that changes become active by restarts."""
        return cast(Restarts, self.on(host))

    def may_act(self) -> bool:
        """Observe means zero restarts too: somebody must want changes here, and who answered must be who was
        asked, with nothing left out."""
        enforced = any(draft.desired.mode is Mode.ENFORCE for draft in self.drafts)
        return enforced and self.observed.incomplete is None and self.unsettled is None
