"""The real clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """Wall clock in UTC, and a monotonic one."""

    def now(self) -> datetime:
        """Aware UTC wall clock, in whole seconds: what a status can hold."""
        return datetime.now(UTC).replace(microsecond=0)

    def monotonic(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()
