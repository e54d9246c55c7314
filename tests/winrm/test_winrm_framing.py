"""Frames: what is whole comes through, and nothing damaged is ever accepted."""

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

names = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,8}", fullmatch=True)
whole_numbers = st.integers(min_value=-(2**31), max_value=2**31 - 1)
plain = st.recursive(
    st.none() | st.booleans() | whole_numbers | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(names, inner, max_size=3).filter(
            lambda d: len({key.lower() for key in d}) == len(d)
        )
    ),
    max_leaves=8,
)
documents = st.dictionaries(names, plain, max_size=4).filter(
    lambda d: len({key.lower() for key in d}) == len(d) and d.keys() != {"value", "Count"}
)
noise = st.binary(max_size=40)


def marked(value: Any) -> Any:
    """A value as the bootstrap writes it: one character in front of each text."""
    if isinstance(value, str):
        return "=" + value
    if isinstance(value, list):
        return [marked(inner) for inner in value]
    if isinstance(value, dict):
        return {key: marked(inner) for key, inner in value.items()}
    return value


def frame(document: Any, *, mark: bool = True) -> bytes:
    """An answer as the bootstrap writes it."""
    whole = {"ok": True, "data": marked(document) if mark else document}
    payload = json.dumps(whole).encode()
    digest = hashlib.sha256(payload).hexdigest().encode()
    return b"PO1[%d:%s:%s]PO1" % (len(payload), digest, base64.b64encode(payload))


def accepted(stdout: bytes) -> dict[str, Any] | None:
    """The document that is taken from standard output, or None when it is refused or absent."""
    try:
        found = framing.find_answer(stdout)
    except ProtocolViolation:
        return None
    return found[0]["data"] if found else None


@given(documents, noise, noise)
def test_a_whole_frame_comes_through_whatever_surrounds_it(
    document: dict[str, Any], before: bytes, after: bytes
) -> None:
    """Banners, byte order marks and half frames around it do not matter; they come back as output."""
    found = framing.find_answer(before + frame(document) + after)
    assert found is not None
    assert found[0]["data"] == document
    assert found[1] == (before + after).replace(b"PO1!", b"")


@given(documents, st.data())
def test_a_frame_cut_anywhere_is_never_accepted(
    document: dict[str, Any], data: st.DataObject
) -> None:
    """Truncation at any byte, at either end or in the middle."""
    whole = frame(document)
    start = data.draw(st.integers(0, len(whole) - 1))
    end = data.draw(st.integers(start + 1, len(whole)))
    assert accepted(whole[:start] + whole[end:]) is None


def test_a_frame_cut_at_each_single_byte_is_never_accepted() -> None:
    """Every prefix and every suffix of one frame."""
    whole = frame({"a": "text", "b": [1, 2]})
    for place in range(1, len(whole)):
        assert accepted(whole[:place]) is None
        assert accepted(whole[place:]) is None


@given(documents, st.data())
def test_a_changed_byte_is_never_accepted(document: dict[str, Any], data: st.DataObject) -> None:
    """One byte of the frame becomes another: refused, or not seen as a frame at all."""
    whole = bytearray(frame(document))
    place = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(0, 255))
    assume(other != whole[place])
    whole[place] = other
    assert accepted(bytes(whole)) is None


@given(documents, documents)
def test_the_last_whole_frame_counts(first: dict[str, Any], second: dict[str, Any]) -> None:
    """A script that prints a frame of its own cannot stand for the bootstrap's, which comes last."""
    assert accepted(frame(first) + b"\r\n" + frame(second)) == second
    assert accepted(frame(first) + b"\r\n" + frame(second)[:-9]) == first


@given(noise)
def test_output_without_a_trace_of_a_frame_is_no_answer(raw: bytes) -> None:
    """None, which the caller takes for a failure whatever the exit code."""
    assume(b"PO1[" not in raw)
    assert framing.find_answer(raw) is None


def test_a_damaged_frame_is_a_violation_and_not_just_absent() -> None:
    """Its begin is there, so somebody answered."""
    with pytest.raises(ProtocolViolation, match="damaged"):
        framing.find_answer(frame({"a": 1})[:-1])


def test_too_much_output_is_refused() -> None:
    """More than any answer is a fault of the script."""
    with pytest.raises(ProtocolViolation, match="more than"):
        framing.find_answer(b"x" * (framing.LONGEST_ANSWER + 1))


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"a": "@{b=1}"}, "flattened object at data.a"),
        ({"a": ["=fine", "System.Object[]"]}, r"flattened object at data.a\[1\]"),
        ({"a": "/Date(0)/"}, "flattened object"),
        ({"a": {"value": [1, 2], "Count": 2}}, "wrapped list at data.a"),
        ({"a": 1.5}, "fraction at data.a"),
        ({"a": {"value": "=x", "DisplayHint": 2, "DateTime": "Sunday"}}, "flattened"),
    ],
)
def test_what_windows_powershell_makes_of_objects_is_refused(
    document: dict[str, Any], said: str
) -> None:
    """C11: flattened objects, wrapped lists and dates are contract errors with their place."""
    with pytest.raises(ProtocolViolation, match=said):
        framing.find_answer(frame(document, mark=False))


@given(documents)
def test_a_request_is_one_ascii_line_of_marked_texts(parameters: dict[str, Any]) -> None:
    """Pure ASCII, one line, whole; and no bare text in it that PowerShell could take for a date."""
    assume("__type" not in parameters)
    line = framing.request_line("script", parameters, {"password": "p\u00e4ss"}, 7)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    found = re.fullmatch(rb"PO1<(\d+):([0-9a-f]{64}):([A-Za-z0-9+/=]+)>PO1\n", line)
    assert found is not None
    payload = base64.b64decode(found[3], validate=True)
    assert len(payload) == int(found[1])
    assert hashlib.sha256(payload).hexdigest().encode() == found[2]
    assert json.loads(payload) == {
        "script": "=script",
        "parameters": marked(parameters),
        "secrets": {"password": "=p\u00e4ss"},
        "wait": 7,
    }
    assert payload.isascii()


@pytest.mark.parametrize(
    "parameters",
    [
        {"a": 1.5},
        {"a": 2**31},
        {"a": -(2**31) - 1},
        {"a": b"bytes"},
        {"a": {1: "x"}},
        {"a": {"b": 1, "B": 2}},
        {"a": {"": 1}},
        {"a": {"__type": "System.String"}},
        {"with blank": 1},
        {"a": float("nan")},
        {"a": {"deep": [[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]}},
    ],
)
def test_values_that_two_versions_would_read_differently_are_not_sent(
    parameters: dict[str, Any],
) -> None:
    """Floats, big numbers, odd keys and deep nesting stop before the wire."""
    with pytest.raises(ValueError, match="parameters"):
        framing.request_line("script", parameters, {}, 0)


def test_a_request_longer_than_powershell_3_reads_is_not_sent() -> None:
    """PowerShell 3.0 and 4.0 read 2 MiB of JSON."""
    with pytest.raises(ValueError, match="characters"):
        framing.request_line("x" * 2_100_000, {}, {}, 0)
