"""One command in a shell: standard input in, output out in pieces that fit the client's envelope."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass

from partner_simulator.ports import Output, RunningCommand
from partner_simulator.wsman import soap_faults
from partner_simulator.wsman.soap_faults import fault

_SLICE_SECONDS = 0.5
"""How long one wait on the engine may last before termination is looked at."""
_PIECE_OVERHEAD_BYTES = 160
"""What a Stream element costs besides its data."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Output of one stream, in order of arrival."""

    stream: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """What one Receive hands out. `exit_code` is None while there is, or may be, more."""

    pieces: tuple[Piece, ...]
    exit_code: int | None


class FinishedCommand:
    """A RunningCommand that never ran: cmd.exe refused the line."""

    def __init__(self, stderr: bytes, exit_code: int) -> None:
        """Prepare the text and the code to answer with."""
        self._output = Output(b"", stderr, exit_code)

    def write_stdin(self, data: bytes, *, end: bool) -> None:
        """Take input that nobody reads."""

    def read(self, timeout_seconds: float) -> Output:
        """Return the refusal at once."""
        return self._output

    def terminate(self) -> None:
        """Do nothing: it is over."""


def too_long() -> RunningCommand:
    """Return what cmd.exe does with a line of more than COMMAND_LINE_CHARACTERS."""
    return FinishedCommand(b"The command line is too long.\r\n", 1)


class Command:
    """A started command line."""

    def __init__(self, command_id: str, running: RunningCommand, line_hash: str) -> None:
        """`line_hash` is what the request log shows of the command line."""
        self.command_id = command_id
        self.line_hash = line_hash
        self.sends = 0
        self.receives = 0
        self._running = running
        self._reading = threading.Lock()
        self._queue = threading.Lock()
        self._waiting: deque[Piece] = deque()
        self._exit_code: int | None = None
        self._input_ended = False
        self._terminated = threading.Event()

    def send(self, data: bytes, *, end: bool) -> None:
        """Append to standard input. Raises SoapFault after the end, or when nobody reads it."""
        if self._input_ended:
            raise fault(soap_faults.INVALID_PARAMETER)
        self._input_ended = end
        try:
            self._running.write_stdin(data, end=end)
        except OSError as error:
            raise fault(soap_faults.NO_DATA) from error

    def receive(self, limit_bytes: int, timeout_seconds: float) -> Batch:
        """Wait for output or the end; at most `limit_bytes` raw bytes are handed out.

        Raises SoapFault: timed out, or aborted when the command is terminated meanwhile.
        """
        deadline = time.monotonic() + timeout_seconds
        if not self._reading.acquire(timeout=timeout_seconds):
            raise fault(soap_faults.TIMED_OUT)
        try:
            self._fill(deadline)
            with self._queue:
                pieces = self._take(limit_bytes)
                finished = self._exit_code is not None and not self._waiting
            return Batch(pieces, self._exit_code if finished else None)
        finally:
            self._reading.release()

    def give_back(self, batch: Batch) -> None:
        """Put output that could not be delivered in front of what is waiting."""
        with self._queue:
            self._waiting.extendleft(reversed(batch.pieces))

    def terminate(self) -> None:
        """Kill it; a pending Receive is aborted."""
        self._terminated.set()
        self._running.terminate()

    def interrupt(self) -> None:
        """Kill it as Ctrl+C would: what it has written and its exit code can still be received."""
        self._running.terminate()

    def _fill(self, deadline: float) -> None:
        while not self._waiting and self._exit_code is None:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise fault(soap_faults.TIMED_OUT)
            output = self._running.read(min(remaining, _SLICE_SECONDS))
            if self._terminated.is_set():
                raise fault(soap_faults.OPERATION_ABORTED)
            with self._queue:
                if output.stdout:
                    self._waiting.append(Piece("stdout", output.stdout))
                if output.stderr:
                    self._waiting.append(Piece("stderr", output.stderr))
            self._exit_code = output.exit_code

    def _take(self, limit_bytes: int) -> tuple[Piece, ...]:
        taken: list[Piece] = []
        room = limit_bytes
        while self._waiting and room > 0:
            piece = self._waiting.popleft()
            if len(piece.data) > room:
                self._waiting.appendleft(Piece(piece.stream, piece.data[room:]))
                piece = Piece(piece.stream, piece.data[:room])
            room -= len(piece.data) + _PIECE_OVERHEAD_BYTES
            taken.append(piece)
        return tuple(taken)
