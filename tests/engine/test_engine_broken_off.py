"""A pass that breaks off for a reason that nobody foresaw, and one that hangs: both are told (rule 22)."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from partner_operator.engine.ports import ClusterFailed, ServerName
from partner_operator.engine.process_memory import ProcessMemory
from partner_operator.engine.schedule import MOST_FAILURES
from partner_operator.engine.watchdog import OVERDUE, Watchdog
from partner_operator.engine.worker import Worker
from partner_operator.trust.conditions import find
from partner_operator.trust.model import Mode, RestartPolicy, RestartRules, RestartWindow
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import LogonStatus
from support.engine.bell import Impatient
from support.engine.crash import Crash
from support.engine.world import EXCHANGE_ON_LYNC, LYNC_ON_EXCHANGE, World, converged, disable

MOVES = "object at 0x7f3a1c0d"
NAME = ServerName("trust", "exchange")
TOLD = (ConditionStatus.UNKNOWN, Reason.INTERNAL_ERROR)
WELL = (ConditionStatus.TRUE, Reason.SUCCEEDED)


class Bug(Exception):
    """What nobody foresaw, with something in its text that is another thing each time."""


class Buggy(Crash):
    """Raises a Bug at steps instead of a kill: each call of each port is one, and what comes after it another."""

    bug_at: frozenset[int] = frozenset()
    bug_in: str = ""

    def point(self, what: str) -> None:
        """One step is about to be made, or was just made."""
        self.steps.append(what)
        if len(self.steps) in self.bug_at or (self.bug_in and what == self.bug_in):
            raise Bug(MOVES)


class Looking(Impatient):
    """A bell that looks at what stands in the cluster whenever a pass is over."""

    def __init__(self, world: World, most: int) -> None:
        super().__init__(world.clock, most)
        self.world = world
        self.seen: list[tuple[object, object]] = []

    async def wait(self, until: datetime | None = None) -> frozenset[str]:
        """A pass is over, or none was yet."""
        cluster = self.world.cluster
        self.seen.append((cluster.server_ready("exchange"), cluster.ready(LYNC_ON_EXCHANGE)))
        return await super().wait(until)


def _works(world: World, passes: int, memory: ProcessMemory | None = None) -> Looking:
    """So many passes of one worker."""
    bell = Looking(world, passes)
    worker = Worker(world.ports(), NAME, bell, memory or ProcessMemory())
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(worker.run())
    return bell


def _world(crash: Crash | None = None) -> World:
    world = World(crash=crash or Crash())
    world.declare()
    return world


def _drifted(crash: Crash | None = None) -> World:
    """A trust that stands, and was damaged by hand."""
    world = _world()
    world.settle()
    disable(world)
    if crash is not None:
        world.crash = world.cluster.crash = world.exchange.crash = crash
    return world


def _steps(world: World) -> list[str]:
    before = len(world.crash.steps)
    _works(world, 2)
    return world.crash.steps[before:]


STORY, REPAIR = _steps(_world()), _steps(_drifted(Crash()))


@pytest.mark.parametrize(
    ("at", "repair"),
    [
        *((at, False) for at in range(1, len(STORY) + 1)),
        *((at, True) for at in range(1, len(REPAIR) + 1)),
    ],
)
def test_an_error_in_any_call_is_told_and_ends_well(
    at: int, repair: bool, caplog: pytest.LogCaptureFixture
) -> None:
    crash = Buggy()
    crash.bug_at = frozenset({at})
    world = _drifted(crash) if repair else _world(crash)
    bell = _works(world, 12)
    assert len(world.crash.steps) > at, "it came to this step"
    states = bell.seen[1:]
    assert TOLD in [server for server, _ in states]
    assert TOLD in [application for _, application in states]
    told = [event for event in world.cluster.events if event[2] is Reason.INTERNAL_ERROR]
    assert [event[0] for event in told] == ["exchange"]
    assert "Bug" in told[0][3]
    assert MOVES not in told[0][3]
    assert "broke off" in caplog.text
    assert world.cluster.server_ready("exchange") == WELL
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == WELL
    assert world.exchange.counts["registered"] == 1
    assert len(world.exchange.model.entries) == 1


LAST = "announce Succeeded"
"""Told of a status that is written: an announcer that broke its word there would find a pass that is done."""


@pytest.mark.parametrize("where", sorted({*STORY, *REPAIR} - {"read", LAST}))
def test_an_error_that_stays_is_told_once(where: str) -> None:
    """The pauses grow, they are kept for the next process, and beside them nothing is written."""
    crash = Buggy()
    world = _drifted(crash) if where in REPAIR else _world(crash)
    crash.bug_in = where
    bell = _works(world, 8)
    unwritable = where.startswith("write status") or where.endswith("written")
    if bell.seen[-1][0] != TOLD and not unwritable:
        # The next passes do not come to this step again: it is done, or was tried a few times.
        persists = (ConditionStatus.FALSE, Reason.DRIFT_PERSISTS)
        assert bell.seen[-1] in {(WELL, WELL), (WELL, persists)}
        return
    events = len(world.cluster.events)
    statuses = dict(world.cluster.statuses)
    for _ in range(3):
        bell = _works(world, 2)
    told = [event for event in world.cluster.events[events:] if event[2] is Reason.INTERNAL_ERROR]
    # Where it is the status itself, each process must tell it anew.
    assert len(told) <= (3 if unwritable else 0)
    if not unwritable:
        assert world.cluster.statuses == statuses
        retry = world.cluster.server_statuses["uid-Exchange"].retry
        assert retry is not None
        assert retry.failures == MOST_FAILURES
        assert bell.waits[-1] - bell.waits[-2] > timedelta(minutes=5)


def test_suspended_applications_keep_what_was_told_last() -> None:
    crash = Buggy()
    world = _drifted(crash)
    world.cluster.change(LYNC_ON_EXCHANGE, mode=Mode.SUSPEND)
    before = world.cluster.status(LYNC_ON_EXCHANGE).conditions
    crash.bug_in = "Exchange observe"
    _works(world, 3)
    assert world.cluster.server_ready("exchange") == TOLD
    assert world.cluster.status(LYNC_ON_EXCHANGE).conditions == before


def test_what_kubernetes_says_is_told_in_its_words() -> None:
    world = _drifted()

    async def credentials(_server: object) -> object:
        raise ClusterFailed("etcdserver: request timed out (HTTP 500)")

    world.cluster.credentials = credentials  # type: ignore[method-assign,assignment]
    _works(world, 2)
    status = world.cluster.status(LYNC_ON_EXCHANGE)
    ready = find(status.conditions, ConditionType.READY)
    assert ready is not None
    assert "etcdserver: request timed out (HTTP 500)" in ready.message


@pytest.mark.parametrize("refused", ["server_status", "application_status"])
def test_where_the_status_is_refused_an_event_says_it_once(refused: str) -> None:
    crash = Buggy()
    world = _drifted(crash)
    crash.bug_in = "secret"
    about = "exchange" if refused == "server_status" else LYNC_ON_EXCHANGE
    world.cluster.refusals.add((refused, about))
    _works(world, 5)
    told = [event[0] for event in world.cluster.events if event[2] is Reason.INTERNAL_ERROR]
    assert sorted(told) == sorted({"exchange", about})
    other = world.cluster.ready(LYNC_ON_EXCHANGE), world.cluster.server_ready("exchange")
    assert TOLD in other


def test_where_nothing_can_be_read_any_more_an_event_says_it_once() -> None:
    crash = Buggy()
    world = _drifted(crash)
    memory = ProcessMemory()
    _works(world, 1, memory)
    crash.bug_in = "read"
    _works(world, 5, memory)
    told = [event[0] for event in world.cluster.events if event[2] is Reason.INTERNAL_ERROR]
    assert told == ["exchange"]


# ---- the watchdog


def _watched(world: World) -> tuple[Watchdog, ProcessMemory]:
    watchdog = Watchdog(world.ports)
    memory = watchdog.attend(NAME)
    _works(world, 2, memory)
    return watchdog, memory


def _look(watchdog: Watchdog) -> None:
    asyncio.run(watchdog.look_at(NAME))


def test_a_pass_that_is_overdue_is_told_once() -> None:
    world = converged()
    watchdog, memory = _watched(world)
    assert memory.due is not None
    writes = world.cluster.writes
    world.clock.instant = memory.due + timedelta(minutes=19)
    _look(watchdog)
    assert world.cluster.writes == writes, "30 minutes have not passed"
    world.clock.instant = memory.due + timedelta(minutes=31)
    _look(watchdog)
    assert world.cluster.server_ready("exchange") == TOLD
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == TOLD
    assert world.cluster.ready(EXCHANGE_ON_LYNC) == WELL, "it is served by another worker"
    assert world.cluster.told(Reason.INTERNAL_ERROR) == [OVERDUE]
    writes = world.cluster.writes
    for _ in range(100):
        world.clock.instant += timedelta(minutes=10)
        _look(watchdog)
    assert world.cluster.writes == writes
    assert world.cluster.told(Reason.INTERNAL_ERROR) == [OVERDUE]
    _works(world, 2, memory)
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == WELL
    assert memory.due is not None
    world.clock.instant = memory.due + timedelta(hours=1)
    _look(watchdog)
    assert len(world.cluster.told(Reason.INTERNAL_ERROR)) == 2


def test_long_intervals_are_waited_for_three_times() -> None:
    world = converged()
    world.cluster.change_server("exchange", interval=timedelta(hours=2))
    watchdog, memory = _watched(world)
    ended = world.clock.now()
    assert memory.due is not None
    for hours in (3, 5):
        world.clock.instant = ended + timedelta(hours=hours)
        _look(watchdog)
    assert not world.cluster.told(Reason.INTERNAL_ERROR)
    world.clock.instant = ended + timedelta(hours=6, minutes=20)
    _look(watchdog)
    assert world.cluster.told(Reason.INTERNAL_ERROR) == [OVERDUE]


def test_a_day_in_which_all_is_well_is_no_matter_for_the_watchdog() -> None:
    world = converged()
    watchdog, memory = _watched(world)
    _works(world, 10, memory)
    writes = world.cluster.writes
    for _ in range(100):
        _works(world, 1, memory)
        _look(watchdog)
    assert world.cluster.writes == writes
    assert not world.cluster.told(Reason.INTERNAL_ERROR)


PARKED = {
    Reason.RESTART_APPROVAL_NEEDED: RestartRules(policy=RestartPolicy.MANUAL, settle=timedelta(0)),
    Reason.WAITING_FOR_WINDOW: RestartRules(
        settle=timedelta(0), windows=(RestartWindow("0 0 1 1 *", timedelta(hours=1), "UTC"),)
    ),
}


@pytest.mark.parametrize("reason", PARKED)
def test_what_waits_for_a_human_or_a_window_has_been_looked_at(reason: Reason) -> None:
    world = World(rules=PARKED[reason])
    world.declare()
    watchdog, memory = _watched(world)
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (ConditionStatus.UNKNOWN, reason)
    writes = world.cluster.writes
    for _ in range(50):
        _works(world, 1, memory)
        _look(watchdog)
    assert world.cluster.writes == writes
    assert not world.cluster.told(Reason.INTERNAL_ERROR)


def test_a_pass_that_hangs_is_told_from_beside_it_and_what_it_says_later_is_void() -> None:
    world = converged()
    disable(world)

    async def story() -> None:
        hang, clock = asyncio.Event(), world.clock
        observe = world.exchange.observe

        async def hanging(*arguments: Any) -> object:
            await hang.wait()
            return await observe(*arguments)

        world.exchange.observe = hanging  # type: ignore[method-assign,assignment]
        watchdog = Watchdog(world.ports)
        bell = Impatient(clock, 3)
        worker = Worker(world.ports(), NAME, bell, watchdog.attend(NAME))
        task = asyncio.create_task(worker.run())
        for _ in range(50):
            await asyncio.sleep(0)
        clock.instant += timedelta(minutes=31)
        await watchdog.look_at(NAME)
        assert world.cluster.server_ready("exchange") == TOLD
        hang.set()
        await asyncio.wait({task})

    asyncio.run(story())
    assert world.cluster.server_ready("exchange") == WELL
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == WELL
    assert world.exchange.counts["apply Update"] == 1


def test_a_worker_that_died_is_told_and_its_successor_remembers_what_it_knew() -> None:
    world = converged()
    watchdog, memory = _watched(world)
    memory.logon = LogonStatus("mark", refusal="refused")
    assert watchdog.attend(NAME) is memory
    assert memory.due is not None
    world.clock.instant = memory.due + timedelta(minutes=40)
    _look(watchdog)
    assert world.cluster.server_ready("exchange") == TOLD


def test_a_round_of_restarts_that_takes_hours_is_no_hanging_pass() -> None:
    """Each remote run that begins is a sign of life."""
    world = converged()
    disable(world)
    looks: list[bool] = []
    watchdog = Watchdog(world.ports)
    memory = watchdog.attend(NAME)
    host_state = world.exchange.host_state

    async def slow(*arguments: Any) -> object:
        world.clock.instant += timedelta(minutes=16)
        await watchdog.look_at(NAME)
        looks.append(bool(world.cluster.told(Reason.INTERNAL_ERROR)))
        return await host_state(*arguments)

    world.exchange.host_state = slow  # type: ignore[method-assign,assignment]
    _works(world, 2, memory)
    assert len(looks) >= 4
    assert not any(looks)
