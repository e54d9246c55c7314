"""What can go wrong with one remote run.

RemoteRunError
+-- Unreachable          no host, no port, no answer before anything was asked
+-- TlsFailed            certificate or protocol not acceptable
+-- Unauthenticated      logon refused: wrong, locked, expired, ...
+-- Forbidden            logged on, but not allowed to use WinRS here
+-- QuotaExceeded        too many shells or operations for this user
+-- Busy                 another run of ours holds the host's mutex
+-- TimedOut             no answer in time, and proven that nothing ran
+-- ProtocolViolation    an answer that is no answer
+-- Blocked              something on the host stops PowerShell or our script before it can speak
+-- ScriptError          our script ran and threw
+-- OutcomeUnknown       the command was sent, and nobody knows what became of it
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RemoteRunError(Exception):
    """One sentence for people: what is wrong, where, and what to do next.

    `nothing_ran`: proven that our script did not begin. `outcome_unknown`: it may have run.
    `logon_refused`: the host refused the password in the course of this run, be it in the middle.
    `printed`: what the process wrote to its end, where it ended without an answer; else empty.
    """

    nothing_ran = False
    outcome_unknown = False
    logon_refused = False
    printed = ""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Unreachable(RemoteRunError):
    """No host, no port, or no answer before anything was asked."""

    nothing_ran = True


class TlsFailed(RemoteRunError):
    """The server's certificate or TLS version is not acceptable."""

    nothing_ran = True


class Refusal(StrEnum):
    """Why a logon was refused, as far as the wire tells."""

    NAME_OR_PASSWORD = "the user name or the password is wrong"  # noqa: S105 - a sentence
    LOCKED_OUT = "the account is locked out"
    PASSWORD_EXPIRED = "the password has expired"  # noqa: S105 - a sentence
    MUST_CHANGE = "the password must be changed before the first logon"
    ACCOUNT_EXPIRED = "the account has expired"
    DISABLED = "the account is disabled"
    RESTRICTED = "the account may not log on in this way, from here or at this hour"
    REVOKED = "the account is locked, disabled, expired or outside of its logon hours"
    """Kerberos has one code for these."""
    NOT_TOLD = "why is not told"


class Unauthenticated(RemoteRunError):
    """The logon was refused; `refusal` says why, where the wire tells."""

    nothing_ran = True
    logon_refused = True

    def __init__(self, message: str, refusal: Refusal = Refusal.NOT_TOLD) -> None:
        super().__init__(message)
        self.refusal = refusal


class Forbidden(RemoteRunError):
    """Not allowed to run commands over WinRM; `logged_on` is False where no logon could be tried."""

    nothing_ran = True

    def __init__(self, message: str, *, logged_on: bool = True) -> None:
        super().__init__(message)
        self.logged_on = logged_on


class QuotaExceeded(RemoteRunError):
    """The host allows this user no further shell or operation."""

    nothing_ran = True


class Busy(RemoteRunError):
    """Another run of ours holds the host's mutex."""

    nothing_ran = True


class TimedOut(RemoteRunError):
    """No answer in time, and proven that nothing ran."""

    nothing_ran = True


class ProtocolViolation(RemoteRunError):
    """The host answered with something that is no answer to what was asked.

    A request that arrived damaged is one, too: the bootstrap refused it, so `nothing_ran` is set.
    """

    def __init__(
        self, message: str, *, nothing_ran: bool = False, outcome_unknown: bool = False
    ) -> None:
        super().__init__(message)
        self.nothing_ran = nothing_ran
        self.outcome_unknown = outcome_unknown


class BlockedBy(StrEnum):
    """What stopped our script before it could frame an answer."""

    ANTIMALWARE = "antimalware"
    LANGUAGE_MODE = "constrained language mode"
    EXECUTION_POLICY = "execution policy"
    COMMAND_TOO_LONG = "command line too long"
    POWERSHELL_MISSING = "powershell.exe missing"


class Blocked(RemoteRunError):
    """Something on the host stops PowerShell, or our script, before it can speak."""

    def __init__(self, message: str, obstacle: BlockedBy, *, nothing_ran: bool) -> None:
        super().__init__(message)
        self.obstacle = obstacle
        self.nothing_ran = nothing_ran


class OutcomeUnknown(RemoteRunError):
    """The command was sent, and nobody knows what became of it."""

    outcome_unknown = True


@dataclass(frozen=True, slots=True)
class ErrorDetails:
    """An error record of PowerShell. Classify by `error_id`, `type` and `category`: text is localised."""

    error_id: str
    type: str
    innermost_type: str
    category: str
    messages: tuple[str, ...]
    position: str = ""


class ScriptError(RemoteRunError):
    """Our script threw this record; or the bootstrap did before it, then `nothing_ran` is set."""

    def __init__(self, details: ErrorDetails, *, nothing_ran: bool = False) -> None:
        super().__init__(" ".join(details.messages) or details.error_id)
        self.details = details
        self.nothing_ran = nothing_ran
