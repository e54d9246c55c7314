"""Request lines and answer frames: any plain data travels, nothing damaged is accepted."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from partner_operator.winrm import ProtocolViolation, framing
from support.winrm.frames import ASKED, frame, read_request, sent, success

# json.loads joins surrogate pairs, so lone ones are drawn by themselves.
TEXT = st.text(st.characters(exclude_categories=()), max_size=20).map(
    lambda text: json.loads(json.dumps(text))
) | st.sampled_from(["\ud800", "'\u2019\"`", "$(exit 9)", "2026-09-07T09:44:13.769Z", "/Date(0)/"])
NAMES = st.text("abcdefgh", min_size=1, max_size=6)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, PLAIN, max_size=4), st.dictionaries(NAMES, TEXT, max_size=3), TEXT)
def test_a_request_is_one_checked_ascii_line(
    parameters: dict[str, Any], secrets: dict[str, str], script: str
) -> None:
    line = framing.request_line(script, parameters, secrets, 1500)
    assert line.isascii()
    assert line.count(b"\n") == 1
    document = read_request(line)
    assert re.fullmatch("[0-9a-f]{32}", document.pop("id"))
    assert document == {
        "script": sent(script),
        "parameters": sent(parameters),
        "secrets": sent(secrets),
        "wait": 1500,
    }


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"a": 2**31}, "32-bit"),
        ({"a": 1.5}, "float"),
        ({"a": b"x"}, "bytes"),
        ({"": 1}, "plain name"),
        ({"a": {"b c": 1}}, "plain name"),
        ({"a": 1, "A": 2}, "letter case"),
        ({"__type": "x"}, "keeps for itself"),
        ({"a": "x" * 2_000_000}, "characters"),
    ],
)
def test_what_two_powershells_would_read_differently_is_not_sent(
    parameters: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        framing.request_line("", parameters, {}, 0)


def test_endless_nesting_is_not_sent() -> None:
    nested: list[Any] = []
    nested.append(nested)
    with pytest.raises(ValueError, match="nested too deeply"):
        framing.request_line("", {"a": nested}, {}, 0)


@given(st.dictionaries(NAMES, PLAIN, max_size=4), st.binary(max_size=40), st.binary(max_size=40))
def test_an_answer_is_found_whatever_stands_around_it(
    data: dict[str, Any], before: bytes, after: bytes
) -> None:
    assume(b"PO1" not in before + after)
    found = framing.find_answer(before + success(data) + after, ASKED)
    assert found is not None
    assert found[0]["data"] == data
    assert found[1] == before + after


def _accepted(stdout: bytes) -> Any:
    """What find_answer takes for an answer; a refusal must say that the outcome is unknown."""
    try:
        return framing.find_answer(stdout, ASKED)
    except ProtocolViolation as error:
        return None if error.outcome_unknown and not error.nothing_ran else error


NOISE = [
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"Welcome to EX1\r\n\r\n",
    b"\xe2\x82",
    b"Gr\x81\xe1e\r\r\n",
    b"#< CLIXML\r\n<Objs></Objs>",
    b"\x00\x00",
    b"PO1[",
    b"PO1[12:00:AA",
]


@pytest.mark.parametrize("noise", NOISE)
def test_known_noise_around_a_frame_does_no_harm(noise: bytes) -> None:
    found = framing.find_answer(noise + success({"a": "b"}) + noise, ASKED)
    assert found is not None
    assert found[0]["data"] == {"a": "b"}


@given(st.data(), st.dictionaries(NAMES, TEXT, min_size=1, max_size=2))
def test_a_damaged_frame_is_never_taken_for_an_answer(
    data: st.DataObject, value: dict[str, str]
) -> None:
    good = success(value)
    place = data.draw(st.integers(len(b"PO1!"), len(good) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda drawn: drawn != good[place]))
    broken = good[:place] + bytes([byte]) + good[place + 1 :]
    assert _accepted(broken) is None


@given(st.data())
def test_a_frame_cut_short_is_never_taken_for_an_answer(data: st.DataObject) -> None:
    good = success({"a": ["b" * 30]})
    start = len(b"PO1!")
    kept = good[: data.draw(st.integers(start + 4, len(good) - 1))]
    with pytest.raises(ProtocolViolation, match="damaged"):
        framing.find_answer(kept, ASKED)


def test_a_torn_copy_of_a_frame_is_noise() -> None:
    whole = success({"n": 2})
    found = framing.find_answer(whole[:-9] + b"\n" + whole + whole[:-9], ASKED)
    assert found is not None
    assert found[0]["data"] == {"n": 2}


OTHER = "b" * 64
MINE, THEIRS = success({"n": 1}), frame({"ok": True, "why": "Answer"}, to=OTHER)


@pytest.mark.parametrize(
    ("stdout", "complaint"),
    [
        (THEIRS, "the answer to another request"),
        (b"PO1!" + THEIRS, "the answer to another request"),
        (MINE + THEIRS, "the answer to another request"),
        (THEIRS + b"\r\n" + MINE, "the answer to another request"),
        (frame({"ok": False, "why": "Damaged"}, to=OTHER), "the answer to another request"),
        (frame({"ok": False, "why": "Busy"}, to=""), "the answer to another request"),
        (frame({"ok": True, "why": "Answer", "to": None}), "the answer to another request"),
        (frame({"ok": True, "why": "Answer", "to": [ASKED]}), "the answer to another request"),
        (frame({"ok": True, "why": "Answer"}, to=ASKED.upper()), "the answer to another request"),
        (MINE + MINE, "the same answer 2 times"),
        (MINE + b"\r\n" + MINE + MINE, "the same answer 3 times"),
        (MINE + success({"n": 2}), "different answers 2 times"),
        (success({"n": 2}) + MINE, "different answers 2 times"),
        (frame({"ok": False, "why": "Damaged"}, to="") * 2, "the same answer 2 times"),
    ],
)
def test_who_answers_wrongly_or_twice_is_not_believed(stdout: bytes, complaint: str) -> None:
    """Not even in what is missing: without a start mark too, the outcome counts as unknown."""
    with pytest.raises(ProtocolViolation, match=complaint) as caught:
        framing.find_answer(stdout, ASKED)
    assert caught.value.outcome_unknown
    assert not caught.value.nothing_ran


def test_a_request_too_damaged_to_be_told_apart_is_answered_without_a_digest() -> None:
    assert framing.find_answer(frame({"ok": False, "why": "Damaged"}, to=""), ASKED) is not None


@given(st.dictionaries(NAMES, PLAIN, max_size=2))
def test_the_same_request_twice_is_two_requests(parameters: dict[str, Any]) -> None:
    """Else an answer that was kept from an earlier run would fit."""
    lines = [framing.request_line("@{}", parameters, {}, 0) for _ in range(2)]
    digests = [framing.request_digest(line) for line in lines]
    assert digests[0] != digests[1]
    stale = frame({"ok": True, "why": "Answer", "data": {}}, to=digests[0])
    with pytest.raises(ProtocolViolation, match="another request"):
        framing.find_answer(stale, digests[1])


@pytest.mark.parametrize("line", [b"", b"PO1<", b"x PO1<2:" + b"a" * 64 + b":e30=>PO1"])
def test_what_is_no_request_line_has_no_digest(line: bytes) -> None:
    with pytest.raises(ValueError, match="no request line"):
        framing.request_digest(line)


def test_no_trace_of_a_frame_is_no_answer() -> None:
    assert framing.find_answer(b"The system cannot find the path specified.\r\n", ASKED) is None


def test_too_much_output_is_refused_even_with_a_good_frame() -> None:
    with pytest.raises(ProtocolViolation, match="more than"):
        framing.find_answer(b"x" * framing.LONGEST_ANSWER + success({}), ASKED)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"a": "@{d=1}"}, "flattened object at data.a"),
        ({"a": ["=x", "System.Collections.Hashtable"]}, r"flattened object at data.a\[1\]"),
        ({"a": "/Date(1599499453769)/"}, "flattened object"),
        ({"a": {"value": ["=x"], "Count": 1}}, "wrapped list at data.a"),
        ({"a": {"value": "/Date(1)/", "DisplayHint": 2, "DateTime": "Sunday"}}, "flattened object"),
        ({"a": 1.5}, "fraction"),
    ],
)
def test_c11_what_convertto_json_makes_of_unplain_objects_is_refused(
    data: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ProtocolViolation, match=complaint):
        framing.find_answer(frame({"ok": True, "data": data}), ASKED)


@pytest.mark.parametrize("depth", [framing.DEEPEST + 3, 500, 100_000])
def test_an_answer_that_is_nested_too_deeply_is_refused(depth: int) -> None:
    """Also where the reader of JSON itself gives up."""
    nested = b"[" * depth + b"]" * depth
    payload = b'{"to":"%s","ok":true,"data":%s}' % (ASKED.encode(), nested)
    digest = hashlib.sha256(payload).hexdigest().encode()
    stdout = b"PO1[%d:%s:%s]PO1" % (len(payload), digest, base64.b64encode(payload))
    with pytest.raises(ProtocolViolation, match=r"nested too deeply|arrived damaged"):
        framing.find_answer(stdout, ASKED)


def test_c11_a_name_that_looks_like_a_flattened_object_is_only_a_name() -> None:
    names = ["@{a=1}", "System.Object[]", "/Date(0)/", "2026-09-07T09:44:13.769Z", ""]
    found = framing.find_answer(success({"names": names}), ASKED)
    assert found is not None
    assert found[0]["data"] == {"names": names}


def test_the_start_mark_tells_whether_the_script_began() -> None:
    assert framing.has_started(b"noise PO1! more")
    assert not framing.has_started(b"noise " + frame({"ok": False}))


def test_the_start_mark_is_no_part_of_the_console_output() -> None:
    found = framing.find_answer(b"one PO1!two " + success({}) + b" three", ASKED)
    assert found is not None
    assert found[1] == b"one two  three"
