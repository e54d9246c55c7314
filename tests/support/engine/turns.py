"""Passes that run at the same time: one step each, in an order that the test gives."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from itertools import chain, repeat

from support.engine.crash import Crash

PATIENCE_SECONDS = 60.0


class Turns:
    """Runs callables on threads of their own; only one runs at any time, from one step to its next.

    Steps are those of `Crash.point`: every read and write of Kubernetes and every remote call. So an order of
    turns is an interleaving, and the same order gives the same story.
    """

    def __init__(self, crash: Crash, order: Iterator[int]) -> None:
        """`order` names who makes the next step, by position; when it ends, or who is named is done, the first
        that is not done goes on.
        """
        self._crash = crash
        self._order = order
        self._turns: list[threading.Semaphore] = []
        self._came_back = threading.Semaphore(0)
        self._done: list[bool] = []
        self._errors: list[BaseException] = []
        self._me = threading.local()
        self.trace: list[tuple[int, str]] = []
        """Who made which step."""

    def run(self, *passes: Callable[[], object]) -> None:
        """All of them to their end. Raises what one of them raised."""
        self._turns = [threading.Semaphore(0) for _ in passes]
        self._done = [False for _ in passes]
        point = self._crash.point
        self._crash.point = self._point(point)  # type: ignore[method-assign,assignment]  # while they run
        threads = [
            threading.Thread(target=self._one, args=(number, one), daemon=True)
            for number, one in enumerate(passes)
        ]
        try:
            for thread in threads:
                thread.start()
            while not all(self._done):
                self._turns[self._next()].release()
                assert self._came_back.acquire(timeout=PATIENCE_SECONDS)
        finally:
            self._crash.point = point  # type: ignore[method-assign]  # as it was
        for thread in threads:
            thread.join(PATIENCE_SECONDS)
        if self._errors:
            raise self._errors[0]

    def _next(self) -> int:
        wanted = next(self._order, None)
        if wanted is not None and not self._done[wanted]:
            return wanted
        return self._done.index(False)

    def _one(self, number: int, one: Callable[[], object]) -> None:
        self._me.number = number
        self._wait(number)
        try:
            one()
        except BaseException as error:  # noqa: BLE001  # it is raised in the test's own thread
            self._errors.append(error)
        finally:
            self._done[number] = True
            self._came_back.release()

    def _wait(self, number: int) -> None:
        assert self._turns[number].acquire(timeout=PATIENCE_SECONDS)

    def _point(self, point: Callable[[str], None]) -> Callable[[str], None]:
        def step(what: str) -> None:
            number: int = self._me.number
            self.trace.append((number, what))
            self._came_back.release()
            self._wait(number)
            point(what)

        return step


def drawn(seed: int, passes: int = 2) -> Iterator[int]:
    """An order without end, drawn at random; the same seed gives the same one."""
    chance = random.Random(seed)
    while True:
        yield chance.randrange(passes)


def head_start(first: int, steps: int, then: int, their_steps: int) -> Iterator[int]:
    """`first` makes some steps, then `then` makes some, then `first` goes to its end."""
    return chain(repeat(first, steps), repeat(then, their_steps), repeat(first, 10_000))
