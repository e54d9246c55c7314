"""Fair shares: whose remote run is next, and that nobody's silence delays others by more than one run."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from partner_operator.winrm.turns import LONGEST_LAST, SLOTS, Asker, Turns


class Hall:
    """Runs that last until they are told to end, in the order in which they began."""

    def __init__(self, slots: int = SLOTS) -> None:
        self.now = 0.0
        self.turns = Turns(slots, lambda: self.now)
        self.began: list[tuple[Asker, str]] = []
        self.running: list[asyncio.Event] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def ask(self, asker: Asker, host: str = "host") -> asyncio.Task[None]:
        async def run() -> None:
            async with self.turns.turn(asker, host):
                self.began.append((asker, host))
                over = asyncio.Event()
                self.running.append(over)
                await over.wait()

        task = asyncio.create_task(run())
        self.tasks.append(task)
        await _breathe()
        return task

    async def end_one(self) -> None:
        self.running.pop(0).set()
        await _breathe()

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def _breathe() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_64_silent_hosts_of_one_namespace_delay_another_by_one_run() -> None:
    hall = Hall()
    for number in range(64):
        await hall.ask(Asker("evil", f"server-{number}"), f"silent-{number}")
    await hall.ask(Asker("good", "exchange"))
    assert len(hall.began) == SLOTS
    await hall.end_one()
    assert hall.began[-1][0] == Asker("good", "exchange")
    await hall.close()


async def test_fifty_organisations_of_three_seconds_are_known_in_twelve() -> None:
    """After a start everybody asks at once. It leaves three of fifteen seconds for what is not a remote run."""
    hall = Hall()
    for number in range(50):
        await hall.ask(Asker(f"team-{number % 7}", f"server-{number}"), f"host-{number}")
    while hall.running:
        hall.now += 3
        for _ in range(len(hall.running)):
            await hall.end_one()
    assert len(set(hall.began)) == 50
    assert hall.now <= 12
    await hall.close()


async def test_slots_go_round_by_namespace_and_then_by_server() -> None:
    hall = Hall(1)
    await hall.ask(Asker("a", "1"))
    for asker in (
        Asker("a", "1"),
        Asker("a", "1"),
        Asker("a", "2"),
        Asker("b", "3"),
        Asker("b", "3"),
    ):
        await hall.ask(asker)
    for _ in range(5):
        await hall.end_one()
    order = [f"{asker.namespace}{asker.server}" for asker, _ in hall.began]
    assert order == ["a1", "b3", "a2", "b3", "a1", "a1"]
    await hall.close()


async def test_a_host_that_did_not_answer_comes_last_but_not_never() -> None:
    hall = Hall(1)
    hall.turns.heard("silent", answered=False)
    await hall.ask(Asker("a", "1"))
    await hall.ask(Asker("b", "2"), "silent")
    await hall.ask(Asker("a", "1"), "first")
    await hall.end_one()
    assert hall.began[-1] == (Asker("a", "1"), "first")
    hall.now += LONGEST_LAST
    await hall.ask(Asker("a", "1"), "second")
    await hall.end_one()
    assert hall.began[-1] == (Asker("b", "2"), "silent")
    hall.turns.heard("silent", answered=True)
    await hall.close()


async def test_one_that_is_cancelled_takes_no_slot_with_it() -> None:
    hall = Hall(1)
    first = await hall.ask(Asker("a", "1"))
    waiting = await hall.ask(Asker("b", "2"))
    waiting.cancel()
    first.cancel()
    await _breathe()
    await hall.ask(Asker("c", "3"))
    assert hall.began[-1][0] == Asker("c", "3")
    await hall.close()


async def test_one_that_is_cancelled_in_the_moment_it_is_called_gives_the_slot_on() -> None:
    hall = Hall(1)
    await hall.ask(Asker("a", "1"))
    waiting = await hall.ask(Asker("b", "2"))
    await hall.ask(Asker("c", "3"))
    hall.running.pop(0).set()
    hall.tasks[0].add_done_callback(lambda _: waiting.cancel())
    await _breathe()
    assert hall.began[-1][0] in {Asker("b", "2"), Asker("c", "3")}
    await _breathe()
    await hall.ask(Asker("d", "4"))
    while hall.running:
        await hall.end_one()
    assert hall.began[-1][0] == Asker("d", "4")
    await hall.close()


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("12")), min_size=1, max_size=30),
    st.integers(1, 3),
)
def test_everybody_is_served_once_and_no_slot_is_lost(
    askers: list[tuple[str, str]], slots: int
) -> None:
    async def serve() -> None:
        hall = Hall(slots)
        for namespace, server in askers:
            await hall.ask(Asker(namespace, server))
        assert len(hall.began) == min(slots, len(askers))
        while hall.running:
            await hall.end_one()
        assert sorted(hall.began, key=repr) == sorted(
            ((Asker(n, s), "host") for n, s in askers), key=repr
        )
        await hall.close()

    asyncio.run(serve())
