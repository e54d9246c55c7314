"""kopf for as long as it takes: a watch that cannot go on ends all of kopf, and must not end the process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Awaitable, Callable, Iterator
from itertools import repeat
from typing import Any

import kopf

logger = logging.getLogger(__name__)

AGAIN = (5.0, 10.0, 30.0, 60.0, 300.0)
"""Seconds before watches that ended begin anew: the first time, the second, and so on."""
STEADY = 600.0
"""Watches that lasted so many seconds ended for a new reason."""
LONGEST_END = 35.0
"""Seconds that kopf may take to end: well below the pod's grace period."""
SWEEPS = 20
"""How often what it left behind is cancelled, half a second apart."""


class CannotServe(Exception):
    """There is nothing to serve; the sentence says what is missing."""


class Stuck(CannotServe):
    """Something of kopf goes on although it was ended. Beside new watches it would work on the same objects."""


class Endless:
    """Seconds between the tries of one request of kopf: it never gives up, so no refusal ends its watch."""

    def __iter__(self) -> Iterator[float]:
        yield from (1.0, 2.0, 3.0, 5.0, 10.0)
        yield from repeat(20.0)


async def run_kopf(**options: Any) -> None:
    """As `kopf.operator`, but it ends for sure. Raises what ended it, and Stuck."""
    before = asyncio.all_tasks()
    tasks = await kopf.spawn_tasks(**options)
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        # A watcher that is cancelled just while its stream breaks takes no notice, and kopf waits for it for ever.
        async with asyncio.timeout(LONGEST_END):
            await kopf.run_tasks(tasks, ignored=before)
    except TimeoutError:
        logger.warning("kopf did not end within %d s, and is cancelled again", LONGEST_END)
        for task in ended:
            task.result()  # raises why it ended
    finally:
        await _sweep(before)


async def _sweep(before: set[asyncio.Task[Any]]) -> None:
    for _ in range(SWEEPS):
        left = asyncio.all_tasks() - before - {asyncio.current_task()}
        if not left:
            return
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=0.5)
    raise Stuck("Watches of this process do not end. Start it anew.")


async def watch_again(
    watch: Callable[[asyncio.Event], Awaitable[None]],
    prepare: Callable[[], Awaitable[None]],
    stop: asyncio.Event | None,
) -> None:
    """Watch until that ends in order, and begin anew where it does not.

    Raises CannotServe when there is nothing to serve at the start; what goes later may come again.
    """
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    ended, watched = 0, False
    while not stop.is_set():
        began = loop.time()
        try:
            await prepare()
            watched = True
            await watch(stop)
        except Stuck:
            raise
        except (
            Exception
        ) as error:  # the outermost loop: kopf lets through whatever its requests raise
            if isinstance(error, CannotServe) and not watched:
                raise
            ended = 0 if loop.time() - began > STEADY else ended
            pause = AGAIN[min(ended, len(AGAIN) - 1)]
            logger.exception("the watches ended, and begin anew in %d s", pause)
            ended += 1
        else:
            return
        # kopf's own handlers are deaf now.
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await stop.wait()
