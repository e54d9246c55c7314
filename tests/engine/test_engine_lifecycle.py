"""Objects come and go: deletion, modes, and objects that are made anew under our hands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from partner_operator.engine.ports import Credentials, Severity
from partner_operator.trust.conditions import find
from partner_operator.trust.model import DeletionPolicy, Mode
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import ApplicationStatus
from support.engine.crash import Crash
from support.engine.world import (
    EXCHANGE_HOSTS,
    EXCHANGE_ON_LYNC,
    LYNC_ON_EXCHANGE,
    World,
    converged,
    crowd,
    disable,
    exchange_on_lync,
    lync_on_exchange,
)
from support.trust import worlds as values

FALSE = ConditionStatus.FALSE
BOTH = (LYNC_ON_EXCHANGE, EXCHANGE_ON_LYNC)


def _delete_both(world: World) -> None:
    for name in BOTH:
        world.cluster.delete(name)


def _steps_of_the_end() -> range:
    world = converged()
    before = len(world.crash.steps)
    _delete_both(world)
    world.settle()
    return range(1, len(world.crash.steps) - before + 1)


@pytest.mark.parametrize("at", _steps_of_the_end())
def test_deletion_killed_at_any_step(at: int) -> None:
    """The finalizer goes only when a complete read says so, and each entry is removed once."""
    world = converged()
    world.crash.at = len(world.crash.steps) + at
    _delete_both(world)
    world.settle()
    assert not world.cluster.applications
    assert not world.exchange.model.entries
    assert not world.lync.model.entries
    assert world.exchange.counts["apply Remove"] == 1
    assert world.lync.counts["apply Remove"] == 1
    assert set(world.exchange.restarts.values()) == {1}, "no downtime for a removed trust"


def test_a_crowd_of_deletions_removes_nothing_until_a_human_confirms() -> None:
    """Rule 13: most objects going at once look like an accident."""
    world = World()
    world.cluster.change_server("exchange", reconcile_requested_at="last year")
    names = crowd(world)
    for name in names:
        world.cluster.delete(name)
    for _ in range(3):
        world.run_round()
    assert len(world.exchange.model.entries) == 6
    assert world.cluster.ready(names[0]) == (FALSE, Reason.DELETION_BLOCKED)
    world.cluster.change_server("exchange", reconcile_requested_at="now")
    world.settle()
    assert not world.cluster.applications
    assert not world.exchange.model.entries


def test_a_confirmation_holds_until_the_crowd_is_gone() -> None:
    """The server could not be reached when the human confirmed."""
    world = World()
    names = crowd(world)
    for name in names:
        world.cluster.delete(name)
    world.run_round()
    world.exchange.unreachable.update(EXCHANGE_HOSTS)
    world.cluster.change_server("exchange", reconcile_requested_at="now")
    world.run_round()
    world.exchange.unreachable.clear()
    world.settle()
    assert not world.cluster.applications
    assert not world.exchange.model.entries


def test_suspend_from_the_beginning_says_so_and_contacts_nobody_for_it() -> None:
    world = World()
    world.cluster.add(lync_on_exchange(mode=Mode.SUSPEND))
    for _ in range(3):
        world.run_round()
    [rests] = world.cluster.status(LYNC_ON_EXCHANGE).conditions
    assert (rests.type, rests.status) == (ConditionType.SUSPENDED, ConditionStatus.TRUE)
    assert world.exchange.changes == 0
    assert world.cluster.status(LYNC_ON_EXCHANGE).registration is None


def test_suspend_keeps_what_is_known_says_so_and_writes_no_more() -> None:
    world = converged()
    before = world.cluster.status(LYNC_ON_EXCHANGE)
    disable(world)
    world.cluster.change(LYNC_ON_EXCHANGE, mode=Mode.SUSPEND)
    world.run_round()
    after = world.cluster.status(LYNC_ON_EXCHANGE)
    assert set(before.conditions) < set(after.conditions)
    assert after.observed_generation == world.cluster.applications[LYNC_ON_EXCHANGE].generation
    told = {"conditions": before.conditions, "observed_generation": before.observed_generation}
    assert replace(after, **told) == before  # type: ignore[arg-type]  # its fields
    writes = world.cluster.writes
    world.run_round()
    assert world.cluster.writes == writes
    world.cluster.change(LYNC_ON_EXCHANGE, mode=Mode.ENFORCE)
    world.settle()
    assert world.exchange.model.entries[0].enabled


def test_suspend_is_seen_at_once_also_where_the_next_try_is_far_away() -> None:
    """Whoever waits for the object by its generation need not wait for a server that is gone."""
    world = converged()
    world.memories = {}
    world.exchange.unreachable.update(EXCHANGE_HOSTS)
    for _ in range(9):
        world.run_when_due("exchange")
    world.cluster.change(LYNC_ON_EXCHANGE, mode=Mode.SUSPEND)
    world.run_pass("exchange")
    status = world.cluster.status(LYNC_ON_EXCHANGE)
    generation = world.cluster.applications[LYNC_ON_EXCHANGE].generation
    assert status.observed_generation == generation
    asked = world.exchange.counts["observe"]
    world.run_pass("exchange")
    assert world.exchange.counts["observe"] == asked, "and the pause goes on"


def test_who_is_suspended_and_cannot_be_let_go_says_why_and_the_way_out() -> None:
    """An heir may be on the server, so the server is asked, in every mode; and it does not answer."""
    world = converged()
    world.cluster.change(LYNC_ON_EXCHANGE, mode=Mode.SUSPEND)
    world.run_round()
    world.exchange.unreachable.update(EXCHANGE_HOSTS)
    world.cluster.delete(LYNC_ON_EXCHANGE)
    world.run_round()
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.DELETION_BLOCKED)
    ready = find(world.cluster.status(LYNC_ON_EXCHANGE).conditions, ConditionType.READY)
    assert ready is not None
    assert "partner-operator.io/release=" in ready.message
    world.exchange.unreachable.clear()
    world.clock.instant += timedelta(minutes=20)
    world.run_round()
    assert LYNC_ON_EXCHANGE not in world.cluster.applications
    assert world.exchange.model.entries


def test_suspend_after_a_kill_in_mid_change_is_quiet_too() -> None:
    """An intent is still open: it stays open, and is not written back and forth."""
    steps = converged().crash.steps
    world = World(crash=Crash(at=steps.index("Exchange apply Register done") + 1))
    world.declare()
    world.run_pass("exchange")
    world.cluster.change(LYNC_ON_EXCHANGE, mode=Mode.SUSPEND)
    world.run_pass("exchange")
    writes = world.cluster.writes
    world.run_pass("exchange")
    assert world.cluster.writes == writes
    world.cluster.change(LYNC_ON_EXCHANGE, mode=Mode.ENFORCE)
    world.settle()
    registration = world.cluster.status(LYNC_ON_EXCHANGE).registration
    assert registration is not None
    assert registration.created_by_us
    assert set(world.exchange.restarts.values()) == {1}


def test_observe_of_a_missing_entry_with_a_test_writes_and_tests_nothing_for_an_hour() -> None:
    """C13, on the Lync side too, deletion included."""
    world = World()
    world.cluster.add(lync_on_exchange(mode=Mode.OBSERVE))
    world.cluster.add(exchange_on_lync(mode=Mode.OBSERVE))
    for _ in range(7):
        world.run_round()
        world.clock.instant += timedelta(minutes=10)
    for name in BOTH:
        assert world.cluster.ready(name) == (FALSE, Reason.DRIFT_OBSERVED)
        assert world.cluster.status(name).plan
        assert not world.cluster.applications[name].has_finalizer
    _delete_both(world)
    world.run_round()
    for organisation in (world.exchange, world.lync):
        assert set(organisation.counts) == {"observe"}
    assert not world.exchange.restarts


def test_an_enforced_object_that_is_observed_when_deleted_leaves_its_entry() -> None:
    world = converged()
    for name in BOTH:
        world.cluster.change(name, mode=Mode.OBSERVE)
    world.run_round()
    _delete_both(world)
    world.settle()
    assert not world.cluster.applications
    assert world.exchange.model.entries
    assert world.lync.model.entries


def test_an_object_made_anew_in_mid_pass_gets_nothing_of_the_old_one() -> None:
    """Deleted and made anew between our read and our write: the new one has another uid."""
    world = World()
    world.declare()
    observe = world.exchange.observe

    async def meanwhile(*arguments: Any) -> object:
        world.exchange.observe = observe  # type: ignore[method-assign]
        world.cluster.recreate(LYNC_ON_EXCHANGE)
        return await observe(*arguments)

    world.exchange.observe = meanwhile  # type: ignore[method-assign,assignment]  # takes anything
    due = world.run_pass("exchange")
    assert world.cluster.status(LYNC_ON_EXCHANGE) == ApplicationStatus()
    assert world.exchange.changes == 0
    assert due is not None
    assert due <= world.clock.now()
    world.settle()
    assert world.exchange.counts["registered"] == 1


def test_a_secret_that_goes_before_the_objects_does_not_hold_them() -> None:
    """A namespace is deleted: the Secret goes first. The worker still knows the credentials."""
    world = converged()
    known = world.cluster.credentials_by_server["exchange"]
    assert isinstance(known, Credentials)
    world.cluster.lose_secret("exchange")
    world.cluster.delete(LYNC_ON_EXCHANGE)
    world.run_pass("exchange")
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.DELETION_BLOCKED)
    world.run_pass("exchange", remembered=known)
    assert LYNC_ON_EXCHANGE not in world.cluster.applications
    assert not world.exchange.model.entries


def test_a_deleted_server_waits_for_its_applications_and_then_ends_its_worker() -> None:
    world = converged()
    world.cluster.change_server("exchange", deleting=True)
    assert world.run_pass("exchange") is not None
    world.cluster.delete(LYNC_ON_EXCHANGE)
    assert world.run_pass("exchange") is None
    assert not world.exchange.model.entries


def test_remove_removes_what_was_adopted() -> None:
    world = World()
    world.exchange.model.entries = (values.entry(),)
    world.exchange.running = dict.fromkeys(EXCHANGE_HOSTS, world.exchange.model.entries)
    world.cluster.add(lync_on_exchange(deletion_policy=DeletionPolicy.REMOVE))
    world.settle()
    world.cluster.delete(LYNC_ON_EXCHANGE)
    world.settle()
    assert not world.cluster.applications
    assert not world.exchange.model.entries


def test_an_incomplete_read_is_no_proof_that_an_entry_is_gone() -> None:
    world = converged()
    world.cluster.delete(LYNC_ON_EXCHANGE)
    world.exchange.incomplete = "a warning was written"
    world.exchange.model.entries = ()
    for _ in range(3):
        world.run_round()
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.DELETION_BLOCKED)
    world.exchange.incomplete = None
    world.settle()
    assert LYNC_ON_EXCHANGE not in world.cluster.applications


def _warnings(world: World, server: str) -> list[Reason]:
    return [
        reason
        for name, severity, reason, _ in world.cluster.events
        if name == server and severity is Severity.WARNING
    ]


@pytest.mark.parametrize("secret_goes_first", [False, True])
@pytest.mark.parametrize("with_applications", [False, True])
def test_a_healthy_server_that_is_deleted_raises_no_alarm(
    secret_goes_first: bool, with_applications: bool
) -> None:
    """Whatever goes first, and in which order the passes see it."""
    world = converged() if with_applications else World()
    remembered = world.result_of_pass("exchange").credentials
    world.cluster.change_server("exchange", deleting=True)
    if secret_goes_first:
        world.cluster.lose_secret("exchange")
    world.run_pass("exchange", remembered)
    if with_applications:
        world.cluster.delete(LYNC_ON_EXCHANGE)
    for _ in range(3):
        world.clock.instant += timedelta(minutes=1)
        world.run_pass("exchange", remembered)
    assert LYNC_ON_EXCHANGE not in world.cluster.applications
    assert world.due["exchange"] is None
    assert world.cluster.server_ready("exchange") == (ConditionStatus.TRUE, Reason.SUCCEEDED)
    assert _warnings(world, "exchange") == []


def test_a_change_of_spec_keeps_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only Ready says that it is being looked at; no other condition flips, on server or application."""
    world = converged()
    flips: list[str] = []
    check = world.cluster._checked

    def watch(uid: str, generation: int, status: Any) -> dict[str, object]:
        flips.extend(
            f"{uid}: {one.type}" for one in status.conditions if "Not looked at" in one.message
        )
        return check(uid, generation, status)

    monkeypatch.setattr(world.cluster, "_checked", watch)
    for server in ("exchange", "lync"):
        world.cluster.change_server(server, interval=timedelta(minutes=7))
    for name in BOTH:
        world.cluster.change(name)
    writes = world.cluster.writes
    world.settle()
    assert world.cluster.writes > writes
    assert flips == []
