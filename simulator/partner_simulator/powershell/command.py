"""One running command: what was put in, what came out, and how it ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from partner_simulator.ports import Output
from partner_simulator.powershell.streams import ErrorLineEnds, LineEnds

KILLED = 1
"""Exit code of a command that was terminated."""


class Command:
    """A RunningCommand. Starts when its standard input is complete, or when it needs none."""

    def __init__(self, begin: Callable[[Command], None], *, waits_for_input: bool) -> None:
        """`begin` is called once, on a thread of its own; it ends by `finish`."""
        self._begin = begin
        self._waits_for_input = waits_for_input
        self._condition = threading.Condition()
        self._stdin = bytearray()
        self._started = False
        self._rewriters: dict[str, LineEnds | ErrorLineEnds] = {
            "stdout": LineEnds(),
            "stderr": ErrorLineEnds(),
        }
        self._pending = {"stdout": bytearray(), "stderr": bytearray()}
        self._exit_code: int | None = None
        self._kill: Callable[[], object] | None = None
        self._thread: threading.Thread | None = None
        self.terminated = False

    @property
    def stdin(self) -> bytes:
        """All of standard input; complete once the command has begun."""
        return bytes(self._stdin)

    def write_stdin(self, data: bytes, *, end: bool) -> None:
        """Append to standard input; `end` closes it and lets the command begin."""
        with self._condition:
            self._stdin += data
        if end:
            self.start()

    def start(self) -> None:
        """Begin, unless it has begun or was terminated before."""
        with self._condition:
            if self._started:
                return
            self._started = True
            self._thread = threading.Thread(
                target=self._begin, args=(self,), name="run", daemon=True
            )
        self._thread.start()

    def join(self, timeout_seconds: float) -> None:
        """Wait until nothing of it is left running, at most so long."""
        if self._thread is not None:
            self._thread.join(timeout_seconds)

    def read(self, timeout_seconds: float) -> Output:
        """Wait for output or the end, at most so long.

        A command that never reads its input begins here, as a client that sends none never ends it.
        """
        if not self._waits_for_input and not self._stdin:
            self.start()
        deadline = time.monotonic() + timeout_seconds
        with self._condition:
            while not (any(self._pending.values()) or self._exit_code is not None):
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                self._condition.wait(left)
            out, err = (bytes(self._pending[name]) for name in ("stdout", "stderr"))
            for pending in self._pending.values():
                pending.clear()
            return Output(out, err, self._exit_code)

    def terminate(self) -> None:
        """Kill it and its children. Doing so twice is fine."""
        with self._condition:
            self.terminated = True
            never_began, self._started = not self._started, True
            kill = self._kill
        if never_began:
            self.finish(KILLED)
        elif kill is not None:
            kill()

    def runs_in(self, kill: Callable[[], object]) -> bool:
        """Say how to kill it. False when it was terminated while waiting for a process."""
        with self._condition:
            self._kill = kill
            return not self.terminated

    def emit(self, stream: str, data: bytes) -> None:
        """Take bytes that the process wrote on `stdout` or `stderr`."""
        with self._condition:
            self._pending[stream] += self._rewriters[stream].feed(data)
            self._condition.notify_all()

    def finish(self, exit_code: int) -> None:
        """It has ended, with all output emitted. Later calls change nothing."""
        with self._condition:
            if self._exit_code is not None:
                return
            self._kill = None
            for name, rewriter in self._rewriters.items():
                self._pending[name] += rewriter.finish()
            self._exit_code = exit_code
            self._condition.notify_all()
