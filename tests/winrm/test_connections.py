"""The connections of one run: cut at the deadline that holds, and bounded in what they read."""

from __future__ import annotations

import gc
import gzip
import io
import select
import socket
import ssl
import struct
import threading
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import requests
from urllib3 import HTTPResponse

from partner_operator.winrm import connections
from partner_operator.winrm.connections import BoundedAdapter, Connections, ReplyTooLarge
from partner_simulator.certificates import CertificateAuthority, load_identity

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


def test_a_reset_before_the_handshake_leaves_no_socket_open(
    monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    """CPython forgets its TLS socket then; collected at any later time, it warned in somebody else's run."""
    original = Connections.add

    def add(self: Connections, connection: Any, made: socket.socket) -> None:
        original(self, connection, made)
        select.select([made], [], [], 5)

    monkeypatch.setattr(Connections, "add", add)
    linger = struct.pack("ii", 1, 0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        held = Connections(time.monotonic() + 60)
        reset = threading.Thread(target=lambda: listener.accept()[0].close())
        reset.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/wsman"
        message = requests.Request("POST", url).prepare()
        adapter = BoundedAdapter(held)
        with pytest.raises(requests.ConnectionError):
            adapter.send(message)
        adapter.close()
        reset.join()
    held.close()
    gc.collect()
    assert [str(warned.message) for warned in recwarn if "SSLSocket" in str(warned.message)] == []


_OLD = "ALL:@SECLEVEL=0"
"""OpenSSL speaks TLS 1.1 at this security level only, which Python's own choice of ciphers does not allow."""


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_no_tls_below_1_2_even_where_openssl_would(
    authority: CertificateAuthority, tmp_path: Path
) -> None:
    """The floor is ours: it does not rest on the security level that a machine happens to have."""
    offered = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    offered.set_ciphers(_OLD)
    offered.minimum_version = ssl.TLSVersion.TLSv1
    offered.maximum_version = ssl.TLSVersion.TLSv1_1
    load_identity(offered, authority.issue_server(["localhost"]))
    bundle = tmp_path / "ca.pem"
    bundle.write_text(authority.pem)
    agreed: list[str | None] = []

    def answer(listener: socket.socket) -> None:
        accepted, _ = listener.accept()
        with accepted:
            try:
                secured = offered.wrap_socket(accepted, server_side=True)
            except OSError:
                agreed.append(None)
                return
            agreed.append(secured.version())
            secured.close()

    held = Connections(time.monotonic() + 60)
    adapter = BoundedAdapter(held)
    adapter.poolmanager.connection_pool_kw["ssl_context"].set_ciphers(_OLD)
    careless = ssl.create_default_context(cafile=str(bundle))
    careless.set_ciphers(_OLD)
    careless.minimum_version = ssl.TLSVersion.TLSv1
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        for careful in (False, True):
            server = threading.Thread(target=answer, args=[listener])
            server.start()
            if careful:
                message = requests.Request("POST", f"https://localhost:{port}/wsman").prepare()
                with pytest.raises(requests.ConnectionError):
                    adapter.send(message, verify=str(bundle))
            else:
                with socket.create_connection(("127.0.0.1", port)) as plain:
                    careless.wrap_socket(plain, server_hostname="localhost").close()
            server.join()
    adapter.close()
    held.close()
    assert agreed == ["TLSv1.1", None]
