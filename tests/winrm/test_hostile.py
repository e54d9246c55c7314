"""Hosts and networks that misbehave: no byte too many, no second too long, nothing tried twice."""

from __future__ import annotations

import importlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from partner_operator.winrm import (
    OutcomeUnknown,
    ProtocolViolation,
    RemoteRunError,
    TimedOut,
    TlsFailed,
    Unauthenticated,
    Unreachable,
    connections,
    run,
)
from partner_operator.winrm.connections import BoundedAdapter, Connections
from partner_simulator.wsman import (
    Drip,
    Drop,
    Fault,
    HtmlPage,
    HttpStatus,
    Occasion,
    Oversize,
    Redirect,
    Reset,
    Rewrite,
    SayRaw,
    Soap,
    Step,
    Tally,
    Truncate,
    Unauthorized,
    When,
    WrongContentType,
)
from support.echo_engine import Chunk, chunks, fixed
from support.winrm_host import HOST, PASSWORD, USER, Host

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


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("step", [Step.AUTHENTICATE, Step.CREATE, Step.COMMAND])
def test_a_redirect_is_refused_and_the_decoy_gets_nothing(
    host: Host, step: Step, status: int
) -> None:
    host.shells_may_remain = step is Step.COMMAND
    with listening() as decoy:
        url = f"https://127.0.0.1:{decoy.port}/wsman"
        host.server.faults.add(Fault(step, Redirect(url, status)))
        error = _fails(host)
        assert (decoy.connections, decoy.received) == (0, b"")
    if step is Step.COMMAND:
        assert isinstance(error, OutcomeUnknown)
    else:
        assert isinstance(error, ProtocolViolation)
        assert "redirects" in str(error)


def test_proxies_and_netrc_of_the_environment_are_not_used(
    host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {HOST} login other password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    with listening() as decoy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{decoy.port}")
        assert run(host.endpoint(), host.request).data == {"a": "b"}
        assert decoy.connections == 0


def test_a_service_that_is_down_in_the_middle_of_the_logon_says_nothing_of_the_password(
    host: Host,
) -> None:
    host.server.faults.add(Fault(Step.AUTHENTICATE, HttpStatus(503, b"busy")))
    error = _fails(host)
    assert isinstance(error, Unreachable)
    assert "503" in str(error)


def test_a_connection_lost_before_the_command_ran_nothing(host: Host) -> None:
    host.server.faults.add(Fault(Step.CREATE, Reset()))
    error = _fails(host)
    assert isinstance(error, Unreachable)
    assert error.nothing_ran


@pytest.mark.parametrize("action", [Reset(), Drop()])
@pytest.mark.parametrize("step", [Step.COMMAND, Step.SEND, Step.RECEIVE])
def test_a_lost_reply_after_the_command_is_unknown_and_nothing_is_done_twice(
    host: Host, step: Step, action: Reset | Drop
) -> None:
    host.server.faults.add(Fault(step, action, when=When.AFTER))
    error = _fails(host)
    assert isinstance(error, OutcomeUnknown)
    assert error.outcome_unknown
    assert len(host.engine.started) == 1
    assert len(host.server.counters.requests(step=step)) == 1


@pytest.mark.parametrize("step", [Step.SIGNAL, Step.DELETE])
def test_trouble_while_cleaning_up_does_not_spoil_the_answer(host: Host, step: Step) -> None:
    host.shells_may_remain = True
    host.server.faults.add(Fault(step, Reset()))
    assert run(host.endpoint(), host.request).data == {"a": "b"}


def test_a_failed_signal_does_not_keep_the_shell_open(host: Host) -> None:
    host.server.faults.add(Fault(Step.SIGNAL, Soap(995)))
    run(host.endpoint(), host.request)
    assert host.server.counters.open_shells() == ()


@pytest.mark.parametrize("step", [Step.COMMAND, Step.RECEIVE])
def test_a_password_changed_in_the_middle_is_refused_once_and_not_tried_for_cleaning(
    host: Host, step: Step
) -> None:
    host.shells_may_remain = True

    def change_password(_: Occasion) -> bool:
        host.directory.passwords[USER] = "changed"
        return True

    host.server.faults.add(Fault(step, Unauthorized(), where=change_password))
    error = _fails(host)
    assert isinstance(error, Unauthenticated if step is Step.COMMAND else OutcomeUnknown)
    assert error.nothing_ran == (step is Step.COMMAND)
    assert host.directory.failures == [(HOST, USER)]


@pytest.mark.parametrize(
    "action",
    [
        HtmlPage(),
        HttpStatus(200, b"<a/>", "application/soap+xml"),
        HttpStatus(200, b"", "application/soap+xml"),
        HttpStatus(404, b"no"),
        HttpStatus(500, b"\xff\xfe"),
        HttpStatus(400),
        Soap(5, status=200),
        Truncate(),
        WrongContentType(),
        Rewrite(lambda body: body[: len(body) // 2]),
        Rewrite(lambda body: b'<!DOCTYPE x [<!ENTITY a "b">]>' + body),
        Rewrite(lambda body: body.replace(b"RelatesTo>uuid:", b"RelatesTo>uuid:0")),
        Rewrite(lambda body: body.replace(b"CreateResponse", b"DeleteResponse")),
    ],
    ids=repr,
)
def test_what_is_no_answer_is_refused(host: Host, action: HtmlPage) -> None:
    host.shells_may_remain = True
    host.server.faults.add(Fault(Step.CREATE, action))
    error = _fails(host)
    assert isinstance(error, ProtocolViolation)
    assert error.nothing_ran


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


def test_output_without_end_is_refused(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("partner_operator.winrm.framing.LONGEST_ANSWER", 100_000)
    host.says(chunks(*[Chunk(b"x" * 90_000, after_seconds=0.05)] * 100, exit_code=None))
    error = _fails(host)
    assert isinstance(error, ProtocolViolation)
    assert error.outcome_unknown


def test_a_dripping_reply_ends_at_the_deadline(host: Host) -> None:
    host.server.faults.add(Fault(Step.RECEIVE, Drip(0.3)))
    started = time.monotonic()
    error = _fails(host, seconds=2.0)
    assert isinstance(error, OutcomeUnknown)
    assert 1.9 < time.monotonic() - started < 4.0


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
        assert time.monotonic() - started < 3.0
        assert isinstance(caught.value, TimedOut)
        assert caught.value.nothing_ran


def test_a_run_that_does_not_end_is_ended_at_the_deadline(host: Host) -> None:
    host.says(fixed(after_seconds=MINUTE, exit_code=None))
    started = time.monotonic()
    error = _fails(host, seconds=1.5)
    assert isinstance(error, OutcomeUnknown)
    assert "not done in time" in str(error)
    assert time.monotonic() - started < 4.0
    [(_, _, command)] = host.engine.started
    assert command.terminated


def test_operation_timeouts_of_receive_are_waited_out(host: Host) -> None:
    host.server.faults.add(Fault(Step.RECEIVE, Soap(TIMED_OUT), times=3))
    assert run(host.endpoint(), host.request).data == {"a": "b"}


@pytest.mark.parametrize("step", [Step.CREATE, Step.COMMAND])
def test_operation_timeouts_elsewhere_are_failures(host: Host, step: Step) -> None:
    host.server.faults.add(Fault(step, Soap(TIMED_OUT)))
    error = _fails(host)
    assert isinstance(error, TimedOut if step is Step.CREATE else OutcomeUnknown)
    assert len(host.server.counters.requests(step=step)) == 1


def test_a_busy_pipe_is_sent_to_again(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("partner_operator.winrm.run")
    monkeypatch.setattr(module, "BUSY_SENDING_SECONDS", 0.01)
    host.server.faults.add(Fault(Step.SEND, Soap(BUSY), times=2))
    assert run(host.endpoint(), host.request).data == {"a": "b"}


def test_plain_text_on_the_tls_port_is_named(host: Host) -> None:
    host.server.faults.add(Fault(Step.CONNECT, SayRaw(b"HTTP/1.1 400 Bad Request\r\n\r\n")))
    assert isinstance(_fails(host), (TlsFailed, Unreachable))


def test_connections_need_tls_1_2() -> None:
    watched = Connections(time.monotonic() + MINUTE)
    try:
        context = BoundedAdapter(watched).poolmanager.connection_pool_kw["ssl_context"]
    finally:
        watched.close()
    assert context.minimum_version.name == "TLSv1_2"
    assert context.check_hostname


def test_the_bundle_is_a_private_file_that_does_not_stay(
    host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    seen: list[int] = []
    original = connections.BoundedAdapter.send

    def send(self: BoundedAdapter, *args: object, **options: object) -> object:
        seen.extend(path.stat().st_mode & 0o777 for path in tmp_path.iterdir())
        return original(self, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(connections.BoundedAdapter, "send", send)
    run(host.endpoint(), host.request)
    assert set(seen) == {0o600}
    assert list(tmp_path.iterdir()) == []
