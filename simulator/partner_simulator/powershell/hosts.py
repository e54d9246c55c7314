"""Processes that run scripts: a genuine pwsh, once (cold) or again and again (reused)."""

from __future__ import annotations

import base64
import os
import secrets
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import IO, Any

from partner_simulator.powershell.command import KILLED, Command
from partner_simulator.powershell.machines import Machine
from partner_simulator.powershell.server import ScriptGone, Wire, WorldServer
from partner_simulator.powershell.streams import MarkedStream

_START_SECONDS = 60
_CHUNK = 65536


class HostDied(Exception):
    """The process ended or did not come up."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run of PowerShell: what, where and as whom."""

    arguments: tuple[str, ...]
    machine: Machine
    session_key: str
    codepage: int


@dataclass(frozen=True, slots=True)
class Launcher:
    """How to start a pwsh that reports to us before its Main."""

    pwsh: Path
    core: Path
    home: Path
    server: WorldServer
    no_trust: Path
    """An empty folder and file name: where no CA store is given, nothing is trusted."""

    def spawn(self, arguments: Sequence[str], trust: str) -> tuple[subprocess.Popen[bytes], Wire]:
        """Start it and wait until it reports.

        Raises HostDied when it does not.
        """
        token = secrets.token_hex(8)
        arrival = self.server.expect_host(token)
        process = subprocess.Popen(
            [str(self.pwsh), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            cwd=self.home,
            env={
                "PATH": os.defpath,
                "HOME": str(self.home),
                "TERM": "dumb",
                "LANG": "C.UTF-8",
                "DOTNET_STARTUP_HOOKS": str(self.core),
                "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1",
                "POWERSHELL_TELEMETRY_OPTOUT": "1",
                "POWERSHELL_UPDATECHECK": "Off",
                "PARTNER_SIMULATOR_CONTROL": str(self.server.path),
                "PARTNER_SIMULATOR_TOKEN": token,
                "SSL_CERT_FILE": trust or str(self.no_trust / "none.pem"),
                "SSL_CERT_DIR": str(self.no_trust),
            },
        )
        try:
            return process, arrival.get(timeout=_START_SECONDS)
        except Empty:
            kill_group(process)
            raise HostDied("pwsh did not report") from None


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all its children; each is the head of a session of its own."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # gone already
    finally:
        process.wait()


def run_cold(launcher: Launcher, job: Job, command: Command) -> None:
    """Run `job` in a process of its own; ends with `command` finished."""
    process, wire = launcher.spawn(job.arguments, job.machine.trust)
    if not command.runs_in(lambda: kill_group(process)):
        kill_group(process)
    readers = [
        _pump(stream, name, command)
        for stream, name in ((process.stdout, "stdout"), (process.stderr, "stderr"))
    ]
    code: int | None = None
    try:
        wire.send(_message("cold", job, launcher.server.path))
        _feed(process.stdin, command.stdin)
        code = wire.receive()["exit_code"]
    except ScriptGone:
        code = None
    for reader in readers:
        reader.join()
    status = process.wait()
    kill_group(process)
    wire.close()
    command.finish(_exit_code(code, status, command))


class ReusedHost:
    """A pwsh whose real ConsoleHost is run again and again, one run at a time."""

    def __init__(self, launcher: Launcher, trust: str) -> None:
        """Start and warm it (1.8 s). Raises HostDied."""
        self.trust = trust
        self._server = launcher.server
        self._process, self._wire = launcher.spawn((), trust)
        self._run: _Run | None = None
        try:
            self._wire.send({"kind": "reused"})
            self._wire.receive()
        except ScriptGone as error:
            self.close()
            raise HostDied("pwsh ended while warming up") from error
        self._readers = [
            threading.Thread(target=self._read, args=(stream, name), daemon=True)
            for stream, name in ((self._process.stdout, "stdout"), (self._process.stderr, "stderr"))
        ]
        for reader in self._readers:
            reader.start()

    @property
    def alive(self) -> bool:
        """Whether it can take another run."""
        return self._process.poll() is None

    def run(self, job: Job, command: Command) -> None:
        """Run `job`; ends with `command` finished, and the host dead if the script killed it."""
        mark = f"\0{secrets.token_hex(12)}\0".encode()
        run = _Run(command, mark)
        self._run = run
        if not command.runs_in(self.close):
            self.close()
        code: int | None = None
        try:
            message = dict(_message("run", job, self._server.path))
            message["arguments"] = list(job.arguments)
            message["mark"] = mark.decode()
            message["stdin"] = base64.b64encode(command.stdin).decode()
            self._wire.send(message)
            code = self._wire.receive()["exit_code"]
            run.wait()
        except ScriptGone:
            code = code if code is not None else None
        if not run.whole:
            self._finish_dead(run)
        self._run = None
        command.finish(_exit_code(code, self._process.poll(), command))

    def close(self) -> None:
        """Kill it and its children."""
        kill_group(self._process)
        self._wire.close()

    def _finish_dead(self, run: _Run) -> None:
        """The script ended the process: what it wrote until then is its output."""
        self.close()
        for reader in self._readers:
            reader.join()
        run.abandon()

    def _read(self, stream: IO[bytes] | None, name: str) -> None:
        assert stream is not None
        while data := os.read(stream.fileno(), _CHUNK):
            run = self._run
            if run is not None:
                run.feed(name, data)
        stream.close()
        run = self._run
        if run is not None:
            run.gone()


class _Run:
    """Where one run's output goes while its host lives on."""

    def __init__(self, command: Command, mark: bytes) -> None:
        self._command = command
        self._streams = {"stdout": MarkedStream(mark), "stderr": MarkedStream(mark)}
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
    }


def _pump(stream: IO[bytes] | None, name: str, command: Command) -> threading.Thread:
    assert stream is not None

    def pump() -> None:
        while data := os.read(stream.fileno(), _CHUNK):
            command.emit(name, data)
        stream.close()

    thread = threading.Thread(target=pump, daemon=True)
    thread.start()
    return thread


def _feed(stream: IO[bytes] | None, data: bytes) -> None:
    assert stream is not None

    def feed() -> None:
        try:
            stream.write(data)
            stream.close()
        except BrokenPipeError:
            return  # the script did not want it

    threading.Thread(target=feed, daemon=True).start()


def _exit_code(reported: int | None, status: int | None, command: Command) -> int:
    if command.terminated:
        return KILLED
    if reported is not None:
        return reported
    return status if status is not None and status >= 0 else KILLED
