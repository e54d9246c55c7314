"""The worker of one server: sleep until rung or due, run one pass, never die of a failure."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from partner_operator.engine.bell import Bell
from partner_operator.engine.logon import Memory
from partner_operator.engine.ports import Credentials, ServerName
from partner_operator.engine.run_pass import run_pass
from partner_operator.engine.schedule import back_off, next_attempt
from partner_operator.engine.state import Ports
from partner_operator.trust.status import Retry

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Worker:
    """Runs the passes of one server, one at a time."""

    ports: Ports
    name: ServerName
    bell: Bell
    gate: asyncio.Semaphore
    """How many organisations are worked on at once (rule 9)."""
    _credentials: Credentials | None = None
    _memory: Memory = field(default_factory=Memory)
    _retry: Retry | None = None

    async def run(self) -> None:
        """Until the server is gone and nothing is left to do for it, or the task is cancelled."""
        due: datetime | None = self.ports.clock.now()
        while due is not None:
            reasons = await self.bell.wait(until=due)
            async with self.gate:
                due = await self._pass(sorted(reasons))
        logger.info("worker of %s/%s is done", self.name.namespace, self.name.name)

    async def _pass(self, reasons: list[str]) -> datetime | None:
        logger.info(
            "pass over %s/%s begins: %s",
            self.name.namespace,
            self.name.name,
            ", ".join(reasons) or "due",
        )
        try:
            result = await run_pass(self.ports, self.name, self._credentials, self._memory)
        except Exception:  # the outermost loop: what nobody foresaw must not end the worker
            logger.exception("pass over %s/%s broke off", self.name.namespace, self.name.name)
            now = self.ports.clock.now()
            self._retry = back_off(self._retry, now, self.ports.chance)
            return next_attempt(self._retry, now, now)
        self._retry = None
        self._credentials = result.credentials
        if result.due is None:
            return None
        return max(result.due, self.ports.clock.now() + timedelta(seconds=1))
