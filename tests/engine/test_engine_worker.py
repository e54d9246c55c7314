"""The worker of one server: nothing that fails ends it, and it ends when all is done."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from partner_operator.engine.ports import DeclaredServer, ServerName
from partner_operator.engine.worker import Worker
from support.engine.bell import Impatient
from support.engine.kubernetes import Cluster
from support.engine.world import LYNC_ON_EXCHANGE, World, converged

NAME = ServerName("trust", "exchange")


class Broken(Exception):
    """What nobody foresaw."""


def _worker(
    world: World, reader: Cluster | None = None, most: int = 20
) -> tuple[Worker, Impatient]:
    bell = Impatient(world.clock, most)
    ports = replace(world.ports(), reader=reader or world.cluster)
    return Worker(ports, NAME, bell), bell


def test_a_worker_ends_when_its_server_is_gone_and_all_is_removed() -> None:
    world = converged()
    world.cluster.delete(LYNC_ON_EXCHANGE)
    world.cluster.change_server("exchange", deleting=True)
    worker, _ = _worker(world)
    asyncio.run(worker.run())
    assert not world.exchange.model.entries


def test_what_nobody_foresaw_is_tried_again_with_growing_pauses() -> None:
    world = World()
    world.declare()

    class Failing(Cluster):
        async def server(self, name: ServerName) -> DeclaredServer | None:
            raise Broken

    worker, bell = _worker(world, Failing(world.crash), most=5)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(worker.run())
    pauses = [after - before for before, after in pairwise(bell.waits)]
    assert len(pauses) == 5
    assert pauses == sorted(pauses)
    assert pauses[-1] > 4 * pauses[0]


def test_a_worker_does_the_whole_work_of_its_server_by_itself() -> None:
    world = World()
    world.declare()
    worker, _ = _worker(world, most=3)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(worker.run())
    assert world.exchange.counts["registered"] == 1
    assert set(world.exchange.restarts.values()) == {1}


def test_credentials_that_worked_outlive_their_secret_in_the_worker() -> None:
    world = converged()
    worker, bell = _worker(world, most=1)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(worker.run())
    del bell.waits[:]
    world.cluster.lose_secret("exchange")
    world.cluster.delete(LYNC_ON_EXCHANGE)
    world.cluster.change_server("exchange", deleting=True)
    asyncio.run(worker.run())
    assert not world.exchange.model.entries
