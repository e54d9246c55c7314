"""Arbitrary output around and inside a frame: the one answer that was sent, or a failure. Never a hang."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partner_operator.winrm import (
    Answer,
    Output,
    ProtocolViolation,
    RemoteRunError,
    framing,
    understand,
)
from support.winrm.frames import ASKED, frame, success

SENT = {"a": ["b", {"c": None}], "long": "x" * 100}
GOOD = success(SENT)
MARK = len(b"PO1!")
BANNERS = [
    "Willkommen auf EX1. Übermäßig große Grüße. ÄÖÜß".encode("cp437"),
    "歡迎使用伺服器。許功蓋餐".encode("cp950"),
    "ようこそ。表示ソ能十".encode("cp932"),
    "Добро пожаловать".encode("cp866"),
    "Welcome \U0001f600 Grüße".encode(),
    "Welcome to EX1".encode("utf-16"),
    "Welcome to EX1".encode("utf-16-be"),
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\0\0\0\0",
    b"\xf0\x9f\x98",
    b"\x80" * 7,
    b"\r\n" * 3,
    b"\x1b[2J\x1b[1;1H",
]


def accepted(stdout: bytes) -> Any:
    """The data that would be believed; None for every refusal, which must not claim that nothing ran."""
    try:
        found = framing.find_answer(stdout, ASKED)
    except ProtocolViolation as error:
        return "nothing ran" if error.nothing_ran else None
    return None if found is None else found[0]["data"]


@pytest.mark.parametrize("banner", BANNERS, ids=range(len(BANNERS)))
@pytest.mark.parametrize("width", [0, 8, 80])
def test_banners_in_any_code_page_do_no_harm(banner: bytes, width: int) -> None:
    """Also broken into lines at the console's width, before and after the frame, and cut inside a character."""
    if width:
        banner = b"\r\n".join(banner[at : at + width] for at in range(0, len(banner), width))
    for cut in (banner, banner[:-1], banner[1:]):
        assert accepted(cut + GOOD + cut) == SENT
        assert accepted(cut + b"\r\n" + GOOD + b"\r\n" + cut) == SENT


@pytest.mark.parametrize("width", [1, 40, 79, 80, 120])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r\r\n", b"\0"])
def test_what_stands_between_the_characters_of_a_frame_damages_it(
    width: int, ending: bytes
) -> None:
    """A wrapped frame is refused, and its start mark is seen all the same: something may have run."""
    wrapped = ending.join(GOOD[at : at + width] for at in range(0, len(GOOD), width))
    with pytest.raises(ProtocolViolation, match="damaged") as caught:
        framing.find_answer(wrapped, ASKED)
    assert caught.value.outcome_unknown
    assert framing.has_started(wrapped)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_frame_in_another_encoding_is_not_taken_for_none(encoding: str) -> None:
    """Its marks are seen between the zero bytes, so nobody says that nothing ran."""
    recoded = GOOD.decode().encode(encoding)
    with pytest.raises(ProtocolViolation, match="damaged") as caught:
        framing.find_answer(recoded, ASKED)
    assert not caught.value.nothing_ran
    assert framing.has_started(b"PO1!".decode().encode(encoding))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60), st.integers(0, len(GOOD)), st.integers(0, 30))
def test_bytes_put_into_a_frame_or_in_place_of_a_part_never_change_the_answer(
    bytes_: bytes, at: int, gone: int
) -> None:
    """The answer that was sent, or none."""
    assert accepted(GOOD[:at] + bytes_ + GOOD[at + gone :]) in (SENT, None)


PARTS = st.lists(
    st.sampled_from(
        [b"PO1[", b"]PO1", b"PO1!", b"PO1", b":", b"64", b"a" * 64, b"=", b"e30=", b"\r\n", GOOD[:90],
         GOOD[90:], GOOD, frame({"ok": True, "data": {}}, to="b" * 64)]
    )
    | st.binary(max_size=8),
    max_size=8,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(PARTS)
def test_pieces_of_frames_in_any_order_give_the_answer_once_or_nothing(parts: list[bytes]) -> None:
    """Believed only where the good frame stands once, and no other whole one does."""
    stdout = b"".join(parts)
    data = accepted(stdout)
    assert data in (SENT, None)
    if data is not None:
        assert stdout.count(GOOD[MARK:]) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["value", "Count", "version", "clock", "bits", "messages", "id", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "ok": st.sampled_from([True, False, 1, "true", None]),
        "why": st.sampled_from(["Damaged", "Prepare", "Busy", "Script", "Answer", "x", None, []]),
        "data": JSON,
        "error": JSON,
        "host": JSON | st.just({"version": "5.1", "clock": 1795588412, "bits": 64}),
        "to": st.just(ASKED) | JSON,
    },
)


@settings(max_examples=500, deadline=None)
@given(DOCUMENTS, st.booleans(), st.binary(max_size=40), st.integers(0, 2**32 - 1))
def test_any_document_in_a_good_frame_is_an_answer_or_a_failure_of_ours(
    document: dict[str, Any], started: bool, stderr: bytes, code: int
) -> None:
    """Whatever a host seals; what it started must not be forgotten."""
    stdout = (b"PO1!" if started else b"") + frame(document)
    found = understood(Output(stdout, stderr, code, {}))
    if isinstance(found, RemoteRunError):
        assert not (started and found.nothing_ran)
    else:
        assert isinstance(found.data, dict)


def understood(output: Output) -> Answer | RemoteRunError:
    """The answer, or why there is none."""
    try:
        return understand("ex1", output, ASKED, ("hunter2",))
    except RemoteRunError as error:
        return error


def huge(payload: bytes) -> bytes:
    """A frame whose length and digest are right."""
    digest = hashlib.sha256(payload).hexdigest()
    return f"PO1[{len(payload)}:{digest}:{base64.b64encode(payload).decode()}]PO1".encode()


FLOODS = {
    "beginnings": b"PO1[" * 4_000_000,
    "headers": (b"PO1[1:" + b"a" * 64 + b":") * 200_000,
    "one endless": b"PO1[1:" + b"a" * 64 + b":" + b"A" * 15_000_000,
    "digits": b"PO1[" + b"9" * 15_000_000,
    "marks": b"PO1!" * 4_000_000,
    "frames": huge(b"{}") * 140_000,
    "deep": huge(b'{"data":' + b"[" * 5_000_000),
    "deep and closed": huge(b"[" * 90_000 + b"]" * 90_000),
    "deep data": huge(b'{"to":"' + ASKED.encode() + b'","data":' + b"[" * 900 + b"]" * 900 + b"}"),
    "a long number": huge(b'{"data":' + b"9" * 5_000_000 + b"}"),
    "line breaks": b"\r\n" * 8_000_000,
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS.keys())
def test_floods_below_the_limit_are_done_with_at_once(flood: bytes) -> None:
    """Time grows with length only: some tenths of a second for 16 MB."""
    assert len(flood) <= framing.LONGEST_ANSWER
    started = time.monotonic()
    assert accepted(flood) is None
    framing.has_started(flood)
    framing.refused_language_mode(flood)
    assert time.monotonic() - started < 60


@pytest.mark.parametrize("value", [b"[]", b"{}", b"1", b'"="'])
def test_a_million_values_are_refused_before_they_are_made(value: bytes) -> None:
    """They would need hundreds of megabytes."""
    payload = b'{"to":"' + ASKED.encode() + b'","data":[' + b",".join([value] * 2_000_000) + b"]}"
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolViolation, match="more than 500000 values"):
            framing.find_answer(huge(payload), ASKED)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * len(payload)


def test_what_is_too_large_says_how_large_is_allowed() -> None:
    """The sentence names the limit."""
    with pytest.raises(ProtocolViolation, match=str(framing.LONGEST_ANSWER)) as caught:
        understand("ex1", Output(b"x" * framing.LONGEST_ANSWER + GOOD, b"", 0, {}), ASKED, ())
    assert caught.value.message.startswith("ex1: ")
    assert caught.value.outcome_unknown


def test_the_good_frame_is_good() -> None:
    """Else the refusals above would prove nothing."""
    assert accepted(GOOD) == SENT
    assert json.loads(base64.b64decode(GOOD.split(b":")[-1][:-4]))["to"] == ASKED
