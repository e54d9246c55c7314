"""How the C library gives memory back in a process of many threads."""

from __future__ import annotations

import asyncio
import ctypes
from typing import Final

_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
"""Parameters of mallopt(3), as malloc.h of glibc has them."""
_LARGE: Final = 128 * 1024
_ARENAS: Final = 2
_TRIMS_EVERY: Final = 60.0
"""Seconds."""


def give_memory_back() -> None:
    """Let large blocks go back to the system when they are freed, and threads share their arenas.

    By itself glibc makes an arena for each thread that allocates, and after the first large block that was freed it
    takes large ones out of these arenas, where they stay. Elsewhere than with glibc nothing is done.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, _ARENAS)
        mallopt(_M_MMAP_THRESHOLD, _LARGE)


async def give_gaps_back() -> None:
    """For ever: each minute, let what is free between blocks in use go back as well.

    A pass that changes much leaves such gaps, and by itself glibc gives back only what lies behind the last block.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    while trim is not None:
        await asyncio.sleep(_TRIMS_EVERY)
        # It takes some milliseconds, and needs nothing of Python's.
        await asyncio.to_thread(trim, 0)
