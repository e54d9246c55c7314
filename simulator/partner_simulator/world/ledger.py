"""What happened: every cmdlet call, and every change with who made it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class WriteKind(StrEnum):
    """What a change touched."""

    CONFIGURATION = "configuration"
    """Directory or CMS."""
    RESTART = "restart"
    MAILBOX = "mailbox"
    """An item that a connectivity test left or deleted again."""
    REPLICATION = "replication"
    """A replication that was started by hand."""


@dataclass(frozen=True, slots=True)
class Write:
    """One state-changing call."""

    at: datetime
    host: str
    who: str
    what: str
    """Cmdlet or program."""
    target: str
    kind: WriteKind


@dataclass(frozen=True, slots=True)
class Call:
    """One cmdlet call or question, whatever it did."""

    at: datetime
    host: str
    who: str
    what: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    controller: str = ""


class Ledger:
    """Thread-safe record of calls and writes, oldest first."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        self._writes: list[Write] = []
        self._calls: list[Call] = []
        self._counts: Counter[str] = Counter()

    def wrote(self, write: Write) -> None:
        """Note a change."""
        with self._lock:
            self._writes.append(write)

    def called(self, call: Call) -> None:
        """Note a call."""
        with self._lock:
            self._calls.append(call)

    def count(self, what: str) -> None:
        """Count something that needs no more than a number."""
        with self._lock:
            self._counts[what] += 1

    def counted(self, what: str) -> int:
        """How often it was counted."""
        with self._lock:
            return self._counts[what]

    def writes(self, *kinds: WriteKind) -> list[Write]:
        """Changes of these kinds; none named: all."""
        with self._lock:
            return [write for write in self._writes if not kinds or write.kind in kinds]

    def calls(self) -> list[Call]:
        """All calls of cmdlets, oldest first."""
        with self._lock:
            return list(self._calls)
