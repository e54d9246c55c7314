"""Starting a genuine pwsh that reports to us before its Main, and ending it with its children."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from partner_simulator.powershell.server import Wire, WorldServer

_START_SECONDS = 60.0
_GLANCE_SECONDS = 0.25
_CHUNK = 65536


class HostDied(Exception):
    """The process ended or did not come up."""


class Child:
    """A process that heads a session of its own; never signalled once it was reaped."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        """`process` was started with start_new_session."""
        self._process = process
        self._lock = threading.Lock()

    @property
    def exited(self) -> bool:
        """Whether it has ended; its children may live on."""
        with self._lock:
            return self._exited()

    def read(self, name: str) -> bytes:
        """The next bytes of `stdout` or `stderr`; empty at the end."""
        stream = self._process.stdout if name == "stdout" else self._process.stderr
        assert stream is not None
        data = os.read(stream.fileno(), _CHUNK)
        if not data:
            stream.close()
        return data

    def feed(self, data: bytes) -> None:
        """Write all of standard input, without waiting for the process to read it."""
        threading.Thread(target=self._feed, args=(data,), daemon=True).start()

    def end(self, *, wait: bool = False) -> int:
        """Kill it (or `wait` for it first) and all its children. Negative when a signal ended it."""
        if wait:
            with contextlib.suppress(ChildProcessError):  # killed and reaped by another thread
                os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        with self._lock:
            if self._process.returncode is None:
                # Until it is reaped its number cannot become another process group's.
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
            return self._process.returncode

    def _exited(self) -> bool:
        if self._process.returncode is not None:
            return True
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._process.pid, flags) is not None

    def _feed(self, data: bytes) -> None:
        stream = self._process.stdin
        assert stream is not None
        # A script may end without reading all of it.
        with contextlib.suppress(BrokenPipeError), stream:
            stream.write(data)


@dataclass(frozen=True, slots=True)
class Launcher:
    """How to start a pwsh of ours."""

    pwsh: Path
    core: Path
    """Assembly with the startup hook."""
    home: Path
    server: WorldServer
    no_trust: Path
    """An empty folder: where no CA store is given, nothing is trusted."""

    def spawn(self, arguments: Sequence[str], trust: str) -> tuple[Child, Wire]:
        """Start it and wait until it reports. Raises HostDied when it does not."""
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
                # A tenth of a process's time goes into measuring what to make faster for later runs.
                "DOTNET_TieredPGO": "0",
                # Sockets for debuggers, which a killed process leaves in the temporary folder.
                "DOTNET_EnableDiagnostics": "0",
                "POWERSHELL_DIAGNOSTICS_OPTOUT": "1",
                "POWERSHELL_TELEMETRY_OPTOUT": "1",
                "POWERSHELL_UPDATECHECK": "Off",
                "PARTNER_SIMULATOR_CONTROL": str(self.server.path),
                "PARTNER_SIMULATOR_TOKEN": token,
                "SSL_CERT_FILE": trust or str(self.no_trust / "none.pem"),
                "SSL_CERT_DIR": str(self.no_trust),
            },
        )
        child = Child(process)
        return child, _await_report(child, arrival)


def _await_report(child: Child, arrival: SimpleQueue[Wire]) -> Wire:
    for _ in range(int(_START_SECONDS / _GLANCE_SECONDS)):
        try:
            return arrival.get(timeout=_GLANCE_SECONDS)
        except Empty:
            if child.exited:
                break
    child.end()
    child.feed(b"")
    complaint = b"".join(iter(lambda: child.read("stderr"), b""))
    while child.read("stdout"):
        continue
    raise HostDied("pwsh did not report: " + complaint.decode("utf-8", "replace"))
