"""The bell loses nothing, and health probes read from it whether its worker gets on."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from partner_operator.engine.bell import Bell
from partner_operator.kube import health
from partner_operator.kube.health import (
    DEAF_AFTER,
    STUCK_AFTER,
    Echo,
    Unhealthy,
    check_workers,
)

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)


async def test_a_ring_wakes_the_worker_with_all_reasons() -> None:
    bell = Bell()
    waiting = asyncio.create_task(bell.wait(until=datetime.now(UTC) + timedelta(hours=1)))
    await asyncio.sleep(0)
    bell.ring("a")
    bell.ring("b")
    bell.ring("a")
    assert await waiting == {"a", "b"}


async def test_a_ring_while_the_worker_is_busy_is_kept() -> None:
    bell = Bell()
    bell.ring("first")
    assert await bell.wait() == {"first"}
    bell.ring("meanwhile")
    assert await bell.wait() == {"meanwhile"}


async def test_the_hour_comes_without_a_ring() -> None:
    bell = Bell(lambda: NOW)
    assert await bell.wait(until=NOW) == frozenset()
    assert await bell.wait(until=NOW - timedelta(hours=1)) == frozenset()


async def test_a_wait_ends_when_its_time_comes() -> None:
    hour = datetime.now(UTC) + timedelta(milliseconds=50)
    assert await Bell().wait(until=hour) == frozenset()
    assert datetime.now(UTC) >= hour


async def test_without_an_hour_only_a_ring_wakes() -> None:
    bell = Bell()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bell.wait(), 0.05)


async def test_a_bell_knows_whether_its_worker_is_busy_or_late() -> None:
    bell = Bell()
    assert (bell.busy_since, bell.pending_since) == (None, None)
    bell.ring("why")
    assert bell.pending_since is not None
    await bell.wait()
    assert bell.pending_since is None
    assert bell.busy_since is not None
    waiting = asyncio.create_task(bell.wait())
    await asyncio.sleep(0)
    assert bell.busy_since is None
    waiting.cancel()


async def test_a_pass_that_never_ends_is_unhealthy() -> None:
    bell = Bell()
    bell.ring("why")
    await bell.wait()
    check_workers([("trust/exchange", bell)])
    later = time.monotonic() + STUCK_AFTER + 1
    with pytest.raises(Unhealthy, match=r"the worker of trust/exchange has been busy for 36\d\d s"):
        check_workers([("trust/exchange", bell)], lambda: later)


class Watchclock:
    """Seconds that the test sets."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_write_that_does_not_come_back_is_a_deaf_watch() -> None:
    clock = Watchclock()
    echo = Echo(clock)
    echo.check()
    echo.expect("uid", "10")
    clock.seconds = DEAF_AFTER - 1
    echo.expect("uid", "12")
    echo.heard("uid", "11")
    echo.heard("other", "99")
    echo.check()
    clock.seconds = DEAF_AFTER + 1
    assert (echo.unheard, echo.silence) == (DEAF_AFTER + 1, 2)
    with pytest.raises(Unhealthy, match="a write of 61 s ago did not come back"):
        echo.check()
    echo.heard("uid", "12")
    echo.check()
    assert (echo.unheard, echo.silence) == (0, 0)


@pytest.mark.parametrize(("version", "deleted"), [("13", False), ("5", True), ("opaque", False)])
def test_a_later_version_and_the_end_of_an_object_answer_too(version: str, deleted: bool) -> None:
    clock = Watchclock()
    echo = Echo(clock)
    echo.expect("uid", "12")
    echo.heard("uid", version, deleted=deleted)
    clock.seconds = 1000
    echo.check()


@pytest.mark.parametrize(("version", "deleted"), [("12", False), ("13", False), ("5", True)])
def test_an_event_that_overtakes_the_answer_to_the_write_counts(
    version: str, deleted: bool
) -> None:
    clock = Watchclock()
    echo = Echo(clock)
    echo.heard("uid", version, deleted=deleted)
    echo.heard("uid", "5")
    echo.expect("uid", "12")
    clock.seconds = 1000
    echo.check()
    assert echo.waiting == 0


def test_an_event_from_before_the_write_does_not_count() -> None:
    echo = Echo(Watchclock())
    echo.heard("uid", "11")
    echo.expect("uid", "12")
    echo.heard("uid", "11")
    assert echo.waiting == 1


def test_what_was_heard_is_not_remembered_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A forgotten object is waited for as if its event were still to come."""
    monkeypatch.setattr(health, "REMEMBERED", 3)
    echo = Echo(Watchclock())
    for number in range(1, 5):
        echo.heard(f"uid-{number}", "12", deleted=True)
    for number in range(1, 5):
        echo.expect(f"uid-{number}", "12")
    assert echo.waiting == 1


def test_versions_that_cannot_be_compared_are_not_waited_for() -> None:
    clock = Watchclock()
    echo = Echo(clock)
    echo.expect("uid", "opaque")
    clock.seconds = 1000
    echo.check()
