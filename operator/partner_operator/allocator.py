"""How the C library gives memory back in a process of many threads."""

from __future__ import annotations

import ctypes
from typing import Final

_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
"""Parameters of mallopt(3), as malloc.h of glibc has them."""
_LARGE: Final = 128 * 1024
_ARENAS: Final = 2


def give_memory_back() -> None:
    """Let large blocks go back to the system when they are freed, and threads share their arenas.

    By itself glibc makes an arena for each thread that allocates, and after the first large block that was freed it
    takes large ones out of these arenas, where they stay. Elsewhere than with glibc nothing is done.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, _ARENAS)
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
