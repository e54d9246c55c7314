"""What a process costs, read from /proc."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_EVERY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process has taken until now."""

    cpu_seconds: float
    rss_mb: float
    peak_mb: float


def cost(pid: int) -> Cost:
    """Of a process that runs, its threads included. Raises OSError when it is gone."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    status = dict(line.split(":", 1) for line in lines if ":" in line)
    user, system = int(fields[11]), int(fields[12])
    return Cost(
        cpu_seconds=(user + system) / _TICKS,
        rss_mb=int(status["VmRSS"].split()[0]) / 1000,
        peak_mb=int(status["VmHWM"].split()[0]) / 1000,
    )


@dataclass
class Idle:
    """Samples a process every second; a second in which nothing happened on the far side is an idle one."""

    pid: int
    happened: Callable[[], object]
    idle_seconds: float = 0.0
    idle_cpu_seconds: float = 0.0
    _end: threading.Event = field(default_factory=threading.Event)

    def sample(self) -> None:
        """Until `stop`; the caller's own thread of asking is not disturbed by it."""
        at, before, seen = time.monotonic(), cost(self.pid), self.happened()
        while not self._end.wait(_EVERY_SECONDS):
            now, after, then = time.monotonic(), cost(self.pid), self.happened()
            if then == seen:
                self.idle_seconds += now - at
                self.idle_cpu_seconds += after.cpu_seconds - before.cpu_seconds
            at, before, seen = now, after, then

    def stop(self) -> None:
        """Sample no more."""
        self._end.set()

    @property
    def share(self) -> float:
        """CPU seconds of an idle second."""
        return self.idle_cpu_seconds / self.idle_seconds if self.idle_seconds else 0.0
