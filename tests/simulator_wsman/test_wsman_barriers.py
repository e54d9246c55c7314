"""A step can be held before or after it was done, let go, abandoned, and freed by a host that goes down."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
import requests.exceptions

from partner_simulator.wsman import (
    Occasion,
    Step,
    When,
)
from support.wsman.bench import HOST, USER, Bench

LOST = requests.exceptions.ConnectionError


def _in_thread(work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    results: list[object] = []

    def run() -> None:
        try:
            results.append(work())
        except requests.exceptions.RequestException as error:
            results.append(type(error))

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results


@pytest.mark.parametrize("when", list(When))
def test_barrier_holds_a_step_on_either_side(bench: Bench, when: When) -> None:
    """While held, the world stands exactly before or exactly after the command's start."""
    with bench.server.faults.pause_at(Step.COMMAND, HOST, when=when) as barrier:
        thread, results = _in_thread(lambda: bench.run("echo hi"))
        occasion = barrier.wait_reached(60)
        assert isinstance(occasion, Occasion)
        assert (occasion.user, occasion.step) == (USER, Step.COMMAND)
        assert len(bench.engine.started) == (1 if when is When.AFTER else 0)
        time.sleep(0.1)
        assert results == []
    thread.join(60)
    assert results == [(b"hi\r\n", b"", 0)]
    assert bench.run("echo next")[2] == 0


def test_abandoned_step_is_never_done(bench: Bench) -> None:
    """The client was killed before its request took effect."""
    barrier = bench.server.faults.pause_at(Step.COMMAND)
    thread, results = _in_thread(lambda: bench.run("echo hi"))
    barrier.wait_reached(60)
    barrier.abandon()
    thread.join(60)
    assert results == [LOST]
    assert bench.engine.started == []
    bench.shells_may_remain = True


def test_host_that_goes_down_frees_held_steps(bench: Bench) -> None:
    """Stopping does not wait for a barrier, and nothing is done after it."""
    barrier = bench.server.faults.pause_at(Step.COMMAND)
    thread, results = _in_thread(lambda: bench.run("echo hi"))
    barrier.wait_reached(60)
    bench.server.stop()
    thread.join(60)
    assert results == [LOST]
    assert bench.engine.started == []


def test_barrier_that_nobody_reaches_says_so(bench: Bench) -> None:
    """A test that waits for nothing fails with a reason."""
    with (
        bench.server.faults.pause_at(Step.DELETE) as barrier,
        pytest.raises(TimeoutError, match="no step"),
    ):
        barrier.wait_reached(0.05)
