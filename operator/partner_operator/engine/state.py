"""What one pass knows so far: the declaration as read, and the statuses as they will be written."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import cast

from partner_operator.engine.ports import (
    Announcer,
    Clock,
    Credentials,
    DeclaredApplication,
    DeclaredServer,
    Kind,
    OperationFailed,
    Operations,
    Reader,
    Restarts,
    Session,
    Severity,
    Writer,
)
from partner_operator.trust.activation import Look, Round
from partner_operator.trust.conditions import Part, unknown
from partner_operator.trust.model import (
    DesiredApplication,
    DesiredServer,
    Mode,
    ObjectKey,
    Observed,
    Product,
)
from partner_operator.trust.plan import Blocker, Decision
from partner_operator.trust.product import Rules
from partner_operator.trust.reasons import Reason
from partner_operator.trust.restart_plan import RestartStep
from partner_operator.trust.status import ApplicationStatus, IISStatus, ServerStatus
from partner_operator.trust.verdict import Waiting


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a pass waits for slow things, and how often it looks."""

    host_return: timedelta = timedelta(minutes=5)
    """A host that is not as healthy as before its restart after this long has failed."""
    poll: timedelta = timedelta(seconds=3)
    replication: timedelta = timedelta(seconds=60)
    longest_run: timedelta = timedelta(minutes=20)
    """After this long nothing of a run is at work any more. It takes no longer than 400 s until its last request
    is sent, 60 s until it has the mutex, and 400 s until it ends itself (products/scripts/watchdog.ps1)."""
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


@dataclass(slots=True)
class Draft:
    """One application during a pass."""

    declared: DeclaredApplication
    status: ApplicationStatus
    decision: Decision | None = None
    failure: OperationFailed | None = None
    blocker: Blocker | None = None
    drift: bool = False
    """Drift was found in this pass (and repaired, if nothing stood against it)."""
    changed_at: datetime | None = None
    """Our clock after a change of ours in this pass."""
    made: str | None = None
    """Reference of the entry that our run said to have made, empty if it made none; None: nothing was heard."""
    vanished: bool = False
    """The registered entry was gone when this pass looked."""
    document_read: bool = False
    """A change of ours in this pass made the server read the partner's document."""
    waits: Waiting | None = None
    """Why a decided removal does not begin yet."""
    gone: bool = False
    """The object has left: our finalizer is off, or the object was made anew."""

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
    credentials: Credentials | None = None
    observed: Observed | None = None
    observed_at: datetime | None = None
    """Our clock when `observed.clock` was read: tells how far the server's clock is from ours."""
    looks: dict[str, Look] = field(default_factory=dict)
    """The newest look of this pass at each host that answered."""
    silent_hosts: dict[str, str] = field(default_factory=dict)
    """Hosts that could not be looked at, and what was in the way."""
    just_looked_at: set[str] = field(default_factory=set)
    """Hosts whose newest look need not be repeated before the next step of the round."""
    round: Round | None = None
    step: RestartStep | None = None
    up_to_date: frozenset[str] = frozenset()
    """Lync machines (lower case) that have the present configuration."""
    failure: OperationFailed | None = None
    """What kept this pass from its work on the whole server."""
    blocker: Blocker | None = None
    """What only a human can change about the whole server."""
    overtaken: bool = False
    """The declarations changed under the pass: it begins nothing more, and the next one begins at once."""
    unsettled: Blocker | None = None
    """Set when a change of ours may still be at work on a host: no other change begins meanwhile."""
    due: list[datetime] = field(default_factory=list)

    @property
    def server(self) -> DesiredServer:
        """The declaration."""
        return self.declared.desired

    def on(self, host: str) -> Session:
        """A session on this host, with the logon of this pass."""
        assert self.credentials is not None
        operations = self.ports.operations[self.server.product]
        return operations.on(self.server, self.credentials, host)

    def restarts_on(self, host: str) -> Restarts:
        """The same, where the product's rules say that changes become active by restarts."""
        return cast(Restarts, self.on(host))

    @property
    def rules(self) -> Rules:
        """What holds for this server's product. A pass over one that is not managed never comes to ask."""
        return self.ports.rules[self.server.product]

    @property
    def live(self) -> list[Draft]:
        """Drafts whose objects are still ours to write."""
        return [draft for draft in self.drafts if not draft.gone]

    @property
    def iis(self) -> IISStatus:
        """Restart bookkeeping, empty where there is none."""
        return self.status.iis or IISStatus()

    def may_act(self) -> bool:
        """Observe means zero restarts too: somebody must want changes here, and who answered must be who was
        asked, with nothing left out."""
        enforced = any(draft.desired.mode is Mode.ENFORCE for draft in self.drafts)
        whole = self.observed is not None and self.observed.incomplete is None
        return enforced and whole and self.unsettled is None

    def not_known(self, draft: Draft) -> Part:
        """What a condition says that this pass could not find out."""
        obstacle = self.blocker or draft.blocker or draft.failure or self.failure
        if obstacle is None:
            return unknown(Reason.PROGRESSING, "Not looked at yet.")
        return unknown(obstacle.reason, obstacle.message)

    def now(self) -> datetime:
        """The operator's clock."""
        return self.ports.clock.now()

    def by_the_servers_clock(self, instant: datetime) -> datetime:
        """What the servers' clock showed at an instant of ours, as far as this pass can tell."""
        return instant + self._ahead()

    def _ahead(self) -> timedelta:
        if self.observed is None or self.observed_at is None:
            return timedelta(0)
        return self.observed.clock - self.observed_at

    def wake_at(self, instant: datetime) -> None:
        """Ask for another pass no later than this."""
        self.due.append(instant)

    def draft_of(self, key: ObjectKey) -> Draft:
        """The draft of one application."""
        return next(draft for draft in self.drafts if draft.desired.key == key)

    def neighbour_of(self, key: ObjectKey) -> DeclaredApplication:
        """The application of another server."""
        return next(found for found in self.declared.neighbours if found.desired.key == key)

    async def save_server(self, **changes: object) -> None:
        """Remember something of the server before going on: survives a crash at the next line."""
        self.status = replace(self.status, **changes)  # type: ignore[arg-type]  # fields are checked by replace
        await self.ports.writer.server_status(self.server, self.status)

    async def save(self, draft: Draft, status: ApplicationStatus) -> None:
        """Remember something of an application before going on."""
        draft.status = status
        await self.ports.writer.application_status(draft.desired, status)

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
