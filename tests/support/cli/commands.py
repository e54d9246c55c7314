"""The command line as a person types it: with a kubeconfig, in a terminal or a pipe."""

from __future__ import annotations

import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from fcntl import ioctl
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LONGEST = 60.0


def piped(
    arguments: list[str], kubeconfig: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run it with its output in a pipe."""
    return subprocess.run(
        [sys.executable, "-m", "partner_operator", *arguments],
        env=_environment(kubeconfig, environment),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=LONGEST,
    )


@dataclass
class Terminal:
    """A terminal of this many columns, in which it runs."""

    arguments: list[str]
    kubeconfig: Path
    columns: int = 100
    environment: Mapping[str, str] = field(default_factory=dict)
    shown: str = ""
    """Everything that was written so far."""

    def __post_init__(self) -> None:
        self._master, slave = pty.openpty()
        ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, self.columns, 0, 0))
        # Ctrl-C reaches whoever has this terminal for its own.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "partner_operator", *self.arguments],
            env=_environment(self.kubeconfig, {"TERM": "xterm-256color", **self.environment}),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)

    def until(self, text: str) -> None:
        """Read until this was shown."""
        deadline = time.monotonic() + LONGEST
        while text not in self.shown:
            assert time.monotonic() < deadline, self.shown
            assert self._read(), self.shown

    def end(self) -> tuple[int, str]:
        """Read to its end: the exit code, and all that was shown."""
        while self._read():
            pass
        os.close(self._master)
        return self._process.wait(LONGEST), self.shown

    def interrupt(self) -> None:
        """Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def _read(self) -> bool:
        if not select.select([self._master], [], [], LONGEST)[0]:
            return False
        try:
            more = os.read(self._master, 65536)
        except OSError:  # The other side is closed.
            return False
        self.shown += more.decode("utf-8", "replace")
        return bool(more)


def _environment(kubeconfig: Path, more: Mapping[str, str]) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in {"COLUMNS", "LINES"}}
    return {
        **kept,
        "KUBECONFIG": str(kubeconfig),
        "PYTHONIOENCODING": "",
        "LC_ALL": "C.UTF-8",
        **more,
    }
