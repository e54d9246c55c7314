"""Many applications on one server: what a pass writes, how its work grows, and that others have their turn."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast

import pytest

from partner_operator.engine.ports import Writer
from partner_operator.engine.together import AT_ONCE
from partner_operator.trust.model import DeletionPolicy, Product
from partner_operator.trust.reasons import ConditionStatus
from support.engine.world import EXCHANGE_HOSTS, World
from support.trust import worlds as values
from support.work import growth, longest_turn

MOST = 2.3
"""Times, for twice the number."""


def many(count: int, *, stored: bool = True) -> World:
    """So many partners of Exchange, each with a realm of its own; `stored`: somebody registered them all before."""
    world = World()
    world.cluster.change_server("exchange", allowed_partners=values.OURS)
    del world.cluster.servers["lync"]
    urls = [f"https://pool-{number}.litwareinc.com/metadata/json/1" for number in range(count)]
    documents, entries = [], []
    for number, url in enumerate(urls):
        name, realm = f"partner-{number}", f"realm-{number}"
        documents.append(values.reading(Product.LYNC, url, realm=realm))
        entries.append(
            values.entry(identity=name, reference=f"CN={name}", realm=realm, metadata_url=url)
        )
        desired = values.application(
            Product.LYNC, name, url, server_name="exchange", identity=name, has_finalizer=False
        )
        world.cluster.add(replace(desired, partner=replace(desired.partner, server_name=None)))
    model = world.exchange.model
    model.documents = (*model.documents, *documents)
    if stored:
        model.entries = tuple(entries)
        world.exchange.running = dict.fromkeys(EXCHANGE_HOSTS, model.entries)
    return world


def written(world: World) -> Counter[str]:
    """What was written to the cluster since the steps were forgotten, by what it is."""
    steps = (step.removesuffix(" written") for step in world.crash.steps if "written" in step)
    return Counter("status" if step.startswith("status of partner") else step for step in steps)


def finalizers(world: World) -> int:
    """How many were put on."""
    return sum(step.startswith("finalizer added") for step in world.crash.steps)


def test_registrations_write_four_statuses_and_one_finalizer_each() -> None:
    """That it is looked at; what is about to be done; that it was done; and what holds at the end of the pass."""
    world, count = many(6, stored=False), 6
    world.run_pass("exchange")
    assert len(world.exchange.model.entries) == count
    assert written(world)["status"] <= 4 * count
    assert finalizers(world) == count


def test_adoptions_write_two_statuses_each_and_then_nothing() -> None:
    world, count = many(200), 200
    world.run_pass("exchange")
    assert written(world)["status"] == 2 * count
    assert finalizers(world) == 0
    before = world.cluster.writes
    world.clock.instant += timedelta(minutes=10)
    world.run_pass("exchange")
    assert world.cluster.writes == before
    assert all(
        ready is not None and ready[0] is ConditionStatus.TRUE
        for ready in map(world.cluster.ready, world.cluster.applications)
    )


@dataclass
class Slow:
    """A Writer whose writes take a while; it counts how many are under way."""

    port: Any
    now: int = 0
    most: Counter[str] = field(default_factory=Counter)

    def __getattr__(self, name: str) -> Any:
        write = getattr(self.port, name)

        async def call(*arguments: Any) -> None:
            self.now += 1
            self.most[name] = max(self.most[name], self.now)
            for _ in range(5):
                await asyncio.sleep(0)
            await write(*arguments)
            self.now -= 1

        return call


def test_statuses_and_finalizers_are_written_several_at_once_and_not_all() -> None:
    world = many(40)
    ports = world.ports()
    slow = Slow(ports.writer)
    world.ports = lambda: replace(ports, writer=cast(Writer, slow))  # type: ignore[method-assign]
    world.run_pass("exchange")
    assert slow.most["application_status"] == AT_ONCE
    for name in world.cluster.applications:
        world.cluster.change(name, deletion_policy=DeletionPolicy.REMOVE)
    world.clock.instant += timedelta(minutes=10)
    world.run_pass("exchange")
    assert slow.most["add_finalizer"] == AT_ONCE
    assert all(each.has_finalizer for each in world.cluster.applications.values())
    assert slow.most["server_status"] == 1


def steady(world: World) -> Callable[[], object]:
    """A pass that finds everything as it was."""
    world.run_pass("exchange")
    world.clock.instant += timedelta(minutes=10)
    return lambda: world.run_pass("exchange")


def adopting(world: World) -> Callable[[], object]:
    """The first pass."""
    return lambda: world.run_pass("exchange")


def deleting(world: World) -> Callable[[], object]:
    """Half of them go, and are held as a crowd."""
    world.run_pass("exchange")
    for name in list(world.cluster.applications)[::2]:
        declared = world.cluster.applications[name]
        world.cluster.applications[name] = replace(declared, has_finalizer=True)
        world.cluster.delete(name)
    world.run_pass("exchange")
    world.clock.instant += timedelta(hours=1)
    return lambda: world.run_pass("exchange")


@pytest.mark.parametrize("what", [steady, adopting, deleting])
def test_a_pass_over_twice_as_many_is_about_twice_the_work(
    what: Callable[[World], Callable[[], object]],
) -> None:
    assert max(growth(lambda count: what(many(count)), (60, 120, 240))) <= MOST


@pytest.mark.parametrize("what", [steady, adopting, deleting])
def test_others_have_their_turn_while_a_pass_computes(
    what: Callable[[World], Callable[[], object]],
) -> None:
    """Between two turns of the event loop the operator makes so few calls that nobody waits for 50 ms."""
    assert longest_turn(what(many(500))) < 50_000
