"""SIGKILL and failures for an operator in memory, at the n-th step that touches the world."""

from __future__ import annotations

from dataclasses import dataclass, field

from partner_operator.engine.ports import RunFailed


class Killed(BaseException):
    """What SIGKILL is to a coroutine: nothing catches it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One remote call that fails: the `at`-th of a story, counted from 1."""

    at: int
    failure: RunFailed
    done_all_the_same: bool = False
    """True: the work is done on the server, and only then the call fails (C06, lost answers)."""


@dataclass
class Crash:
    """Counts the steps of a run; dies at one of them, or lets one remote call fail, if told to."""

    at: int | None = None
    steps: list[str] = field(default_factory=list)
    fault: Fault | None = None
    calls: list[str] = field(default_factory=list)
    """Remote calls alone, in order."""

    def point(self, what: str) -> None:
        """One step is about to be made, or was just made."""
        self.steps.append(what)
        if self.at is not None and len(self.steps) == self.at:
            raise Killed(what)

    def call(self, what: str) -> None:
        """A remote call begins."""
        self.calls.append(what)
        self._fail(done=False)

    def answer(self) -> None:
        """The last remote call is about to answer."""
        self._fail(done=True)

    def _fail(self, *, done: bool) -> None:
        fault = self.fault
        if fault is None or fault.at != len(self.calls) or fault.done_all_the_same is not done:
            return
        self.fault = None
        raise fault.failure
