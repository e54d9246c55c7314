"""A CommandEngine without PowerShell, and a Directory to go with it: enough to test the wire.

Command lines it knows: `echo TEXT`, `cat` (stdin to stdout), `sleep SECONDS`, `exit CODE`,
`stderr TEXT`, `flood BYTES`, and whatever `respond` was given.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from partner_simulator.ports import Output, RunningCommand, Session, Standing


@dataclass(frozen=True, slots=True)
class Chunk:
    """Output that appears `after_seconds` after the chunk before it."""

    stdout: bytes = b""
    stderr: bytes = b""
    after_seconds: float = 0.0


Answer = Callable[[bytes], tuple[Sequence[Chunk], int | None]]
"""From the whole standard input to output and exit code; code None runs until it is terminated."""


class EchoCommand:
    """Waits for the end of stdin if its answer wants that, then plays its chunks."""

    def __init__(self, answer: Answer, *, needs_input: bool) -> None:
        """Start at once unless `needs_input`."""
        self.stdin = b""
        self.terminated = False
        self.reads = 0
        """How often somebody has begun to wait for output."""
        self._answer = answer
        self._condition = threading.Condition()
        self._schedule: list[tuple[float, Chunk]] | None = None
        self._exit_code: int | None = None
        self._ends = 0.0
        if not needs_input:
            self._begin()

    def write_stdin(self, data: bytes, *, end: bool) -> None:
        """Collect; the end starts an answer that waits for it."""
        with self._condition:
            self.stdin += data
            if end and self._schedule is None:
                self._begin()
            self._condition.notify_all()

    def read(self, timeout_seconds: float) -> Output:
        """Return what is due, or wait for it."""
        deadline = time.monotonic() + timeout_seconds
        with self._condition:
            self.reads += 1
            while True:
                now = time.monotonic()
                output = self._due(now)
                if output is not None:
                    return output
                if now >= deadline:
                    return Output(b"", b"", None)
                self._condition.wait(self._nap(deadline - now, now))

    def terminate(self) -> None:
        """End with the code that Windows gives to a killed process."""
        with self._condition:
            self.terminated = True
            self._condition.notify_all()

    def _begin(self) -> None:
        chunks, self._exit_code = self._answer(self.stdin)
        at = time.monotonic()
        self._schedule = []
        for chunk in chunks:
            at += chunk.after_seconds
            self._schedule.append((at, chunk))
        self._ends = at

    def _due(self, now: float) -> Output | None:
        if self.terminated:
            return Output(b"", b"", 0xC000013A)
        if self._schedule is None:
            return None
        due = [chunk for at, chunk in self._schedule if at <= now]
        self._schedule = self._schedule[len(due) :]
        over = not self._schedule and now >= self._ends and self._exit_code is not None
        if not due and not over:
            return None
        stdout = b"".join(chunk.stdout for chunk in due)
        stderr = b"".join(chunk.stderr for chunk in due)
        return Output(stdout, stderr, self._exit_code if over else None)

    def _nap(self, at_most: float, now: float) -> float:
        if not self._schedule:
            return at_most
        return max(min(at_most, self._schedule[0][0] - now), 0.001)


@dataclass(slots=True)
class EchoEngine:
    """Remembers what was started: `started` holds (session, command line, command)."""

    started: list[tuple[Session, str, EchoCommand]] = field(default_factory=list)
    _answers: dict[str, tuple[Answer, bool]] = field(default_factory=dict)

    def respond(self, program: str, answer: Answer, *, needs_input: bool = True) -> None:
        """Answer command lines whose first word is `program` by this function of stdin."""
        self._answers[program.lower()] = (answer, needs_input)

    def start(self, session: Session, command_line: str) -> RunningCommand:
        """Start; an unknown program ends with 9009 and cmd's message."""
        program, _, rest = command_line.partition(" ")
        answer, needs_input = self._answers.get(program.lower()) or _builtin(program, rest)
        command = EchoCommand(answer, needs_input=needs_input)
        self.started.append((session, command_line, command))
        return command

    def close(self) -> None:
        """End all commands."""
        for _, _, command in self.started:
            command.terminate()


def fixed(
    stdout: bytes = b"", stderr: bytes = b"", exit_code: int | None = 0, after_seconds: float = 0.0
) -> Answer:
    """Return an answer that does not depend on stdin."""
    return lambda stdin: ([Chunk(stdout, stderr, after_seconds)], exit_code)


def chunks(*parts: Chunk, exit_code: int | None = 0) -> Answer:
    """Return an answer in several chunks."""
    return lambda stdin: (parts, exit_code)


def _builtin(program: str, rest: str) -> tuple[Answer, bool]:
    match program.lower():
        case "echo":
            return fixed(rest.encode() + b"\r\n"), False
        case "stderr":
            return fixed(stderr=rest.encode() + b"\r\n", exit_code=1), False
        case "cat":
            return (lambda stdin: ([Chunk(stdin)], 0)), True
        case "sleep":
            return fixed(after_seconds=float(rest)), False
        case "exit":
            return fixed(exit_code=int(rest)), False
        case "flood":
            return fixed(b"x" * int(rest)), False
    text = (
        f"'{program}' is not recognized as an internal or external command,\r\n"
        "operable program or batch file.\r\n"
    )
    return fixed(stderr=text.encode(), exit_code=9009), False


@dataclass(slots=True)
class EchoDirectory:
    """Accounts that tests change at run time, and the rejected logons that were reported."""

    passwords: dict[str, str] = field(default_factory=dict)
    denied: set[tuple[str, str]] = field(default_factory=set)
    """(host, user) that are no administrators."""
    failures: list[tuple[str, str]] = field(default_factory=list)
    standings: dict[str, Standing] = field(default_factory=dict)

    def accounts(self) -> Mapping[str, str]:
        """Return the accounts as they are now."""
        return dict(self.passwords)

    def may_use_winrs(self, host: str, user: str) -> bool:
        """Everybody who is not denied."""
        return (host, user) not in self.denied

    def standing(self, user: str) -> Standing:
        """As a test set it."""
        return self.standings.get(user, Standing.GOOD)

    def logon_failed(self, host: str, user: str) -> None:
        """Remember it."""
        self.failures.append((host, user))
