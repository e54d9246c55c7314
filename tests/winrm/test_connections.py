"""The connections of one run: cut at the deadline that holds, and bounded in what they read."""

from __future__ import annotations

import gzip
import io
import socket
import time
import tracemalloc

import pytest
import requests
from urllib3 import HTTPResponse

from partner_operator.winrm import connections
from partner_operator.winrm.connections import BoundedAdapter, Connections, ReplyTooLarge

_MEGABYTE = 1024 * 1024


class _Made:
    """A connection as the pool has it."""

    def close(self) -> None:
        """Nothing is open."""


def test_an_alarm_that_is_late_does_not_cut_the_cleaning_up() -> None:
    """It had gone off already, and waited, when the cleaning up got time of its own."""
    held = Connections(time.monotonic() + 60)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        held.add(_Made(), ours)  # type: ignore[arg-type]
        late = held._timer
        assert late is not None
        held.allow_until(time.monotonic() + 50)
        late.function(*late.args, **late.kwargs)
        theirs.sendall(b"Delete")
        assert ours.recv(6) == b"Delete"
        held.close()


@pytest.mark.parametrize("times", [1, 2, 4])
def test_a_reply_counts_as_it_is_after_unpacking(times: int) -> None:
    """Nobody asked for gzip of gzip; a few hundred bytes of it are sixty-four megabytes."""
    packed = b"\0" * (64 * _MEGABYTE)
    for _ in range(times):
        packed = gzip.compress(packed)
    held = Connections(time.monotonic() + 60)
    adapter = BoundedAdapter(held)
    raw = HTTPResponse(
        io.BytesIO(packed),
        {"Content-Encoding": ", ".join(["gzip"] * times)},
        200,
        preload_content=False,
    )
    request = requests.Request("POST", "https://ex1/wsman").prepare()
    response = adapter.build_response(request, raw)
    tracemalloc.start()
    try:
        with pytest.raises(ReplyTooLarge):
            _ = response.content
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        held.close()
    assert peak < 3 * connections.LARGEST_REPLY
