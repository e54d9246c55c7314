"""Cmdlets that do not do what they say: nothing shown, nothing done, or done and then an error."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import StrEnum

from partner_simulator.ports import CmdletOutput, PsObject


class Misbehaviour(StrEnum):
    """One way in which a cmdlet can fail its caller (cases C05 to C08)."""

    SHOWS_NOTHING = "shows-nothing"
    """It does its work, and neither object nor error comes out."""
    DOES_NOTHING = "does-nothing"
    """Neither work nor object nor error."""
    FAILS_AFTERWARDS = "fails-afterwards"
    """The work is done; then a terminating error."""
    FAILS_AT_ONCE = "fails-at-once"
    """A terminating error, and nothing was done."""


@dataclass(slots=True)
class Misbehaviours:
    """Cmdlets that misbehave, by name; each so many times."""

    _planned: dict[str, list[Misbehaviour]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def plan(self, cmdlet: str, how: Misbehaviour, times: int = 1) -> None:
        """Let the next `times` calls of a cmdlet go wrong."""
        with self._lock:
            self._planned.setdefault(cmdlet.casefold(), []).extend([how] * times)

    def take(self, cmdlet: str) -> Misbehaviour | None:
        """What goes wrong with the call that is made now."""
        with self._lock:
            planned = self._planned.get(cmdlet.casefold())
            return planned.pop(0) if planned else None


class Muted:
    """CmdletOutput that lets no object through."""

    def __init__(self, output: CmdletOutput) -> None:
        """Everything but objects goes to `output`."""
        self.write_error = output.write_error
        self.write_warning = output.write_warning
        self.write_verbose = output.write_verbose
        self.write_host = output.write_host
        self.should_process = output.should_process

    def write_object(self, value: PsObject) -> None:
        """Swallow it."""
