"""`run --metrics URL`: answers scrapes. Whoever asks, however many and slowly, takes little and for a while only.

It shares the operator's event loop: an operator whose loop hangs does not answer, and that is what is to be known.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from partner_operator.metrics.collector import State, StateCollector

MOST_CONNECTIONS: Final = 32
"""At once. One more is closed at its beginning."""
LONGEST: Final = 15.0
"""Seconds that a connection lives, whatever it does."""
FRESH: Final = 1.0
"""Seconds for which an answer is given again: ten that ask at once are one reading of the state."""


class CannotListen(Exception):
    """Nobody could scrape; the sentence says why."""


def new_registry(state: State) -> CollectorRegistry:
    """A registry of our own, with this process's memory, time, files and garbage beside our metrics."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(StateCollector(state))
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def listening_at(url: str) -> tuple[str, int, str]:
    """Host, port and path of a URL such as http://0.0.0.0:9402/metrics. Raises ValueError with a sentence."""
    parts = urlsplit(url)
    with contextlib.suppress(ValueError):  # of a port that is none
        if parts.scheme == "http" and parts.hostname and parts.port:
            return parts.hostname, parts.port, parts.path or "/"
    raise ValueError("write a URL with a port, such as http://0.0.0.0:9402/metrics")


@contextlib.asynccontextmanager
async def answering(url: str | None, registry: CollectorRegistry) -> AsyncIterator[None]:
    """Answer scrapes at this URL meanwhile; None: nobody can scrape. Raises CannotListen."""
    if url is None:
        yield
        return
    host, port, path = listening_at(url)
    application = web.Application()
    application.add_routes([web.get(path, _Answer(registry).answer)])
    runner = web.AppRunner(application, handle_signals=False, access_log=None)
    await runner.setup()
    assert runner.server is not None
    loop = asyncio.get_running_loop()
    try:
        try:
            server = await loop.create_server(partial(_Door, runner.server), host, port)
        except OSError as error:
            raise CannotListen(f"--metrics {url} cannot be listened at: {error}") from None
        try:
            yield
        finally:
            server.close()
    finally:
        await runner.cleanup()


class _Answer:
    """The text of all metrics, made at most once a second."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._text = b""
        self._made_at = float("-inf")

    async def answer(self, _: web.Request) -> web.Response:
        now = asyncio.get_running_loop().time()
        if now - self._made_at > FRESH:
            self._text = generate_latest(self._registry)
            self._made_at = now
        response = web.Response(body=self._text, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})
        # A connection that waits for the next question would hold up the operator's end.
        response.force_close()
        return response


class _Door(asyncio.Protocol):
    """Lets a connection in where there is room, and for a while: neither end can hold one for ever."""

    def __init__(self, server: web.Server) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count here: when many come at once, all are made before the first one is told of."""
        assert isinstance(transport, asyncio.Transport)
        if len(self._server.connections) >= MOST_CONNECTIONS:
            transport.abort()
            return
        handler = self._server()
        transport.set_protocol(handler)
        handler.connection_made(transport)
        # Not `close`, which would wait until a reader that reads nothing has read all.
        asyncio.get_running_loop().call_later(LONGEST, transport.abort)
