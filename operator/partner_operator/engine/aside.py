"""Long computations beside the event loop, which renews the Lease, answers probes and serves other passes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

FEW = 40
"""What so many applications or entries take is done before a change of threads would pay: some milliseconds."""

Found = TypeVar("Found")

_BESIDE = ThreadPoolExecutor(1, thread_name_prefix="beside")
"""One thread for all passes: Python computes one thing at a time anyway, and each thread keeps memory of its own."""


async def aside(compute: Callable[[], Found], size: int) -> Found:
    """The result of something pure: it looks at values that nobody changes meanwhile, and changes nothing.

    `size`: how many applications and entries it is about.
    """
    if size <= FEW:
        return compute()
    return await asyncio.get_running_loop().run_in_executor(_BESIDE, compute)
