"""Whose remote run is next: slots go round by namespace, then by server; silent hosts come last."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

SLOTS = 20
"""Remote runs at once that wait for a turn: fifty organisations of three seconds each are through after nine. A
change that is written down, and a restart, take none."""
LONGEST_LAST = 60.0
"""Seconds after which a host that did not answer last time waits like any other: last is not never."""


@dataclass(frozen=True, slots=True)
class Asker:
    """On whose behalf a run is made."""

    namespace: str
    server: str


@dataclass(eq=False, slots=True)
class _Waiter:
    asker: Asker
    host: str
    since: float
    place: int
    called: asyncio.Event = field(default_factory=asyncio.Event)


class Turns:
    """Hands out a bounded number of slots, one per remote run, so that nobody waits for others' silence.

    Whoever was served longest ago is next: of the namespaces first, then of the servers of that namespace.
    So a namespace with many slow hosts delays another one by no more than the run that ends next.
    """

    def __init__(self, slots: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds that only grow."""
        self._free = slots
        self._clock = clock
        self._waiting: list[_Waiter] = []
        self._served: dict[Asker | str, int] = {}
        """By namespace and by server: the number of the turn that it had last."""
        self._turns = itertools.count(1)
        self._places = itertools.count()
        self._silent: set[str] = set()

    @property
    def waiting(self) -> int:
        """How many wait for a slot."""
        return len(self._waiting)

    @asynccontextmanager
    async def turn(self, asker: Asker | None, host: str) -> AsyncIterator[None]:
        """Wait for a slot, and hold it; None neither waits nor holds one.

        A waiter that is cancelled takes no slot with it.
        """
        if asker is None:
            yield
            return
        waiter = _Waiter(asker, host, self._clock(), next(self._places))
        self._waiting.append(waiter)
        self._call()
        try:
            await waiter.called.wait()
        except asyncio.CancelledError:
            if waiter.called.is_set():
                self._give_back()
            else:
                self._waiting.remove(waiter)
            raise
        try:
            yield
        finally:
            self._give_back()

    def heard(self, host: str, *, answered: bool) -> None:
        """Whether a host answered, for its place next time."""
        if answered:
            self._silent.discard(host)
        else:
            self._silent.add(host)

    def _give_back(self) -> None:
        self._free += 1
        self._call()

    def _call(self) -> None:
        while self._free and self._waiting:
            waiter = min(self._waiting, key=self._rank)
            self._waiting.remove(waiter)
            self._free -= 1
            turn = next(self._turns)
            self._served[waiter.asker.namespace] = self._served[waiter.asker] = turn
            waiter.called.set()

    def _rank(self, waiter: _Waiter) -> tuple[bool, int, int, int]:
        waited = self._clock() - waiter.since
        last = waiter.host in self._silent and waited < LONGEST_LAST
        namespace = self._served.get(waiter.asker.namespace, 0)
        return last, namespace, self._served.get(waiter.asker, 0), waiter.place
