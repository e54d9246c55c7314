"""At a start all workers read at once: a few of them are let in at a time, so that few lists are held."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from kubernetes.aio.client import Configuration

from partner_operator.catalog import CATALOG
from partner_operator.engine.ports import ServerName
from partner_operator.kube.client import READINGS, Connection
from partner_operator.kube.health import Echo
from partner_operator.kube.objects import LastSeen
from partner_operator.kube.reader import KubernetesReader


class Watched(Connection):
    """Knows no server, and tells so when it is let."""

    def __init__(self) -> None:
        super().__init__(Configuration())
        self.answers = asyncio.Semaphore(0)
        self.asked = 0
        self.at_once = 0
        self.most = 0

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any] | None:
        self.asked += 1
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await self.answers.acquire()
        self.at_once -= 1
        return None


async def test_servers_are_read_a_few_at_a_time() -> None:
    async with Watched() as connection:
        readers = [KubernetesReader(connection, LastSeen(Echo()), CATALOG) for _ in range(20)]
        reads = [
            asyncio.create_task(reader.server(ServerName("trust", f"server-{number}")))
            for number, reader in enumerate(readers)
        ]
        given_up = reads[-1]
        for _ in range(100):
            await asyncio.sleep(0)
        given_up.cancel()
        for _ in readers:
            connection.answers.release()
        assert await asyncio.gather(*reads[:-1]) == [None] * 19
        assert (connection.asked, connection.most) == (19, READINGS)
