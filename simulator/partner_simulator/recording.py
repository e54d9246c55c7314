"""A command engine that remembers what Windows would have logged: command lines, decoded too."""

from __future__ import annotations

import base64
import binascii
import re
import threading

from partner_simulator.ports import CommandEngine, RunningCommand, Session

_ENCODED = re.compile(r"-e(?:nc\w*|c)?\s+([A-Za-z0-9+/=]{8,})", re.I)


class RecordingEngine:
    """Passes everything on. Standard input is data and is not kept, as Windows keeps none."""

    def __init__(self, engine: CommandEngine) -> None:
        """`engine` does the work and belongs to this one."""
        self._engine = engine
        self._lines: list[str] = []
        self._lock = threading.Lock()
        self._closed = False

    def start(self, session: Session, command_line: str) -> RunningCommand:
        """Note the command line, then start it."""
        with self._lock:
            self._lines.append(f"{session.host} {session.logon.user}: {command_line}")
            self._lines += decoded(command_line)
        return self._engine.start(session, command_line)

    def close(self) -> None:
        """End all processes. Doing so twice is fine."""
        if not self._closed:
            self._closed = True
            self._engine.close()

    def lines(self) -> list[str]:
        """All that was noted, oldest first."""
        with self._lock:
            return list(self._lines)


def decoded(command_line: str) -> list[str]:
    """The scripts inside a command line's -EncodedCommand, as script block logging shows them."""
    found = []
    for text in _ENCODED.findall(command_line):
        try:
            found.append(base64.b64decode(text, validate=True).decode("utf-16-le"))
        except (binascii.Error, UnicodeDecodeError):
            continue
    return found
