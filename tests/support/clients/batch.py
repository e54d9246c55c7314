"""Enough of cmd.exe for Packer: it writes a batch file piece by piece with `echo`, moves it, and runs its line.

The two PowerShell scripts that move the file and clean up are answered, not run: they want a drive C:.
"""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from partner_simulator.certificates import CertificateAuthority
from partner_simulator.ports import CommandEngine, Output, RunningCommand, Session
from partner_simulator.wsman import Quotas, WsmanServer, WsmanSettings
from support.clients.powershell import wait_for_idle
from support.wsman.bench import HOST, PASSWORD, USER
from support.wsman.echo_engine import EchoDirectory, EchoEngine, fixed

_ECHO = re.compile(r'echo (?P<piece>[A-Za-z0-9+/=]+) >> "%TEMP%\\(?P<name>[^"]+)"')
FORGETFUL = Quotas(idle_timeout_seconds=5.0)
"""Packer may end before its last Delete is sent; then the host's IdleTimeOut sees to that shell."""
_MOVED = "winrmcp-".encode("utf-16-le")
_RUN = re.compile(r'(?:set "[^"]*" && )+"c:/Windows/Temp/script\.bat"', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Silent:
    """A command that has ended well without a word."""

    def write_stdin(self, data: bytes, *, end: bool) -> None:
        """Take input that nobody reads."""

    def read(self, timeout_seconds: float) -> Output:
        """Return the end."""
        return Output(b"", b"", 0)

    def terminate(self) -> None:
        """Do nothing: it is over."""


@dataclass
class BatchEngine:
    """A CommandEngine around another, which gets every line but those of the upload."""

    inner: CommandEngine
    started: list[str] = field(default_factory=list)
    """Command lines, as they came."""
    _pieces: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def uploaded(self) -> str:
        """The batch file, decoded from what arrived."""
        return b"".join(base64.b64decode(piece) for piece in self._pieces).decode("utf-8")

    def start(self, session: Session, command_line: str) -> RunningCommand:
        """Note a piece, run the one line of the batch file, or pass the line on."""
        with self._lock:
            self.started.append(command_line)
            if piece := _ECHO.fullmatch(command_line):
                self._pieces.append(piece["piece"])
                return Silent()
        if _moves(command_line):
            return Silent()
        if _RUN.fullmatch(command_line):
            [line] = self.uploaded.splitlines()
            return self.inner.start(session, line)
        return self.inner.start(session, command_line)

    def close(self) -> None:
        """End what the inner engine runs."""
        self.inner.close()


def _moves(command_line: str) -> bool:
    program, _, encoded = command_line.partition(" -EncodedCommand ")
    return program == "powershell.exe" and _MOVED in base64.b64decode(encoded)


@contextmanager
def batch_host(authority: CertificateAuthority) -> Iterator[tuple[WsmanServer, BatchEngine]]:
    """A host with an echo engine, on which PowerShell says what Packer wants to hear."""
    echo = EchoEngine()
    echo.respond("powershell.exe", fixed(b"WinRM connected.\r\n"), needs_input=False)
    engine = BatchEngine(echo)
    identity = authority.issue_server([HOST])
    settings = WsmanSettings(allow_unencrypted=True, quotas=FORGETFUL)
    directory = EchoDirectory({USER: PASSWORD})
    with WsmanServer(HOST, engine, directory, identity, http_port=0, settings=settings) as server:
        yield server, engine
        wait_for_idle(server)
        assert server.counters.open_shells() == ()
        assert server.counters.open_operations() == ()
