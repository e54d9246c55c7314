"""One remote PowerShell run over WS-Management: bytes in, checked answer out.

Imports nothing of ours. `run` blocks and uses one connection of its own per call.
"""

from partner_operator.winrm.errors import (
    Blocked,
    Busy,
    ErrorDetails,
    Forbidden,
    Obstacle,
    OutcomeUnknown,
    ProtocolViolation,
    QuotaExceeded,
    RemoteRunError,
    ScriptError,
    TimedOut,
    TlsFailed,
    Unauthenticated,
    Unreachable,
)
from partner_operator.winrm.run import Answer, Authentication, Endpoint, RemoteRequest, run

__all__ = [
    "Answer",
    "Authentication",
    "Blocked",
    "Busy",
    "Endpoint",
    "ErrorDetails",
    "Forbidden",
    "Obstacle",
    "OutcomeUnknown",
    "ProtocolViolation",
    "QuotaExceeded",
    "RemoteRequest",
    "RemoteRunError",
    "ScriptError",
    "TimedOut",
    "TlsFailed",
    "Unauthenticated",
    "Unreachable",
    "run",
]
