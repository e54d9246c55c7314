"""One line to standard input, one frame on standard output: length, SHA-256 and base64.

What surrounds a frame does not matter (banners, byte order marks, code pages, CR and LF); a damaged
frame is never accepted, nor one that does not carry the digest of the very request that was sent, nor
two of them. Each request holds a random number, so no answer of an earlier run fits.

On the wire every string value has one character in front: no PowerShell takes it for a date then (7.x
does with ISO dates, 5.1 with `/Date(`), and an object that ConvertTo-Json flattened into text betrays
itself by the missing character.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from secrets import token_hex
from typing import Any

from partner_operator.winrm.errors import ProtocolViolation

LONGEST_ANSWER = 16 * 1024 * 1024
"""Bytes of standard output; more is refused."""
MOST_VALUES = 500_000
"""In one answer; each needs some thirty times the memory of its text. Real answers have thousands."""
LONGEST_REQUEST = 2_000_000
"""Characters of the request: PowerShell 3.0 and 4.0 read 2 MiB of JSON and no more."""
DEEPEST = 20
"""Levels of nesting, as in the bootstrap."""
STARTED = b"PO1!"
"""What the bootstrap prints right before it runs the operation."""
_ANSWER = re.compile(rb"PO1\[(\d{1,9}):([0-9a-f]{64}):([A-Za-z0-9+/=]*)\]PO1")
_ANSWER_BEGINS = b"PO1["
_REQUEST = re.compile(rb"PO1<\d+:([0-9a-f]{64}):")
_REFUSED = re.compile(rb"PO1\?(\w+)")
_MARK = "="
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_RESERVED = frozenset({"__type", "psobject", "psbase", "psadapted", "psextended", "pstypenames"})
"""`__type` makes 5.1's reader look for a .NET type; the others are members of every object."""


def request_line(
    script: str, parameters: Mapping[str, Any], secrets: Mapping[str, str], wait_milliseconds: int
) -> bytes:
    """The one ASCII line that the bootstrap reads.

    Raises ValueError for values that two versions of PowerShell would read differently.
    """
    document = {
        "id": token_hex(16),
        "script": _sent(script),
        "parameters": _marked(dict(parameters), "parameters", 0),
        "secrets": _marked(dict(secrets), "secrets", 0),
        "wait": wait_milliseconds,
    }
    payload = json.dumps(document, ensure_ascii=True, allow_nan=False).encode("ascii")
    if len(payload) > LONGEST_REQUEST:
        raise ValueError(f"the request has {len(payload)} characters, more than {LONGEST_REQUEST}")
    return b"PO1<%d:%s:%s>PO1\n" % (len(payload), _digest(payload), base64.b64encode(payload))


def request_digest(line: bytes) -> str:
    """What the answer to this request line must carry: no two lines have the same."""
    found = _REQUEST.match(line)
    if found is None:
        raise ValueError("no request line")
    return found[1].decode("ascii")


def _marked(value: Any, where: str, depth: int) -> Any:
    if depth > DEEPEST:
        raise ValueError(f"{where} is nested too deeply")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if not -(2**31) <= value < 2**31:
            raise ValueError(f"{where} is no 32-bit integer")
        return value
    if isinstance(value, str):
        return _sent(value)
    if isinstance(value, Mapping):
        _check_keys(value, where)
        return {key: _marked(inner, f"{where}.{key}", depth + 1) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_marked(inner, f"{where}[]", depth + 1) for inner in value]
    raise ValueError(f"{where} is a {type(value).__name__}, no plain data")


def _sent(text: str) -> str:
    """A string as the bootstrap unescapes it; 7.x replaces lone surrogates of JSON, so they are escaped."""
    escaped = text.replace("\\", "\\\\")
    return _MARK + _LONE_SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", escaped)


def _check_keys(value: Mapping[Any, Any], where: str) -> None:
    if not all(isinstance(key, str) and key.isascii() and key.isidentifier() for key in value):
        raise ValueError(f"{where} has a key that is no plain name")
    if len({key.lower() for key in value}) != len(value):
        raise ValueError(f"{where} has two keys that differ by letter case only")
    if not _RESERVED.isdisjoint(key.lower() for key in value):
        raise ValueError(f"{where} has a key that PowerShell keeps for itself")


def find_answer(stdout: bytes, asked: str) -> tuple[dict[str, Any], bytes] | None:
    """The answer to the request of this digest, and the output outside it; None without trace of a frame.

    Raises ProtocolViolation when there is a frame but none is whole, when there is more than one whole
    frame or one that answers something else, when the answer breaks the contract (values that are no plain
    data), or when there is too much output. Who answers wrongly is not believed in what it leaves out
    either, so the outcome is unknown then, whatever the start mark says.
    """
    if len(stdout) > LONGEST_ANSWER:
        raise ProtocolViolation(
            f"The script printed more than {LONGEST_ANSWER} bytes.", outcome_unknown=True
        )
    whole = [
        (found, document)
        for found in _ANSWER.finditer(stdout)
        if (document := _checked(found)) is not None
    ]
    if not whole:
        if _ANSWER_BEGINS in _squeezed(stdout):
            raise ProtocolViolation(
                "The answer arrived damaged: its checksum does not fit.", outcome_unknown=True
            )
        return None
    wrong = _wrong([document for _, document in whole], asked)
    if wrong is not None:
        raise ProtocolViolation(wrong, outcome_unknown=True)
    found, document = whole[0]
    outside = stdout[: found.start()] + stdout[found.end() :]
    if "data" in document:
        document["data"] = _unmarked(document["data"], "data", 0)
    return document, outside.replace(STARTED, b"")


def _wrong(documents: list[dict[str, Any]], asked: str) -> str | None:
    """Why these are not the one answer to the one request, if they are not."""
    if any(_answers_another(document, asked) for document in documents):
        return (
            "The server sent the answer to another request. What became of the operator's own is not known; "
            "nothing is concluded from either. Look for a proxy or another program that plays back answers."
        )
    if len(documents) == 1:
        return None
    same = all(document == documents[0] for document in documents)
    return (
        f"The server sent {'the same answer' if same else 'different answers'} {len(documents)} times to one "
        "request, so none is believed. Look for a proxy or another program that plays back answers."
    )


def _answers_another(document: dict[str, Any], asked: str) -> bool:
    """A request that arrived too damaged to be told apart is answered without a digest."""
    answered = document.get("to")
    return answered != asked and (document.get("why"), answered) != ("Damaged", "")


def has_started(stdout: bytes) -> bool:
    """Whether the operation's own script was begun. Meaningful only for the whole output."""
    return STARTED in _squeezed(stdout)


def _squeezed(stdout: bytes) -> bytes:
    """UTF-16 and wrapped lines must not hide that something began: whoever says "nothing ran" is believed.
    No frame is mended by it."""
    return stdout.translate(None, b"\0\r\n")


def refused_language_mode(stdout: bytes) -> str | None:
    """The language mode in which the bootstrap refused to work, if it did."""
    found = _REFUSED.search(stdout)
    return found[1].decode("ascii", errors="replace") if found else None


def _digest(payload: bytes) -> bytes:
    return hashlib.sha256(payload).hexdigest().encode("ascii")


def _checked(found: re.Match[bytes]) -> dict[str, Any] | None:
    length, digest, encoded = found.groups()
    try:
        payload = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return None
    if len(payload) != int(length) or _digest(payload) != digest:
        return None
    if payload.count(b",") + payload.count(b"[") + payload.count(b"{") > MOST_VALUES:
        raise ProtocolViolation(
            f"The answer holds more than {MOST_VALUES} values.", outcome_unknown=True
        )
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _unmarked(value: Any, where: str, depth: int) -> Any:
    """Take the marks off, and refuse what ConvertTo-Json makes of objects that are no plain data."""
    if depth > DEEPEST + 1:
        raise ProtocolViolation(f"The answer is nested too deeply at {where}.")
    if isinstance(value, str):
        if not value.startswith(_MARK):
            raise ProtocolViolation(f"The answer holds a flattened object at {where}.")
        return value[1:]
    if isinstance(value, list):
        return [
            _unmarked(inner, f"{where}[{place}]", depth + 1) for place, inner in enumerate(value)
        ]
    if isinstance(value, dict):
        if value.keys() == {"value", "Count"}:
            raise ProtocolViolation(f"The answer holds a wrapped list at {where}.")
        return {key: _unmarked(inner, f"{where}.{key}", depth + 1) for key, inner in value.items()}
    if isinstance(value, float):
        raise ProtocolViolation(f"The answer holds a fraction at {where}.")
    return value
