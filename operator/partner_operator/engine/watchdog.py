"""The watchdog: says once that no pass came to its end although one was due.

A pass that hangs says nothing, and neither does a worker that died. So this is told from beside them. A pass
that waits for a window, an approval or a host has been at its server, and each remote run that begins is a
sign of life. Nothing is written while all is well.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from partner_operator.engine import broken_off
from partner_operator.engine.ports import ServerName
from partner_operator.engine.process_memory import ProcessMemory
from partner_operator.engine.state import Ports

logger = logging.getLogger(__name__)

INTERVALS = 3
"""How many intervals may pass without the end of a pass."""
AT_LEAST = timedelta(minutes=30)
"""Longer than anything that a pass waits for in one step."""
LOOKS_EVERY = 60.0
"""Seconds."""

OVERDUE = (
    "A pass over this organisation was due, and none has come to its end for long: the operator hangs, or its worker "
    "died. What is said here may be out of date. Restart the operator; its log may say where it stopped."
)


class Watchdog:
    """Knows the memory of each worker, and outlives the worker."""

    def __init__(self, make_ports: Callable[[], Ports]) -> None:
        """`make_ports` gives ports of our own: a worker's may be what hangs."""
        self._make_ports = make_ports
        self._workers: dict[ServerName, ProcessMemory] = {}

    @property
    def memories(self) -> Mapping[ServerName, ProcessMemory]:
        """What each worker keeps in memory now."""
        return self._workers

    def attend(self, name: ServerName) -> ProcessMemory:
        """A worker begins. One that takes the place of a dead one has that one's memory."""
        return self._workers.setdefault(name, ProcessMemory())

    def leave(self, name: ServerName) -> None:
        """Nothing is left to do for this server."""
        self._workers.pop(name, None)

    async def run(self) -> None:
        """For ever: look every minute."""
        while True:
            await asyncio.sleep(LOOKS_EVERY)
            for name in list(self._workers):
                try:
                    await self.look_at(name)
                except Exception:  # the outermost loop of the watchdog: it looks again in a minute
                    logger.exception("nobody could be told that %s is overdue", name.name)

    async def look_at(self, name: ServerName) -> None:
        """Tell that a server's pass is overdue, if it is and nobody was told. Raises what reading raises."""
        ports, memory = self._make_ports(), self._workers[name]
        if memory.overdue_told or not _is_overdue(ports, memory):
            return
        logger.error("no pass over %s/%s came to its end", name.namespace, name.name)
        await broken_off.tell(ports, name, memory, OVERDUE)
        memory.overdue_told = True


def _is_overdue(ports: Ports, memory: ProcessMemory) -> bool:
    if memory.due is None or memory.due > ports.clock.now():
        return False
    silence = timedelta(seconds=ports.clock.monotonic() - memory.alive_at)
    return silence >= max(INTERVALS * memory.interval, AT_LEAST)
