"""The life of one of several operators: it stands by, works while it holds the Lease, and gives it back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from partner_operator.kube.lease import Lease

logger = logging.getLogger(__name__)


async def lead(
    lease: Lease,
    liveness: str | None,
    work: Callable[[asyncio.Event], Coroutine[Any, Any, None]],
) -> None:
    """Stand by until the Lease is ours, then work until the work ends.

    `work` is given an event that says when it must end. That is set when the Lease is lost: then nothing new may
    begin, and what has begun comes to its end. Returns when the work has ended, or when SIGTERM comes to a stand-by.
    Raises NoLease, LeaseLost, and what the work raises.
    """
    stop = asyncio.Event()
    # Until kopf takes the signal over: process number 1 of a container has no default way to end by it.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    try:
        async with _answering(liveness):
            await _stand_by(lease, stop)
        if not stop.is_set():
            await _work_and_keep(lease, stop, work)
    finally:
        await lease.release()


async def _stand_by(lease: Lease, stop: asyncio.Event) -> None:
    """Until the Lease is ours, or `stop` is set."""
    standing = asyncio.create_task(lease.acquire(), name="stand-by")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.wait({standing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        standing.cancel()
        stopping.cancel()
        await asyncio.wait({standing, stopping})
    if not standing.cancelled():
        await standing


async def _work_and_keep(
    lease: Lease, stop: asyncio.Event, work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]
) -> None:
    """Work beside the renewals, which go on until what has begun is over."""
    keeping = asyncio.create_task(lease.keep(), name="lease")
    working = asyncio.create_task(work(stop), name="work")
    try:
        await asyncio.wait({keeping, working}, return_when=asyncio.FIRST_COMPLETED)
        if keeping.done():
            logger.error("%s", keeping.exception())
            stop.set()
        await working
        if keeping.done():
            await keeping
    finally:
        working.cancel()
        keeping.cancel()
        await asyncio.wait({keeping, working})


@contextlib.asynccontextmanager
async def _answering(liveness: str | None) -> AsyncIterator[None]:
    """Answer probes: a stand-by is live and ready. kopf answers at the same URL as soon as it works."""
    if liveness is None:
        yield
        return
    url = urlsplit(liveness)

    async def stands_by(_: web.Request) -> web.Response:
        return web.json_response({"lease": "stands by"})

    application = web.Application()
    application.add_routes([web.get(url.path or "/", stands_by)])
    runner = web.AppRunner(application, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, url.hostname, url.port or 80).start()
        yield
    finally:
        await runner.cleanup()
