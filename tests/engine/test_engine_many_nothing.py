"""A registration that makes nothing is believed by nobody, whatever else is new on the server."""

from __future__ import annotations

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.trust.conditions import find
from partner_operator.trust.model import Entry
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import ChangeKind
from support.engine.crash import Fault
from support.engine.many import READY, REFUSED, attempts, failing, made
from support.engine.meanwhile import when
from support.engine.world import World, crowd, declare_crowd
from support.trust import worlds as values

REGISTER = ChangeKind.REGISTER
UPDATE = ChangeKind.UPDATE


def stands(world: World, entry: Entry) -> None:
    """Somebody makes an entry on Exchange by hand."""
    world.exchange.model.entries = (*world.exchange.model.entries, entry)


MADE_NOTHING = pytest.mark.parametrize(
    ("failure", "told"),
    [(REFUSED, Reason.REMOTE_ERROR), (None, Reason.CREATED_NOTHING)],
    ids=["throws", "says nothing"],
)


@MADE_NOTHING
@pytest.mark.parametrize("place", [0, 1])
def test_one_that_makes_nothing_is_not_believed_for_an_entry_of_another(
    place: int, failure: OperationFailed | None, told: Reason
) -> None:
    """Two pools of one product have one identifier: the entry of one is no entry of the other."""
    world = World()
    names = declare_crowd(world, 2)
    failing(world, names[place], failure=failure)
    world.run_pass("exchange")
    assert world.exchange.runs == [(REGISTER, REGISTER)]
    status = world.cluster.status(names[place])
    for where in (ConditionType.READY, ConditionType.REGISTERED):
        condition = find(status.conditions, where)
        assert condition is not None
        assert (condition.status, condition.reason) == (ConditionStatus.FALSE, told)
    assert status.registration is None
    assert attempts(world, names[place]) == 1
    assert world.cluster.ready(names[1 - place]) == READY
    assert len(world.cluster.told(Reason.REGISTERED)) == 1


@MADE_NOTHING
def test_what_makes_nothing_for_all_is_told_on_each_and_asks_for_no_restart(
    failure: OperationFailed | None, told: Reason
) -> None:
    world = World()
    names = declare_crowd(world, 3)
    failing(world, *names, failure=failure)
    world.run_pass("exchange")
    for name in names:
        assert world.cluster.ready(name) == (ConditionStatus.FALSE, told)
    assert made(world) == set()
    assert world.restart_required is None


@MADE_NOTHING
def test_one_that_makes_nothing_asks_for_no_restart_beside_a_change_that_needs_none(
    failure: OperationFailed | None, told: Reason
) -> None:
    world = World()
    renamed, name = *crowd(world, 1), *declare_crowd(world, 1, first=1)
    world.cluster.change(renamed, identity="another name")
    before, restarts = world.restart_required, dict(world.exchange.restarts)
    world.exchange.runs.clear()
    failing(world, name, failure=failure)
    world.run_round()
    assert [sorted(run) for run in world.exchange.runs] == [[REGISTER, UPDATE]]
    assert made(world) == {"another name"}
    assert world.cluster.ready(name) == (ConditionStatus.FALSE, told)
    assert (world.restart_required, dict(world.exchange.restarts)) == (before, restarts)


@MADE_NOTHING
def test_an_entry_that_somebody_makes_by_hand_meanwhile_is_no_success_of_ours(
    failure: OperationFailed | None, told: Reason
) -> None:
    world = World()
    names = declare_crowd(world, 2)
    failing(world, *names, failure=failure)
    by_hand = values.entry(realm="theirs", metadata_url="https://theirs.example/metadata/json/1")
    when(world, "Exchange observe done", lambda: stands(world, by_hand))
    world.run_pass("exchange")
    assert world.exchange.runs == [(REGISTER, REGISTER)]
    assert world.exchange.model.entries == (by_hand,)
    for name in names:
        assert world.cluster.ready(name) == (ConditionStatus.FALSE, told)
        assert world.cluster.status(name).registration is None
    assert world.restart_required is None


def test_a_registration_that_fails_and_stands_all_the_same_asks_for_a_restart() -> None:
    world = World()
    (name,) = declare_crowd(world, 1)
    world.crash.fault = Fault(2, REFUSED, done_all_the_same=True)
    world.run_pass("exchange")
    assert made(world) == {name}
    assert world.cluster.ready(name) == READY
    assert world.restart_required is not None
