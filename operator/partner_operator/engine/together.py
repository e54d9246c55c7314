"""Several things at once, and not too many: writes of one pass to the API server do not wait for each other."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

AT_ONCE = 8
"""Requests of one pass that are under way together: the API server has other clients, and other passes run."""

Item = TypeVar("Item")
Found = TypeVar("Found")


async def together(
    act: Callable[[Item], Awaitable[Found]], items: Iterable[Item], at_once: int = AT_ONCE
) -> list[Found]:
    """Do this with each of the items, at most `at_once` of them at the same time. Returns what each gave, in order.

    What must not end the others is caught inside `act`. After any other error nothing more is begun; what was
    begun comes to its end, since a write that is cut off has an unknown outcome, and then the error is raised
    (of several, that of the first item). Who cancels this cancels what is under way, and it is over when this is.
    Others have their turn on the event loop before each item, even where `act` waits for nothing.
    """
    waiting = deque(enumerate(items))
    found: dict[int, Found] = {}
    errors: dict[int, BaseException] = {}

    async def lane() -> None:
        while True:
            await asyncio.sleep(0)
            if not waiting:
                return
            place, item = waiting.popleft()
            try:
                found[place] = await act(item)
            except BaseException as error:
                waiting.clear()
                errors[place] = error
                raise

    lanes = [asyncio.ensure_future(lane()) for _ in range(min(at_once, len(waiting)))]
    if not lanes:
        return []
    try:
        await asyncio.wait(lanes)
    finally:
        for each in lanes:
            each.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)
    if errors:
        raise errors[min(errors)]
    return [found[place] for place in sorted(found)]
