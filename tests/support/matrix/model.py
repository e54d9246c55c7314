"""What the fault matrix is made of: kinds, variants, cells, and steps at which a kind cannot happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.winrm import (
    Blocked,
    Busy,
    Forbidden,
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
from partner_simulator.wsman import Step, When
from support.matrix.stage import Stage

STEPS = (
    Step.CONNECT,
    Step.AUTHENTICATE,
    Step.CREATE,
    Step.COMMAND,
    Step.SEND,
    Step.RECEIVE,
    Step.SIGNAL,
    Step.DELETE,
)
"""The steps of one run, in order. The operator sends no Identify."""


class Kind(StrEnum):
    """The kinds of faults, by the numbers that they have in docs/faults.md."""

    UNAUTHORIZED = "1. HTTP 401"
    ACCOUNT = "2. account expired, disabled or locked"
    SCHEME = "3. authentication scheme missing"
    BINDING = "4. channel binding does not match"
    SKEW = "5. clock skew, or no entry for the user"
    ACCESS_DENIED = "6. access denied after a good logon"
    SOAP = "7. SOAP fault"
    QUOTA = "8. quota"
    HTTP = "9. HTTP error"
    TRUNCATED_BODY = "10. truncated body"
    TRUNCATED_XML = "11. truncated XML"
    SUCCESS = "12. HTTP 200 that is no answer"
    BOMB = "13. XML bomb, DTD, too large"
    TLS = "14. TLS"
    SLOW = "15. slow"
    LOST = "16. RST or FIN"
    IDLE = "17. connection closed while idle"
    LOOP = "18. OperationTimeout again and again"
    NETWORK = "19. no connection"
    REDIRECT = "20. redirect"
    PROXY = "21. proxy and netrc in the environment"
    STDERR = "22. standard error"
    STDOUT = "23. standard output"
    EXIT = "24. exit"


@dataclass(frozen=True, slots=True)
class Failure:
    """The failure that `run` raises."""

    error: type[RemoteRunError]
    nothing_ran: bool = False
    outcome_unknown: bool = False
    logon_refused: bool = False

    def __str__(self) -> str:
        """The class, and what is known of the outcome."""
        name = self.error.__name__
        if self.nothing_ran:
            return f"{name}, nothing ran"
        if self.logon_refused:
            return f"{name}, logon refused"
        known = not self.outcome_unknown or self.error is OutcomeUnknown
        return name if known else f"{name}, outcome unknown"


UNREACHABLE = Failure(Unreachable, nothing_ran=True)
TLS_FAILED = Failure(TlsFailed, nothing_ran=True)
UNAUTHENTICATED = Failure(Unauthenticated, nothing_ran=True, logon_refused=True)
FORBIDDEN = Failure(Forbidden, nothing_ran=True)
QUOTA_EXCEEDED = Failure(QuotaExceeded, nothing_ran=True)
TIMED_OUT = Failure(TimedOut, nothing_ran=True)
NO_ANSWER = Failure(ProtocolViolation, nothing_ran=True)
DAMAGED = Failure(ProtocolViolation, outcome_unknown=True)
BROKEN_CONTRACT = Failure(ProtocolViolation)
UNKNOWN = Failure(OutcomeUnknown, outcome_unknown=True)
UNKNOWN_AND_REFUSED = Failure(OutcomeUnknown, outcome_unknown=True, logon_refused=True)
BUSY = Failure(Busy, nothing_ran=True)
BLOCKED = Failure(Blocked, nothing_ran=True)
SCRIPT_ERROR = Failure(ScriptError)


@dataclass(frozen=True, slots=True)
class Shown:
    """What users see: the Ready condition, and the condition that stands beside it."""

    reason: Reason
    beside: ConditionType
    ready: ConditionStatus = ConditionStatus.FALSE

    def __str__(self) -> str:
        """As in a table."""
        return f"{self.ready}/{self.reason}, {self.beside}"


def _retried(reason: Reason) -> Shown:
    return Shown(reason, ConditionType.RECONCILING)


def _for_a_human(reason: Reason) -> Shown:
    return Shown(reason, ConditionType.STALLED)


SHOWN: dict[Failure, Shown] = {
    UNREACHABLE: _retried(Reason.UNREACHABLE),
    TLS_FAILED: _retried(Reason.TLS_FAILED),
    UNAUTHENTICATED: _for_a_human(Reason.CREDENTIALS_REJECTED),
    FORBIDDEN: _for_a_human(Reason.FORBIDDEN),
    QUOTA_EXCEEDED: _retried(Reason.QUOTA_EXCEEDED),
    TIMED_OUT: _retried(Reason.TIMED_OUT),
    NO_ANSWER: _retried(Reason.PROTOCOL_ERROR),
    DAMAGED: _retried(Reason.PROTOCOL_ERROR),
    BROKEN_CONTRACT: _retried(Reason.PROTOCOL_ERROR),
    UNKNOWN: _retried(Reason.OUTCOME_UNKNOWN),
    UNKNOWN_AND_REFUSED: _for_a_human(Reason.CREDENTIALS_REJECTED),
    BUSY: _retried(Reason.BUSY),
    BLOCKED: _for_a_human(Reason.BLOCKED),
    SCRIPT_ERROR: _retried(Reason.REMOTE_ERROR),
}
"""What becomes of each failure on the objects."""


class Changed(StrEnum):
    """Whether the server's configuration is another one after a run that was to change it."""

    YES = "yes"
    NO = "no"
    PERHAPS = "perhaps"


@dataclass(frozen=True, slots=True)
class Counts:
    """What the far side counted in one run. A step that is repeated shows here."""

    accepted: int = 1
    """Logons."""
    rejected: int = 0
    """Logons that count towards a lockout."""
    commands: int = 1
    sends: int = 1
    """Send requests that the host is done with, whether they were answered or cut off."""
    shells_left: int = 0
    """Shells that nobody could delete; the IdleTimeOut of 180 s that the operator asks for ends them."""


@dataclass(frozen=True, slots=True)
class Expected:
    """How a run ends. `failure` None: the answer arrives all the same."""

    failure: Failure | None
    counts: Counts = Counts()

    def __str__(self) -> str:
        """One line, for people."""
        counts = self.counts
        return (
            f"{self.failure or 'answer'}; logons {counts.accepted}+{counts.rejected}, commands "
            f"{counts.commands}, sends {counts.sends}, shells left {counts.shells_left}"
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """One fault at one step, and how a run with it ends."""

    kind: Kind
    variant: str
    step: Step
    when: When
    """BEFORE: the step was not done. AFTER: done, but the client was not told."""
    expected: Expected
    arrange: Callable[[Stage, Cell], None]
    """Puts the fault in place."""

    @property
    def changed(self) -> Changed:
        """What a run that was to change the server has done: the script only comes with Send."""
        failure = self.expected.failure
        if failure is None:
            return Changed.YES
        unsent = self.step is Step.COMMAND or (self.step, self.when) == (Step.SEND, When.BEFORE)
        return Changed.NO if failure.nothing_ran or unsent else Changed.PERHAPS

    @property
    def name(self) -> str:
        """For test ids and lists."""
        number = self.kind.split(".", maxsplit=1)[0]
        return f"{number}-{self.variant}-{self.step}-{self.when}".replace(" ", "_")


@dataclass(frozen=True, slots=True)
class Impossible:
    """A kind that cannot happen at a step, and why."""

    kind: Kind
    step: Step
    why: str
