"""Fault injection, addressed by step, host, user and count; and barriers that hold a step.

faults.add(Fault(Step.COMMAND, Reset(), when=When.AFTER))     # executed, never answered
with faults.pause_at(Step.COMMAND, host="ex1") as barrier:    # held before it is executed
    barrier.wait_reached(10)
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from partner_simulator.wsman.fault_actions import (
    Action,
    Delay,
    Drip,
    Drop,
    HtmlPage,
    HttpStatus,
    Oversize,
    Redirect,
    Reset,
    Rewrite,
    SayRaw,
    Soap,
    Spoil,
    Truncate,
    Unauthorized,
    WireAction,
    WrongContentType,
)
from partner_simulator.wsman.names import Step

_STOP_POLL_SECONDS = 0.05


class When(StrEnum):
    """On which side of the doing a fault strikes."""

    BEFORE = "before"
    """Nothing has been done: no command started, no shell made."""
    AFTER = "after"
    """It has been done, but the client has not been told."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """One step of one client, as faults see it."""

    step: Step
    host: str
    user: str = ""
    """Empty at connect and before a logon is accepted."""
    shell_id: str = ""
    command_id: str = ""
    number: int = 1
    """Which Send or Receive of its command, from 1; 1 for other steps."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault to inject.

    Spoilers damage a real reply, so they always come AFTER. At CONNECT there is no HTTP yet: only
    wire actions make sense, BEFORE or AFTER the TLS handshake. At AUTHENTICATE, BEFORE is before
    a logon's first message is looked at, and AFTER is when the logon has been accepted.
    """

    step: Step
    action: Action
    when: When = When.BEFORE
    host: str | None = None
    user: str | None = None
    times: int | None = 1
    """How often it strikes; None for always."""
    skip: int = 0
    """How many matching occasions it lets pass first."""
    number: int | None = None
    """Strike only at the n-th Send or Receive of a command."""
    where: Callable[[Occasion], bool] | None = None

    def __post_init__(self) -> None:
        """Refuse what can never happen."""
        if self.step is Step.CONNECT and not isinstance(self.action, WireAction):
            raise ValueError("at connect there is no request that could be answered")
        if isinstance(self.action, Spoil):
            object.__setattr__(self, "when", When.AFTER)

    def matches(self, occasion: Occasion, when: When) -> bool:
        """Whether it could strike here, counts apart."""
        return (
            self.step is occasion.step
            and self.when is when
            and self.host in (None, occasion.host)
            and self.user in (None, occasion.user)
            and self.number in (None, occasion.number)
            and (self.where is None or self.where(occasion))
        )


class ArmedFault:
    """A fault that was added: counts its strikes and can be disarmed."""

    def __init__(self, fault: Fault) -> None:
        """Arm it."""
        self.fault = fault
        self.struck = 0
        self._seen = 0
        self._armed = True
        self._first = threading.Event()

    def disarm(self) -> None:
        """Let it strike no more."""
        self._armed = False

    def wait_struck(self, timeout_seconds: float) -> bool:
        """Wait until it has struck at least once."""
        return self._first.wait(timeout_seconds)

    def strike(self, occasion: Occasion, when: When) -> bool:
        """Whether it strikes now; counts. The caller holds the registry's lock."""
        if not self._armed or not self.fault.matches(occasion, when):
            return False
        self._seen += 1
        if self._seen <= self.fault.skip:
            return False
        if self.fault.times is not None and self.struck >= self.fault.times:
            return False
        self.struck += 1
        self._first.set()
        return True


class Barrier:
    """Holds the next matching step until it is released. Use it as a context manager."""

    def __init__(self, matches: Callable[[Occasion, When], bool]) -> None:
        """Made by Faults.pause_at."""
        self._matches = matches
        self._reached = threading.Event()
        self._released = threading.Event()
        self._abandoned = False
        self.occasion: Occasion | None = None
        """The step that is held, once reached."""

    def wait_reached(self, timeout_seconds: float) -> Occasion:
        """Wait until a step is held and return it. Raises TimeoutError."""
        if not self._reached.wait(timeout_seconds) or self.occasion is None:
            raise TimeoutError("no step reached the barrier")
        return self.occasion

    def release(self) -> None:
        """Let everything through, now and later: what was held is done, even for a dead client."""
        self._released.set()

    def abandon(self) -> None:
        """Drop the held connections instead: what was held before its doing is never done."""
        self._abandoned = True
        self._released.set()

    def claims(self, occasion: Occasion, when: When) -> bool:
        """Whether this step is to be held. The caller holds the registry's lock."""
        taken = self.occasion is not None or self._released.is_set()
        if taken or not self._matches(occasion, when):
            return False
        self.occasion = occasion
        return True

    def hold(self, stopping: threading.Event) -> bool:
        """Block the calling thread until release; whether the step may go on."""
        self._reached.set()
        while not self._released.wait(_STOP_POLL_SECONDS):
            if stopping.is_set():
                return False
        return not self._abandoned

    def __enter__(self) -> Barrier:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Release."""
        self.release()


class Faults:
    """The registry of faults and barriers. One object may serve many hosts."""

    def __init__(self) -> None:
        """Start without any."""
        self._lock = threading.Lock()
        self._armed: list[ArmedFault] = []
        self._barriers: list[Barrier] = []

    def add(self, fault: Fault) -> ArmedFault:
        """Arm a fault."""
        armed = ArmedFault(fault)
        with self._lock:
            self._armed.append(armed)
        return armed

    def pause_at(
        self,
        step: Step,
        host: str | None = None,
        *,
        when: When = When.BEFORE,
        where: Callable[[Occasion], bool] | None = None,
    ) -> Barrier:
        """Hold the next such step on the server's side until the barrier is released."""

        def matches(occasion: Occasion, moment: When) -> bool:
            return (
                occasion.step is step
                and moment is when
                and host in (None, occasion.host)
                and (where is None or where(occasion))
            )

        barrier = Barrier(matches)
        with self._lock:
            self._barriers.append(barrier)
        return barrier

    def clear(self) -> None:
        """Disarm all faults and release all barriers."""
        with self._lock:
            self._armed.clear()
            barriers, self._barriers = self._barriers, []
        for barrier in barriers:
            barrier.release()

    def strike(self, occasion: Occasion, when: When, stopping: threading.Event) -> Sequence[Action]:
        """Hold at barriers, then return the actions that strike here, in the order of adding.

        What ends the matter comes last, and faults behind it wait for the next occasion.
        `stopping` frees a held step when its server goes down.
        """
        with self._lock:
            held = [barrier for barrier in self._barriers if barrier.claims(occasion, when)]
        if not all(barrier.hold(stopping) for barrier in held):
            return [Drop()]
        actions: list[Action] = []
        with self._lock:
            for armed in self._armed:
                if armed.strike(occasion, when):
                    actions.append(armed.fault.action)
                    if not isinstance(armed.fault.action, Delay | Spoil):
                        break
        return actions


__all__ = [
    "Action",
    "ArmedFault",
    "Barrier",
    "Delay",
    "Drip",
    "Drop",
    "Fault",
    "Faults",
    "HtmlPage",
    "HttpStatus",
    "Occasion",
    "Oversize",
    "Redirect",
    "Reset",
    "Rewrite",
    "SayRaw",
    "Soap",
    "Truncate",
    "Unauthorized",
    "When",
    "WrongContentType",
]
