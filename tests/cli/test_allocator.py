"""Memory that is not used goes back to the system."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

_WORK = """
import hashlib, sys, threading
from partner_operator.allocator import give_memory_back
def held():
    [line] = [line for line in open("/proc/self/status") if line.startswith("VmRSS:")]
    return int(line.split()[1])
def work():
    ready.wait()
    for _ in range(3):
        hashlib.scrypt(b"p", salt=b"s", n=2**14, r=8, p=1, dklen=12)
give_memory_back()
ready = threading.Barrier(4)
before = held()
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(held() - before)
"""

_GAPS = """
import asyncio, ctypes
from partner_operator import allocator
def held():
    [line] = [line for line in open("/proc/self/status") if line.startswith("VmRSS:")]
    return int(line.split()[1])
async def work():
    c = ctypes.CDLL(None)
    c.malloc.restype = ctypes.c_void_p
    allocator.give_memory_back()
    blocks = [c.malloc(64 * 1024) for _ in range(1000)]
    for block in blocks:
        ctypes.memset(block, 1, 64 * 1024)
    for block in blocks[:-1]:
        c.free(ctypes.c_void_p(block))
    before = held()
    allocator._TRIMS_EVERY = 0.01
    trimming = asyncio.create_task(allocator.give_gaps_back())
    while before - held() < 50 * 1024:
        await asyncio.sleep(0.01)
    trimming.cancel()
asyncio.run(work())
"""
"""All but the last of a thousand blocks are freed: nothing lies behind the one that is left."""

glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="it is about glibc's allocator"
)


@glibc
def test_what_is_free_between_blocks_goes_back() -> None:
    subprocess.run([sys.executable, "-c", _GAPS], check=True, timeout=60)


@glibc
def test_what_threads_have_freed_goes_back() -> None:
    """Twelve digests of 16 MiB on four threads; by itself glibc keeps 16 MiB for each of the threads."""
    told = subprocess.run([sys.executable, "-c", _WORK], capture_output=True, text=True, check=True)
    assert int(told.stdout) < 4 * 1024
