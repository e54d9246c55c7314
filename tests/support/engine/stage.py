"""A stage on which operators, hosts and people act in simulated time, one step at a time.

Every call of a port is a step, and between two steps anybody else may act: which one is the chooser's word,
so a run is repeated by its choices. A remote run is a process on its host: it takes the host's mutex, goes on
when its operator is killed, and answers only if the host can still be reached.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from partner_operator.engine.ports import OperationFailed, RunFailed
from partner_operator.trust.reasons import Reason
from support.engine.crash import Killed
from support.engine.kubernetes import TestClock

MUTEX_PATIENCE = timedelta(minutes=2)
"""How long a remote run waits for another one on its host before it says busy."""
MOST_STEPS = 60_000
"""Steps of one run after which it is called endless."""


class StepKind(StrEnum):
    """What an engine is about to do."""

    READ = "read"
    WRITE = "write"
    TELL = "tell"
    REMOTE = "remote"


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a port."""

    engine: str
    kind: StepKind
    what: str
    """The port's method."""
    about: str
    """The object's name, or the host's."""
    number: int


@dataclass(slots=True)
class Parked:
    """An actor that waits for its turn."""

    engine: str
    turn: asyncio.Future[None]
    ready_at: datetime


@dataclass(slots=True)
class Process:
    """A remote run on its host."""

    done: asyncio.Future[Any]


@dataclass
class Stage:
    """Lets one actor after the other make one step."""

    clock: TestClock
    choose: Callable[[int], int]
    before: list[Callable[[Step], None]] = field(default_factory=list)
    """Called before each step; may raise, or change the world."""
    duration: Callable[[Step], timedelta] = lambda step: timedelta(seconds=2)
    """How long a remote run takes."""
    loses_answer: Callable[[Step], bool] = lambda step: False
    unreachable: Callable[[str], bool] = lambda host: False
    passed: list[Callable[[], None]] = field(default_factory=list)
    """Called when time has gone on."""
    steps: list[Step] = field(default_factory=list)
    choices: list[int] = field(default_factory=list)
    """What was chosen where more than one could act."""
    dead: set[str] = field(default_factory=set)
    _parked: list[Parked] = field(default_factory=list)
    _events: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _busy: dict[str, Process] = field(default_factory=dict)
    _tasks: dict[asyncio.Task[Any], str] = field(default_factory=dict)

    # ---- actors

    def act(self, engine: str, actor: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Let a coroutine of an engine act."""
        task = asyncio.get_running_loop().create_task(actor)
        self._tasks[task] = engine
        return task

    def kill(self, engine: str) -> None:
        """SIGKILL: no actor of this engine makes another step. Processes on hosts go on."""
        self.dead.add(engine)
        for parked in self._parked:
            if parked.engine == engine and not parked.turn.done():
                parked.turn.set_exception(Killed(engine))
        self._parked = [parked for parked in self._parked if parked.engine != engine]

    async def sleep(self, engine: str, until: datetime) -> None:
        """Wait for one's turn, no earlier than this."""
        await self.park(engine, until).turn

    def park(self, engine: str, until: datetime) -> Parked:
        """Stand in line for a turn; whoever holds the place may make it earlier."""
        if engine in self.dead:
            raise Killed(engine)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        parked = Parked(engine, turn, until)
        self._parked.append(parked)
        return parked

    async def step(self, engine: str, kind: StepKind, what: str, about: str) -> Step:
        """Make one step when it is this actor's turn. Raises what befalls it."""
        await self.sleep(engine, self.clock.now())
        step = Step(engine, kind, what, about, len(self.steps) + 1)
        self.steps.append(step)
        if len(self.steps) > MOST_STEPS:
            raise Killed("endless")
        for happens in tuple(self.before):
            happens(step)
        if engine in self.dead:
            raise Killed(engine)
        return step

    # ---- remote runs

    async def run_on_host(
        self, step: Step, work: Callable[[], Any], begins: Callable[[], None] = lambda: None
    ) -> Any:
        """A remote run: `begins` when it has the mutex, `work` at its end. Raises OperationFailed."""
        host = step.about
        if self.unreachable(host):
            await self.sleep(step.engine, self.clock.now() + timedelta(seconds=5))
            raise OperationFailed(
                Reason.UNREACHABLE, f"{host} cannot be reached.", nothing_ran=True
            )
        await self._take_mutex(step, host)
        process = Process(asyncio.get_running_loop().create_future())
        # Its operator may be dead when it ends; then nobody asks for its outcome.
        process.done.add_done_callback(lambda done: done.exception())
        self._busy[host] = process
        begins()
        self.at(self.clock.now() + self.duration(step), lambda: self._end(host, process, work))
        ended = asyncio.wait({process.done})
        await ended
        await self.sleep(step.engine, self.clock.now())
        if self.unreachable(host) or self.loses_answer(step):
            raise OperationFailed(
                Reason.OUTCOME_UNKNOWN, f"The answer of {host} was lost.", outcome_unknown=True
            )
        return process.done.result()

    async def _take_mutex(self, step: Step, host: str) -> None:
        patience = self.clock.now() + MUTEX_PATIENCE
        while host in self._busy:
            if self.clock.now() >= patience:
                raise OperationFailed(
                    Reason.BUSY, f"Another run works on {host}.", nothing_ran=True
                )
            await self.sleep(step.engine, self.clock.now() + timedelta(seconds=10))

    def _end(self, host: str, process: Process, work: Callable[[], Any]) -> None:
        try:
            process.done.set_result(work())
        except RunFailed as failure:
            process.done.set_exception(failure)
        finally:
            del self._busy[host]

    def at(self, when: datetime, what: Callable[[], None]) -> None:
        """Let something happen at this instant."""
        heapq.heappush(self._events, (when, next(self._numbers), what))

    # ---- time

    async def play(self, until: datetime, enough: Callable[[], bool] = lambda: False) -> None:
        """Let everybody act up to this instant of simulated time, or until it is `enough`."""
        while True:
            await self._let_all_come_to_rest()
            if enough():
                return
            now = self.clock.now()
            if self._events and self._events[0][0] <= now:
                heapq.heappop(self._events)[2]()
                continue
            ready = [parked for parked in self._parked if parked.ready_at <= now]
            if ready:
                self._release(ready)
                continue
            times = [parked.ready_at for parked in self._parked]
            if self._events:
                times.append(self._events[0][0])
            following = min(times, default=until)
            if following >= until:
                self.clock.instant = max(now, until)
                self._time_went_on()
                return
            self.clock.instant = following
            self._time_went_on()

    def _time_went_on(self) -> None:
        for happens in tuple(self.passed):
            happens()

    def _release(self, ready: list[Parked]) -> None:
        index = 0
        if len(ready) > 1:
            index = self.choose(len(ready))
            self.choices.append(index)
        self._parked.remove(ready[index])
        ready[index].turn.set_result(None)

    async def _let_all_come_to_rest(self) -> None:
        """Until every actor is parked, waits for a process, or is over. Nobody here waits for real time."""
        loop: Any = asyncio.get_running_loop()
        for _ in range(1000):
            await asyncio.sleep(0)
            if not loop._ready:
                break
        for task in [task for task in self._tasks if task.done()]:
            engine = self._tasks.pop(task)
            error = None if task.cancelled() else task.exception()
            killed = isinstance(error, Killed) and engine in self.dead
            if error is not None and not killed:
                raise error

    async def end(self) -> None:
        """Everybody leaves."""
        for engine in set(self._tasks.values()):
            self.kill(engine)
        await self._let_all_come_to_rest()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def seeded(seed: int) -> Callable[[int], int]:
    """A chooser that a seed decides."""
    chance = random.Random(seed)
    return lambda count: chance.randrange(count)


def first_come(count: int) -> int:
    """A chooser that lets everybody act in the order in which they came."""
    return 0
