"""What is remembered of an object between passes: exactly what stands in its `.status`."""

from partner_operator.trust.status.application import (
    ApplicationStatus,
    ChangeKind,
    Connectivity,
    Counterpart,
    Deletion,
    DocumentSeen,
    GivenPermission,
    Intent,
    Registration,
    Repair,
    TestRecord,
)
from partner_operator.trust.status.certificate import CertificateEnd, CertificateStatus, Warned
from partner_operator.trust.status.condition import Condition
from partner_operator.trust.status.iis import (
    HostHealth,
    HostRestartState,
    HostStatus,
    IISStatus,
    Question,
    RoundStatus,
)
from partner_operator.trust.status.server import (
    Columns,
    Dropped,
    LogonStatus,
    MetadataStatus,
    Removal,
    Retry,
    ServerStatus,
    TokenServerStatus,
    Undeclared,
)

__all__ = [
    "ApplicationStatus",
    "CertificateEnd",
    "CertificateStatus",
    "ChangeKind",
    "Columns",
    "Condition",
    "Connectivity",
    "Counterpart",
    "Deletion",
    "DocumentSeen",
    "Dropped",
    "GivenPermission",
    "HostHealth",
    "HostRestartState",
    "HostStatus",
    "IISStatus",
    "Intent",
    "LogonStatus",
    "MetadataStatus",
    "Question",
    "Registration",
    "Removal",
    "Repair",
    "Retry",
    "RoundStatus",
    "ServerStatus",
    "TestRecord",
    "TokenServerStatus",
    "Undeclared",
    "Warned",
]
