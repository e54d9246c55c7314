"""Counters of everything that happens on the wire, by host and user, and a log of all requests.

Bodies, tokens and command lines are never kept; a command line is remembered by its SHA-256.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter, deque
from dataclasses import dataclass
from enum import StrEnum

from partner_simulator.wsman.names import Step

_LOG_LENGTH = 100_000


class Tally(StrEnum):
    """What is counted."""

    CONNECTIONS = "connections"
    TLS_FAILURES = "tls-failures"
    REQUESTS = "requests"
    LOGONS_ACCEPTED = "logons-accepted"
    LOGONS_REJECTED = "logons-rejected"
    SHELLS_OPENED = "shells-opened"
    SHELLS_REAPED = "shells-reaped"
    COMMANDS_STARTED = "commands-started"
    BYTES_IN = "bytes-in"
    """Bytes of HTTP request bodies."""
    BYTES_OUT = "bytes-out"
    """Bytes of HTTP response bodies."""
    STDIN_BYTES = "stdin-bytes"
    OUTPUT_BYTES = "output-bytes"
    """Bytes of stdout and stderr that were handed out."""


@dataclass(frozen=True, slots=True)
class OpenShell:
    """A shell that exists."""

    host: str
    user: str
    shell_id: str


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One HTTP request that was answered (or deliberately not: `status` 0)."""

    at: float
    """time.monotonic() when the request had been read."""
    host: str
    step: Step
    scheme: str
    """Authentication scheme of the connection, empty when none."""
    user: str
    shell_id: str
    command_id: str
    command_hash: str
    """SHA-256 of the command line, hex; empty without one."""
    status: int
    fault_code: int | None
    seconds: float
    sealed: bool
    """Whether the message was encrypted inside HTTP."""


class Counters:
    """Thread-safe counters. One object may serve many hosts."""

    def __init__(self) -> None:
        """Start with zeros."""
        self._lock = threading.Lock()
        self._tallies: Counter[tuple[Tally, str, str]] = Counter()
        self._shells: dict[str, OpenShell] = {}
        self._operations: dict[str, OpenShell] = {}
        self._log: deque[RequestRecord] = deque(maxlen=_LOG_LENGTH)

    def add(self, tally: Tally, host: str, user: str = "", amount: int = 1) -> None:
        """Count `amount` more; `user` is empty where nobody is logged on yet."""
        with self._lock:
            self._tallies[tally, host, user] += amount

    def count(self, tally: Tally, host: str | None = None, user: str | None = None) -> int:
        """Return a sum over hosts and users; None means all."""
        with self._lock:
            return sum(
                amount
                for (name, at, who), amount in self._tallies.items()
                if name is tally and host in (None, at) and user in (None, who)
            )

    def shell_opened(self, shell: OpenShell) -> None:
        """Note a new shell."""
        with self._lock:
            self._shells[shell.shell_id] = shell
            self._tallies[Tally.SHELLS_OPENED, shell.host, shell.user] += 1

    def shell_closed(self, shell_id: str) -> None:
        """Note that a shell is gone, for whatever reason."""
        with self._lock:
            self._shells.pop(shell_id, None)

    def operation_opened(self, shell: OpenShell, command_id: str) -> None:
        """Note a command that started; it stays open until it is terminated or its shell goes."""
        with self._lock:
            self._operations[command_id] = shell
            self._tallies[Tally.COMMANDS_STARTED, shell.host, shell.user] += 1

    def operation_closed(self, command_id: str) -> None:
        """Note that a command was terminated or went with its shell."""
        with self._lock:
            self._operations.pop(command_id, None)

    def log(self, record: RequestRecord) -> None:
        """Append one request."""
        with self._lock:
            self._log.append(record)

    def open_shells(self) -> tuple[OpenShell, ...]:
        """Return the shells that exist now; every test should end with none."""
        with self._lock:
            return tuple(self._shells.values())

    def open_operations(self) -> tuple[OpenShell, ...]:
        """Return the shell of each command that was started and not terminated."""
        with self._lock:
            return tuple(self._operations.values())

    def requests(
        self, host: str | None = None, step: Step | None = None
    ) -> tuple[RequestRecord, ...]:
        """Return the request log, oldest first."""
        with self._lock:
            return tuple(
                record
                for record in self._log
                if host in (None, record.host) and step in (None, record.step)
            )


def command_hash(command_line: str) -> str:
    """Return how a command line appears in the log."""
    return hashlib.sha256(command_line.encode()).hexdigest()
