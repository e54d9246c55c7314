"""The composition root sets a watchdog beside the workers, which looks at each as long as something is left to do."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, cast

import pytest

from partner_operator.cli import serve
from partner_operator.engine import watchdog
from partner_operator.engine.bell import Bell
from partner_operator.engine.ports import ServerName
from partner_operator.kube.client import Connection
from partner_operator.metrics.collector import State

NAME = ServerName("trust", "exchange")


class Hanging:
    """An API server that answers when it is told to."""

    def __init__(self) -> None:
        self.answers = asyncio.Event()
        self.reading = asyncio.Semaphore(1)
        self.answered: Counter[tuple[str, str]] = Counter()

    async def get(self, path: str) -> None:
        """The object is not there, but that comes late."""
        del path
        await self.answers.wait()


async def test_a_worker_that_hangs_is_looked_at_and_one_that_is_done_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connection, looked = Hanging(), list[ServerName]()

    async def look_at(_self: object, name: ServerName) -> None:
        looked.append(name)

    async def run_operator(**given: Any) -> None:
        worker = asyncio.create_task(given["make_worker"](NAME, Bell()))
        for _ in range(50):
            await asyncio.sleep(0)
        assert looked
        connection.answers.set()
        await worker
        looked.clear()
        for _ in range(50):
            await asyncio.sleep(0)
        assert looked == []

    monkeypatch.setattr(watchdog, "LOOKS_EVERY", 0)
    monkeypatch.setattr(watchdog.Watchdog, "look_at", look_at)
    monkeypatch.setattr(serve, "run_operator", run_operator)
    options = serve.Options(namespaces=("trust",))
    await serve._serve(options, None, cast(Connection, connection), State())
    assert "watchdog" not in {task.get_name() for task in asyncio.all_tasks()}
