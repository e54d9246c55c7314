"""What fails, what users see of it, and what is left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from partner_operator.engine.ports import (
    Credentials,
    CredentialsProblem,
    LogonRefused,
    OperationFailed,
)
from partner_operator.trust.conditions import find
from partner_operator.trust.model import (
    DeletionPolicy,
    Mode,
    ObjectKey,
    Product,
    RestartPolicy,
    RestartRules,
)
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import HostRestartState
from support.engine.world import (
    EXCHANGE_HOSTS,
    EXCHANGE_ON_LYNC,
    LYNC_ON_EXCHANGE,
    World,
    converged,
    lync_on_exchange,
)
from support.trust import worlds as values
from support.trust.worlds import OURS

FALSE = ConditionStatus.FALSE


def stalled(world: World, name: str = LYNC_ON_EXCHANGE) -> bool:
    """Whether the object waits for a human."""
    return find(world.cluster.status(name).conditions, ConditionType.STALLED) is not None


def test_the_next_host_is_asked_only_when_one_cannot_be_reached() -> None:
    world = World()
    world.declare()
    world.exchange.unreachable.add(EXCHANGE_HOSTS[0])
    world.run_pass("exchange")
    assert world.exchange.counts["registered"] == 1


def test_a_rejected_password_is_tried_once_and_on_one_host() -> None:
    world = World()
    world.declare()
    refused = LogonRefused("no", nothing_ran=True)
    world.exchange.failures = [refused]
    for _ in range(5):
        world.run_pass("exchange")
    assert world.exchange.seen_passwords == ["exchange-1"]
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.CREDENTIALS_REJECTED)
    assert stalled(world)
    # The same data in a replaced Secret is no reason to try (C03); other data is.
    world.cluster.credentials_by_server["exchange"] = Credentials("x", "new", "exchange-2", OURS)
    world.run_pass("exchange")
    assert world.exchange.counts["registered"] == 1


def test_a_secret_without_its_keys_is_said_and_nothing_is_contacted() -> None:
    world = World()
    world.declare()
    world.cluster.credentials_by_server["exchange"] = CredentialsProblem(
        Reason.CREDENTIALS_INVALID, "the key password is empty"
    )
    world.run_pass("exchange")
    assert world.exchange.seen_passwords == []
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.CREDENTIALS_INVALID)
    assert stalled(world)


@pytest.mark.parametrize(
    "reason", [Reason.UNREACHABLE, Reason.QUOTA_EXCEEDED, Reason.PROTOCOL_ERROR, Reason.BUSY]
)
def test_what_passes_by_itself_is_tried_again_with_growing_pauses(reason: Reason) -> None:
    world = World()
    world.declare()
    pauses = []
    for _ in range(4):
        world.exchange.failures = [OperationFailed(reason, "not now", nothing_ran=True)] * 2
        due = world.run_pass("exchange")
        assert due is not None
        pauses.append((due - world.clock.now()).total_seconds())
        world.clock.instant = due
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, reason)
    assert not stalled(world)
    assert pauses == sorted(pauses)
    world.exchange.failures = []
    world.settle()
    assert world.all_ready()


def test_an_incomplete_read_changes_nothing() -> None:
    world = World()
    world.declare()
    world.exchange.incomplete = "a warning was written"
    world.run_pass("exchange")
    assert world.exchange.changes == 0
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.INCOMPLETE_READ)


def test_a_write_of_unknown_outcome_belongs_to_its_host_and_is_not_repeated_blindly() -> None:
    world = World()
    world.declare()
    lost = OperationFailed(Reason.OUTCOME_UNKNOWN, "lost", outcome_unknown=True)
    apply = world.exchange.apply

    async def done_but_unanswered(*arguments: Any) -> None:
        await apply(*arguments)
        raise lost

    world.exchange.apply = done_but_unanswered  # type: ignore[method-assign,assignment]  # takes anything
    world.run_pass("exchange")
    world.exchange.apply = apply  # type: ignore[method-assign]
    intent = world.cluster.status(LYNC_ON_EXCHANGE).intent
    assert intent is not None
    assert intent.host == EXCHANGE_HOSTS[0]
    world.settle()
    assert world.exchange.counts["registered"] == 1
    registration = world.cluster.status(LYNC_ON_EXCHANGE).registration
    assert registration is not None
    assert registration.created_by_us


def test_a_host_that_does_not_come_back_stops_the_round_and_is_never_restarted_twice() -> None:
    world = World()
    world.declare()
    world.exchange.comes_back = False
    for _ in range(4):
        world.run_round()
        world.clock.instant += timedelta(minutes=3)
    assert dict(world.exchange.restarts) == {EXCHANGE_HOSTS[0]: 1}
    assert world.hosts_of_iis[EXCHANGE_HOSTS[0]].state is HostRestartState.FAILED
    # A human brings it back; the operator goes on with the other one.
    world.exchange.unreachable.clear()
    world.exchange.comes_back = True
    world.exchange.workers[EXCHANGE_HOSTS[0]] = world.clock.now()
    world.exchange.running[EXCHANGE_HOSTS[0]] = world.exchange.model.entries
    world.settle()
    assert dict(world.exchange.restarts) == {EXCHANGE_HOSTS[0]: 1, EXCHANGE_HOSTS[1]: 1}
    assert world.all_ready()


@pytest.mark.parametrize("policy", [RestartPolicy.MANUAL, RestartPolicy.NEVER])
def test_without_leave_nothing_is_restarted_and_an_admins_iisreset_counts(
    policy: RestartPolicy,
) -> None:
    world = World(rules=RestartRules(policy=policy, settle=timedelta(0)))
    world.declare()
    world.settle(4)
    assert not world.exchange.restarts
    for host in EXCHANGE_HOSTS:
        world.exchange.workers[host] = world.clock.now() + timedelta(seconds=1)
        world.exchange.running[host] = world.exchange.model.entries
    world.clock.instant += timedelta(minutes=2)
    world.settle()
    assert world.all_ready()
    assert not world.exchange.restarts


def test_observe_writes_nothing_anywhere_not_even_when_deleted() -> None:
    """C13."""
    world = World()
    world.cluster.add(lync_on_exchange(mode=Mode.OBSERVE))
    for _ in range(3):
        world.run_round()
    assert world.exchange.changes == 0
    assert not world.exchange.restarts
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.DRIFT_OBSERVED)
    assert world.cluster.status(LYNC_ON_EXCHANGE).plan
    world.cluster.delete(LYNC_ON_EXCHANGE)
    assert not world.cluster.applications


def test_suspend_touches_nothing() -> None:
    world = converged()
    world.cluster.change(LYNC_ON_EXCHANGE, mode=Mode.SUSPEND)
    entry = world.exchange.model.entries[0]
    world.exchange.model.entries = (replace(entry, enabled=False),)
    changes = world.exchange.changes
    world.run_round()
    world.run_round()
    assert world.exchange.changes == changes


def test_an_adopted_registration_stays_when_its_object_goes() -> None:
    world = World()
    world.exchange.model.entries = (values.entry(),)
    world.exchange.running = dict.fromkeys(EXCHANGE_HOSTS, world.exchange.model.entries)
    world.declare()
    world.settle()
    assert world.exchange.changes == 0
    assert not world.exchange.restarts
    assert world.cluster.told(Reason.ADOPTED)
    world.cluster.delete(LYNC_ON_EXCHANGE)
    world.settle()
    assert LYNC_ON_EXCHANGE not in world.cluster.applications
    assert world.exchange.model.entries


def test_retain_contacts_no_server() -> None:
    world = converged()
    world.cluster.change(LYNC_ON_EXCHANGE, deletion_policy=DeletionPolicy.RETAIN)
    world.settle()
    world.cluster.delete(LYNC_ON_EXCHANGE)
    world.exchange.unreachable.update(EXCHANGE_HOSTS)
    world.run_pass("exchange")
    assert LYNC_ON_EXCHANGE not in world.cluster.applications
    assert world.exchange.model.entries


def test_unreachable_never_means_gone_and_release_is_the_way_out() -> None:
    world = converged()
    world.cluster.delete(LYNC_ON_EXCHANGE)
    world.exchange.unreachable.update(EXCHANGE_HOSTS)
    world.run_pass("exchange")
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.DELETION_BLOCKED)
    terminating = world.cluster.applications[LYNC_ON_EXCHANGE]
    world.cluster.applications[LYNC_ON_EXCHANGE] = replace(
        terminating, release_requested=terminating.key.uid
    )
    world.run_pass("exchange")
    assert LYNC_ON_EXCHANGE not in world.cluster.applications
    assert world.exchange.model.entries


def test_a_crd_that_is_being_deleted_removes_nothing_from_servers() -> None:
    world = converged()
    world.cluster.crd_deleting = True
    for name in (LYNC_ON_EXCHANGE, EXCHANGE_ON_LYNC):
        world.cluster.delete(name)
    world.run_round()
    assert not world.cluster.applications
    assert world.exchange.model.entries
    assert world.lync.model.entries


@pytest.mark.parametrize("spelling", ["org-Exchange", "ORG-EXCHANGE"])
def test_two_servers_for_one_organisation_the_younger_one_stands_back(spelling: str) -> None:
    world = converged()
    world.exchange.organization = spelling
    twin = values.server(
        Product.EXCHANGE,
        key=ObjectKey("trust", "twin", "uid-twin"),
        hosts=EXCHANGE_HOSTS,
        created_at=values.NOW,
    )
    world.cluster.add_server(twin)
    changes = world.exchange.changes
    world.run_pass("twin")
    ready = find(world.cluster.server_statuses["uid-twin"].conditions, ConditionType.READY)
    assert ready is not None
    assert ready.reason is Reason.DUPLICATE_SERVER
    assert world.exchange.changes == changes


def test_a_fight_with_another_writer_ends() -> None:
    """C01: after the same field was repaired again and again, a human is asked."""
    world = converged()
    for _ in range(12):
        entry = world.exchange.model.entries[0]
        world.exchange.model.entries = (replace(entry, enabled=False),)
        world.run_pass("exchange")
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.ANOTHER_WRITER)
    assert world.exchange.counts["apply Update"] == 5


def test_a_repair_that_never_shows_ends_as_drift_that_persists() -> None:
    world = converged()
    entry = world.exchange.model.entries[0]
    world.exchange.model.entries = (replace(entry, enabled=False),)
    restarts = dict(world.exchange.restarts)

    async def says_done(*arguments: Any) -> None:
        world.exchange.counts["apply nothing"] += 1

    world.exchange.apply = says_done  # type: ignore[method-assign,assignment]  # takes anything
    for _ in range(8):
        world.run_pass("exchange")
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.DRIFT_PERSISTS)
    assert world.exchange.counts["apply nothing"] == 3
    assert dict(world.exchange.restarts) == restarts


def test_a_single_failed_test_after_a_success_is_tolerated() -> None:
    world = converged()
    world.lync.passes = lambda: False
    world.clock.instant += timedelta(hours=2)
    world.run_pass("lync")
    assert world.cluster.ready(EXCHANGE_ON_LYNC) == (ConditionStatus.TRUE, Reason.SUCCEEDED)
    for _ in range(4):
        world.clock.instant += timedelta(hours=2)
        world.run_pass("lync")
    assert world.cluster.ready(EXCHANGE_ON_LYNC) == (FALSE, Reason.CONNECTIVITY_TEST_FAILED)


def test_an_empty_status_is_no_reason_to_change_or_restart_anything() -> None:
    """Rule 15: all statuses are lost, the servers stay as they are."""
    world = converged()
    for name, desired in world.cluster.applications.items():
        world.cluster.statuses[desired.key.uid] = type(world.cluster.status(name))()
    for uid, status in world.cluster.server_statuses.items():
        world.cluster.server_statuses[uid] = type(status)()
    changes, restarts = world.exchange.changes + world.lync.changes, dict(world.exchange.restarts)
    world.settle()
    assert world.exchange.changes + world.lync.changes == changes
    assert dict(world.exchange.restarts) == restarts
    assert world.all_ready()
