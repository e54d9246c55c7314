"""PowerShellEngine: command lines of simulated machines, run in a real PowerShell."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path

from partner_simulator.ports import COMMAND_LINE_CHARACTERS, CmdletError, CmdletWorld, Session
from partner_simulator.powershell.assemblies import Assemblies, assemblies, cache_folder
from partner_simulator.powershell.command import Command
from partner_simulator.powershell.command_line import PowerShellRun
from partner_simulator.powershell.commands import Commands
from partner_simulator.powershell.emulation import Emulation, WindowsPowerShell
from partner_simulator.powershell.hosts import Job, run_cold
from partner_simulator.powershell.launching import HostDied, Launcher
from partner_simulator.powershell.machines import Machines, write_home
from partner_simulator.powershell.pool import Pool
from partner_simulator.powershell.server import WorldServer

_log = logging.getLogger(__name__)
_NEVER_RAN = 1


class PowerShellEngine:
    """A CommandEngine on a real pwsh; product cmdlets and Windows commands ask `world`."""

    NAME = "PowerShell"
    """What it is called wherever somebody is told who answers."""

    def __init__(
        self,
        pwsh: Path,
        world: CmdletWorld,
        *,
        reuse: bool = True,
        processes: int = 2,
        windows_powershell: WindowsPowerShell = WindowsPowerShell.NONE,
        hosts: Mapping[str, WindowsPowerShell] | None = None,
        longest_line: int = COMMAND_LINE_CHARACTERS,
    ) -> None:
        """Compile what is not compiled yet (some 5 s the first time) and open the world's socket.

        `reuse` keeps up to `processes` PowerShell processes and runs scripts in them again and
        again; otherwise each command has a process of its own. `windows_powershell` is what every
        machine's PowerShell passes for, but for those in `hosts`. `longest_line` is in characters;
        only tests that put stand-ins in front of a script need more. Raises CompilationFailed.
        """
        parts = assemblies(pwsh, cache_folder(os.environ))
        self._folder = Path(tempfile.mkdtemp(prefix="ps-"))
        home = self._folder / "home"
        write_home(home)
        nothing = self._folder / "none"
        nothing.mkdir()
        modules = _EndpointModules(parts)
        self._server = WorldServer(world, self._folder, modules.manifest)
        emulation = Emulation(windows_powershell, hosts or {})
        self._machines = Machines(self._folder, parts, world, emulation)
        self._launcher = Launcher(pwsh, parts.core, home, self._server, nothing)
        self._pool = Pool(self._launcher, processes) if reuse else None
        self._slots = threading.BoundedSemaphore(processes)
        self._commands = Commands(world, self._powershell, longest_line)

    def start(self, session: Session, command_line: str) -> Command:
        """Start a command line as cmd.exe would; see ports.CommandEngine."""
        return self._commands.start(session, command_line)

    def close(self) -> None:
        """End all processes and forget all folders."""
        self._commands.close()
        if self._pool is not None:
            self._pool.close()
        self._server.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _powershell(self, session: Session, asked: PowerShellRun, running: Command) -> int:
        key = self._server.enter(session)
        try:
            with self._machines.prepare(session) as machine:
                job = Job(asked.arguments, machine, key, session.codepage)
                if self._pool is not None:
                    return self._pool.run(job, running)
                with self._slots:
                    return run_cold(self._launcher, job, running)
        except (HostDied, CmdletError) as error:
            _log.error("a simulated run could not be started: %s", error)
            running.emit("stderr", f"The simulator could not run this: {error}\n".encode())
            return _NEVER_RAN
        finally:
            self._server.leave(key)


class _EndpointModules:
    """Manifests for inner sessions, under one module name per product."""

    def __init__(self, parts: Assemblies) -> None:
        self._parts = parts

    def manifest(self, product: str) -> Path:
        return self._parts.module(product, "RemoteEndpoint")
