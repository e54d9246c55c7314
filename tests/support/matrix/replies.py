"""Kinds 6 to 13, 16 and 20: replies that are errors, that are none, or that do not come."""

from __future__ import annotations

from collections.abc import Iterator

from partner_simulator.wsman import (
    Drop,
    Fault,
    FaultShape,
    HtmlPage,
    HttpStatus,
    Oversize,
    Redirect,
    Reset,
    Rewrite,
    Soap,
    Step,
    Truncate,
    When,
    WrongContentType,
)
from partner_simulator.wsman import soap_faults as codes
from support.matrix.model import (
    FORBIDDEN,
    NO_ANSWER,
    QUOTA_EXCEEDED,
    STEPS,
    TIMED_OUT,
    UNREACHABLE,
    Cell,
    Counts,
    Expected,
    Kind,
)
from support.matrix.rules import (
    AFTER_CREATE,
    HTTP_STEPS,
    SOAP_STEPS,
    Arrange,
    Strikes,
    at,
    no_reply,
    refused,
    without_reply,
)
from support.matrix.stage import RUN, Stage

_BEFORE = (When.BEFORE,)
_AFTER = (When.AFTER,)
_SOAP_TYPE = "application/soap+xml;charset=UTF-8"
_BOMB = (
    b'<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>'
)
_FILE = b'<!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
STATUSES = (301, 302, 303, 307, 308)


def cells() -> Iterator[Cell]:
    """All of them."""
    yield from _denied()
    yield from _soap()
    yield from _quotas()
    yield from _http()
    yield from _damaged()
    yield from _lost()
    yield from _redirects()


def _denied() -> Iterator[Cell]:
    kind = Kind.ACCESS_DENIED
    for step in SOAP_STEPS:
        arrange = Strikes(Soap(codes.ACCESS_DENIED))
        yield at(kind, "fault 5", step, refused(step, FORBIDDEN), arrange)


def _soap() -> Iterator[Cell]:
    kind = Kind.SOAP
    for step in AFTER_CREATE:
        shell_gone = refused(step, NO_ANSWER) if step is not Step.COMMAND else None
        expected = shell_gone or no_reply(step, When.BEFORE, NO_ANSWER, closes=False)
        arrange = Strikes(Soap(codes.UNKNOWN_SHELL))
        yield at(kind, "shell not found", step, expected, arrange)
    for step in SOAP_STEPS:
        if step not in (Step.SEND, Step.RECEIVE):
            expected = no_reply(step, When.BEFORE, TIMED_OUT, closes=False)
            yield at(kind, "TimedOut", step, expected, Strikes(Soap(codes.TIMED_OUT)))
        expected = no_reply(step, When.BEFORE, NO_ANSWER, closes=False)
        arrange = Strikes(Soap(codes.PROFILE_UNLOADED))
        yield at(kind, "0x800703FA", step, expected, arrange)
    # The text was delivered, or the bootstrap's checksum tells that it was not.
    yield at(
        kind,
        "TimedOut",
        Step.SEND,
        Expected(None),
        Strikes(Soap(codes.TIMED_OUT)),
        When.AFTER,
    )
    yield at(kind, "170 twice", Step.SEND, Expected(None, Counts(sends=3)), _busy_pipe(2))
    unknown = no_reply(Step.SEND, When.BEFORE, NO_ANSWER, closes=False).failure
    busy = Expected(unknown, Counts(sends=3))
    yield at(kind, "170 for ever", Step.SEND, busy, _busy_pipe(None))
    for step in (Step.RECEIVE, Step.SIGNAL):
        expected = no_reply(step, When.BEFORE, NO_ANSWER, closes=False)
        arrange = Strikes(Soap(codes.OPERATION_ABORTED))
        yield at(kind, "995", step, expected, arrange)


def _busy_pipe(times: int | None) -> Arrange:
    def arrange(stage: Stage, cell: Cell) -> None:
        stage.patch.setattr(RUN, "BUSY_SENDING_SECONDS", 0.01)
        stage.host.server.faults.add(Fault(cell.step, Soap(codes.BUSY), times=times))

    return arrange


def _quotas() -> Iterator[Cell]:
    for step in SOAP_STEPS:
        code, what = (
            (codes.SHELL_QUOTA, "shells")
            if step is Step.CREATE
            else (codes.OPERATION_QUOTA, "operations")
        )
        for shape in FaultShape:
            variant = f"{what}, {shape.value}"
            arrange = Strikes(Soap(code, shape))
            expected = refused(step, QUOTA_EXCEEDED)
            yield at(Kind.QUOTA, variant, step, expected, arrange)


def _http() -> Iterator[Cell]:
    kind, page = Kind.HTTP, b"<h2>Service Unavailable</h2>"
    for variant, action, first in (
        ("500 without a body", HttpStatus(500), NO_ANSWER),
        ("503 with text", HttpStatus(503, page, "text/html"), UNREACHABLE),
        ("400 without a body", HttpStatus(400), NO_ANSWER),
        ("500 that is no UTF-8", HttpStatus(500, b"\xff\xfe\xe4", _SOAP_TYPE), NO_ANSWER),
        ("404", HttpStatus(404, b"no", "text/html"), NO_ANSWER),
    ):
        yield from without_reply(kind, variant, action, first, HTTP_STEPS)


def _damaged() -> Iterator[Cell]:
    def half(body: bytes) -> bytes:
        return body[: len(body) // 2]

    def other_message(body: bytes) -> bytes:
        return body.replace(b"RelatesTo>uuid:", b"RelatesTo>uuid:0")

    def other_action(body: bytes) -> bytes:
        return body.replace(b"Response</a:Action>", b"Other</a:Action>")

    yield from without_reply(
        Kind.TRUNCATED_BODY, "half", Truncate(), NO_ANSWER, SOAP_STEPS, whens=_AFTER, closes=True
    )
    for kind, variant, action in (
        (Kind.TRUNCATED_XML, "half", Rewrite(half)),
        (Kind.SUCCESS, "wrong Content-Type", WrongContentType()),
        (Kind.SUCCESS, "for another message", Rewrite(other_message)),
        (Kind.SUCCESS, "to another operation", Rewrite(other_action)),
        (Kind.BOMB, "entities", Rewrite(lambda body: _BOMB + body)),
        (Kind.BOMB, "a file as entity", Rewrite(lambda body: _FILE + body)),
    ):
        yield from without_reply(kind, variant, action, NO_ANSWER, SOAP_STEPS, whens=_AFTER)
    yield from without_reply(
        Kind.BOMB, "9 MB", Oversize(9_000_000), NO_ANSWER, SOAP_STEPS, whens=_AFTER, closes=True
    )
    fault = Soap(codes.UNKNOWN_RESOURCE, status=200)
    yield from without_reply(
        Kind.SUCCESS, "SOAP fault", fault, NO_ANSWER, SOAP_STEPS, whens=_BEFORE, times=None
    )
    for variant, stand_in in (
        ("HTML", HtmlPage()),
        ("other XML", HttpStatus(200, b"<a/>", _SOAP_TYPE)),
        ("empty", HttpStatus(200, b"", _SOAP_TYPE)),
    ):
        yield from without_reply(Kind.SUCCESS, variant, stand_in, NO_ANSWER, HTTP_STEPS)


def _lost() -> Iterator[Cell]:
    for variant, action in (("RST", Reset()), ("FIN", Drop())):
        yield from without_reply(Kind.LOST, variant, action, UNREACHABLE, STEPS, closes=True)


def _redirects() -> Iterator[Cell]:
    def away(status: int, scheme: str) -> Arrange:
        def arrange(stage: Stage, cell: Cell) -> None:
            url = f"{scheme}://127.0.0.1:{stage.open_decoy().port}/wsman"
            stage.host.server.faults.add(Fault(cell.step, Redirect(url, status)))

        return arrange

    for step in HTTP_STEPS:
        for status in STATUSES:
            variant, scheme = str(status), "http" if status == 302 else "https"
            expected = no_reply(step, When.BEFORE, NO_ANSWER, closes=False)
            arrange = away(status, scheme)
            yield at(Kind.REDIRECT, f"{variant} to {scheme}", step, expected, arrange)
