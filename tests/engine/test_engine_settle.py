"""A removal settles first, so that renames, prunes and crowds are seen whole (C22)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from partner_operator.engine.ports import Credentials
from partner_operator.trust.model import DeletionPolicy, ObjectKey, Product
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import ServerStatus
from support.engine.meanwhile import when
from support.engine.world import (
    EXCHANGE_HOSTS,
    EXCHANGE_ON_LYNC,
    LYNC_ON_EXCHANGE,
    World,
    crowd,
    exchange_on_lync,
    lync_on_exchange,
)
from support.trust import worlds as values

SETTLE = timedelta(seconds=30)
WAITS = (ConditionStatus.UNKNOWN, Reason.WAITING_FOR_SETTLE)
BLOCKED = (ConditionStatus.FALSE, Reason.DELETION_BLOCKED)
BOTH = pytest.mark.parametrize("name", [LYNC_ON_EXCHANGE, EXCHANGE_ON_LYNC])


def settling() -> World:
    """A converged world in which removals settle."""
    world = World(removal_settle=SETTLE)
    world.declare()
    world.settle()
    assert world.all_ready()
    return world


def heir_of(name: str, world: World) -> None:
    """The renamed object arrives."""
    key = ObjectKey("trust", "heir", "uid-heir")
    created_at = world.clock.now()
    declare = lync_on_exchange if name == LYNC_ON_EXCHANGE else exchange_on_lync
    world.cluster.add(declare(key=key, created_at=created_at))


def server_of(name: str) -> str:
    return "exchange" if name == LYNC_ON_EXCHANGE else "lync"


@BOTH
def test_nothing_is_removed_before_it_has_settled_and_the_condition_says_so(name: str) -> None:
    world = settling()
    organisation = world.exchange if name == LYNC_ON_EXCHANGE else world.lync
    world.cluster.delete(name)
    deleted_at = world.clock.now()
    due = world.run_pass(server_of(name))
    assert due is not None
    assert deleted_at + SETTLE <= due <= deleted_at + SETTLE + timedelta(seconds=1)
    assert world.cluster.ready(name) == WAITS
    writes = world.cluster.writes
    world.clock.instant += timedelta(seconds=5)
    world.run_pass(server_of(name))
    assert world.cluster.writes == writes, "a wait is written once"
    assert organisation.model.entries
    world.run_when_due(server_of(name))
    assert name not in world.cluster.applications
    assert not organisation.model.entries


@BOTH
def test_a_deletion_that_is_seen_late_settles_from_its_first_sight(name: str) -> None:
    """The operator was away, and the heir comes with its return."""
    world = settling()
    organisation = world.exchange if name == LYNC_ON_EXCHANGE else world.lync
    world.cluster.delete(name)
    world.clock.instant += timedelta(hours=3)
    world.run_pass(server_of(name))
    assert organisation.model.entries
    heir_of(name, world)
    world.settle()
    assert name not in world.cluster.applications
    assert organisation.counts["apply Remove"] == 0


@BOTH
def test_a_restart_of_the_operator_begins_no_new_settling(name: str) -> None:
    world = settling()
    world.cluster.delete(name)
    for _ in range(3):
        world.run_pass(server_of(name))
        world.clock.instant += timedelta(seconds=11)
    world.run_pass(server_of(name))
    assert name not in world.cluster.applications


@BOTH
@pytest.mark.parametrize("seconds", [0, 1, 29])
def test_pruned_first_and_applied_later_is_a_rename(name: str, seconds: int) -> None:
    """Argo CD: the heir comes seconds after the deletion. No remote change, no restart."""
    world = settling()
    organisation = world.exchange if name == LYNC_ON_EXCHANGE else world.lync
    changes, restarts = organisation.changes, dict(world.exchange.restarts)
    world.cluster.delete(name)
    deleted_at = world.clock.now()
    world.run_pass(server_of(name))
    world.clock.instant = max(world.clock.now(), deleted_at + timedelta(seconds=seconds))
    heir_of(name, world)
    world.settle()
    assert organisation.changes == changes
    assert dict(world.exchange.restarts) == restarts
    assert name not in world.cluster.applications
    world.cluster.delete("heir")
    world.settle(20)
    assert not organisation.model.entries, "the heir may remove what it inherited"


def test_an_heir_in_the_very_pass_that_would_remove() -> None:
    world = settling()
    world.cluster.delete(LYNC_ON_EXCHANGE)
    world.run_pass("exchange")
    when(world, "Exchange observe", lambda: heir_of(LYNC_ON_EXCHANGE, world))
    world.run_when_due("exchange")
    world.settle()
    assert world.exchange.counts["apply Remove"] == 0
    assert LYNC_ON_EXCHANGE not in world.cluster.applications


UNRESOLVED = Obstacle(Reason.PARTNER_NOT_FOUND, "PartnerServer lync-2 does not exist.", Next.HUMAN)


def test_an_heir_whose_partner_comes_a_little_later_is_waited_for() -> None:
    """The PartnerServer of the partner is renamed in the same commit, and arrives last."""
    world = settling()
    changes = world.exchange.changes
    world.cluster.delete(LYNC_ON_EXCHANGE)
    world.run_pass("exchange")
    heir_of(LYNC_ON_EXCHANGE, world)
    world.cluster.blockers["heir"] = UNRESOLVED
    world.clock.instant += timedelta(minutes=2)
    world.run_pass("exchange")
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == WAITS
    del world.cluster.blockers["heir"]
    world.settle()
    assert LYNC_ON_EXCHANGE not in world.cluster.applications
    assert world.exchange.changes == changes


def test_an_heir_that_is_never_understood_holds_no_deletion_for_ever() -> None:
    world = settling()
    world.cluster.delete(LYNC_ON_EXCHANGE)
    heir_of(LYNC_ON_EXCHANGE, world)
    world.cluster.blockers["heir"] = UNRESOLVED
    for _ in range(25):
        world.run_when_due("exchange")
    assert LYNC_ON_EXCHANGE not in world.cluster.applications
    assert not world.exchange.model.entries


def test_an_old_object_with_a_wrong_name_is_no_heir() -> None:
    """It was wrong before the deletion, so it did not come with it."""
    world = settling()
    old = lync_on_exchange(key=ObjectKey("trust", "wrong", "uid-wrong"))
    world.cluster.add(old)
    world.cluster.blockers["wrong"] = UNRESOLVED
    world.clock.instant += timedelta(days=1)
    world.cluster.delete(LYNC_ON_EXCHANGE)
    world.run_pass("exchange")
    world.run_when_due("exchange")
    assert LYNC_ON_EXCHANGE not in world.cluster.applications


@pytest.mark.parametrize("known", [True, False], ids=["server is there", "server comes later"])
def test_an_heir_under_a_new_name_of_the_server_inherits(known: bool) -> None:
    """The PartnerServer itself is renamed: both objects are new, and the organisation is the same."""
    world = settling()
    changes, restarts = world.exchange.changes, dict(world.exchange.restarts)
    server = replace(
        values.server(Product.EXCHANGE, hosts=EXCHANGE_HOSTS),
        key=ObjectKey("trust", "exchange-2", "uid-exchange-2"),
        created_at=world.clock.now(),
        restart=world.rules,
        removal_settle=SETTLE,
    )
    key = ObjectKey("trust", "heir", "uid-heir")
    heir = lync_on_exchange(key=key, created_at=world.clock.now(), server_name="exchange-2")

    def arrive() -> None:
        world.cluster.add_server(server)
        world.run_pass("exchange-2")

    world.cluster.delete(LYNC_ON_EXCHANGE)
    world.cluster.change_server("exchange", deleting=True)
    world.cluster.add(heir)
    if known:
        arrive()
    world.run_pass("exchange")
    world.clock.instant += timedelta(minutes=1)
    world.run_pass("exchange")
    if not known:
        assert world.cluster.ready(LYNC_ON_EXCHANGE) == WAITS
        arrive()
        world.run_pass("exchange")
    assert LYNC_ON_EXCHANGE not in world.cluster.applications
    del world.cluster.servers["exchange"]
    for _ in range(3):
        world.run_round()
        world.settle()
    assert world.exchange.changes == changes
    assert dict(world.exchange.restarts) == restarts
    registration = world.cluster.status("heir").registration
    assert registration is not None
    assert registration.created_by_us


@pytest.mark.parametrize(
    "change",
    [
        {"deletion_policy": DeletionPolicy.RETAIN},
        {"release_requested": f"uid-{LYNC_ON_EXCHANGE}"},
    ],
)
def test_what_removes_nothing_does_not_wait(change: dict[str, object]) -> None:
    world = settling()
    world.cluster.change(LYNC_ON_EXCHANGE, **change)
    world.cluster.delete(LYNC_ON_EXCHANGE)
    world.run_pass("exchange")
    assert LYNC_ON_EXCHANGE not in world.cluster.applications
    assert world.exchange.model.entries


# ---- crowds ---------------------------------------------------------------------------------------


def test_a_crowd_that_arrives_one_by_one_is_seen_before_its_first_is_gone() -> None:
    world = World(removal_settle=SETTLE)
    names = crowd(world)
    for name in names:
        world.cluster.delete(name)
        world.run_pass("exchange")
        world.clock.instant += timedelta(seconds=4)
    for _ in range(8):
        world.run_when_due("exchange")
    assert len(world.exchange.model.entries) == 6
    assert {world.cluster.ready(name) for name in names} == {BLOCKED}
    world.cluster.change_server("exchange", reconcile_requested_at="they shall go")
    world.settle(20)
    assert not world.exchange.model.entries


def test_a_trickle_is_a_crowd_although_its_first_have_left() -> None:
    """One a minute: each settles by itself. The fifth within ten minutes is held; so are those that follow."""
    world = World(removal_settle=SETTLE)
    names = crowd(world)
    for name in names:
        world.cluster.delete(name)
        world.run_pass("exchange")
        world.clock.instant += timedelta(minutes=1)
        world.run_pass("exchange")
    assert len(world.exchange.model.entries) == 2
    world.clock.instant += timedelta(hours=2)
    world.run_pass("exchange")
    assert len(world.exchange.model.entries) == 2, (
        "held until somebody confirms, not for ten minutes"
    )


def test_deletions_of_several_days_are_no_crowd() -> None:
    world = World(removal_settle=SETTLE)
    names = crowd(world)
    for name in names:
        world.cluster.delete(name)
        world.run_pass("exchange")
        world.clock.instant += timedelta(minutes=11)
        world.run_pass("exchange")
    assert not world.exchange.model.entries


def test_a_crowd_that_is_renamed_is_handed_over() -> None:
    """Six objects get a new prefix: pruned first, applied seconds later. Nobody has to confirm."""
    world = World(removal_settle=SETTLE)
    names = crowd(world)
    old = [world.cluster.applications[name] for name in names]
    changes = world.exchange.changes
    for name in names:
        world.cluster.delete(name)
    world.run_pass("exchange")
    world.clock.instant += timedelta(seconds=5)
    for each in old:
        key = ObjectKey("trust", f"new-{each.key.name}", f"uid-new-{each.key.name}")
        world.cluster.add(replace(each, key=key, has_finalizer=False))
    world.settle()
    assert world.exchange.changes == changes
    assert not any(name in world.cluster.applications for name in names)
    assert not world.cluster.told(Reason.DELETION_BLOCKED)


def test_an_older_request_confirms_no_crowd() -> None:
    """It was set while one object was going, before anybody was told of a crowd."""
    world = World(removal_settle=SETTLE)
    names = crowd(world)
    world.cluster.delete(names[0])
    world.cluster.change_server("exchange", reconcile_requested_at="for one")
    world.run_pass("exchange")
    for name in names[1:]:
        world.cluster.delete(name)
    for _ in range(5):
        world.run_when_due("exchange")
    assert len(world.exchange.model.entries) == 6


def test_a_crowd_of_the_namespace_is_one_although_each_server_has_few() -> None:
    world = World(removal_settle=SETTLE)
    names = crowd(world, 4)
    world.cluster.add(exchange_on_lync())
    world.settle()
    others = [f"elsewhere-{number}" for number in range(3)]
    for name in others:
        world.cluster.add(
            replace(exchange_on_lync(name), server_name="nobodys", has_finalizer=True)
        )
    for name in (*names[:3], EXCHANGE_ON_LYNC):
        world.cluster.delete(name)
    for name in others:
        uid = world.cluster.applications[name].key.uid
        world.cluster.statuses[uid] = world.cluster.status(EXCHANGE_ON_LYNC)
        world.cluster.delete(name)
    for _ in range(4):
        world.run_when_due("exchange")
        world.run_when_due("lync")
    assert len(world.exchange.model.entries) == 4
    assert len(world.lync.model.entries) == 1
    message = world.cluster.told(Reason.DELETION_BLOCKED)[0]
    assert "namespace trust" in message


# ---- a namespace that goes ------------------------------------------------------------------------


def test_the_logon_is_taken_at_first_sight_and_outlives_its_secret() -> None:
    world = settling()
    world.cluster.delete(LYNC_ON_EXCHANGE)
    first = world.result_of_pass("exchange")
    assert isinstance(first.credentials, Credentials)
    world.cluster.lose_secret("exchange")
    world.clock.instant += SETTLE
    world.run_pass("exchange", remembered=first.credentials)
    assert LYNC_ON_EXCHANGE not in world.cluster.applications
    assert not world.exchange.model.entries


def test_the_authorities_outlive_their_config_map() -> None:
    """A namespace takes ConfigMaps along, too; without them no host could be trusted."""
    world = settling()
    world.cluster.change_server("exchange", ca_bundle="PEM")
    world.cluster.delete(LYNC_ON_EXCHANGE)
    first = world.result_of_pass("exchange")
    world.cluster.lose_secret("exchange")
    world.cluster.lose_ca_bundle("exchange")
    world.clock.instant += SETTLE
    world.run_pass("exchange")
    assert world.exchange.model.entries, "a new operator knows neither"
    world.clock.instant += timedelta(hours=1)
    world.run_pass("exchange", remembered=first.credentials)
    assert LYNC_ON_EXCHANGE not in world.cluster.applications
    assert not world.exchange.model.entries


def test_the_logon_is_kept_although_no_host_answered_at_first_sight() -> None:
    world = settling()
    world.cluster.delete(LYNC_ON_EXCHANGE)
    world.exchange.unreachable.update(EXCHANGE_HOSTS)
    first = world.result_of_pass("exchange")
    assert isinstance(first.credentials, Credentials)


def test_what_cannot_be_removed_any_more_says_the_way_out() -> None:
    """A new operator never saw the Secret."""
    world = settling()
    world.cluster.lose_secret("exchange")
    world.cluster.delete(LYNC_ON_EXCHANGE)
    world.run_pass("exchange")
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == BLOCKED
    status = world.cluster.status(LYNC_ON_EXCHANGE)
    ready = next(c for c in status.conditions if c.type is ConditionType.READY)
    assert f"partner-operator.io/release=uid-{LYNC_ON_EXCHANGE}" in ready.message


def test_removals_are_remembered_but_not_for_ever() -> None:
    world = World(removal_settle=timedelta(0))
    names = crowd(world)
    for name in names[:2]:
        world.cluster.delete(name)
        world.run_pass("exchange")
        world.clock.instant += timedelta(hours=2)
    status: ServerStatus = world.cluster.server_statuses["uid-Exchange"]
    assert [removal.uid for removal in status.removals] == [f"uid-{names[1]}"]
