"""Kubernetes as the engine's ports see it, in memory: it survives what kills an operator."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from partner_operator.catalog import CATALOG
from partner_operator.engine.counterpart import view_of
from partner_operator.engine.ports import (
    CounterpartView,
    Credentials,
    CredentialsProblem,
    DeclaredApplication,
    DeclaredServer,
    Gone,
    Kind,
    NotWritten,
    OtherServer,
    ServerName,
    Severity,
)
from partner_operator.kube.api import codec
from partner_operator.kube.api.codec import to_json
from partner_operator.trust.allowed_partners import partner_not_allowed
from partner_operator.trust.conditions import find, stands_back
from partner_operator.trust.model import DesiredApplication, DesiredServer, ObjectKey, Product
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.permission import permission_not_allowed
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import ApplicationStatus, ServerStatus
from support.engine.crash import Crash
from support.trust.condition_invariants import check_status, check_transition
from support.trust.worlds import OURS

REFUSAL = "every object needs the label cost-center"


@dataclass
class Cluster:
    """Objects by name, their statuses, and a count of every write."""

    crash: Crash
    servers: dict[str, DesiredServer] = field(default_factory=dict)
    applications: dict[str, DesiredApplication] = field(default_factory=dict)
    server_statuses: dict[str, ServerStatus] = field(default_factory=dict)
    statuses: dict[str, ApplicationStatus] = field(default_factory=dict)
    credentials_by_server: dict[str, Credentials | CredentialsProblem] = field(default_factory=dict)
    events: list[tuple[str, Severity, Reason, str]] = field(default_factory=list)
    blockers: dict[str, Obstacle] = field(default_factory=dict)
    """By application: what the reader found wrong with it."""
    problems: dict[str, Obstacle] = field(default_factory=dict)
    """By server: the same."""
    writes: int = 0
    refusals: set[tuple[str, str]] = field(default_factory=set)
    """Writer's methods and names of objects: what the API server does not take."""
    refused: list[tuple[str, str]] = field(default_factory=list)
    """What of it was tried, in order."""
    crd_deleting: bool = False
    clock: TestClock | None = None
    """Sets deletionTimestamps, where there is one."""
    _bodies: dict[str, dict[str, object]] = field(default_factory=dict)
    _uids: itertools.count[int] = field(default_factory=lambda: itertools.count(1000))

    def add_server(self, server: DesiredServer) -> None:
        """`kubectl apply` of a PartnerServer, with a Secret."""
        self.servers[server.key.name] = server
        self.server_statuses[server.key.uid] = ServerStatus()
        self.credentials_by_server.setdefault(
            server.key.name,
            Credentials(f"{server.key.name}-admin", "geheim", f"{server.key.name}-1", OURS),
        )

    def add(self, application: DesiredApplication) -> None:
        """`kubectl apply` of a new PartnerApplication."""
        self.applications[application.key.name] = application
        self.statuses[application.key.uid] = ApplicationStatus()

    def recreate(self, name: str) -> None:
        """`kubectl delete` without a finalizer, and `kubectl apply` of the same again: another uid."""
        old = self.applications.pop(name)
        key = replace(old.key, uid=f"uid-{next(self._uids)}")
        self.add(replace(old, key=key, generation=1, has_finalizer=False, deleting=False))

    def change(self, name: str, **changes: Any) -> None:
        """`kubectl apply` of a change of spec."""
        old = self.applications[name]
        self.applications[name] = replace(old, generation=old.generation + 1, **changes)

    def lose_secret(self, server: str) -> None:
        """`kubectl delete secret`."""
        self.credentials_by_server[server] = CredentialsProblem(
            Reason.CREDENTIALS_MISSING, f"Secret {server}-admin does not exist."
        )

    def lose_ca_bundle(self, server: str) -> None:
        """`kubectl delete configmap`."""
        self.servers[server] = replace(self.servers[server], ca_bundle=None)
        self.problems[server] = Obstacle(
            Reason.CA_BUNDLE_MISSING, "ConfigMap ca does not exist.", Next.HUMAN
        )

    def change_server(self, name: str, **changes: Any) -> None:
        """`kubectl apply` of a change of a PartnerServer's spec."""
        old = self.servers[name]
        self.servers[name] = replace(old, generation=old.generation + 1, **changes)

    def request(self, name: str, token: str) -> None:
        """`kubectl annotate` with reconcile-requested-at."""
        self.applications[name] = replace(self.applications[name], reconcile_requested_at=token)

    def approve(self, name: str, token: str) -> None:
        """`kubectl annotate pserver` with approve-restart."""
        self.servers[name] = replace(self.servers[name], restart_approved=token)

    def delete(self, name: str) -> None:
        """`kubectl delete`: gone at once without a finalizer, else terminating."""
        old = self.applications[name]
        if old.has_finalizer:
            now = self.clock.now() if self.clock else None
            self.applications[name] = replace(
                old, deleting=True, deleted_at=now, generation=old.generation + 1
            )
        else:
            del self.applications[name]

    def status(self, name: str) -> ApplicationStatus:
        """The status of an application by name."""
        return self.statuses[self.applications[name].key.uid]

    def ready(self, name: str) -> tuple[ConditionStatus, Reason] | None:
        """Its Ready condition."""
        found = find(self.status(name).conditions, ConditionType.READY)
        return (found.status, found.reason) if found else None

    def server_ready(self, name: str) -> tuple[ConditionStatus, Reason] | None:
        """The Ready condition of a server."""
        status = self.server_statuses[self.servers[name].key.uid]
        found = find(status.conditions, ConditionType.READY)
        return (found.status, found.reason) if found else None

    # ---- Reader

    async def server(self, name: ServerName) -> DeclaredServer | None:
        """Read one server with its applications."""
        self.crash.point("read")
        server = self.servers.get(name.name)
        if server is None:
            return None
        return DeclaredServer(
            desired=server,
            status=self.server_statuses[server.key.uid],
            applications=tuple(
                DeclaredApplication(
                    found,
                    self.statuses[found.key.uid],
                    self._blocker(found),
                    self._other(found),
                )
                for found in self.applications.values()
                if found.server_name == name.name
            ),
            others=tuple(
                OtherServer(
                    other.key,
                    other.created_at,
                    other.product,
                    self.server_statuses[other.key.uid].organization,
                    other.deleting,
                    self.server_statuses[other.key.uid].answered_by,
                    stands_back(self.server_statuses[other.key.uid].conditions),
                    self.server_statuses[other.key.uid].removals,
                )
                for other in self.servers.values()
                if other is not server
            ),
            neighbours=self._neighbours(name.name),
            crd_deleting=self.crd_deleting,
            problem=self.problems.get(name.name),
        )

    async def again(self, server: DesiredServer) -> DeclaredServer:
        """The same anew, in the middle of a pass."""
        found = await self.server(ServerName(server.key.namespace, server.key.name))
        if found is None or found.desired.key.uid != server.key.uid:
            raise Gone(server.key.name)
        return found

    def _neighbours(self, server: str) -> tuple[DeclaredApplication, ...]:
        """Applications of other servers, while one of this server is being deleted."""
        applications = self.applications.values()
        if not any(found.deleting and found.server_name == server for found in applications):
            return ()
        return tuple(
            DeclaredApplication(found, self.statuses[found.key.uid], self._blocker(found))
            for found in applications
            if found.server_name != server
        )

    def _blocker(self, found: DesiredApplication) -> Obstacle | None:
        """As the reader finds it."""
        server = self.servers.get(found.server_name)
        status = self.statuses[found.key.uid]
        not_allowed = server and (
            partner_not_allowed(server, found, status.registration)
            or permission_not_allowed(server, found, status.given_permission)
        )
        return not_allowed or self.blockers.get(found.key.name)

    def _other(self, mine: DesiredApplication) -> CounterpartView | None:
        for other in self.applications.values():
            pair = (other.server_name, other.partner.server_name)
            if pair == (mine.partner.server_name, mine.server_name):
                rules = CATALOG.rules[Product(mine.partner.name)]
                return view_of(
                    other.key.name,
                    self.statuses[other.key.uid],
                    generation=other.generation,
                    mode=other.mode,
                    deleting=other.deleting,
                    gradual=rules.takes_over_within is not None,
                )
        return None

    async def credentials(self, server: DesiredServer) -> Credentials:
        """Read the Secret."""
        self.crash.point("secret")
        found = self.credentials_by_server[server.key.name]
        if isinstance(found, CredentialsProblem):
            raise found
        return replace(found, version=found.version or found.digest)

    async def unserved(self) -> list[DeclaredApplication]:
        """Applications that name no existing server."""
        return [
            DeclaredApplication(found, self.statuses[found.key.uid])
            for found in self.applications.values()
            if found.server_name not in self.servers
        ]

    # ---- Writer

    async def server_status(self, server: DesiredServer, status: ServerStatus) -> None:
        """Write if it differs; Gone where the object is another one now."""
        now = self.servers.get(server.key.name)
        if now is None or now.key.uid != server.key.uid:
            raise Gone(server.key.name)
        if status == self.server_statuses[server.key.uid]:
            return
        body = self._checked(server.key.uid, server.generation, status)
        # What Kubernetes gives back is what a status can hold: whole seconds, and no more fields.
        stored = codec.server_status(body)
        if stored == self.server_statuses[server.key.uid]:
            return
        self._refuse(Kind.SERVER, server.key, "server_status")
        self.crash.point(f"write status of {server.key.name}")
        self.server_statuses[server.key.uid] = stored
        self._bodies[server.key.uid] = body
        self.writes += 1
        self.crash.point(f"status of {server.key.name} written")

    async def application_status(
        self, application: DesiredApplication, status: ApplicationStatus
    ) -> None:
        """Write if it differs; Gone where the object is another one now."""
        self._present(application)
        if status == self.statuses[application.key.uid]:
            return
        body = self._checked(application.key.uid, application.generation, status)
        stored = codec.application_status(body)
        if stored == self.statuses[application.key.uid]:
            return
        self._refuse(Kind.APPLICATION, application.key, "application_status")
        self.crash.point(f"write status of {application.key.name}")
        self.statuses[application.key.uid] = stored
        self._bodies[application.key.uid] = body
        self.writes += 1
        self.crash.point(f"status of {application.key.name} written")

    async def rehearse_server_status(self, server: DesiredServer, status: ServerStatus) -> None:
        """Refused, or not; nothing is written."""
        now = self.servers.get(server.key.name)
        if now is None or now.key.uid != server.key.uid:
            raise Gone(server.key.name)
        check_status(to_json(status), server.generation)
        self.crash.point(f"rehearse status of {server.key.name}")
        self._refuse(Kind.SERVER, server.key, "server_status")

    async def rehearse_application_status(
        self, application: DesiredApplication, status: ApplicationStatus
    ) -> None:
        """Refused, or not; nothing is written."""
        self._present(application)
        check_status(to_json(status), application.generation)
        self.crash.point(f"rehearse status of {application.key.name}")
        self._refuse(Kind.APPLICATION, application.key, "application_status")

    def _refuse(self, kind: Kind, key: ObjectKey, what: str) -> None:
        if (what, key.name) in self.refusals:
            self.refused.append((what, key.name))
            raise NotWritten(kind, key, what.replace("_", " "), REFUSAL)

    def _present(self, application: DesiredApplication) -> DesiredApplication:
        now = self.applications.get(application.key.name)
        if now is None or now.key.uid != application.key.uid:
            raise Gone(application.key.name)
        return now

    def _checked(
        self, uid: str, generation: int, status: ApplicationStatus | ServerStatus
    ) -> dict[str, object]:
        """The status as JSON. The rules of every status are checked on every one that is written."""
        body = to_json(status)
        check_status(body, generation)
        check_transition(self._bodies.get(uid), body)
        return body

    async def add_finalizer(self, application: DesiredApplication) -> None:
        """Put our finalizer on; Gone where the object is another one now, or is terminating."""
        now = self._present(application)
        if now.has_finalizer:
            return
        if now.deleting:
            raise Gone(application.key.name)
        self._refuse(Kind.APPLICATION, application.key, "add_finalizer")
        self.crash.point(f"add finalizer to {application.key.name}")
        self.applications[application.key.name] = replace(now, has_finalizer=True)
        self.writes += 1
        self.crash.point(f"finalizer added to {application.key.name}")

    async def remove_finalizer(self, application: DesiredApplication) -> None:
        """Take our finalizer off; a terminating object is gone then."""
        now = self.applications.get(application.key.name)
        if now is None or now.key.uid != application.key.uid or not now.has_finalizer:
            return
        self._refuse(Kind.APPLICATION, application.key, "remove_finalizer")
        self.crash.point(f"remove finalizer from {application.key.name}")
        if now.deleting:
            del self.applications[application.key.name]
        else:
            self.applications[application.key.name] = replace(now, has_finalizer=False)
        self.writes += 1
        self.crash.point(f"finalizer removed from {application.key.name}")

    # ---- Announcer

    async def announce(
        self, kind: Kind, key: ObjectKey, severity: Severity, reason: Reason, message: str
    ) -> None:
        """Remember an Event."""
        del kind
        self.crash.point(f"announce {reason}")
        self.events.append((key.name, severity, reason, message))

    def told(self, reason: Reason) -> list[str]:
        """Messages of all Events with this reason."""
        return [message for _, _, found, message in self.events if found is reason]


@dataclass
class TestClock:
    """A clock that tests own."""

    instant: datetime
    __test__ = False

    def now(self) -> datetime:
        """The wall clock."""
        return self.instant

    def monotonic(self) -> float:
        """Seconds of the same clock."""
        return self.instant.timestamp()
