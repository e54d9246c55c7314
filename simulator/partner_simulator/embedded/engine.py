"""EmbeddedEngine: command lines of simulated machines, answered without PowerShell."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from partner_simulator.embedded import exchange, failures, frame, lync, sharepoint
from partner_simulator.embedded.failures import Failed
from partner_simulator.embedded.frame import Damaged, Request, Stage
from partner_simulator.embedded.run import Gone, Run
from partner_simulator.ports import Session
from partner_simulator.powershell.command import KILLED, Command
from partner_simulator.powershell.command_line import PowerShellRun
from partner_simulator.powershell.commands import Commands
from partner_simulator.powershell.emulation import WindowsPowerShell
from partner_simulator.world.world import World

_log = logging.getLogger(__name__)
_GLANCE_SECONDS = 0.05
_REFUSED = 1

Operation = Callable[[Run], Mapping[str, Any]]
OPERATIONS: Mapping[str, Operation] = {
    **exchange.OPERATIONS,
    **lync.OPERATIONS,
    **sharepoint.OPERATIONS,
}
"""By the name in the first line of their script."""


class EmbeddedEngine:
    """A CommandEngine that knows the operator's operations by name and does what they do on `world`.

    It runs no PowerShell text. What it does not know it refuses, by name.
    """

    NAME = "embedded"
    """What it is called wherever somebody is told who answers."""

    def __init__(
        self, world: World, *, windows_powershell: WindowsPowerShell = WindowsPowerShell.V4_0
    ) -> None:
        """`windows_powershell`: the version that the hosts have, as their answers tell it."""
        self._world = world
        self._version = windows_powershell.value
        self._commands = Commands(world, self._powershell)
        self._mutexes: dict[str, threading.Lock] = {}
        _log.info(
            "the %s engine answers: operations are known by name, no script is run", self.NAME
        )

    def start(self, session: Session, command_line: str) -> Command:
        """Start a command line as cmd.exe would; see ports.CommandEngine."""
        return self._commands.start(session, command_line)

    def close(self) -> None:
        """End everything."""
        self._commands.close()

    def _powershell(self, session: Session, asked: PowerShellRun, running: Command) -> int:
        if not frame.is_bootstrap(asked.text):
            return self._refuse(running, asked.text.strip().partition("\n")[0][:80])
        try:
            running.emit("stdout", self._answer(session, running))
        except Gone:
            return KILLED
        return 0

    def _refuse(self, running: Command, beginning: str) -> int:
        """Say aloud that this is no work of ours."""
        text = f"The simulator's {self.NAME} engine runs no PowerShell, so this was not run: {beginning}"
        _log.error(text)
        running.emit("stderr", f"{text}\n".encode())
        return _REFUSED

    def _answer(self, session: Session, running: Command) -> bytes:
        """The frame, with whatever the operation writes emitted before it. Raises Gone."""
        try:
            request = frame.read(running.stdin)
        except Damaged as damaged:
            return frame.answer(str(damaged), self._version, Stage.DAMAGED)
        operation = OPERATIONS.get(request.name)
        if operation is None:
            unknown = failures.unknown_script(request.name)
            _log.error(unknown.message)
            return frame.answer(
                request.digest, self._version, Stage.PREPARE, error=unknown.document()
            )
        mutex = self._mutexes.setdefault(session.host, threading.Lock())
        if not _acquired(mutex, request.wait_seconds, running):
            return frame.answer(request.digest, self._version, Stage.BUSY)
        try:
            return self._work(session, running, request, operation)
        finally:
            mutex.release()

    def _work(
        self, session: Session, running: Command, request: Request, operation: Operation
    ) -> bytes:
        running.emit("stdout", frame.STARTED)
        deadline = time.monotonic() + int(request.parameters.get("lifeSeconds") or 0)
        run = Run(self._world, session, request.parameters, request.secrets, running, deadline)
        try:
            data = operation(run)
        except Failed as failed:
            error = failed.document()
            return frame.answer(request.digest, self._version, Stage.SCRIPT, error=error)
        finally:
            run.finish()
        return frame.answer(request.digest, self._version, Stage.ANSWER, data=data)


def _acquired(mutex: threading.Lock, seconds: float, running: Command) -> bool:
    """Wait for the host's mutex, at most so long. Raises Gone when nobody waits for the answer."""
    while not mutex.acquire(timeout=max(0.0, min(seconds, _GLANCE_SECONDS))):
        seconds -= _GLANCE_SECONDS
        if running.terminated:
            raise Gone
        if seconds <= 0:
            return False
    return True
