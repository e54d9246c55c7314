"""The domain's clock: real time plus an offset that only goes up."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Seconds since the epoch and aware UTC datetimes, the same for all simulated machines.

    PowerShell's own `Get-Date` shows real time: advance the clock only where no script looks at it.
    """

    def __init__(self) -> None:
        """Start at real time."""
        self._offset = 0.0
        self._lock = threading.Lock()

    def seconds(self) -> float:
        """Seconds since the epoch."""
        with self._lock:
            return time.time() + self._offset

    def now(self) -> datetime:
        """The same instant, aware and in UTC."""
        return datetime.fromtimestamp(self.seconds(), UTC)

    def advance(self, by: timedelta) -> None:
        """Let time pass at once. Raises ValueError when it would go back."""
        if by < timedelta(0):
            raise ValueError("a clock of this domain does not go back")
        with self._lock:
            self._offset += by.total_seconds()
