"""One worker task per PartnerServer: started once, started again if it breaks, drained at the end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

import kopf

from partner_operator.engine.bell import Bell
from partner_operator.engine.ports import ServerName
from partner_operator.kube.switchboard import Switchboard

logger = logging.getLogger(__name__)

MakeWorker = Callable[[ServerName, Bell], Coroutine[Any, Any, None]]
Release = Callable[[str, ServerName], Awaitable[None]]

SETTLE = 1.0
"""Seconds before a new worker begins: a server and its applications arrive in one breath."""
RESTART_DELAY = 10.0
"""Seconds before a worker that broke, or that left a living server, is started again."""

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

    def __init__(self, switchboard: Switchboard, make_worker: MakeWorker, release: Release) -> None:
        """`make_worker` gives the coroutine that serves one server until nothing is left to do.

        `release` is called when a server that is being deleted is drained.
        """
        self._switchboard = switchboard
        self._make_worker = make_worker
        self._release = release
        self._running: dict[str, _Running] = {}
        self._draining: dict[str, asyncio.Task[None]] = {}
        self._drained: set[str] = set()
        self._unserved: asyncio.Task[None] | None = None

    def answer_unserved(self, make: Callable[[Bell], Coroutine[Any, Any, None]]) -> None:
        """Keep the worker of applications without a server running."""
        self._unserved = asyncio.create_task(self._for_ever(make), name="unserved applications")

    async def attend(self, uid: str, name: ServerName, stopped: Stopped) -> None:
        """Keep the worker of a living server running.

        Returns when the server is being deleted (then the worker goes on, see `drained`), or when
        the operator exits.
        """
        try:
            while not stopped:
                await self._serve(uid, name, stopped)
        except asyncio.CancelledError:
            await self._end(uid)
            raise
        if stopped.reason is not None and stopped.reason & _EXITING:
            await self._end(uid)

    def drained(self, uid: str, name: ServerName) -> bool:
        """Whether the worker of a server that is being deleted has done all that is left to do.

        The first time this starts the draining, also where no worker ran yet: after a restart of
        the operator. `release` is called when it is worth asking again.
        """
        if uid not in self._drained and uid not in self._draining:
            task = asyncio.create_task(self._drain(uid, name), name=f"drain {name.name}")
            self._draining[uid] = task
        return uid in self._drained

    def forget(self, uid: str) -> None:
        """The server is gone."""
        self._drained.discard(uid)
        if draining := self._draining.pop(uid, None):
            draining.cancel()
        if running := self._running.pop(uid, None):
            running.task.cancel()
            self._switchboard.take_down(running.name)

    async def end_all(self) -> None:
        """The operator exits."""
        others = [*self._draining.values(), *filter(None, [self._unserved])]
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others)
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
            if not _broke(worker):
                logger.warning("the worker of %s left its living server", name.name)
            await self._end(uid)
            await stopped.wait(RESTART_DELAY)

    async def _drain(self, uid: str, name: ServerName) -> None:
        while True:
            worker = self._ensure(uid, name)
            worker.bell.ring(f"PartnerServer {name.name} is being deleted")
            await asyncio.wait({worker.task})
            broke = _broke(worker)
            await self._end(uid)
            if not broke:
                break
            await asyncio.sleep(RESTART_DELAY)
        self._drained.add(uid)
        await self._release(uid, name)

    async def _for_ever(self, make: Callable[[Bell], Coroutine[Any, Any, None]]) -> None:
        while True:
            task = asyncio.ensure_future(make(self._switchboard.unserved))
            try:
                await asyncio.wait({task})
            finally:
                task.cancel()
                await asyncio.wait({task})
            logger.error("the worker of unserved applications ended", exc_info=task.exception())
            await asyncio.sleep(RESTART_DELAY)

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


def _broke(worker: _Running) -> bool:
    """Whether a finished worker ended by an error; it is logged."""
    if worker.task.cancelled():
        return True
    error = worker.task.exception()
    if error is not None:
        logger.error("the worker of %s broke", worker.name.name, exc_info=error)
    return error is not None
