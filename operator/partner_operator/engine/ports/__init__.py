"""What the engine asks of the edges: Kubernetes and the products implement these Protocols."""

from partner_operator.engine.ports.clock import Clock
from partner_operator.engine.ports.cluster import (
    Announcer,
    ClusterFailed,
    Gone,
    Kind,
    NotWritten,
    Reader,
    Severity,
    StatusChanged,
    Writer,
)
from partner_operator.engine.ports.credentials import Credentials, CredentialsProblem
from partner_operator.engine.ports.declared import (
    CounterpartView,
    DeclaredApplication,
    DeclaredServer,
    OtherServer,
    ServerName,
)
from partner_operator.engine.ports.failures import LogonRefused, OperationFailed, RunFailed, Step
from partner_operator.engine.ports.sessions import (
    Challenges,
    Operations,
    Outcome,
    Replicates,
    Restarts,
    Session,
    Tests,
    Wanted,
)

__all__ = [
    "Announcer",
    "Challenges",
    "Clock",
    "ClusterFailed",
    "CounterpartView",
    "Credentials",
    "CredentialsProblem",
    "DeclaredApplication",
    "DeclaredServer",
    "Gone",
    "Kind",
    "LogonRefused",
    "NotWritten",
    "OperationFailed",
    "Operations",
    "OtherServer",
    "Outcome",
    "Reader",
    "Replicates",
    "Restarts",
    "RunFailed",
    "ServerName",
    "Session",
    "Severity",
    "StatusChanged",
    "Step",
    "Tests",
    "Wanted",
    "Writer",
]
