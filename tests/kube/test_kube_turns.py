"""Writes of all passes take turns, and what is not one of them waits for none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes.aio.client import Configuration

from partner_operator.kube.client import MERGE_PATCH, WRITES_AT_ONCE, Connection


class Slow:
    """An API server that answers no write before it is told to."""

    def __init__(self) -> None:
        self.under_way = 0
        self.most = 0
        self.full = asyncio.Event()
        self.go_on = asyncio.Event()

    async def write(self, request: web.Request) -> web.Response:
        """A PATCH or a POST."""
        del request
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        if self.under_way == WRITES_AT_ONCE:
            self.full.set()
        await self.go_on.wait()
        self.under_way -= 1
        return web.json_response({})

    async def answer(self, request: web.Request) -> web.Response:
        """Anything else."""
        return web.json_response({"method": request.method})


@pytest.fixture
async def slow() -> AsyncIterator[tuple[Slow, Connection]]:
    """The server, and a connection to it."""
    there, app = Slow(), web.Application()
    for method in ("PATCH", "POST"):
        app.router.add_route(method, "/x", there.write)
    for method in ("GET", "PUT"):
        app.router.add_route(method, "/x", there.answer)
    async with TestServer(app) as server:
        configuration = Configuration(host=str(server.make_url("")).rstrip("/"))
        async with Connection(configuration) as connection:
            yield there, connection


async def test_the_lease_is_renewed_while_hundreds_of_writes_wait(
    slow: tuple[Slow, Connection],
) -> None:
    there, connection = slow
    writes = [
        asyncio.ensure_future(connection.request(method, "/x", body={}, content_type=MERGE_PATCH))
        for method in ("PATCH", "POST") * 150
    ]
    await there.full.wait()
    assert await connection.request("PUT", "/x", body={}) == {"method": "PUT"}
    assert await connection.request("GET", "/x") == {"method": "GET"}
    assert there.most == WRITES_AT_ONCE
    there.go_on.set()
    await asyncio.gather(*writes)
    assert there.most == WRITES_AT_ONCE
