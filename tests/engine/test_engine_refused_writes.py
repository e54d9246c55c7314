"""What the API server refuses to write of one object: told, and nobody else's matter (rules 21 and 23, C34)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from partner_operator.engine import unserved
from partner_operator.trust.conditions import find
from partner_operator.trust.model import ObjectKey
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from support.engine.bell import Impatient
from support.engine.kubernetes import REFUSAL
from support.engine.world import (
    EXCHANGE_ON_LYNC,
    LYNC_ON_EXCHANGE,
    World,
    converged,
    crowd,
    disable,
    lync_on_exchange,
)

TOLD = (ConditionStatus.FALSE, Reason.NOT_WRITTEN)
processes = pytest.mark.parametrize("one", [True, False], ids=["one process", "a new one each"])


def _key(name: str) -> ObjectKey:
    return ObjectKey("trust", name, f"uid-{name}")


def server_message(world: World, name: str = "exchange") -> str:
    """What the Ready condition of a server says."""
    status = world.cluster.server_statuses[world.cluster.servers[name].key.uid]
    ready = find(status.conditions, ConditionType.READY)
    assert ready is not None
    return ready.message


def message(world: World, name: str) -> str:
    """What the Ready condition of an application says."""
    ready = find(world.cluster.status(name).conditions, ConditionType.READY)
    assert ready is not None
    return ready.message


def again(world: World, name: str = "exchange", passes: int = 3) -> None:
    """Some passes more, each when it is due."""
    for _ in range(passes):
        world.run_when_due(name)


def new_partners(world: World) -> list[str]:
    """Six applications that nobody has looked at yet."""
    names = crowd(world)
    model = world.exchange.model
    model.entries = ()
    for name in names:
        world.cluster.recreate(name)
    world.exchange.counts.clear()
    return names


@processes
@pytest.mark.parametrize("what", ["application_status", "add_finalizer"])
@pytest.mark.parametrize("place", [0, 3, 5])
def test_others_are_served_in_the_same_pass(what: str, place: int, one: bool) -> None:
    world = World(memories={} if one else None)
    names = new_partners(world)
    left_out = names[place]
    world.cluster.refusals.add((what, left_out))
    world.run_pass("exchange")
    for name in names:
        ready = world.cluster.ready(name)
        assert (ready == (ConditionStatus.TRUE, Reason.SUCCEEDED)) is (name != left_out), name
    assert world.exchange.counts["registered"] == len(names) - 1
    assert world.exchange.counts["observe"] == 2
    assert world.cluster.server_ready("exchange") == TOLD
    assert REFUSAL in server_message(world)
    assert left_out in server_message(world)
    again(world)
    assert world.exchange.counts["registered"] == len(names) - 1
    warned = [event for event in world.cluster.events if event[2] is Reason.NOT_WRITTEN]
    of_it = [event for event in warned if event[0] == left_out]
    assert all(REFUSAL in event[3] for event in warned)
    if what == "add_finalizer":
        assert world.cluster.ready(left_out) == TOLD
        assert REFUSAL in message(world, left_out)
        assert world.cluster.status(left_out).repair is None
    if one or what == "add_finalizer":
        assert len(of_it) == 1
    world.cluster.refusals.clear()
    again(world, passes=1)
    assert world.exchange.counts["registered"] == len(names)
    assert world.cluster.ready(left_out) == (ConditionStatus.TRUE, Reason.SUCCEEDED)
    assert world.cluster.server_ready("exchange") == (ConditionStatus.TRUE, Reason.SUCCEEDED)


@pytest.mark.parametrize("what", ["application_status", "remove_finalizer"])
def test_one_that_may_not_leave_holds_nobody(what: str) -> None:
    world = World(memories={})
    names = crowd(world)
    stays, goes = names[0], names[1]
    world.cluster.refusals.add((what, stays))
    world.cluster.delete(stays)
    world.cluster.delete(goes)
    again(world)
    assert goes not in world.cluster.applications
    assert stays in world.cluster.applications
    assert REFUSAL in server_message(world)
    left = {Reason.REMOVED, Reason.RETAINED, Reason.RELEASED}
    assert not [event for event in world.cluster.events if event[0] == stays and event[2] in left]
    # What cannot be recorded is not done.
    assert world.exchange.counts["apply Remove"] == (1 if what == "application_status" else 2)
    world.cluster.refusals.clear()
    again(world)
    assert stays not in world.cluster.applications


def test_an_heir_that_cannot_be_written_leaves_the_entry_with_its_giver() -> None:
    world = converged()
    old = world.cluster.applications[LYNC_ON_EXCHANGE]
    heir = lync_on_exchange(key=_key("heir"), created_at=old.created_at + timedelta(minutes=1))
    world.cluster.add(heir)
    world.cluster.refusals.add(("application_status", "heir"))
    world.cluster.delete(LYNC_ON_EXCHANGE)
    again(world)
    assert LYNC_ON_EXCHANGE in world.cluster.applications
    assert world.exchange.model.entries
    assert REFUSAL in message(world, LYNC_ON_EXCHANGE)
    world.cluster.refusals.clear()
    again(world)
    assert LYNC_ON_EXCHANGE not in world.cluster.applications
    assert world.exchange.model.entries
    registration = world.cluster.status("heir").registration
    assert registration is not None
    assert registration.created_by_us


@processes
@pytest.mark.parametrize("fresh", [True, False])
def test_a_server_whose_status_is_refused_is_not_contacted(fresh: bool, one: bool) -> None:
    world = World(memories={} if one else None) if fresh else converged()
    if fresh:
        world.declare()
    elif one:
        world.memories = {}
    disable(world) if not fresh else None
    logons = len(world.exchange.seen_passwords)
    world.cluster.refusals.add(("server_status", "exchange"))
    again(world, passes=4)
    assert len(world.exchange.seen_passwords) == logons
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == TOLD
    assert REFUSAL in message(world, LYNC_ON_EXCHANGE)
    events = [e for e in world.cluster.events if e[0] == "exchange" and e[2] is Reason.NOT_WRITTEN]
    assert len(events) == (1 if one else 4)
    world.cluster.refusals.clear()
    world.settle()
    assert world.all_ready()


def test_a_refusal_is_tried_again_with_growing_pauses_that_no_status_holds() -> None:
    world = World(memories={})
    world.declare()
    world.cluster.refusals.add(("server_status", "exchange"))
    times = []
    for _ in range(8):
        again(world, passes=1)
        times.append(world.clock.now())
    pauses = [after - before for before, after in pairwise(times)]
    assert pauses == sorted(pauses)
    assert pauses[-1] > 20 * pauses[0]
    tried = len(world.cluster.refused)
    assert tried <= 3 * 8


@processes
def test_a_status_that_is_refused_after_the_first_contact_stops_what_follows(one: bool) -> None:
    """The requirement to restart cannot be written: nothing is changed."""
    world = converged()
    world.memories = {} if one else None
    again(world, passes=1)
    disable(world)
    found = world.exchange.observe

    async def then_refused(*arguments: Any) -> object:
        seen = await found(*arguments)
        world.cluster.refusals.add(("server_status", "exchange"))
        return seen

    world.exchange.observe = then_refused  # type: ignore[method-assign,assignment]
    again(world, passes=4)
    assert world.exchange.counts["apply Update"] == 0
    assert all(count == 1 for count in world.exchange.restarts.values())


@processes
def test_no_test_is_run_whose_result_cannot_be_written(one: bool) -> None:
    world = converged()
    world.memories = {} if one else None
    again(world, "lync", 1)
    tests = world.lync.counts["test"]
    world.cluster.refusals.add(("application_status", EXCHANGE_ON_LYNC))
    for _ in range(4):
        world.clock.instant += timedelta(hours=2)
        world.run_pass("lync")
    assert world.lync.counts["test"] == tests
    assert world.cluster.server_ready("lync") == TOLD
    assert REFUSAL in server_message(world, "lync")
    world.cluster.refusals.clear()
    world.clock.instant += timedelta(hours=2)
    world.run_pass("lync")
    assert world.lync.counts["test"] == tests + 1
    assert world.cluster.server_ready("lync") == (ConditionStatus.TRUE, Reason.SUCCEEDED)


def test_objects_without_a_server_are_answered_beside_one_that_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_once = asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", lambda _seconds: at_once(0))
    world = World()
    for name in ("first", "second"):
        world.cluster.add(lync_on_exchange(key=_key(name), server_name="nowhere"))
    world.cluster.refusals.add(("application_status", "first"))
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(unserved.serve_unserved(world.ports(), Impatient(world.clock, 3)))
    assert world.cluster.ready("second") == (ConditionStatus.FALSE, Reason.SERVER_NOT_FOUND)
    told = [event for event in world.cluster.events if event[2] is Reason.NOT_WRITTEN]
    assert [event[0] for event in told] == ["first"]
    assert REFUSAL in told[0][3]
