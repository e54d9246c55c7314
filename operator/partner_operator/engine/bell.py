"""The bell of one worker: anybody may ring, the worker waits for a ring or for its hour."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

LONGEST_NAP = 30.0
"""Seconds after which a sleeper looks at the wall clock again: it may have been set meanwhile."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Bell:
    """Wakes one worker, and remembers since when the worker is busy, for health probes.

    Rings are not counted: many rings before the worker looks are one wake-up with all reasons. A
    ring while the worker is busy is kept, so nothing is lost between two waits.
    """

    def __init__(self, now: Callable[[], datetime] = _utc_now) -> None:
        """`now` gives the wall clock in aware UTC."""
        self._now = now
        self._reasons: set[str] = set()
        self._rung = asyncio.Event()
        self.pending_since: float | None = None
        """`time.monotonic()` of the first ring that nobody has answered yet."""
        self.busy_since: float | None = None
        """`time.monotonic()` when the worker last woke; None while it waits."""

    def ring(self, why: str) -> None:
        """Wake the worker now, or at once when it next waits. `why` goes to its log."""
        self._reasons.add(why)
        if self.pending_since is None:
            self.pending_since = time.monotonic()
        self._rung.set()

    async def wait(self, until: datetime | None = None) -> frozenset[str]:
        """Wait for a ring, but no longer than the instant `until`; None waits for a ring only.

        Returns why it was rung, and nothing at all when the time came first.
        """
        self.busy_since = None
        while not self._rung.is_set():
            nap = LONGEST_NAP
            if until is not None:
                nap = min(nap, (until - self._now()).total_seconds())
            if nap <= 0:
                break
            try:
                async with asyncio.timeout(nap):
                    await self._rung.wait()
            except TimeoutError:
                continue
        reasons = frozenset(self._reasons)
        self._reasons.clear()
        self._rung.clear()
        self.pending_since = None
        self.busy_since = time.monotonic()
        return reasons
