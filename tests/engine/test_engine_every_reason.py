"""Every reason: it is reached, its way out is in the message, and the way out is one; while nobody comes, all is quiet
(rules 12 and 24, C37).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from partner_operator.trust.conditions import find
from partner_operator.trust.model import DeletionPolicy, ObjectKey, RestartPolicy
from partner_operator.trust.reasons import ConditionType, Reason
from reasons_page import WAYS_OUT
from support.engine.world import (
    EXCHANGE_HOSTS,
    EXCHANGE_ON_LYNC,
    LYNC_ON_EXCHANGE,
    World,
    disable,
    lync_on_exchange,
)
from support.parked.hall import Hall
from support.parked.table import PARKED
from support.trust import worlds as values

HOUR = timedelta(hours=1)
MANY = 50
MOST_PASSES = 12
"""In an hour: the interval is ten minutes, and no pause after a failure is longer than fifteen."""
RETRIED = frozenset(
    {
        Reason.UNREACHABLE,
        Reason.TLS_FAILED,
        Reason.QUOTA_EXCEEDED,
        Reason.BUSY,
        Reason.TIMED_OUT,
        Reason.PROTOCOL_ERROR,
        Reason.REMOTE_ERROR,
        Reason.CONTRACT_VIOLATED,
        Reason.METADATA_UNREACHABLE,
        Reason.METADATA_INVALID,
        Reason.CERTIFICATE_NOT_YET_VALID,
        Reason.DELETION_BLOCKED,
        Reason.NOT_WRITTEN,
    }
)
"""They may pass by themselves, so they are tried again after pauses that grow."""
RECORDS = frozenset({Reason.CONNECTIVITY_TEST_FAILED})
"""Each repeated test is written down, in a history; so these are not quiet."""

PASSING = frozenset(
    {
        Reason.SUCCEEDED,
        Reason.PROGRESSING,
        Reason.PROGRESSING_WITH_RETRY,
        Reason.CHANGE_BEGINS,
        Reason.DRIFT_DETECTED,
        Reason.WAITING_FOR_SETTLE,
        Reason.METADATA_VALID,
        Reason.CERTIFICATE_VALID,
        Reason.REGISTERED,
        Reason.ADOPTED,
        Reason.VANISHED,
        Reason.REPAIRED,
        Reason.REMOVED,
        Reason.RETAINED,
        Reason.HANDED_OVER,
        Reason.RELEASED,
        Reason.ACTIVATED,
        Reason.RESTART_APPROVED,
        Reason.NOTHING_TO_APPROVE,
        Reason.RESTARTED,
        Reason.RESTART_NOT_NEEDED,
        Reason.HOST_LEFT,
        Reason.CLOCK_SKEW,
        Reason.CONNECTIVITY_TEST_PASSED,
        Reason.FINALIZER_RESTORED,
    }
)
"""What is told of something that is good, is over, or goes on by itself."""


FORESEEN_BY_NOBODY = frozenset({Reason.INTERNAL_ERROR})
"""Told from outside the pass; tests/engine/test_engine_broken_off.py reaches it in every step, and leaves it."""
NEVER = frozenset({Reason.NO_HOST_FOUND})
"""The core's answer to a server without hosts, which the CRD refuses."""


def test_every_reason_is_in_one_of_the_lists() -> None:
    """A new reason says how it is left, or that it passes."""
    assert set(PARKED) | PASSING | NEVER | FORESEEN_BY_NOBODY == set(Reason)
    assert not set(PARKED) & PASSING
    assert not NEVER & (set(PARKED) | PASSING)


def test_the_page_gives_a_way_out_for_each_that_needs_one() -> None:
    """docs/reasons.md."""
    assert set(WAYS_OUT) == set(PARKED) | FORESEEN_BY_NOBODY
    assert all(text.endswith(".") for text in WAYS_OUT.values())


@pytest.mark.parametrize("reason", PARKED)
def test_it_is_reached_says_the_way_out_and_is_left_by_it(reason: Reason) -> None:
    parked = PARKED[reason]
    hall = Hall(parked.product, 2)
    parked.reach(hall)
    seen = parked.seen(hall)
    assert seen
    assert {condition.reason for condition in seen} == {reason}
    for condition in seen:
        assert parked.says in condition.message
    parked.leave(hall)
    hall.passes(4)
    assert reason not in {condition.reason for condition in parked.seen(hall)}


@pytest.mark.parametrize(
    "reason", [reason for reason in PARKED if not PARKED[reason].passes and reason not in RECORDS]
)
def test_fifty_objects_in_it_are_quiet_for_an_hour(reason: Reason) -> None:
    """C37: no write and no Event after the first, and no more tries than the pauses allow."""
    parked = PARKED[reason]
    hall = Hall(parked.product, MANY)
    parked.reach(hall)
    cluster, hosts = hall.world.cluster, len(hall.organisation.hosts)
    if reason in RETRIED:
        # Until the pause has reached its longest, each try writes down the next.
        assert hall.live(HOUR) <= MOST_PASSES
    before = cluster.writes, len(cluster.events)
    logons = len(hall.organisation.seen_passwords)
    passes = hall.live(HOUR)
    assert (cluster.writes, len(cluster.events)) == before
    assert passes <= MOST_PASSES
    assert len(hall.organisation.seen_passwords) - logons <= passes * (1 + hosts)
    assert {condition.reason for condition in parked.seen(hall)} == {reason}


def test_failing_tests_are_repeated_ever_less_often() -> None:
    parked = PARKED[Reason.CONNECTIVITY_TEST_FAILED]
    hall = Hall(parked.product, 2)
    parked.reach(hall)
    tests = hall.organisation.counts["test"]
    hall.live(6 * HOUR)
    assert hall.organisation.counts["test"] - tests <= 2 * 8


def heard(world: World) -> set[Reason]:
    """Reasons of everything that is told from now on."""
    found: set[Reason] = set()
    checked = world.cluster._checked

    def listening(uid: str, generation: int, status: object) -> dict[str, object]:
        found.update(condition.reason for condition in status.conditions)  # type: ignore[attr-defined]
        return checked(uid, generation, status)  # type: ignore[arg-type]

    world.cluster._checked = listening  # type: ignore[method-assign]
    return found


def test_what_passes_is_told_in_one_life() -> None:
    """All that is good, is over, or goes on by itself."""
    adopting = World()
    entry = values.entry()
    adopting.exchange.model.entries = (entry,)
    adopting.exchange.running = dict.fromkeys(EXCHANGE_HOSTS, (entry,))
    adopted = heard(adopting)
    adopting.declare()
    adopting.settle()
    world = World()
    told = heard(world)
    cluster, exchange = world.cluster, world.exchange
    world.declare()
    world.settle()
    rules = cluster.servers["exchange"].restart

    def later(minutes: int = 11) -> None:
        world.clock.instant += timedelta(minutes=minutes)
        for name in world.cluster.servers:
            world.run_pass(name)

    # Drift, settling, and a host that goes away for a while.
    cluster.change_server("exchange", restart=replace(rules, settle=timedelta(minutes=5)))
    disable(world)
    later()
    later()
    exchange.unreachable.update(EXCHANGE_HOSTS)
    later()
    exchange.unreachable.clear()
    later()
    # Somebody removes the entry; it is made again.
    exchange.model.entries = ()
    later()
    later()
    # A restart by approval, and an approval for nothing.
    cluster.change_server("exchange", restart=replace(rules, policy=RestartPolicy.MANUAL))
    disable(world)
    later()
    cluster.approve("exchange", "go on")
    later()
    cluster.approve("exchange", "once more")
    later()
    # A host leaves while it waits for its restart; a clock goes wrong.
    exchange.unreachable.add(EXCHANGE_HOSTS[1])
    disable(world)
    later()
    cluster.change_server("exchange", hosts=EXCHANGE_HOSTS[:1], restart=rules)
    exchange.skews[EXCHANGE_HOSTS[0]] = timedelta(minutes=20)
    later()
    later()
    # A new name, adoption, and four ways to go; and somebody takes the finalizer off.
    old = cluster.applications[LYNC_ON_EXCHANGE]
    cluster.applications[LYNC_ON_EXCHANGE] = replace(old, has_finalizer=False)
    later()
    cluster.add(
        replace(old, key=ObjectKey("trust", "heir", "uid-heir"), has_finalizer=False, generation=1)
    )
    cluster.delete(LYNC_ON_EXCHANGE)
    later()
    later()
    cluster.recreate("heir")
    later()
    cluster.delete("heir")
    later()
    for name, changes in {
        "kept": {"deletion_policy": DeletionPolicy.RETAIN},
        "let-go": {},
        "removed": {"deletion_policy": DeletionPolicy.REMOVE},
    }.items():
        key = ObjectKey("trust", name, f"uid-{name}")
        cluster.add(replace(lync_on_exchange(**changes), key=key))
        later()
        cluster.applications[name] = replace(cluster.applications[name], has_finalizer=True)
        cluster.delete(name)
        if name == "let-go":
            release = replace(cluster.applications[name], release_requested=key.uid)
            cluster.applications[name] = release
        later()
        later()
    events = {reason for _, _, reason, _ in cluster.events}
    missing = PASSING - (told | adopted | events)
    assert not missing
    assert find(cluster.status(EXCHANGE_ON_LYNC).conditions, ConditionType.READY) is not None
