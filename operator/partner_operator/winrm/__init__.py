"""One remote PowerShell run over WS-Management: bytes in, checked answer out.

Imports nothing of ours but `texts`. `run` blocks and uses one connection of its own per call.
"""

from partner_operator.winrm.answer import Answer, Output, error_details, understand
from partner_operator.winrm.clixml import Streams
from partner_operator.winrm.errors import (
    Blocked,
    BlockedBy,
    Busy,
    ErrorDetails,
    Forbidden,
    OutcomeUnknown,
    ProtocolViolation,
    QuotaExceeded,
    Refusal,
    RemoteRunError,
    ScriptError,
    TimedOut,
    TlsFailed,
    Unauthenticated,
    Unreachable,
)
from partner_operator.winrm.run import Authentication, Endpoint, RemoteRequest, run
from partner_operator.winrm.turns import Asker, Turns

__all__ = [
    "Answer",
    "Asker",
    "Authentication",
    "Blocked",
    "BlockedBy",
    "Busy",
    "Endpoint",
    "ErrorDetails",
    "Forbidden",
    "OutcomeUnknown",
    "Output",
    "ProtocolViolation",
    "QuotaExceeded",
    "Refusal",
    "RemoteRequest",
    "RemoteRunError",
    "ScriptError",
    "Streams",
    "TimedOut",
    "TlsFailed",
    "Turns",
    "Unauthenticated",
    "Unreachable",
    "error_details",
    "run",
    "understand",
]
