"""Several things at once: bounded, in order, and nothing is left under way."""

from __future__ import annotations

import asyncio

import pytest

from partner_operator.engine.together import together


class Gate:
    """Counts what is under way, and lets it go on when told."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.most = 0
        self.open = asyncio.Event()

    async def act(self, item: int) -> int:
        self.begun.append(item)
        self.most = max(self.most, len(self.begun) - len(self.ended))
        try:
            await self.open.wait()
            if item < 0:
                raise ValueError(item)
            return item * 10
        finally:
            self.ended.append(item)


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_results_come_in_the_order_of_the_items() -> None:
    async def slow_first(item: int) -> int:
        for _ in range(10 - item):
            await asyncio.sleep(0)
        return item

    assert await together(slow_first, range(10)) == list(range(10))
    assert await together(slow_first, []) == []


async def test_no_more_than_the_bound_are_under_way() -> None:
    gate = Gate()
    task = asyncio.ensure_future(together(gate.act, range(20), at_once=3))
    await turns()
    assert gate.begun == [0, 1, 2]
    gate.open.set()
    assert await task == [item * 10 for item in range(20)]
    assert gate.most == 3


async def test_an_error_lets_what_was_begun_end_and_begins_nothing_more() -> None:
    gate = Gate()
    task = asyncio.ensure_future(together(gate.act, [-1, 2, 3, 4, 5, 6], at_once=3))
    await turns()
    gate.open.set()
    with pytest.raises(ValueError, match="-1"):
        await task
    assert sorted(gate.begun) == sorted(gate.ended) == [-1, 2, 3]


async def test_of_several_errors_that_of_the_first_item_is_raised() -> None:
    async def fail(item: int) -> None:
        for _ in range(10 - item):
            await asyncio.sleep(0)
        raise ValueError(item)

    with pytest.raises(ValueError, match=r"^0$"):
        await together(fail, range(5), at_once=5)


async def test_cancelled_it_leaves_nothing_under_way() -> None:
    gate = Gate()
    task = asyncio.ensure_future(together(gate.act, range(20), at_once=4))
    await turns()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sorted(gate.begun) == sorted(gate.ended) == [0, 1, 2, 3]


@pytest.mark.parametrize("at_once", [1, 4])
async def test_others_have_their_turn_between_items_that_wait_for_nothing(at_once: int) -> None:
    seen = 0
    most = 0
    done = 0

    async def quick(item: int) -> None:
        nonlocal done, most
        most, done = max(most, done + 1 - seen), done + 1

    async def heartbeat() -> None:
        nonlocal seen
        while True:
            seen = done
            await asyncio.sleep(0)

    beat = asyncio.ensure_future(heartbeat())
    await together(quick, range(200), at_once=at_once)
    beat.cancel()
    assert most <= 2 * at_once
