"""What every engine does with a command line: read it, run the few programs, hand the rest on, end it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from partner_simulator.ports import COMMAND_LINE_CHARACTERS, CmdletWorld, Session
from partner_simulator.powershell.command import Command
from partner_simulator.powershell.command_line import PowerShellRun, ProgramRun, Refusal, parse

_CLOSE_SECONDS = 10.0
_NEVER_RAN = 1

PowerShell = Callable[[Session, PowerShellRun, Command], int]
"""Runs PowerShell, and returns the exit code with all output emitted."""


class Commands:
    """Command lines at work."""

    def __init__(
        self,
        world: CmdletWorld,
        powershell: PowerShell,
        longest_line: int = COMMAND_LINE_CHARACTERS,
    ) -> None:
        """`longest_line` is in characters."""
        self._world = world
        self._powershell = powershell
        self._longest_line = longest_line
        self._running: set[Command] = set()
        self._lock = threading.Lock()

    def start(self, session: Session, command_line: str) -> Command:
        """Start a command line as cmd.exe would; see ports.CommandEngine."""
        asked = parse(command_line, self._longest_line)

        def begin(running: Command) -> None:
            code = _NEVER_RAN
            try:
                match asked:
                    case Refusal():
                        running.emit("stderr", asked.stderr.encode())
                        code = asked.exit_code
                    case ProgramRun():
                        code = self._program(session, asked, running)
                    case PowerShellRun():
                        code = self._powershell(session, asked, running)
            finally:
                # Last, so that whoever sees the end finds a free process and no leftovers.
                running.finish(code)
                with self._lock:
                    self._running.discard(running)

        waits = isinstance(asked, PowerShellRun) and asked.reads_input
        command = Command(begin, waits_for_input=waits)
        with self._lock:
            self._running.add(command)
        return command

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            running = list(self._running)
        for command in running:
            command.terminate()
        for command in running:
            command.join(_CLOSE_SECONDS)

    def _program(self, session: Session, asked: ProgramRun, running: Command) -> int:
        code, text = 0, ""
        match asked.name:
            case "hostname":
                text = session.host.partition(".")[0] + "\n"
            case "whoami":
                text = session.logon.user.lower() + "\n"
            case "iisreset":
                arguments = {"arguments": list(asked.arguments)}
                answer = self._world.system(session, "iisreset", arguments)
                code, text = answer["exit_code"], answer["output"]
        running.emit("stdout", text.encode())
        return code
