"""Hosts that answer something else than what was asked: named, and believed in nothing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest

from partner_operator.winrm import (
    Busy,
    ProtocolViolation,
    RemoteRunError,
    ScriptError,
    run,
)
from support.winrm.frames import ASKED, failure, frame, marked, readdressed, success
from support.winrm.host import HOST, Host
from support.wsman.echo_engine import Chunk

GOOD = {"version": "5.1.17763.1", "clock": 1795588412, "bits": 64}
RECORD = {"id": "x", "type": "T", "inner": "T", "category": "C", "messages": ["m"], "position": ""}


def fails(host: Host) -> RemoteRunError:
    """What the run raises; the host got exactly one command."""
    before = len(host.engine.started)
    with pytest.raises(RemoteRunError) as caught:
        run(host.endpoint(), host.request)
    assert len(host.engine.started) == before + 1
    return caught.value


def named(error: RemoteRunError, *words: str) -> None:
    """A protocol violation of unknown outcome that names the host and says these words."""
    assert isinstance(error, ProtocolViolation)
    assert error.outcome_unknown
    assert not error.nothing_ran
    assert error.message.startswith(f"{HOST}: ")
    assert [word for word in words if word not in error.message] == []


class Replayer:
    """Answers the first request rightly, and all later ones with what it answered then."""

    def __init__(self, first: bytes) -> None:
        self.kept: bytes | None = None
        self._first = first

    def __call__(self, stdin: bytes) -> tuple[Sequence[Chunk], int | None]:
        """The same bytes for ever."""
        if self.kept is None:
            self.kept = readdressed(self._first, stdin)
        return [Chunk(self.kept)], 0


@pytest.mark.parametrize(
    "first", [success({"a": "b"}), b"PO1!" + failure("Script", **RECORD), failure("Busy")]
)
def test_an_answer_kept_from_an_earlier_run_is_refused(host: Host, first: bytes) -> None:
    """Also one that tells of a failure, and also to the same request, sent again."""
    host.says(Replayer(first))
    with suppress(ScriptError, Busy):
        run(host.endpoint(), host.request)
    for _ in range(2):
        named(fails(host), "the answer to another request")


def test_the_same_answer_twice_is_refused(host: Host) -> None:
    host.prints(success({"a": 1}) * 2)
    named(fails(host), "the same answer 2 times")


def test_two_different_answers_are_refused(host: Host) -> None:
    host.prints(success({"a": 1}) + b"\r\n" + success({"a": 2}))
    named(fails(host), "different answers 2 times")


@pytest.mark.parametrize(
    "facts",
    [
        None,
        [],
        "=5.1",
        {},
        {**GOOD, "version": None},
        {**GOOD, "version": 5},
        {**GOOD, "clock": None},
        {**GOOD, "clock": "1795588412"},
        {**GOOD, "clock": 1.5},
        {**GOOD, "clock": True},
        {**GOOD, "clock": [1795588412]},
        {**GOOD, "bits": "64"},
        {**GOOD, "bits": None},
    ],
)
def test_facts_of_the_host_in_another_form_are_refused(host: Host, facts: Any) -> None:
    document = {"ok": True, "why": "Answer", "data": marked({"a": "b"}), "host": facts}
    host.prints(b"PO1!" + frame(document))
    named(fails(host), "does not hold what every answer holds")


@pytest.mark.parametrize(
    ("clock", "year"),
    [
        (-11_644_473_600, "1601"),
        (0, "1970"),
        (1_577_836_799, "2019"),
        (4_102_444_800, "2100"),
        (253_402_300_799, "9999"),
        (10**40, ""),
    ],
)
def test_an_absurd_clock_is_named(host: Host, clock: int, year: str) -> None:
    host.prints(success({"a": "b"}, clock=clock))
    named(fails(host), "its clock shows the year", year)


@pytest.mark.parametrize("data", [None, [], "=x", 7, True])
def test_data_that_is_no_object_is_refused(host: Host, data: Any) -> None:
    host.prints(b"PO1!" + frame({"ok": True, "why": "Answer", "data": data, "host": GOOD}))
    named(fails(host), "does not hold what every answer holds")


@pytest.mark.parametrize(
    ("started", "document"),
    [
        (True, {"why": "Damaged"}),
        (True, {"why": "Busy"}),
        (True, {"why": "Prepare", "error": RECORD}),
        (False, {"why": "Script", "error": RECORD}),
        (False, {"why": "Answer", "error": RECORD}),
        (False, {"why": "Busy", "error": 7}),
        (True, {"why": "Script"}),
        (True, {"why": "Script", "error": "=boom"}),
        (True, {"why": "Sabotage", "error": RECORD}),
        (False, {"why": "Sabotage", "error": RECORD}),
        (True, {"why": ["Script"], "error": RECORD}),
        (True, {"error": RECORD}),
        (False, {}),
        (True, {"ok": "true", "why": "Answer", "data": {}, "host": GOOD}),
        (True, {"ok": 1, "why": "Answer", "data": {}, "host": GOOD}),
    ],
)
def test_a_failure_that_contradicts_itself_proves_nothing(
    host: Host, started: bool, document: dict[str, Any]
) -> None:
    """Above all not that nothing ran: the start mark and the stage must agree."""
    host.prints((b"PO1!" if started else b"") + frame({"ok": False, **document}))
    named(fails(host), "contradicts itself")


@pytest.mark.parametrize("messages", [None, "=m", 7, {"a": 1}, [None, 7, ["x"], {}]])
def test_an_error_record_in_another_form_is_still_an_error(host: Host, messages: Any) -> None:
    host.prints(b"PO1!" + failure("Script", **{**RECORD, "messages": messages, "id": None}))
    error = fails(host)
    assert isinstance(error, ScriptError)
    assert not error.nothing_ran
    assert all(isinstance(message, str) for message in error.details.messages)


def test_the_played_host_answers_the_request_it_got(host: Host) -> None:
    """Else every refusal above would come of the wrong digest alone."""
    assert run(host.endpoint(), host.request).data == {"a": "b"}
    [(_, _, command)] = host.engine.started
    whole = readdressed(success({"a": "b"}), command.stdin)
    assert len(whole) == len(success({"a": "b"}))
    assert ASKED.encode() not in whole
