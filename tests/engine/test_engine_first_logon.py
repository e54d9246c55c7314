"""A refused logon is remembered before it can happen twice: unwritable statuses, kills, restarts (rule 23)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from partner_operator.engine.ports import ClusterFailed, Credentials, LogonRefused, RunFailed
from partner_operator.trust.logon import MOST_UNSEEN
from partner_operator.trust.reasons import ConditionStatus, Reason
from support.engine.crash import Crash, Fault, Killed
from support.engine.world import LYNC_ON_EXCHANGE, World, converged

WRONG = LogonRefused("ex1 refused the user name and password.", nothing_ran=True)
Begin = Callable[[], World]
STATUS = ("server_status", "exchange")
REJECTED = (ConditionStatus.FALSE, Reason.CREDENTIALS_REJECTED)


class Always(list[RunFailed]):
    """The same failure for every operation."""

    def pop(self, index: object = 0) -> RunFailed:
        """It stays."""
        return self[0]


def _wrong_password(world: World) -> World:
    world.exchange.failures = Always([WRONG])
    world.exchange.seen_passwords.clear()
    return world


def _new() -> World:
    world = World(memories={})
    world.declare()
    return _wrong_password(world)


def _known() -> World:
    """The password was good, and is changed in the directory."""
    world = converged()
    world.memories = {}
    return _wrong_password(world)


both = pytest.mark.parametrize("begin", [_new, _known], ids=["new", "known"])


def _restart(world: World) -> None:
    """Another process of the operator begins."""
    world.memories = {}


def _passes(world: World, count: int = 4) -> None:
    for _ in range(count):
        world.clock.instant += timedelta(hours=1)
        world.run_pass("exchange")


def _refuse_after_the_first_logon(world: World) -> None:
    begin = world.exchange._begin

    def then_refused(*arguments: Any) -> None:
        world.cluster.refusals.add(STATUS)
        begin(*arguments)

    world.exchange._begin = then_refused  # type: ignore[method-assign,assignment]


@both
def test_a_refused_logon_that_cannot_be_written_is_not_tried_again(begin: Begin) -> None:
    """In one process, and after each restart of the operator: one logon, as long as nothing can be written."""
    world = begin()
    _refuse_after_the_first_logon(world)
    _passes(world)
    assert len(world.exchange.seen_passwords) == 1
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == REJECTED
    for _ in range(6):
        _restart(world)
        _passes(world, 2)
    assert len(world.exchange.seen_passwords) == 1


@both
def test_a_refused_logon_is_written_as_soon_as_it_can_be(begin: Begin) -> None:
    world = begin()
    _refuse_after_the_first_logon(world)
    _passes(world, 2)
    world.cluster.refusals.clear()
    del world.exchange._begin
    _passes(world, 1)
    _restart(world)
    _passes(world)
    assert len(world.exchange.seen_passwords) == 1
    assert world.cluster.server_ready("exchange") == REJECTED


@both
def test_an_unwritable_status_is_found_before_the_first_logon(begin: Begin) -> None:
    world = begin()
    world.cluster.refusals.add(STATUS)
    for _ in range(4):
        _passes(world, 2)
        _restart(world)
    assert world.exchange.seen_passwords == []


def _steps(begin: Begin) -> int:
    world = begin()
    before = len(world.crash.steps)
    world.run_pass("exchange")
    return len(world.crash.steps) - before


@pytest.mark.parametrize("step", range(1, _steps(_new) + 1))
def test_an_operator_that_is_killed_again_and_again_locks_no_account(step: int) -> None:
    """Each process is killed at the same step of its first pass, be it between a refused logon and its write."""
    world = _new()
    for _ in range(12):
        world.crash.at = len(world.crash.steps) + step
        world.run_pass("exchange")
        world.crash.at = None
        _restart(world)
        world.clock.instant += timedelta(minutes=1)
    assert len(world.exchange.seen_passwords) <= MOST_UNSEEN
    _passes(world, 20)
    assert len(world.exchange.seen_passwords) <= MOST_UNSEEN + 1


def _killed_in_a_logon(world: World) -> None:
    """A process that is killed when the host has just been asked."""

    def dies(what: str, host: str, credentials: Credentials) -> None:
        world.exchange.seen_passwords.append(credentials.digest)
        raise Killed(f"{what} on {host}")

    world.exchange._begin = dies  # type: ignore[method-assign]
    world.run_pass("exchange")
    del world.exchange._begin
    _restart(world)


def _held() -> World:
    """So many processes were killed in their first logon that no other is made for now."""
    world = World(memories={})
    world.declare()
    for _ in range(MOST_UNSEEN + 2):
        _killed_in_a_logon(world)
    assert len(world.exchange.seen_passwords) == MOST_UNSEEN
    _passes(world, 2)
    assert len(world.exchange.seen_passwords) == MOST_UNSEEN
    assert world.cluster.server_ready("exchange") == REJECTED
    return world


def test_after_a_day_it_is_tried_by_itself() -> None:
    world = _held()
    writes = world.cluster.writes
    _passes(world, 3)
    assert world.cluster.writes <= writes + 3, (
        "but for the pause, nothing is written while it waits"
    )
    world.clock.instant += timedelta(hours=25)
    world.run_pass("exchange")
    assert world.exchange.counts["observe"] > 0
    known = world.cluster.server_statuses["uid-Exchange"].logon
    assert known is not None
    assert known.accepted


def test_a_human_may_ask_for_one_more_try() -> None:
    world = _held()
    server = world.cluster.servers["exchange"]
    world.cluster.servers["exchange"] = replace(server, reconcile_requested_at="now")
    _killed_in_a_logon(world)
    assert len(world.exchange.seen_passwords) == MOST_UNSEEN + 1
    for _ in range(3):
        _killed_in_a_logon(world)
    assert len(world.exchange.seen_passwords) == MOST_UNSEEN + 1, "one word, one try"
    world.cluster.servers["exchange"] = replace(server, reconcile_requested_at="again")
    _passes(world, 1)
    assert world.exchange.counts["observe"] > 0


def test_other_credentials_are_tried_at_once() -> None:
    world = _held()
    credentials = world.cluster.credentials_by_server["exchange"]
    assert isinstance(credentials, Credentials)
    world.cluster.credentials_by_server["exchange"] = replace(credentials, digest="new")
    _passes(world, 1)
    assert world.exchange.counts["observe"] > 0


def test_credentials_that_were_refused_before_others_were_good_are_tried_again() -> None:
    """The Secret says again what it said first, and the account was put right meanwhile."""
    world = _new()
    _passes(world, 2)
    first = world.cluster.credentials_by_server["exchange"]
    assert isinstance(first, Credentials)
    world.cluster.credentials_by_server["exchange"] = replace(first, digest="other")
    world.exchange.failures = []
    _passes(world, 2)
    world.cluster.credentials_by_server["exchange"] = first
    _passes(world, 2)
    assert world.exchange.seen_passwords[-1] == first.digest
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (ConditionStatus.TRUE, Reason.SUCCEEDED)


def test_a_restart_of_the_operator_writes_nothing_where_credentials_are_known_to_be_good() -> None:
    world = converged()
    for _ in range(4):
        _passes(world, 1)
    writes = world.cluster.writes
    for _ in range(3):
        _restart(world)
        world.clock.instant += timedelta(minutes=15)
        world.run_pass("exchange")
    assert world.cluster.writes == writes


CALLS = tuple(converged().crash.calls)


class RefusedThere(Crash):
    """The logon is refused at one remote call; from then on no status of a server is taken, or writing fails."""

    after: Callable[[], None]

    def _fail(self, *, done: bool) -> None:
        try:
            super()._fail(done=done)
        except LogonRefused:
            self.after()
            raise


@pytest.mark.parametrize("how", ["refused", "broken"])
@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
@pytest.mark.parametrize("at", range(1, len(CALLS) + 1), ids=lambda at: f"{at} {CALLS[at - 1]}")
def test_a_logon_refused_in_any_call_is_remembered_whatever_happens_next(
    at: int, done: bool, how: str
) -> None:
    crash = RefusedThere(fault=Fault(at, WRONG, done_all_the_same=done))
    world = World(crash=crash, memories={})
    world.declare()
    server = "exchange" if CALLS[at - 1].startswith("Exchange") else "lync"
    organisation = world.exchange if server == "exchange" else world.lync
    logons: list[int] = []

    async def broken(*_: Any) -> None:
        raise ClusterFailed("the API server gave no answer")

    def after() -> None:
        logons.append(len(organisation.seen_passwords))
        if how == "refused":
            world.cluster.refusals.add(("server_status", server))
        else:
            world.cluster.server_status = broken  # type: ignore[method-assign,assignment]

    crash.after = after
    for _ in range(24):
        if logons:
            break
        with contextlib.suppress(ClusterFailed):
            world.run_round()
    for _ in range(4):
        world.clock.instant += timedelta(hours=1)
        with contextlib.suppress(ClusterFailed):
            world.run_pass(server)
    assert [len(organisation.seen_passwords)] == logons
