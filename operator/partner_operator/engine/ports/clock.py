"""What the engine asks of time."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Time as the engine sees it, so that tests can own it."""

    def now(self) -> datetime:
        """Aware UTC wall clock."""
        ...

    def monotonic(self) -> float:
        """Seconds that only grow."""
        ...
