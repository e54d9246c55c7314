"""Applications that name no existing server are answered too, and let go where that is safe."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from partner_operator.engine import unserved
from partner_operator.trust.conditions import find
from partner_operator.trust.model import DeletionPolicy, Mode
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from support.engine.bell import Impatient
from support.engine.world import LYNC_ON_EXCHANGE, World, converged, lync_on_exchange

FALSE = ConditionStatus.FALSE


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its pause of a second is over at once."""
    at_once = asyncio.sleep

    async def sleep(_seconds: float) -> None:
        await at_once(0)

    monkeypatch.setattr(asyncio, "sleep", sleep)


def _answer(world: World) -> None:
    """One round of the worker for objects without a server."""
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(unserved.serve_unserved(world.ports(), Impatient(world.clock, 1)))


def _without_server(**changes: Any) -> World:
    """A registered application whose server object is gone."""
    world = converged()
    del world.cluster.servers["exchange"]
    application = world.cluster.applications[LYNC_ON_EXCHANGE]
    world.cluster.applications[LYNC_ON_EXCHANGE] = replace(
        application, generation=application.generation + 1, **changes
    )
    return world


def test_a_server_that_does_not_exist_is_named_and_written_once() -> None:
    world = World()
    world.cluster.add(lync_on_exchange(server_name="nowhere"))
    _answer(world)
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.SERVER_NOT_FOUND)
    ready = find(world.cluster.status(LYNC_ON_EXCHANGE).conditions, ConditionType.READY)
    assert ready is not None
    assert "nowhere" in ready.message
    writes = world.cluster.writes
    _answer(world)
    assert world.cluster.writes == writes


def test_served_objects_are_not_answered() -> None:
    world = converged()
    writes = world.cluster.writes
    _answer(world)
    assert world.cluster.writes == writes


def test_what_we_made_is_held_and_the_way_out_is_told() -> None:
    world = _without_server(deleting=True)
    _answer(world)
    application = world.cluster.applications[LYNC_ON_EXCHANGE]
    ready = find(world.cluster.status(LYNC_ON_EXCHANGE).conditions, ConditionType.READY)
    assert ready is not None
    assert ready.reason is Reason.DELETION_BLOCKED
    assert f"release={application.key.uid}" in ready.message
    world.cluster.applications[LYNC_ON_EXCHANGE] = replace(
        application, release_requested=application.key.uid
    )
    _answer(world)
    assert LYNC_ON_EXCHANGE not in world.cluster.applications


@pytest.mark.parametrize(
    "changes",
    [
        {"deletion_policy": DeletionPolicy.RETAIN},
        {"mode": Mode.OBSERVE},
        {"mode": Mode.SUSPEND},
    ],
    ids=str,
)
def test_what_would_stay_anyway_needs_no_server_to_go(changes: dict[str, Any]) -> None:
    world = _without_server(deleting=True, **changes)
    _answer(world)
    assert LYNC_ON_EXCHANGE not in world.cluster.applications
    assert world.exchange.model.entries


def test_an_object_that_never_reached_a_server_goes_at_once() -> None:
    world = World()
    world.cluster.add(lync_on_exchange(server_name="nowhere", has_finalizer=True))
    world.cluster.delete(LYNC_ON_EXCHANGE)
    _answer(world)
    assert not world.cluster.applications


def test_an_object_that_goes_meanwhile_does_not_end_the_worker() -> None:
    world = World()
    for name in ("first", "second"):
        key = replace(lync_on_exchange().key, name=name, uid=f"uid-{name}")
        world.cluster.add(lync_on_exchange(key=key, server_name="nowhere"))
    found = asyncio.run(world.cluster.unserved())
    world.cluster.recreate("first")

    async def old_list() -> Any:
        return found

    world.cluster.unserved = old_list  # type: ignore[method-assign]
    _answer(world)
    assert world.cluster.ready("first") is None
    assert world.cluster.ready("second") == (FALSE, Reason.SERVER_NOT_FOUND)


def test_a_reference_to_nothing_has_one_event() -> None:
    """However often it is answered; nothing is told of an object that is suspended."""
    world = World()
    world.cluster.add(lync_on_exchange(server_name="nowhere"))
    for _ in range(3):
        _answer(world)
    assert len(world.cluster.told(Reason.SERVER_NOT_FOUND)) == 1
    world = _without_server(mode=Mode.SUSPEND)
    before = len(world.cluster.events)
    _answer(world)
    assert len(world.cluster.events) == before
