"""Kinds 14, 15 and 17 to 19: TLS, slowness, and connections that are closed or never come about."""

from __future__ import annotations

import socket
import ssl
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from partner_simulator.certificates import CertificateAuthority, Identity, server_context
from partner_simulator.wsman import Delay, Drip, Fault, SayRaw, Soap, Step, When, WsmanSettings
from partner_simulator.wsman import soap_faults as codes
from support.matrix.model import (
    STEPS,
    TIMED_OUT,
    TLS_FAILED,
    UNKNOWN,
    UNREACHABLE,
    Cell,
    Counts,
    Expected,
    Kind,
)
from support.matrix.rules import AFTER_CREATE, BOTH, NOTHING, Arrange, Strikes, at, no_reply
from support.matrix.stage import LITTLE_SECONDS, Stage
from support.winrm.host import HOST

_IDLE_SECONDS = 0.15
_SILENT_SECONDS = 30.0


def cells() -> Iterator[Cell]:
    """All of them."""
    yield from _tls()
    yield from _slow()
    yield from _idle()
    yield from _loops()
    yield from _no_connection()


def _tls() -> Iterator[Cell]:
    refused = Expected(TLS_FAILED, NOTHING)
    now = datetime.now(UTC)

    def dated(start: timedelta, end: timedelta) -> Callable[[Stage], Identity]:
        return lambda stage: stage.host.authority.issue_server(
            [HOST], not_before=now + start, not_after=now + end
        )

    day = timedelta(days=1)
    for variant, issue in (
        ("unknown CA", lambda _: CertificateAuthority("OTHER-CA").issue_server([HOST])),
        ("expired", dated(-2 * day, -day)),
        ("not yet valid", dated(day, 2 * day)),
        ("wrong host", lambda stage: stage.host.authority.issue_server(["other"], addresses=[])),
        ("name in CN only", lambda stage: stage.host.authority.issue_signing(HOST)),
    ):
        yield at(Kind.TLS, variant, Step.CONNECT, refused, _presents(issue))
    yield at(
        Kind.TLS,
        "plain text on the TLS port",
        Step.CONNECT,
        refused,
        Strikes(SayRaw(b"HTTP/1.1 400 Bad Request\r\n\r\n")),
    )
    yield at(Kind.TLS, "TLS 1.1", Step.CONNECT, refused, _old_protocol)
    for step in AFTER_CREATE:
        yield at(Kind.TLS, "certificate changed meanwhile", step, _rolled_at(step), _rolls)


def _presents(issue: Callable[[Stage], Identity]) -> Arrange:
    def arrange(stage: Stage, _: Cell) -> None:
        stage.host.server.use_certificate(issue(stage))

    return arrange


def _old_protocol(stage: Stage, _: Cell) -> None:
    def old_context(identity: Identity) -> ssl.SSLContext:
        context = server_context(identity)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        return context

    stage.patch.setattr("partner_simulator.wsman.server.server_context", old_context)
    stage.host.server.use_certificate(stage.host.authority.issue_server([HOST]))


def _rolled_at(step: Step) -> Expected:
    """Nothing is sent to the host with the unknown certificate, so the shell stays."""
    match step:
        case Step.COMMAND:
            return Expected(UNKNOWN, Counts(commands=0, sends=0, shells_left=1))
        case Step.SEND:
            return Expected(UNKNOWN, Counts(sends=0, shells_left=1))
        case Step.RECEIVE:
            return Expected(UNKNOWN, Counts(shells_left=1))
    return Expected(None, Counts(shells_left=1))


def _rolls(stage: Stage, cell: Cell) -> None:
    def roll(_: object) -> None:
        other = CertificateAuthority("OTHER-CA").issue_server([HOST])
        stage.host.server.use_certificate(other)
        stage.wait_until_left_alone()

    stage.host.server.settings = WsmanSettings(connection_idle_seconds=_IDLE_SECONDS)
    stage.before(cell.step, roll)


def _slow() -> Iterator[Cell]:
    kind = Kind.SLOW
    for step in STEPS:
        for when in BOTH:
            expected = _given_up_at(step, when)
            if step is Step.SEND:
                # The host is not done with it when the run is over.
                expected = Expected(UNKNOWN, Counts(accepted=2, sends=0))
            yield at(kind, "no reply", step, expected, _hurried(Delay(_SILENT_SECONDS)), when)
    for step in STEPS[2:]:
        expected = _given_up_at(step, When.AFTER)
        arrange = _hurried(Drip(0.2))
        yield at(kind, "one byte at a time", step, expected, arrange, When.AFTER)
        late = _given_up_at(step, When.AFTER)
        yield at(kind, "reply after the read timeout", step, late, _late, When.AFTER)


def _given_up_at(step: Step, when: When) -> Expected:
    """As without a reply; the connection is not used again."""
    return no_reply(step, when, TIMED_OUT, closes=True)


def _hurried(action: Delay | Drip) -> Arrange:
    def arrange(stage: Stage, cell: Cell) -> None:
        stage.hurry(cell.step)
        stage.host.server.faults.add(Fault(cell.step, action, when=cell.when))

    return arrange


def _late(stage: Stage, cell: Cell) -> None:
    def be_impatient(_: object) -> None:
        stage.patch.setattr("partner_operator.winrm.transport.READ_SECONDS", 0.4)

    stage.before(cell.step, be_impatient)
    stage.host.server.faults.add(Fault(cell.step, Delay(0.8), when=cell.when))


def _idle() -> Iterator[Cell]:
    def arrange(stage: Stage, cell: Cell) -> None:
        stage.host.server.settings = WsmanSettings(connection_idle_seconds=_IDLE_SECONDS)
        stage.before(cell.step, lambda _: stage.wait_until_left_alone())

    for step in AFTER_CREATE:
        yield at(Kind.IDLE, "by the host", step, Expected(None, Counts(accepted=2)), arrange)


def _loops() -> Iterator[Cell]:
    timed_out = Soap(codes.TIMED_OUT)

    def for_ever(stage: Stage, cell: Cell) -> None:
        stage.hurry(cell.step)
        for action in (Delay(LITTLE_SECONDS / 1.5), timed_out):
            stage.host.server.faults.add(Fault(cell.step, action, times=None))

    step = Step.RECEIVE
    yield at(Kind.LOOP, "three times", step, Expected(None), Strikes(timed_out, 3))
    ended = Expected(UNKNOWN, Counts(accepted=2))
    yield at(Kind.LOOP, "for ever", step, ended, for_ever)


def _no_connection() -> Iterator[Cell]:
    def closed_port(stage: Stage, _: Cell) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            stage.endpoint["port"] = free.getsockname()[1]

    def no_such_name(stage: Stage, _: Cell) -> None:
        stage.endpoint["host"] = "no-such-host.invalid"

    def half_open(stage: Stage, _: Cell) -> None:
        stage.request["deadline_seconds"] = LITTLE_SECONDS
        stage.endpoint["port"] = stage.open_decoy().port

    def full_backlog(stage: Stage, _: Cell) -> None:
        stage.request["deadline_seconds"] = LITTLE_SECONDS
        full = stage.closing.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _number in range(3):
            waiting = stage.closing.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        stage.endpoint["port"] = full.getsockname()[1]

    def slow_name(stage: Stage, _: Cell) -> None:
        real = socket.getaddrinfo

        def getaddrinfo(*args: Any, **options: Any) -> Any:
            time.sleep(2 * LITTLE_SECONDS)
            return real(*args, **options)

        stage.request["deadline_seconds"] = LITTLE_SECONDS
        stage.patch.setattr(socket, "getaddrinfo", getaddrinfo)

    for variant, failure, arrange in (
        ("connection refused", UNREACHABLE, closed_port),
        ("name resolves too late", TIMED_OUT, slow_name),
        ("name does not resolve", UNREACHABLE, no_such_name),
        ("accepted, then silence", TIMED_OUT, half_open),
        ("backlog full", TIMED_OUT, full_backlog),
    ):
        yield at(Kind.NETWORK, variant, Step.CONNECT, Expected(failure, NOTHING), arrange)
