"""One remote PowerShell run over WS-Management: bytes in, checked answer out.

Imports nothing of ours but `texts`. `run` blocks; the runs of one pass to a host share a connection.
"""

from partner_operator.winrm.answer import Answer, Output, script_failure, understand
from partner_operator.winrm.channels import Channels
from partner_operator.winrm.clixml import Streams
from partner_operator.winrm.endpoint import Authentication, Endpoint
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
from partner_operator.winrm.run import RemoteRequest, run
from partner_operator.winrm.turns import SLOTS, Asker, Turns

__all__ = [
    "SLOTS",
    "Answer",
    "Asker",
    "Authentication",
    "Blocked",
    "BlockedBy",
    "Busy",
    "Channels",
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
    "run",
    "script_failure",
    "understand",
]
