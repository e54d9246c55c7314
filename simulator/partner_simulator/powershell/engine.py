"""PowerShellEngine: command lines of simulated machines, run in a real PowerShell."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import threading
from pathlib import Path

from partner_simulator.ports import CmdletError, CmdletWorld, Session
from partner_simulator.powershell import command_line
from partner_simulator.powershell.assemblies import Assemblies, assemblies, cache_folder
from partner_simulator.powershell.command import Command
from partner_simulator.powershell.hosts import HostDied, Job, Launcher, ReusedHost, run_cold
from partner_simulator.powershell.machines import Machines, write_home
from partner_simulator.powershell.server import WorldServer

_log = logging.getLogger(__name__)
_PATIENCE_SECONDS = 5.0
"""How long a run waits for a free process before it gets one of its own."""


class PowerShellEngine:
    """A CommandEngine on a real pwsh; product cmdlets and Windows commands ask `world`."""

    def __init__(
        self, pwsh: Path, world: CmdletWorld, *, reuse: bool = True, processes: int = 2
    ) -> None:
        """Compile what is not compiled yet (some 5 s the first time) and open the world's socket.

        `reuse` keeps up to `processes` PowerShell processes and runs scripts in them again and
        again; otherwise each command has a process of its own. Raises CompilationFailed.
        """
        parts = assemblies(pwsh, cache_folder(os.environ))
        self._folder = Path(tempfile.mkdtemp(prefix="ps-"))
        home = self._folder / "home"
        write_home(home)
        nothing = self._folder / "none"
        nothing.mkdir()
        modules = _EndpointModules(parts)
        self._server = WorldServer(world, self._folder, modules.manifest)
        self._world = world
        self._machines = Machines(self._folder, parts, world)
        self._launcher = Launcher(pwsh, parts.core, home, self._server, nothing)
        self._pool = _Pool(self._launcher, processes) if reuse else None
        self._slots = threading.BoundedSemaphore(processes)
        self._commands: set[Command] = set()
        self._lock = threading.Lock()

    def start(self, session: Session, command_line_text: str) -> Command:
        """Start a command line as cmd.exe would; see ports.CommandEngine."""
        asked = command_line.parse(command_line_text)
        match asked:
            case command_line.Refusal():
                command = Command(lambda running: _refuse(running, asked), waits_for_input=False)
            case command_line.ProgramRun():
                command = Command(
                    lambda running: self._program(session, asked, running), waits_for_input=False
                )
            case command_line.PowerShellRun():
                command = Command(
                    lambda running: self._powershell(session, asked, running),
                    waits_for_input=asked.reads_input,
                )
        with self._lock:
            self._commands.add(command)
        return command

    def close(self) -> None:
        """End all processes and forget all folders."""
        with self._lock:
            commands = list(self._commands)
        for command in commands:
            command.terminate()
        if self._pool is not None:
            self._pool.close()
        self._server.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _forget(self, command: Command) -> None:
        with self._lock:
            self._commands.discard(command)

    def _program(self, session: Session, asked: command_line.ProgramRun, running: Command) -> None:
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
        running.finish(code)
        self._forget(running)

    def _powershell(
        self, session: Session, asked: command_line.PowerShellRun, running: Command
    ) -> None:
        key = self._server.enter(session)
        try:
            machine = self._machines.prepare(session)
            job = Job(asked.arguments, machine, key, session.codepage)
            if self._pool is None:
                with self._slots:
                    run_cold(self._launcher, job, running)
            else:
                self._pool.run(job, running)
        except (HostDied, CmdletError) as error:
            _log.error("a simulated run could not be started: %s", error)
            running.emit("stderr", f"The simulator could not run this: {error}\n".encode())
            running.finish(1)
        finally:
            self._server.leave(key)
            self._forget(running)


class _EndpointModules:
    """Manifests for inner sessions, under one module name per product."""

    def __init__(self, parts: Assemblies) -> None:
        self._parts = parts

    def manifest(self, product: str) -> Path:
        return self._parts.module(product, "RemoteEndpoint")


class _Pool:
    """Reused hosts, at most one run in each."""

    def __init__(self, launcher: Launcher, processes: int) -> None:
        self._launcher = launcher
        self._processes = processes
        self._slots = threading.BoundedSemaphore(processes)
        self._lock = threading.Lock()
        self._idle: list[ReusedHost] = []
        self._closed = False

    def run(self, job: Job, running: Command) -> None:
        """Run in a free host, or in a cold process when all are busy for long."""
        if not self._slots.acquire(timeout=_PATIENCE_SECONDS):
            run_cold(self._launcher, job, running)
            return
        try:
            host = self._take(job.machine.trust)
            host.run(job, running)
            self._give(host)
        finally:
            self._slots.release()

    def close(self) -> None:
        """End the idle ones; busy ones end with their commands."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for host in idle:
            host.close()

    def _take(self, trust: str) -> ReusedHost:
        with self._lock:
            fit = next((host for host in self._idle if host.trust == trust and host.alive), None)
            if fit is not None:
                self._idle.remove(fit)
                return fit
            stale = self._idle if len(self._idle) >= self._processes else []
            self._idle = [] if stale else self._idle
        for host in stale:
            host.close()
        return ReusedHost(self._launcher, trust)

    def _give(self, host: ReusedHost) -> None:
        with self._lock:
            if host.alive and not self._closed:
                self._idle.append(host)
                return
        host.close()


def _refuse(running: Command, refusal: command_line.Refusal) -> None:
    running.emit("stderr", refusal.stderr.encode())
    running.finish(refusal.exit_code)
