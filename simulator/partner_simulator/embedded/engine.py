"""EmbeddedEngine: command lines of simulated machines, answered without PowerShell."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from partner_simulator.embedded import exchange, failures, frame, lync
from partner_simulator.embedded.failures import Failed
from partner_simulator.embedded.frame import Damaged, Request, Stage
from partner_simulator.embedded.run import Gone, Run
from partner_simulator.ports import COMMAND_LINE_CHARACTERS, CmdletWorld, Session
from partner_simulator.powershell.command import KILLED, Command
from partner_simulator.powershell.command_line import PowerShellRun, ProgramRun, Refusal, parse
from partner_simulator.powershell.emulation import WindowsPowerShell
from partner_simulator.powershell.programs import run_program

_log = logging.getLogger(__name__)
_CLOSE_SECONDS = 10.0
_GLANCE_SECONDS = 0.05
_REFUSED = 1

OPERATIONS: Mapping[str, Callable[[Run], Mapping[str, Any]]] = {
    **exchange.OPERATIONS,
    **lync.OPERATIONS,
}
"""By the first line of their script."""


class EmbeddedEngine:
    """A CommandEngine that knows the operator's operations by name and does what they do on `world`.

    It runs no PowerShell text. What it does not know it refuses, by name.
    """

    NAME = "embedded"
    """What it is called wherever somebody is told who answers."""

    def __init__(
        self,
        world: CmdletWorld,
        *,
        windows_powershell: WindowsPowerShell = WindowsPowerShell.V4_0,
    ) -> None:
        """`windows_powershell`: the version that the hosts have, as their answers tell it."""
        self._world = world
        self._version = windows_powershell.value
        self._mutexes: dict[str, threading.Lock] = {}
        self._commands: set[Command] = set()
        self._lock = threading.Lock()
        _log.info(
            "the %s engine answers: operations are known by name, no script is run",
            EmbeddedEngine.NAME,
        )

    def start(self, session: Session, command_line: str) -> Command:
        """Start a command line as cmd.exe would; see ports.CommandEngine."""
        asked = parse(command_line, COMMAND_LINE_CHARACTERS)

        def begin(running: Command) -> None:
            code = _REFUSED
            try:
                match asked:
                    case Refusal():
                        running.emit("stderr", asked.stderr.encode())
                        code = asked.exit_code
                    case ProgramRun():
                        code = run_program(self._world, session, asked, running)
                    case PowerShellRun():
                        code = self._powershell(session, asked, running)
            finally:
                running.finish(code)
                with self._lock:
                    self._commands.discard(running)

        waits = isinstance(asked, PowerShellRun) and asked.reads_input
        command = Command(begin, waits_for_input=waits)
        with self._lock:
            self._commands.add(command)
        return command

    def close(self) -> None:
        """End everything."""
        with self._lock:
            commands = list(self._commands)
        for command in commands:
            command.terminate()
        for command in commands:
            command.join(_CLOSE_SECONDS)

    def _powershell(self, session: Session, asked: PowerShellRun, running: Command) -> int:
        running.runs_in(lambda: None)  # a run looks by itself whether it was terminated
        if not frame.is_bootstrap(asked.text):
            return _refuse(running, asked.text.strip().partition("\n")[0][:80])
        try:
            running.emit("stdout", self._answer(session, running))
        except Gone:
            return KILLED
        return 0

    def _answer(self, session: Session, running: Command) -> bytes:
        """The frame, with whatever the operation writes emitted before it. Raises Gone."""
        try:
            request = frame.read(running.stdin)
        except Damaged as damaged:
            return frame.answer(str(damaged), self._version, Stage.DAMAGED)
        operation = OPERATIONS.get(request.name)
        if operation is None:
            _log.error(
                "the %s engine does not know the script %r", EmbeddedEngine.NAME, request.name
            )
            error = failures.unknown_script(request.name).document()
            return frame.answer(request.digest, self._version, Stage.PREPARE, error=error)
        mutex = self._mutex(session.host)
        if not _acquired(mutex, request.wait_seconds, running):
            return frame.answer(request.digest, self._version, Stage.BUSY)
        try:
            return self._work(session, running, request, operation)
        finally:
            mutex.release()

    def _work(
        self,
        session: Session,
        running: Command,
        request: Request,
        operation: Callable[[Run], Mapping[str, Any]],
    ) -> bytes:
        running.emit("stdout", frame.STARTED)
        run = Run(self._world, session, request.parameters, request.secrets, running)
        try:
            data = operation(run)
        except Failed as failed:
            record = failed.document()
            return frame.answer(request.digest, self._version, Stage.SCRIPT, error=record)
        finally:
            run.finish()
        return frame.answer(request.digest, self._version, Stage.ANSWER, data=data)

    def _mutex(self, host: str) -> threading.Lock:
        with self._lock:
            return self._mutexes.setdefault(host, threading.Lock())


def _acquired(mutex: threading.Lock, seconds: float, running: Command) -> bool:
    """Wait for the host's mutex, at most so long. Raises Gone when nobody waits for the answer."""
    while True:
        if running.terminated:
            raise Gone
        if mutex.acquire(timeout=max(0.0, min(seconds, _GLANCE_SECONDS))):
            return True
        seconds -= _GLANCE_SECONDS
        if seconds <= 0:
            return False


def _refuse(running: Command, beginning: str) -> int:
    """Say aloud that this is no work of ours."""
    _log.error("the %s engine runs no PowerShell: %r", EmbeddedEngine.NAME, beginning)
    running.emit(
        "stderr",
        f"The simulator's {EmbeddedEngine.NAME} engine runs no PowerShell, so this was not run: {beginning}\n".encode(),
    )
    return _REFUSED
