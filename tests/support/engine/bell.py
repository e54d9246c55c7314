"""A bell for workers in tests: nobody waits, the clock goes on instead."""

from __future__ import annotations

import asyncio
from datetime import datetime

from partner_operator.engine.bell import Bell
from support.engine.kubernetes import TestClock


class Impatient(Bell):
    """A bell whose waits are over at once: the test's clock goes on instead."""

    def __init__(self, clock: TestClock, most: int) -> None:
        """After `most` waits the worker is cancelled."""
        super().__init__(clock.now)
        self.clock = clock
        self.most = most
        self.waits: list[datetime] = []

    async def wait(self, until: datetime | None = None) -> frozenset[str]:
        """Remember until when it was to be waited, and be there."""
        assert until is not None
        self.waits.append(until)
        if len(self.waits) > self.most:
            raise asyncio.CancelledError
        self.clock.instant = max(self.clock.instant, until)
        return frozenset()
