"""What the engine asks of Kubernetes, and how Kubernetes says no."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from partner_operator.engine.ports.credentials import Credentials
from partner_operator.engine.ports.declared import DeclaredApplication, DeclaredServer, ServerName
from partner_operator.trust.model import DesiredApplication, DesiredServer, ObjectKey
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ApplicationStatus, ServerStatus


class Kind(StrEnum):
    """Our two kinds."""

    SERVER = "PartnerServer"
    APPLICATION = "PartnerApplication"


class Severity(StrEnum):
    """Kubernetes' two event types."""

    NORMAL = "Normal"
    WARNING = "Warning"


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


class Announcer(Protocol):
    """Writes Kubernetes Events. Never raises: an event that cannot be written is logged."""

    async def announce(
        self, kind: Kind, key: ObjectKey, severity: Severity, reason: Reason, message: str
    ) -> None:
        """Tell people that something happened to an object."""
        ...
