"""Hosts and networks that misbehave: no byte too many, no second too long, nothing tried twice."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from partner_operator.winrm import (
    OutcomeUnknown,
    ProtocolViolation,
    RemoteRunError,
    TimedOut,
    connections,
    run,
)
from partner_operator.winrm.connections import BoundedAdapter
from partner_simulator.wsman import (
    Fault,
    HtmlPage,
    Oversize,
    Soap,
    Step,
    Tally,
    WrongContentType,
)
from support.winrm.host import PASSWORD, Host
from support.wsman.echo_engine import fixed

TIMED_OUT = 2150858793
BUSY = 170
MINUTE = 60.0


class Listener:
    """A TCP listener that counts what it gets, and may say something one byte at a time."""

    def __init__(self, drip: bytes = b"", pause: float = 0.0) -> None:
        self.connections = 0
        self.received = b""
        self._drip, self._pause = drip, pause
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        self._socket.settimeout(0.05)
        while not self._stopping.is_set():
            try:
                peer, _ = self._socket.accept()
            except TimeoutError:
                continue
            self.connections += 1
            with peer:
                self._talk(peer)

    def _talk(self, peer: socket.socket) -> None:
        peer.settimeout(0.05)
        try:
            self.received += peer.recv(65536)
            for byte in self._drip:
                if self._stopping.wait(self._pause):
                    return
                peer.sendall(bytes([byte]))
        except OSError:
            return

    def close(self) -> None:
        self._stopping.set()
        self._thread.join()
        self._socket.close()


@contextmanager
def listening(drip: bytes = b"", pause: float = 0.0) -> Iterator[Listener]:
    listener = Listener(drip, pause)
    try:
        yield listener
    finally:
        listener.close()


def _fails(host: Host, seconds: float = 30.0) -> RemoteRunError:
    with pytest.raises(RemoteRunError) as caught:
        run(host.endpoint(), host.asked(deadline_seconds=seconds))
    assert PASSWORD not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("action", [HtmlPage(), Soap(5, status=200), WrongContentType()])
def test_what_is_no_answer_to_receive_ends_the_run(host: Host, action: HtmlPage) -> None:
    """pywinrm itself takes such replies for "no output yet" and asks again without end."""
    host.server.faults.add(Fault(Step.RECEIVE, action, times=None))
    assert isinstance(_fails(host), OutcomeUnknown)
    assert len(host.server.counters.requests(step=Step.RECEIVE)) == 1


@pytest.mark.parametrize("step", [Step.CREATE, Step.RECEIVE])
def test_a_reply_of_50_megabytes_is_not_read(host: Host, step: Step) -> None:
    host.shells_may_remain = True
    host.server.faults.add(Fault(step, Oversize(50_000_000)))
    error = _fails(host)
    assert isinstance(error, ProtocolViolation if step is Step.CREATE else OutcomeUnknown)
    assert host.server.counters.count(Tally.BYTES_OUT) < 60_000_000


@pytest.mark.parametrize(
    ("drip", "pause"), [(b"x", MINUTE), (b"\x16\x03\x03\x40\x00" + b"\x02" * 1000, 0.1)]
)
def test_a_dripping_or_silent_tls_handshake_ends_at_the_deadline(
    host: Host, drip: bytes, pause: float
) -> None:
    with listening(drip, pause) as slow:
        started = time.monotonic()
        with pytest.raises(RemoteRunError) as caught:
            run(host.endpoint(port=slow.port), host.asked(deadline_seconds=1.5))
        assert time.monotonic() - started < MINUTE / 2
        assert isinstance(caught.value, TimedOut)
        assert caught.value.nothing_ran


def test_a_run_that_does_not_end_is_ended_at_the_deadline(host: Host) -> None:
    host.says(fixed(after_seconds=MINUTE, exit_code=None))
    started = time.monotonic()
    error = _fails(host, seconds=1.5)
    assert isinstance(error, OutcomeUnknown)
    assert "not done in time" in str(error)
    assert time.monotonic() - started < MINUTE / 2
    [(_, _, command)] = host.engine.started
    assert command.terminated


def test_the_bundle_is_a_private_file_that_does_not_stay(
    host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    seen: list[int] = []
    original = connections.BoundedAdapter.send

    def send(self: BoundedAdapter, *args: Any, **options: Any) -> object:
        seen.extend(path.stat().st_mode & 0o777 for path in tmp_path.iterdir())
        return original(self, *args, **options)

    monkeypatch.setattr(connections.BoundedAdapter, "send", send)
    run(host.endpoint(), host.request)
    assert set(seen) == {0o600}
    assert list(tmp_path.iterdir()) == []
