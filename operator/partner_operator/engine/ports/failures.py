"""How a remote run fails: one reason, one sentence, and what is known of its outcome."""

from __future__ import annotations

from enum import StrEnum

from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import Reason


class Step(StrEnum):
    """How far a remote run came before it failed, in the order in which a run takes these steps."""

    CONNECT = "connect"
    TLS = "TLS"
    LOGON = "logon"
    SHELL = "shell"
    POWERSHELL = "PowerShell"
    MUTEX = "mutex"
    MODULE = "module"
    SECOND_HOP = "second hop"
    RIGHTS = "rights"
    WORK = "work"
    """Everything before it is proven; the operation itself failed."""


class RunFailed(Exception):
    """A remote run did not do its work. One reason, one sentence, one next step.

    `nothing_ran`: proven that no change was made, so it may simply be tried again.
    `outcome_unknown`: the operation may have run, or still runs (rule 10).
    `no_attempt`: it says nothing of whether the change can be made, so it is tried until it is: nothing ran, others
    were at work on the same thing, or a right is missing beside it.
    `step`: where it failed, for people who look for the cause; nothing is decided by it.
    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        then: Next = Next.RETRIED,
        *,
        nothing_ran: bool = False,
        outcome_unknown: bool = False,
        no_attempt: bool = False,
        step: Step = Step.WORK,
    ) -> None:
        super().__init__(message)
        self.obstacle = Obstacle(reason, message, then)
        self.nothing_ran = nothing_ran
        self.outcome_unknown = outcome_unknown
        self.no_attempt = no_attempt or nothing_ran
        self.step = step


class OperationFailed(RunFailed):
    """Anything but the logon was in the way."""


class LogonRefused(RunFailed):
    """The user name or password was refused. It ends the pass: each further try may lock the account."""

    def __init__(
        self, message: str, *, nothing_ran: bool = False, outcome_unknown: bool = False
    ) -> None:
        super().__init__(
            Reason.CREDENTIALS_REJECTED,
            message,
            Next.HUMAN,
            nothing_ran=nothing_ran,
            outcome_unknown=outcome_unknown,
            step=Step.LOGON,
        )
