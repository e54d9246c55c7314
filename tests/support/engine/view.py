"""What one operator has seen of the cluster in memory: it never writes over what another one wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from partner_operator.engine.ports import (
    Credentials,
    DeclaredApplication,
    DeclaredServer,
    ServerName,
    StatusChanged,
)
from partner_operator.trust.model import DesiredApplication, DesiredServer, ObjectKey
from partner_operator.trust.status import ApplicationStatus, ServerStatus
from support.engine.kubernetes import Cluster

Status = ServerStatus | ApplicationStatus


@dataclass
class View:
    """Reader and Writer of one worker, as LastSeen makes them: a status that changed meanwhile ends the pass."""

    cluster: Cluster
    _rests_on: dict[str, Status] = field(default_factory=dict)

    async def server(self, name: ServerName) -> DeclaredServer | None:
        """A pass begins."""
        declared = await self.cluster.server(name)
        self._rests_on = dict(_statuses(declared)) if declared is not None else {}
        return declared

    async def again(self, server: DesiredServer) -> DeclaredServer:
        """In the middle of it."""
        declared = await self.cluster.again(server)
        for uid, _ in _statuses(declared):
            self._judge(uid)
        self._rests_on |= dict(_statuses(declared))
        return declared

    async def credentials(self, server: DesiredServer) -> Credentials:
        """Read the Secret."""
        return await self.cluster.credentials(server)

    async def unserved(self) -> Sequence[DeclaredApplication]:
        """Applications that name no existing server."""
        found = await self.cluster.unserved()
        self._rests_on = {one.desired.key.uid: one.status for one in found}
        return found

    async def server_status(self, server: DesiredServer, status: ServerStatus) -> None:
        """Write, where nobody else wrote."""
        if self._unchanged(server.key, status):
            return
        await self.cluster.server_status(server, status)
        self._written(server.key)

    async def application_status(
        self, application: DesiredApplication, status: ApplicationStatus
    ) -> None:
        """Write, where nobody else wrote."""
        if self._unchanged(application.key, status):
            return
        await self.cluster.application_status(application, status)
        self._written(application.key)

    async def rehearse_server_status(self, server: DesiredServer, status: ServerStatus) -> None:
        """Whether it would be taken."""
        self._judge(server.key.uid)
        await self.cluster.rehearse_server_status(server, status)

    async def rehearse_application_status(
        self, application: DesiredApplication, status: ApplicationStatus
    ) -> None:
        """Whether it would be taken."""
        self._judge(application.key.uid)
        await self.cluster.rehearse_application_status(application, status)

    async def add_finalizer(self, application: DesiredApplication) -> None:
        """Put our finalizer on."""
        await self.cluster.add_finalizer(application)
        self._judge(application.key.uid)

    async def remove_finalizer(self, application: DesiredApplication) -> None:
        """Take our finalizer off."""
        if application.key.name in self.cluster.applications:
            self._judge(application.key.uid)
        await self.cluster.remove_finalizer(application)

    def _now(self, uid: str) -> Status | None:
        return self.cluster.server_statuses.get(uid) or self.cluster.statuses.get(uid)

    def _judge(self, uid: str) -> None:
        known = self._rests_on.get(uid)
        if known is not None and known != self._now(uid):
            raise StatusChanged(uid)

    def _unchanged(self, key: ObjectKey, status: Status) -> bool:
        """Whether there is nothing to write. Where there is, the stored status must be the known one."""
        if status == self._rests_on.get(key.uid):
            return True
        self._judge(key.uid)
        return False

    def _written(self, key: ObjectKey) -> None:
        now = self._now(key.uid)
        if now is not None:
            self._rests_on[key.uid] = now


def _statuses(declared: DeclaredServer) -> list[tuple[str, Status]]:
    return [
        (declared.desired.key.uid, declared.status),
        *((one.desired.key.uid, one.status) for one in declared.applications),
    ]
