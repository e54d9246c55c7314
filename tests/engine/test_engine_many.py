"""Registrations and updates of a pass are one run, with an outcome for each; what cannot be taken back is alone."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from partner_operator.engine.making import MOST_TOGETHER
from partner_operator.engine.ports import Gone, OperationFailed, Wanted
from partner_operator.trust.reasons import ConditionStatus, Reason
from partner_operator.trust.status import ChangeKind
from support.engine.many import LOST, READY, attempts, failing, hanging, made
from support.engine.meanwhile import when
from support.engine.world import World, crowd, declare_crowd

REGISTER, UPDATE, REMOVE = ChangeKind.REGISTER, ChangeKind.UPDATE, ChangeKind.REMOVE


BUSY = OperationFailed(Reason.BUSY, "Another run is under way.", nothing_ran=True)


@pytest.mark.parametrize("count", [1, 20])
def test_a_pass_has_three_runs_whatever_the_number_of_registrations(count: int) -> None:
    world = World()
    names = declare_crowd(world, count)
    world.run_pass("exchange")
    assert world.exchange.runs == [(REGISTER,) * count]
    assert world.exchange.counts["observe"] == 2
    assert all(world.cluster.ready(name) == READY for name in names)


def test_updates_are_in_the_same_run_and_removals_in_runs_of_their_own() -> None:
    world = World()
    names = crowd(world, 4)
    model = world.exchange.model
    model.entries = tuple(
        replace(entry, enabled=entry.identity != names[0]) for entry in model.entries
    )
    for name in names[2:]:
        world.cluster.delete(name)
    declare_crowd(world, 2, first=4)
    world.exchange.runs.clear()
    world.run_round()
    first, *rest = world.exchange.runs
    assert sorted(first) == [REGISTER, REGISTER, UPDATE]
    assert rest == [(REMOVE,), (REMOVE,)]
    assert made(world) == {names[0], names[1], "partner-4", "partner-5"}


def test_more_than_fit_into_one_run_are_made_in_the_next_ones() -> None:
    world = World()
    declare_crowd(world, 2 * MOST_TOGETHER + 1)
    world.run_pass("exchange")
    assert [len(run) for run in world.exchange.runs] == [MOST_TOGETHER, MOST_TOGETHER, 1]
    assert world.exchange.counts["observe"] == 2
    assert len(world.exchange.model.entries) == 2 * MOST_TOGETHER + 1


def test_what_no_time_was_left_for_is_made_in_the_next_run_of_the_pass() -> None:
    world = World()
    names = declare_crowd(world, 5)
    world.exchange.time_for = 2
    world.run_pass("exchange")
    assert [len(run) for run in world.exchange.runs] == [5, 3, 1]
    assert world.exchange.counts["registered"] == 5
    assert world.exchange.counts["observe"] == 2
    assert all(world.cluster.ready(name) == READY for name in names)


@pytest.mark.parametrize("place", [0, 2, 4])
def test_one_that_fails_does_not_keep_the_others(place: int) -> None:
    world = World()
    names = declare_crowd(world, 5)
    end = failing(world, names[place])
    world.run_pass("exchange")
    assert made(world) == set(names) - {names[place]}
    for name in names:
        wanted = (ConditionStatus.FALSE, Reason.REMOTE_ERROR) if name == names[place] else READY
        assert world.cluster.ready(name) == wanted
    assert attempts(world, names[place]) == 1
    end()
    world.settle()
    assert world.cluster.ready(names[place]) == READY
    assert world.exchange.counts["registered"] == 5


def test_a_run_that_did_not_begin_is_no_attempt_and_asks_for_no_restart() -> None:
    world = World()
    names = declare_crowd(world, 3)
    world.exchange.failures = []
    failing(world, *names, failure=BUSY)
    world.run_pass("exchange")
    for name in names:
        status = world.cluster.status(name)
        assert (status.intent, status.repair) == (None, None)
        assert world.cluster.ready(name) == (ConditionStatus.FALSE, Reason.BUSY)
    assert world.restart_required is None


@pytest.mark.parametrize("place", range(4))
def test_one_that_hangs_leaves_its_predecessors_made_and_its_successors_untried(
    place: int,
) -> None:
    world = World()
    names = declare_crowd(world, 4)
    end = hanging(world, names[place])
    world.run_pass("exchange")
    assert made(world) == set(names[:place])
    for name in names[: place + 1]:
        assert world.cluster.status(name).intent is not None
        assert attempts(world, name) == 1
    for name in names[place + 1 :]:
        status = world.cluster.status(name)
        assert (status.intent, status.repair) == (None, None)
    world.run_when_due("exchange")
    # It had its turn: the others come first now.
    assert made(world) == set(names) - {names[place]}
    end()
    world.settle()
    assert all(world.cluster.ready(name) == READY for name in names)
    assert world.exchange.counts["registered"] == 4
    for name in names:
        registration = world.cluster.status(name).registration
        assert registration is not None
        assert registration.created_by_us


def test_one_that_always_hangs_is_given_up_alone() -> None:
    world = World()
    names = declare_crowd(world, 3)
    hanging(world, names[0])
    for _ in range(6):
        world.run_when_due("exchange")
    assert world.cluster.ready(names[0]) == (ConditionStatus.FALSE, Reason.DRIFT_PERSISTS)
    assert [world.cluster.ready(name) for name in names[1:]] == [READY, READY]
    assert [attempts(world, name) for name in names[1:]] == [0, 0]


@pytest.mark.parametrize("place", [0, 7, 24])
def test_one_that_ends_its_run_without_a_word_is_found_and_given_up_alone(place: int) -> None:
    """Nothing tells which of them it is, nor whether others were begun: that is found out in smaller runs."""
    world = World()
    names = declare_crowd(world, 25)
    apply_all = world.exchange.apply_all

    async def lost(server: Any, credentials: Any, observed: Any, wanted: Sequence[Wanted]) -> Any:
        if names[place] in {each.application.key.name for each in wanted}:
            raise LOST
        return await apply_all(server, credentials, observed, wanted)

    world.exchange.apply_all = lost  # type: ignore[method-assign]
    for _ in range(8):
        world.run_when_due("exchange")
    assert world.cluster.ready(names[place]) == (ConditionStatus.FALSE, Reason.DRIFT_PERSISTS)
    assert made(world) == set(names) - {names[place]}
    assert {world.cluster.ready(name) for name in made(world)} == {READY}


@pytest.mark.parametrize("step", ["write status of partner-1", "add finalizer to partner-1"])
def test_where_another_object_stops_the_pass_before_the_run_nobody_has_lost_an_attempt(
    step: str,
) -> None:
    """An object that was replaced under our hands voids what this pass knows, and is no fault of the others."""
    world = World()
    names = declare_crowd(world, 3)

    def replaced() -> None:
        raise Gone("partner-1")

    when(world, _begun(world, step), replaced)
    world.run_pass("exchange")
    assert world.exchange.runs == []
    for name in names:
        status = world.cluster.status(name)
        assert (status.intent, status.repair) == (None, None), name
    world.settle()
    assert all(world.cluster.ready(name) == READY for name in names)


@pytest.mark.parametrize("minutes", [1, 3])
def test_intents_that_grew_old_before_their_run_are_written_anew(minutes: int) -> None:
    """When a run is over is reckoned from them: an API server that takes minutes for them moves that away."""
    world = World()
    names = declare_crowd(world, 3)
    step = _begun(world, "write status of partner-1")

    def slow() -> None:
        world.clock.instant += timedelta(minutes=minutes)

    # First it is told that it is worked on, then its intent is written.
    when(world, step, lambda: when(world, step, slow))
    world.run_pass("exchange")
    late = minutes == 3
    assert world.exchange.runs == ([] if late else [(REGISTER,) * 3])
    assert [attempts(world, name) for name in names] == [0] * 3
    assert {world.cluster.status(name).intent for name in names} == {None}
    world.settle()
    assert all(world.cluster.ready(name) == READY for name in names)
    assert world.exchange.runs == [(REGISTER,) * 3]


def _begun(world: World, step: str) -> str:
    """The step's own name, found in a pass over a copy that nothing disturbs."""
    probe = copy.deepcopy(world)
    probe.run_pass("exchange")
    assert step in probe.crash.steps, probe.crash.steps
    return step
