"""Flux's kstatus and Argo CD's health script over every status of the whole story."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

import pytest

from partner_operator.trust.model import Mode
from partner_operator.trust.reasons import Reason
from support.engine.world import (
    EXCHANGE_HOSTS,
    EXCHANGE_ON_LYNC,
    LYNC_ON_EXCHANGE,
    World,
    converged,
    disable,
)
from support.gitops.judge import Judged, judged, patch
from support.gitops.recording import now, recorded
from support.parked.hall import Hall
from support.parked.table import PARKED

WORKS = ("InProgress", "Progressing")
DONE = ("Current", "Healthy")
TRIES = ("InProgress", "Degraded")
STUCK = ("Failed", "Degraded")
RESTS = ("Current", "Suspended")


def told(found: Judged) -> tuple[str, str]:
    """What Flux and Argo CD say."""
    return found.kstatus, found.argo


def today(world: World) -> dict[str, tuple[str, str]]:
    """What they say of everything now."""
    bodies = now(world.cluster)
    return dict(zip(bodies, map(told, judged(bodies.values())), strict=True))


def expected(body: dict[str, Any]) -> tuple[str, str]:
    """The table of docs/argo-cd.md and docs/flux.md, by the conditions."""
    found = {each["type"]: each for each in body["status"]["conditions"]}
    ready, mode = found.get("Ready"), body["spec"].get("mode")
    if "Suspended" in found:
        return RESTS
    if "Stalled" in found:
        return STUCK
    assert ready is not None
    if mode == "Observe" and (ready["status"] == "True" or ready["reason"] == "DriftObserved"):
        return ("Current" if ready["status"] == "True" else "InProgress"), "Suspended"
    return {"True": DONE, "False": TRIES, "Unknown": WORKS}[ready["status"]]


def test_both_kinds_are_judged_by_the_same_script() -> None:
    health = [text for key, text in patch()["data"].items() if ".health." in key]
    assert len(health) == 2
    assert len(set(health)) == 1


def test_from_nothing_to_a_passed_test_and_through_drift() -> None:
    """Nobody is told of success before it is there, and a repair shows."""
    world = World()
    writes = recorded(world.cluster)
    world.declare()
    assert set(today(world).values()) == {WORKS}, "before anything is seen"
    world.settle()
    assert set(today(world).values()) == {DONE}
    disable(world)
    world.settle()
    assert set(today(world).values()) == {DONE}
    both = {LYNC_ON_EXCHANGE: [WORKS, DONE, WORKS, DONE], EXCHANGE_ON_LYNC: [WORKS, DONE]}
    for name, story in both.items():
        chapters = map(told, judged(each for each in writes if each["metadata"]["name"] == name))
        assert [chapter for chapter, _ in groupby(chapters)] == story


def test_a_change_of_spec_is_open_until_it_is_seen() -> None:
    world = converged()
    for name in (LYNC_ON_EXCHANGE, EXCHANGE_ON_LYNC):
        world.cluster.change(name)
    world.cluster.change_server("exchange")
    said = today(world)
    assert said.pop("lync") == DONE
    assert set(said.values()) == {WORKS}
    world.settle()
    assert set(today(world).values()) == {DONE}


def test_an_object_that_is_deleted_is_terminating() -> None:
    world = converged()
    world.cluster.delete(LYNC_ON_EXCHANGE)
    assert today(world)[LYNC_ON_EXCHANGE][0] == "Terminating"


@pytest.mark.parametrize("reason", PARKED)
def test_every_state_that_waits_for_a_human_and_every_write_on_the_way(reason: Reason) -> None:
    """In it, out of it, and whatever was written meanwhile: as the pages say."""
    parked = PARKED[reason]
    hall = Hall(parked.product, 2)
    writes = recorded(hall.world.cluster)
    parked.reach(hall)
    parked.leave(hall)
    hall.passes(4)
    seen = judged(writes)
    assert len(writes) >= 2
    wrong = [
        (body["metadata"]["name"], body["status"]["conditions"], told(found), expected(body))
        for body, found in zip(writes, seen, strict=True)
        if "deletionTimestamp" not in body["metadata"] and told(found) != expected(body)
    ]
    assert wrong == []
    assert all(found.message for found in seen)


def _broken(world: World) -> None:
    world.exchange.unreachable.update(EXCHANGE_HOSTS)
    for name in ("exchange", "lync"):
        world.run_when_due(name)


BEFORE: dict[str, Callable[[World], None]] = {
    "as declared": lambda world: None,
    "not looked at yet": lambda world: world.cluster.recreate(LYNC_ON_EXCHANGE),
    "unreachable": _broken,
    "drifted": disable,
    "its server is gone": lambda world: world.exchange.unreachable.update(EXCHANGE_HOSTS),
}


@pytest.mark.parametrize("before", BEFORE)
def test_who_waits_for_a_suspended_object_comes_to_an_end(before: str) -> None:
    """Whatever it was in before; and it is no success of what it was, nor of what comes after."""
    world = converged()
    BEFORE[before](world)
    world.cluster.change(LYNC_ON_EXCHANGE, mode=Mode.SUSPEND)
    assert today(world)[LYNC_ON_EXCHANGE] == WORKS, "the operator may still be at work on it"
    world.run_when_due("exchange")
    for _ in range(2):
        assert today(world)[LYNC_ON_EXCHANGE] == RESTS
        world.run_when_due("exchange")
    world.exchange.unreachable.clear()
    world.cluster.change(LYNC_ON_EXCHANGE, mode=Mode.ENFORCE)
    assert today(world)[LYNC_ON_EXCHANGE] == WORKS
    world.settle()
    assert today(world)[LYNC_ON_EXCHANGE] == DONE


def test_a_suspended_object_without_a_server_comes_to_an_end_too() -> None:
    hall = Hall(PARKED[Reason.SERVER_NOT_FOUND].product, 1)
    PARKED[Reason.SERVER_NOT_FOUND].reach(hall)
    hall.each(mode=Mode.SUSPEND)
    hall.passes()
    [name] = hall.names
    assert today(hall.world)[name] == RESTS


@pytest.mark.parametrize("drifted", [False, True])
def test_an_object_that_only_observes(drifted: bool) -> None:
    """Argo CD shows it as suspended; for kstatus it is what Ready says."""
    world = converged()
    world.cluster.change(LYNC_ON_EXCHANGE, mode=Mode.OBSERVE)
    if drifted:
        disable(world)
    world.run_round()
    assert today(world)[LYNC_ON_EXCHANGE] == ("InProgress" if drifted else "Current", "Suspended")
    _broken(world)
    world.run_when_due("exchange")
    assert today(world)[LYNC_ON_EXCHANGE] == TRIES
