"""The objects as their workers last read or wrote them: seen on the way through the engine's own ports.

Nothing is asked of the API server for a scrape. What a pass no longer finds is forgotten with it.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from partner_operator.engine.ports import (
    Announcer,
    Credentials,
    DeclaredApplication,
    DeclaredServer,
    Kind,
    NotWritten,
    Reader,
    ServerName,
    Severity,
    Writer,
)
from partner_operator.trust.model import DesiredApplication, DesiredServer, ObjectKey
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ApplicationStatus, ServerStatus

COUNTED: Final = frozenset({Reason.REPAIRED, Reason.RESTARTED, Reason.RESTART_FAILED})
"""Events that are counted: each tells of one thing that was done."""

_UNSERVED: Final = None
"""The shelf of applications that name no existing server."""


@dataclass(frozen=True, slots=True)
class Server:
    """A PartnerServer and its status."""

    desired: DesiredServer
    status: ServerStatus


@dataclass(frozen=True, slots=True)
class Application:
    """A PartnerApplication and its status."""

    desired: DesiredApplication
    status: ApplicationStatus


@dataclass(slots=True)
class _Shelf:
    """What one worker is responsible for."""

    server: Server | None = None
    applications: dict[str, Application] = field(default_factory=dict)

    def uids(self) -> set[str]:
        own = {self.server.desired.key.uid} if self.server is not None else set()
        return own | self.applications.keys()


class Objects:
    """What all workers know of their objects."""

    def __init__(self) -> None:
        """Nothing is known before the first pass."""
        self._shelves: dict[ServerName | None, _Shelf] = {}
        self._told: dict[str, Counter[Reason]] = {}
        self._refused: dict[str, set[str]] = {}
        """By uid: what the API server did not take when it was asked last."""

    def servers(self) -> list[Server]:
        """All PartnerServers that a worker serves."""
        return [shelf.server for shelf in self._shelves.values() if shelf.server is not None]

    def applications(self) -> Iterable[Application]:
        """All PartnerApplications, each once: of two of one name, the one that is there now."""
        found: dict[tuple[str, str], Application] = {}
        for shelf in self._served_first():
            for application in shelf.applications.values():
                key = application.desired.key
                known = found.get((key.namespace, key.name))
                if known is None or known.desired.created_at < application.desired.created_at:
                    found[key.namespace, key.name] = application
        return found.values()

    def told(self, uid: str, reason: Reason) -> int:
        """How often this process told this of an object that it still serves."""
        return self._told.get(uid, Counter())[reason]

    def is_refused(self, uid: str) -> bool:
        """Whether the API server does not take something of an object that is still served."""
        return bool(self._refused.get(uid))

    def forget(self, name: ServerName | None) -> None:
        """No worker serves this server any more; None: applications that name no existing one."""
        self._put(name, _Shelf())
        self._shelves.pop(name, None)

    def reader(self, reader: Reader) -> Reader:
        """The same reader; what it reads is noted."""
        return _NotingReader(self, reader)

    def writer(self, writer: Writer) -> Writer:
        """The same writer; what it has written is noted."""
        return _NotingWriter(self, writer)

    def announcer(self, announcer: Announcer) -> Announcer:
        """The same announcer; what it tells is counted."""
        return _CountingAnnouncer(self, announcer)

    def note_server(self, name: ServerName, declared: DeclaredServer | None) -> None:
        """A worker has read its server and all of its applications."""
        if declared is None:
            self.forget(name)
            return
        server = Server(declared.desired, declared.status)
        self._put(name, _Shelf(server, _by_uid(declared.applications)))

    def note_unserved(self, applications: Iterable[DeclaredApplication]) -> None:
        """These are all that name no existing server."""
        self._put(_UNSERVED, _Shelf(applications=_by_uid(applications)))

    def note_server_status(self, desired: DesiredServer, status: ServerStatus) -> None:
        """This stands in the cluster now."""
        shelf = self._shelves.get(ServerName(desired.key.namespace, desired.key.name))
        if shelf is not None and desired.key.uid in shelf.uids():
            shelf.server = Server(desired, status)

    def note_application_status(
        self, desired: DesiredApplication, status: ApplicationStatus
    ) -> None:
        """The same of an application."""
        shelf = self._shelf_of(desired)
        if shelf is not None:
            shelf.applications[desired.key.uid] = Application(desired, status)

    def note_released(self, desired: DesiredApplication) -> None:
        """Our finalizer is off an application that is being deleted, so it is gone."""
        shelf = self._shelf_of(desired)
        if shelf is not None and desired.deleting:
            del shelf.applications[desired.key.uid]
            self._drop(desired.key.uid)

    def note_told(self, key: ObjectKey, reason: Reason) -> None:
        """People were told this of an object."""
        if reason in COUNTED:
            self._told.setdefault(key.uid, Counter())[reason] += 1

    @contextlib.contextmanager
    def writing(self, key: ObjectKey, what: str) -> Iterator[None]:
        """Around a write: whether the API server takes it."""
        refused = self._refused.setdefault(key.uid, set())
        try:
            yield
        except NotWritten:
            refused.add(what)
            raise
        else:
            refused.discard(what)

    def _put(self, name: ServerName | None, shelf: _Shelf) -> None:
        before = self._shelves.get(name)
        self._shelves[name] = shelf
        for uid in (before.uids() - shelf.uids()) if before is not None else ():
            self._drop(uid)

    def _drop(self, uid: str) -> None:
        self._told.pop(uid, None)
        self._refused.pop(uid, None)

    def _shelf_of(self, desired: DesiredApplication) -> _Shelf | None:
        own = ServerName(desired.key.namespace, desired.server_name)
        for name in (own, _UNSERVED):
            shelf = self._shelves.get(name)
            if shelf is not None and desired.key.uid in shelf.applications:
                return shelf
        return None

    def _served_first(self) -> Iterator[_Shelf]:
        yield from (shelf for name, shelf in self._shelves.items() if name != _UNSERVED)
        if _UNSERVED in self._shelves:
            yield self._shelves[_UNSERVED]


def _by_uid(applications: Iterable[DeclaredApplication]) -> dict[str, Application]:
    return {one.desired.key.uid: Application(one.desired, one.status) for one in applications}


@dataclass(frozen=True, slots=True)
class _NotingReader:
    """Implements `engine.ports.Reader`."""

    objects: Objects
    reader: Reader

    async def server(self, name: ServerName) -> DeclaredServer | None:
        """Read, and note what was read."""
        declared = await self.reader.server(name)
        self.objects.note_server(name, declared)
        return declared

    async def again(self, server: DesiredServer) -> DeclaredServer:
        """The same in the middle of a pass."""
        declared = await self.reader.again(server)
        self.objects.note_server(ServerName(server.key.namespace, server.key.name), declared)
        return declared

    async def credentials(self, server: DesiredServer) -> Credentials:
        """Nothing of a logon is noted."""
        return await self.reader.credentials(server)

    async def unserved(self) -> Sequence[DeclaredApplication]:
        """Read, and note what was read."""
        found = await self.reader.unserved()
        self.objects.note_unserved(found)
        return found


@dataclass(frozen=True, slots=True)
class _NotingWriter:
    """Implements `engine.ports.Writer`. A status that is refused is none of the object."""

    objects: Objects
    writer: Writer

    async def server_status(self, server: DesiredServer, status: ServerStatus) -> None:
        """Write, and note what was written."""
        with self.objects.writing(server.key, "status"):
            await self.writer.server_status(server, status)
        self.objects.note_server_status(server, status)

    async def application_status(
        self, application: DesiredApplication, status: ApplicationStatus
    ) -> None:
        """Write, and note what was written."""
        with self.objects.writing(application.key, "status"):
            await self.writer.application_status(application, status)
        self.objects.note_application_status(application, status)

    async def rehearse_server_status(self, server: DesiredServer, status: ServerStatus) -> None:
        """Nothing is written; but whether it would be taken is known now."""
        with self.objects.writing(server.key, "status"):
            await self.writer.rehearse_server_status(server, status)

    async def rehearse_application_status(
        self, application: DesiredApplication, status: ApplicationStatus
    ) -> None:
        """The same of an application."""
        with self.objects.writing(application.key, "status"):
            await self.writer.rehearse_application_status(application, status)

    async def add_finalizer(self, application: DesiredApplication) -> None:
        """Put our finalizer on."""
        with self.objects.writing(application.key, "finalizer"):
            await self.writer.add_finalizer(application)

    async def remove_finalizer(self, application: DesiredApplication) -> None:
        """An object that is being deleted goes with it."""
        with self.objects.writing(application.key, "finalizer"):
            await self.writer.remove_finalizer(application)
        self.objects.note_released(application)


@dataclass(frozen=True, slots=True)
class _CountingAnnouncer:
    """Implements `engine.ports.Announcer`."""

    objects: Objects
    announcer: Announcer

    async def announce(
        self, kind: Kind, key: ObjectKey, severity: Severity, reason: Reason, message: str
    ) -> None:
        """Tell, and count."""
        self.objects.note_told(key, reason)
        await self.announcer.announce(kind, key, severity, reason, message)
