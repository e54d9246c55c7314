"""One worker task per PartnerServer: started once, started again if it breaks, drained at the end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

import kopf

from partner_operator.engine.bell import Bell
from partner_operator.engine.ports import ServerName
from partner_operator.kube.switchboard import Switchboard

logger = logging.getLogger(__name__)

MakeWorker = Callable[[ServerName, Bell], Coroutine[Any, Any, None]]

SETTLE = 1.0
"""Seconds before a new worker begins: a server and its applications arrive in one breath."""
RESTART_DELAY = 10.0
"""Seconds before a worker that broke, or that left a living server, is started again."""
EXIT_POLL = 0.5
"""Seconds between looks at whether the operator exits while a server is being drained."""

_EXITING = kopf.DaemonStoppingReason.OPERATOR_EXITING | kopf.DaemonStoppingReason.OPERATOR_PAUSING


class Stopped(Protocol):
    """kopf's flag: set when the object is being deleted or the operator exits."""

    @property
    def reason(self) -> kopf.DaemonStoppingReason | None:
        """All reasons so far."""
        ...

    def __bool__(self) -> bool: ...

    def wait(self, timeout: float | None = None) -> Any:
        """Something to await until the flag is set."""
        ...


@dataclass(frozen=True, slots=True)
class _Running:
    name: ServerName
    bell: Bell
    task: asyncio.Task[None]


class Workers:
    """The worker tasks by uid of their PartnerServer."""

    def __init__(self, switchboard: Switchboard, make_worker: MakeWorker) -> None:
        """`make_worker` gives the coroutine that serves one server until nothing is left to do."""
        self._switchboard = switchboard
        self._make_worker = make_worker
        self._running: dict[str, _Running] = {}
        self._attended: set[str] = set()
        self._draining: dict[str, asyncio.Task[None]] = {}
        self._drained_uids: set[str] = set()

    def attended(self, uid: str) -> bool:
        """Whether a daemon of this process looks, or has looked, after this server."""
        return uid in self._attended

    def forget(self, uid: str) -> None:
        """The server is gone."""
        self._attended.discard(uid)
        self._draining.pop(uid, None)
        self._drained_uids.discard(uid)

    @staticmethod
    def exiting(stopped: Stopped) -> bool:
        """Whether the flag was set because the operator exits."""
        return stopped.reason is not None and bool(stopped.reason & _EXITING)

    async def attend(self, uid: str, name: ServerName, stopped: Stopped) -> None:
        """Keep a worker running; return when the server is drained, or when the operator exits."""
        self._attended.add(uid)
        try:
            while not (stopped and await self._drained(uid, name, stopped)):
                if not stopped:
                    await self._serve(uid, name, stopped)
        finally:
            await self._end(uid)

    async def drained(
        self, uid: str, name: ServerName, wake: Callable[[], Coroutine[Any, Any, None]]
    ) -> bool:
        """Drain a server that was terminating already when we started; True once that is done.

        Returns at once. `wake` is called when it is worth asking again.
        """
        if uid in self._drained_uids:
            return True
        if uid not in self._draining:
            task = asyncio.create_task(self._drain(uid, name, wake), name=f"drain {name.name}")
            self._draining[uid] = task
        return False

    async def _drain(
        self, uid: str, name: ServerName, wake: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        while _broke((await self._finished(uid, name)).task, name):
            await self._end(uid)
            await asyncio.sleep(RESTART_DELAY)
        await self._end(uid)
        self._drained_uids.add(uid)
        await wake()

    async def _finished(self, uid: str, name: ServerName) -> _Running:
        worker = self._ensure(uid, name)
        await asyncio.wait({worker.task})
        return worker

    async def end_all(self) -> None:
        """The operator exits."""
        for draining in self._draining.values():
            draining.cancel()
        for uid in list(self._running):
            await self._end(uid)

    async def _serve(self, uid: str, name: ServerName, stopped: Stopped) -> None:
        """Until the flag is set, or the worker ends although its server lives."""
        worker = self._ensure(uid, name)
        flag = asyncio.ensure_future(stopped.wait())
        try:
            await asyncio.wait({worker.task, flag}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            flag.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await flag
        if worker.task.done() and not stopped:
            if not _broke(worker.task, name):
                logger.warning("the worker of %s left its living server", name.name)
            await self._end(uid)
            await stopped.wait(RESTART_DELAY)

    async def _drained(self, uid: str, name: ServerName, stopped: Stopped) -> bool:
        """Let the worker finish for a server that is being deleted; True when it may go."""
        worker = self._ensure(uid, name)
        worker.bell.ring(f"PartnerServer {name.name} is being deleted")
        while not worker.task.done():
            if self.exiting(stopped):
                return True
            await asyncio.wait({worker.task}, timeout=EXIT_POLL)
        if not _broke(worker.task, name):
            return True
        await self._end(uid)
        await asyncio.sleep(RESTART_DELAY)
        return False

    def _ensure(self, uid: str, name: ServerName) -> _Running:
        if uid not in self._running:
            bell = self._switchboard.hang(name)
            task = asyncio.create_task(self._work(name, bell), name=f"worker of {name.name}")
            self._running[uid] = _Running(name, bell, task)
        return self._running[uid]

    async def _work(self, name: ServerName, bell: Bell) -> None:
        await asyncio.sleep(SETTLE)
        await self._make_worker(name, bell)

    async def _end(self, uid: str) -> None:
        running = self._running.pop(uid, None)
        if running is None:
            return
        running.task.cancel()
        await asyncio.wait({running.task})
        self._switchboard.take_down(running.name)


def _broke(task: asyncio.Task[None], name: ServerName) -> bool:
    """Whether a finished worker ended by an error; it is logged."""
    if task.cancelled():
        return True
    error = task.exception()
    if error is not None:
        logger.error("the worker of %s broke", name.name, exc_info=error)
    return error is not None
