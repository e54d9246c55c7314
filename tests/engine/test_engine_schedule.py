"""When the next pass is due, what may be tried again, and how test results count over time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from partner_operator.engine.ports import Credentials, LogonRefused, OperationFailed
from partner_operator.trust.conditions import find
from partner_operator.trust.model import ConnectivityTest
from partner_operator.trust.obstacle import Next
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from support.engine.crash import Crash, Fault
from support.engine.world import (
    EXCHANGE_HOSTS,
    EXCHANGE_ON_LYNC,
    LYNC_HOSTS,
    LYNC_ON_EXCHANGE,
    World,
    converged,
    disable,
    exchange_on_lync,
)
from support.trust.worlds import OURS

TRUE, FALSE, UNKNOWN = ConditionStatus.TRUE, ConditionStatus.FALSE, ConditionStatus.UNKNOWN
FORBIDDEN = OperationFailed(
    Reason.FORBIDDEN, "A right is missing.", then=Next.HUMAN, nothing_ran=True
)
UNREACHABLE = OperationFailed(Reason.UNREACHABLE, "No route.", nothing_ran=True)
CALLS = tuple(converged().crash.calls)


def _connected(world: World) -> ConditionStatus:
    found = find(world.cluster.status(EXCHANGE_ON_LYNC).conditions, ConditionType.CONNECTED)
    assert found is not None
    return found.status


def test_a_converged_server_is_looked_at_again_after_its_interval_give_or_take_a_tenth() -> None:
    world = converged()
    due = world.run_pass("exchange")
    assert due is not None
    assert timedelta(minutes=9) <= due - world.clock.now() <= timedelta(minutes=11)


def test_the_pauses_double_up_to_a_quarter_of_an_hour_and_end_with_the_trouble() -> None:
    world = World()
    world.declare()
    world.exchange.unreachable.update(EXCHANGE_HOSTS)
    pauses = []
    for _ in range(12):
        due = world.run_pass("exchange")
        assert due is not None
        pauses.append(due - world.clock.now())
        world.clock.instant = due
    for number, pause in enumerate(pauses):
        longest = min(timedelta(seconds=5) * 2**number, timedelta(minutes=15))
        assert longest / 2 - timedelta(seconds=1) <= pause <= longest
    world.exchange.unreachable.clear()
    world.run_pass("exchange")
    assert world.cluster.server_statuses["uid-Exchange"].retry is None


def test_an_operator_that_starts_anew_does_not_hammer_a_server_that_was_left_alone() -> None:
    """Rule 12: the pause is kept in the status, and outlives the process."""
    world = World()
    world.declare()
    world.exchange.unreachable.update(EXCHANGE_HOSTS)
    for _ in range(6):
        due = world.run_pass("exchange")
        assert due is not None
        world.clock.instant = due
    due = world.run_pass("exchange")
    asked, writes = len(world.exchange.seen_passwords), world.cluster.writes
    for _ in range(5):
        assert world.run_pass("exchange") == due
    assert len(world.exchange.seen_passwords) == asked
    assert world.cluster.writes == writes
    # A human who asks is not made to wait.
    world.cluster.request(LYNC_ON_EXCHANGE, "now")
    world.run_pass("exchange")
    assert len(world.exchange.seen_passwords) > asked


@pytest.mark.parametrize("what", ["new object", "new generation", "deleted", "request on server"])
def test_what_is_new_does_not_wait_for_the_end_of_a_pause(what: str) -> None:
    world = converged()
    world.exchange.unreachable.update(EXCHANGE_HOSTS)
    for _ in range(6):
        due = world.run_pass("exchange")
        assert due is not None
        world.clock.instant = due
    world.run_pass("exchange")
    world.exchange.unreachable.clear()
    if what == "new object":
        world.cluster.recreate(LYNC_ON_EXCHANGE)
    elif what == "new generation":
        world.cluster.change(LYNC_ON_EXCHANGE)
    elif what == "deleted":
        world.cluster.delete(LYNC_ON_EXCHANGE)
    else:
        world.cluster.change_server("exchange", reconcile_requested_at="now")
    observed = world.exchange.counts["observe"]
    world.run_pass("exchange")
    assert world.exchange.counts["observe"] > observed


@pytest.mark.parametrize(
    "at", [at + 1 for at, call in enumerate(CALLS) if "host state" not in call]
)
def test_what_only_a_human_can_mend_is_stalled_wherever_it_shows(at: int) -> None:
    world = World(crash=Crash(fault=Fault(at, FORBIDDEN)))
    world.declare()
    name = LYNC_ON_EXCHANGE if CALLS[at - 1].startswith("Exchange") else EXCHANGE_ON_LYNC
    server = "exchange" if name == LYNC_ON_EXCHANGE else "lync"
    for _ in range(8):
        world.run_round()
        if world.crash.fault is None:
            break
    assert world.cluster.ready(name) == (FALSE, Reason.FORBIDDEN)
    conditions = world.cluster.status(name).conditions
    assert find(conditions, ConditionType.STALLED) is not None
    due = world.due[server]
    assert due is not None
    assert due - world.clock.now() > timedelta(minutes=5), "a human is waited for, not a moment"


def test_a_rejected_password_in_a_replaced_secret_is_not_tried_in_an_hour() -> None:
    """C03: a sync tool writes the same Secret again every five minutes."""
    world = World()
    world.declare()
    world.exchange.failures = [
        LogonRefused(
            "no",
        )
    ]
    for _ in range(12):
        world.cluster.credentials_by_server["exchange"] = Credentials(
            "x", "wrong", "same data", OURS
        )
        world.run_pass("exchange")
        world.clock.instant += timedelta(minutes=5)
    assert world.exchange.seen_passwords == ["same data"]


def test_failed_tests_below_the_threshold_leave_ready_alone_and_connected_tells() -> None:
    world = World()
    world.declare()
    world.cluster.change(
        EXCHANGE_ON_LYNC,
        connectivity_test=ConnectivityTest("sip:a@b.example", failure_threshold=3),
    )
    world.settle()
    world.lync.passes = lambda: False
    seen = []
    for _ in range(4):
        world.clock.instant += timedelta(hours=2)
        world.run_pass("lync")
        seen.append((world.cluster.ready(EXCHANGE_ON_LYNC), _connected(world)))
    well = ((TRUE, Reason.SUCCEEDED), FALSE)
    ill = ((FALSE, Reason.CONNECTIVITY_TEST_FAILED), FALSE)
    assert seen == [well, well, ill, ill]
    assert len(world.cluster.told(Reason.CONNECTIVITY_TEST_FAILED)) <= 2
    world.lync.passes = world.trusted
    world.clock.instant += timedelta(hours=2)
    world.run_pass("lync")
    assert world.cluster.ready(EXCHANGE_ON_LYNC) == (TRUE, Reason.SUCCEEDED)
    status = world.cluster.status(EXCHANGE_ON_LYNC).connectivity
    assert status is not None
    assert status.failures == 0


def test_the_first_test_after_a_change_that_fails_is_not_tolerated() -> None:
    world = converged()
    world.lync.passes = lambda: False
    entry = world.lync.model.entries[0]
    world.lync.model.entries = (replace(entry, enabled=False),)
    world.run_round()
    assert world.lync.model.entries[0].enabled
    assert world.cluster.ready(EXCHANGE_ON_LYNC) == (FALSE, Reason.CONNECTIVITY_TEST_FAILED)


def test_a_failed_test_is_repeated_soon_and_then_ever_later_never_in_a_hot_loop() -> None:
    world = World()
    world.declare()
    world.lync.passes = lambda: False
    started = world.clock.now()
    while world.clock.now() < started + timedelta(hours=6):
        world.run_round()
        waits = [due for due in world.due.values() if due is not None]
        world.clock.instant = max(world.clock.instant, min(waits))
    assert 6 <= world.lync.counts["test"] <= 16
    assert len(world.cluster.told(Reason.CONNECTIVITY_TEST_FAILED)) <= 2
    history = world.cluster.status(EXCHANGE_ON_LYNC).connectivity
    assert history is not None
    assert len(history.history) == 10


def test_a_repair_on_the_other_side_is_proven_by_a_test_on_this_one() -> None:
    world = converged()
    tests = world.lync.counts["test"]
    disable(world)
    world.settle()
    for _ in range(2):
        world.run_round()
    assert world.lync.counts["test"] == tests + 1


def test_replication_is_waited_for_before_the_test() -> None:
    world = World()
    world.lync.replication = 3
    world.declare()
    world.settle()
    calls = world.crash.calls
    assert calls.count("Lync replicate") == 3
    assert calls.index("Lync replicate") < calls.index("Lync test")
    assert not world.cluster.told(Reason.CONNECTIVITY_TEST_FAILED)


def test_replication_that_does_not_come_is_said_and_tested_when_it_came() -> None:
    world = World()
    world.lync.replication = 1000
    world.declare()
    for _ in range(2):
        world.run_round()
    assert world.cluster.ready(EXCHANGE_ON_LYNC) == (UNKNOWN, Reason.WAITING_FOR_REPLICATION)
    assert world.lync.counts["test"] == 0
    for host in LYNC_HOSTS:
        world.lync.running[host] = world.lync.model.entries
    world.settle()
    assert world.all_ready()


def test_without_a_declared_other_direction_the_test_runs_and_tells() -> None:
    world = World()
    world.cluster.add(exchange_on_lync())
    world.run_round()
    assert world.lync.counts["test"] == 1
    assert world.cluster.ready(EXCHANGE_ON_LYNC) == (FALSE, Reason.CONNECTIVITY_TEST_FAILED)


def test_an_intent_ends_with_the_longest_life_of_its_run() -> None:
    """The host with the unknown outcome is away: the others are asked, and nothing is changed until then."""
    lost = OperationFailed(Reason.OUTCOME_UNKNOWN, "lost", outcome_unknown=True)
    world = World(crash=Crash(fault=Fault(CALLS.index("Exchange apply Register") + 1, lost)))
    world.declare()
    world.run_pass("exchange")
    world.exchange.unreachable.add(EXCHANGE_HOSTS[0])
    world.clock.instant += timedelta(minutes=2)
    world.run_pass("exchange")
    assert world.exchange.changes == 0, "nothing is changed while the first may still work"
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.OUTCOME_UNKNOWN)
    world.clock.instant += timedelta(minutes=20)
    world.run_pass("exchange")
    assert world.exchange.counts["registered"] == 1


def test_an_unreachable_server_leaves_what_was_known_of_the_registration() -> None:
    world = converged()
    before = world.cluster.status(LYNC_ON_EXCHANGE).registration
    world.exchange.unreachable.update(EXCHANGE_HOSTS)
    world.run_pass("exchange")
    status = world.cluster.status(LYNC_ON_EXCHANGE)
    assert status.registration == before
    registered = find(status.conditions, ConditionType.REGISTERED)
    assert registered is not None
    assert registered.status is UNKNOWN


def test_operators_that_start_every_minute_do_not_hammer_a_server_that_is_away_for_days() -> None:
    """The longest pause repeats itself in the status without a write; whoever starts within it waits for its end."""
    world = World()
    world.declare()
    world.settle()
    world.exchange.unreachable.update(EXCHANGE_HOSTS)
    for _ in range(20):
        world.run_when_due("exchange")
    logons, writes = len(world.exchange.seen_passwords), world.cluster.writes
    for _ in range(6 * 60):
        world.clock.instant += timedelta(minutes=1)
        world.run_pass("exchange")
    assert world.cluster.writes == writes
    tries = (len(world.exchange.seen_passwords) - logons) / len(EXCHANGE_HOSTS)
    assert 12 <= tries <= 6 * 4 * 2
    world.exchange.unreachable.clear()
    for _ in range(30):
        world.clock.instant += timedelta(minutes=1)
        world.run_pass("exchange")
    status = world.cluster.server_statuses["uid-Exchange"]
    assert status.retry is None
