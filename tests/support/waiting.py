"""Waits until something is so, for as long as a loaded machine may need."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

SECONDS = 60.0
_PAUSE_SECONDS = 0.02


def comes_true(holds: Callable[[], bool], seconds: float = SECONDS) -> bool:
    """Whether something is so in time; returns as soon as it is."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE_SECONDS)
    return True


def eventually(holds: Callable[[], bool]) -> None:
    """Return as soon as something is so. Raises AssertionError when it is not in time."""
    assert comes_true(holds), f"not so within {SECONDS:.0f} seconds"


async def until(holds: Callable[[], bool]) -> None:
    """As `eventually`; what runs beside it in the event loop goes on meanwhile."""
    await asyncio.to_thread(eventually, holds)
