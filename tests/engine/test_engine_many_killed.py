"""A run of several changes is killed, or unheard, at each step: each change is made once."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from partner_operator.trust.status import ChangeKind
from support.engine.crash import Fault
from support.engine.many import LOST, made
from support.engine.world import World, crowd, declare_crowd

REGISTER = ChangeKind.REGISTER
UPDATE = ChangeKind.UPDATE


@cache
def _at_work() -> World:
    """Three are registered and one of them drifts; two more are declared, and one is deleted."""
    world = World()
    names = crowd(world, 3)
    model = world.exchange.model
    model.entries = tuple(
        replace(entry, enabled=entry.identity != names[0]) for entry in model.entries
    )
    declare_crowd(world, 2, first=3)
    world.cluster.delete(names[2])
    world.exchange.runs.clear()
    return world


LEFT = {"partner-0", "partner-1", "partner-3", "partner-4"}


def _begin() -> World:
    return copy.deepcopy(_at_work())


def _places(count: Callable[[World], int]) -> range:
    world = _begin()
    before = count(world)
    world.run_round()
    assert sorted(world.exchange.runs[0]) == [REGISTER, REGISTER, UPDATE]
    return range(1, count(world) - before + 1)


def _ended_well(world: World) -> None:
    world.settle(20)
    assert world.all_ready(), [world.cluster.ready(name) for name in world.cluster.applications]
    assert made(world) == LEFT
    assert set(world.cluster.applications) == LEFT
    assert all(entry.enabled for entry in world.exchange.model.entries)
    for name in LEFT:
        status = world.cluster.status(name)
        assert status.registration is not None
        assert status.registration.created_by_us
        assert status.intent is None or status.intent.over
    assert world.exchange.counts["registered"] == 5
    assert world.exchange.counts["apply Update"] == 1
    world.run_round()
    writes, calls = world.cluster.writes, len(world.crash.calls)
    world.run_round()
    assert world.cluster.writes == writes
    assert len(world.crash.calls) == calls + 2


@pytest.mark.parametrize("at", _places(lambda world: len(world.crash.steps)))
def test_killed_at_any_step(at: int) -> None:
    world = _begin()
    world.crash.at = len(world.crash.steps) + at
    world.run_round()
    _ended_well(world)


@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
@pytest.mark.parametrize("at", _places(lambda world: len(world.crash.calls)))
def test_an_answer_is_lost_at_any_call(at: int, done: bool) -> None:
    world = _begin()
    world.crash.fault = Fault(len(world.crash.calls) + at, LOST, done_all_the_same=done)
    world.run_round()
    assert world.crash.fault is None, "it was reached"
    _ended_well(world)
