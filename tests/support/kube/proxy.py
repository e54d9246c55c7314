"""A proxy in front of the real API server that answers some requests itself, or loses their answers."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from aiohttp import web

from partner_testbed.kubeconfig import authority, read_kubeconfig

Fault = int | str
"""An HTTP status to answer with; `reset`: the connection ends unasked; `lost`: it ends when the work was done."""
SESSION = web.AppKey("session", aiohttp.ClientSession)
RESET, LOST = "reset", "lost"
_OWN = {"host", "transfer-encoding", "content-length", "connection", "content-encoding"}


@dataclass
class Proxy:
    """What goes through, and what does not. `choose` gets method and path, and says what goes wrong."""

    server: str
    context: ssl.SSLContext
    choose: Callable[[str, str], Fault | None] = lambda method, path: None
    retry_after: str = "1"
    """What is said with 429."""
    seen: list[tuple[str, str]] = field(default_factory=list)
    """Every request, by method and path."""
    faults: list[Fault] = field(default_factory=list)
    """What went wrong."""
    url: str = ""
    loop: asyncio.AbstractEventLoop | None = None
    _watches: dict[int, web.Request] = field(default_factory=dict)

    def cut_watches(self) -> None:
        """End all connections over which somebody watches."""
        assert self.loop is not None
        for request in list(self._watches.values()):
            if request.transport is not None:
                self.loop.call_soon_threadsafe(request.transport.abort)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        self.seen.append((request.method, request.path))
        fault = self.choose(request.method, request.path)
        if fault is not None:
            self.faults.append(fault)
        if isinstance(fault, int):
            headers = {"Retry-After": self.retry_after} if fault == 429 else {}
            status = {"kind": "Status", "message": f"{fault} by the test", "code": fault}
            return web.json_response(status, status=fault, headers=headers)
        if fault == RESET:
            return self._cut(request)
        return await self._forward(request, lost=fault == LOST)

    async def _forward(self, request: web.Request, *, lost: bool) -> web.StreamResponse:
        headers = {
            name: value for name, value in request.headers.items() if name.lower() not in _OWN
        }
        session: aiohttp.ClientSession = request.app[SESSION]
        async with session.request(
            request.method,
            self.server + request.raw_path,
            headers=headers,
            data=await request.read() or None,
            allow_redirects=False,
        ) as answer:
            if lost:
                await answer.read()
                return self._cut(request)
            back = {
                name: value for name, value in answer.headers.items() if name.lower() not in _OWN
            }
            response = web.StreamResponse(status=answer.status, headers=back)
            await response.prepare(request)
            if "watch" in request.query:
                self._watches[id(request)] = request
            try:
                async for chunk in answer.content.iter_any():
                    await response.write(chunk)
                await response.write_eof()
            except ConnectionError:
                # Who asked has gone.
                pass
            finally:
                self._watches.pop(id(request), None)
            return response

    @staticmethod
    def _cut(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()


@contextmanager
def proxied(kubeconfig: Path) -> Iterator[Proxy]:
    """A proxy on a thread of its own; `kubeconfig` leads to it from now on."""
    cluster, _, _ = read_kubeconfig(kubeconfig)
    pem = authority(cluster)
    proxy = Proxy(
        cluster["server"], ssl.create_default_context(cadata=pem.decode() if pem else None)
    )
    loop = proxy.loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="proxy", daemon=True)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(_start(proxy), loop).result(60)
    config: dict[str, Any] = yaml.safe_load(kubeconfig.read_text())
    config["clusters"][0]["cluster"] = {"server": proxy.url}
    kubeconfig.write_text(yaml.safe_dump(config))
    try:
        yield proxy
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        loop.close()


async def _start(proxy: Proxy) -> web.AppRunner:
    application = web.Application(client_max_size=2**24)
    application.router.add_route("*", "/{path:.*}", proxy.handle)

    async def session(app: web.Application) -> Any:
        connector = aiohttp.TCPConnector(ssl=proxy.context, limit=0)
        timeout = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as opened:
            app[SESSION] = opened
            yield

    application.cleanup_ctx.append(session)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    address = runner.addresses[0]
    proxy.url = f"http://{address[0]}:{address[1]}"
    return runner
