"""Runs of scripts: in a process of their own (cold), or one after the other in one (reused)."""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partner_simulator.powershell.command import KILLED, Command
from partner_simulator.powershell.launching import Child, HostDied, Launcher
from partner_simulator.powershell.machines import Machine
from partner_simulator.powershell.server import ScriptGone
from partner_simulator.powershell.streams import MarkedStream

_STREAMS = ("stdout", "stderr")


@dataclass(frozen=True, slots=True)
class Job:
    """One run of PowerShell: what, where and as whom."""

    arguments: tuple[str, ...]
    machine: Machine
    session_key: str
    codepage: int


def run_cold(launcher: Launcher, job: Job, command: Command) -> int:
    """Run `job` in a process of its own and return the exit code, with all output emitted.

    Raises HostDied when the process does not come up.
    """
    child, wire = launcher.spawn(job.arguments, job.machine.trust)
    readers = [
        threading.Thread(target=_pump, args=(child, name, command), daemon=True)
        for name in _STREAMS
    ]
    for reader in readers:
        reader.start()
    if not command.runs_in(child.end):
        child.end()
    code: int | None = None
    try:
        wire.send(_message("cold", job, launcher.server.path))
        child.feed(command.stdin)
        code = wire.receive()["exit_code"]
    except ScriptGone:
        pass  # killed, or it died without a word
    for reader in readers:
        reader.join()
    status = child.end(wait=True)
    wire.close()
    return _exit_code(code, status, command)


class ReusedHost:
    """A pwsh whose real ConsoleHost is run again and again, one run at a time."""

    def __init__(self, launcher: Launcher, machine: Machine) -> None:
        """Start and warm it (1.8 s), for runs on `machine` and its like. Raises HostDied."""
        self._kind = (machine.trust, machine.emulates)
        self._server = launcher.server
        self._child, self._wire = launcher.spawn((), machine.trust)
        self._child.feed(b"")  # scripts have their input from the job
        self._run: _Run | None = None
        try:
            self._wire.send({"kind": "reused"})
            self._wire.receive()
        except ScriptGone as error:
            self.close()
            raise HostDied("pwsh ended while warming up") from error
        self._readers = [
            threading.Thread(target=self._read, args=(name,), daemon=True) for name in _STREAMS
        ]
        for reader in self._readers:
            reader.start()

    def suits(self, machine: Machine) -> bool:
        """Whether it can run what is asked of `machine`: a process cannot change this."""
        return self._kind == (machine.trust, machine.emulates)

    @property
    def alive(self) -> bool:
        """Whether it can take another run."""
        return not self._child.exited

    def run(self, job: Job, command: Command) -> int:
        """Run `job` and return the exit code, with all output emitted.

        The host is dead afterwards if the script ended its process.
        """
        run = _Run(command, f"\0{secrets.token_hex(12)}\0")
        self._run = run
        if not command.runs_in(self.close):
            self.close()
        code: int | None = None
        try:
            message = dict(_message("run", job, self._server.path))
            message["arguments"] = list(job.arguments)
            message["mark"] = run.mark
            message["stdin"] = base64.b64encode(command.stdin).decode()
            self._wire.send(message)
            code = self._wire.receive()["exit_code"]
            run.wait()
        except ScriptGone:
            pass  # killed, or it died without a word
        status = 0
        if not run.whole:
            # The script ended the process: what it wrote until then is its output.
            status = self._child.end(wait=code is not None)
            for reader in self._readers:
                reader.join()
            run.abandon()
        self._run = None
        return _exit_code(code, status, command)

    def close(self) -> None:
        """Kill it and its children."""
        self._child.end()
        self._wire.close()

    def _read(self, name: str) -> None:
        while data := self._child.read(name):
            run = self._run
            if run is not None:
                run.feed(name, data)
        run = self._run
        if run is not None:
            run.gone()


class _Run:
    """Where one run's output goes while its host lives on."""

    def __init__(self, command: Command, mark: str) -> None:
        self.mark = mark
        self._command = command
        self._streams = {name: MarkedStream(mark.encode()) for name in _STREAMS}
        self._done = threading.Event()

    @property
    def whole(self) -> bool:
        return all(stream.ended for stream in self._streams.values())

    def feed(self, name: str, data: bytes) -> None:
        self._command.emit(name, self._streams[name].feed(data))
        if self.whole:
            self._done.set()

    def gone(self) -> None:
        self._done.set()

    def wait(self) -> None:
        self._done.wait()

    def abandon(self) -> None:
        for name, stream in self._streams.items():
            self._command.emit(name, stream.abandon())


def _pump(child: Child, name: str, command: Command) -> None:
    while data := child.read(name):
        command.emit(name, data)


def _message(kind: str, job: Job, socket_path: Path) -> Mapping[str, Any]:
    machine = job.machine
    environment = dict(machine.environment)
    environment["PARTNER_SIMULATOR_SOCKET"] = str(socket_path)
    environment["PARTNER_SIMULATOR_SESSION"] = job.session_key
    return {
        "kind": kind,
        "socket": str(socket_path),
        "session": job.session_key,
        "root": str(machine.root),
        "folder": str(machine.folder),
        "environment": environment,
        "snapins": {name: str(path) for name, path in machine.snapins.items()},
        "codepage": job.codepage,
        "emulates": machine.emulates.value,
    }


def _exit_code(reported: int | None, status: int, command: Command) -> int:
    if command.terminated:
        return KILLED
    if reported is not None:
        return reported
    return status if status >= 0 else KILLED
