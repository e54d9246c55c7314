"""The worker of one server: sleep until rung or due, run one pass, never die of a failure."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from partner_operator.engine import broken_off
from partner_operator.engine.bell import Bell
from partner_operator.engine.ports import Credentials, Kind, ServerName
from partner_operator.engine.process_memory import ProcessMemory
from partner_operator.engine.run_pass import Result, run_pass
from partner_operator.engine.schedule import back_off, next_attempt
from partner_operator.engine.state import Ports
from partner_operator.trust.reasons import ConditionStatus

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Worker:
    """Runs the passes of one server, one at a time."""

    ports: Ports
    name: ServerName
    bell: Bell
    memory: ProcessMemory = field(default_factory=ProcessMemory)
    """What is kept between passes; the watchdog looks at it too."""
    _credentials: Credentials | None = None

    async def run(self) -> None:
        """Until the server is gone and nothing is left to do for it, or the task is cancelled."""
        clock = self.ports.clock
        due: datetime | None = clock.now()
        if self.memory.due is None:
            self.memory.ended(due, clock.monotonic())
        while due is not None:
            reasons = await self.bell.wait(until=due)
            due = await self._pass(sorted(reasons))
        logger.info("worker of %s/%s is done", self.name.namespace, self.name.name)

    async def _pass(self, reasons: list[str]) -> datetime | None:
        name = f"{self.name.namespace}/{self.name.name}"
        fields = {"kind": str(Kind.SERVER), "object": name, "operation": "pass"}
        why = ", ".join(reasons) or "due"
        logger.info("pass over %s begins: %s", name, why, extra=fields)
        began = self.ports.clock.monotonic()
        try:
            result = await run_pass(self.ports, self.name, self._credentials, self.memory)
        except (
            Exception
        ) as error:  # the outermost loop: what nobody foresaw must not end the worker
            self.memory.broken += 1
            broken = fields | {"outcome": "broken", "seconds": self._since(began)}
            logger.exception("pass over %s broke off", name, extra=broken)
            return await self._broke_off(error)
        else:
            self.memory.passes += 1
        finally:
            self.memory.seconds += self.ports.clock.monotonic() - began
        self._credentials = result.credentials
        self._log_end(result, fields | {"seconds": self._since(began)})
        clock = self.ports.clock
        due = result.due
        if due is not None:
            due = max(due, clock.now() + timedelta(seconds=1))
        self.memory.ended(due, clock.monotonic())
        return due

    def _since(self, began: float) -> float:
        return round(self.ports.clock.monotonic() - began, 1)

    def _log_end(self, result: Result, fields: Mapping[str, object]) -> None:
        """What became of the server: a pass that came to its end may have found it failing."""
        failed = result.ready is not None and result.ready.status is ConditionStatus.FALSE
        reason = str(result.ready.reason) if result.ready is not None else None
        logger.log(
            logging.WARNING if failed else logging.INFO,
            "pass over %s ended: %s",
            fields["object"],
            reason or "nothing was done",
            extra={**fields, "outcome": "failed" if failed else "ended", "reason": reason},
        )

    async def _broke_off(self, error: Exception) -> datetime:
        """Say so where people look, and try again after a growing pause."""
        clock, memory = self.ports.clock, self.memory
        memory.retry = back_off(memory.retry, clock.now(), self.ports.chance)
        memory.due = next_attempt(memory.retry, clock.now(), clock.now())
        for tell in (broken_off.tell, broken_off.tell_in_event):
            try:
                await tell(self.ports, self.name, memory, broken_off.sentence_of(error))
            except (
                Exception
            ):  # the same: what is in the way of a pass may be in the way of telling it
                logger.exception("it could not be told of %s", self.name.name)
            else:
                memory.ended(memory.due, clock.monotonic())
                break
        return memory.due
