"""One line to standard input, one frame on standard output: length, SHA-256 and base64.

What surrounds a frame does not matter (banners, byte order marks, code pages, CR and LF); a damaged
frame is never accepted. On the wire every string value has one character in front: no PowerShell takes
it for a date then (7.x does with ISO dates, 5.1 with `/Date(`), and an object that ConvertTo-Json
flattened into text betrays itself by the missing character.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from partner_operator.winrm.errors import ProtocolViolation

LONGEST_ANSWER = 16 * 1024 * 1024
"""Bytes of standard output; more is refused."""
LONGEST_REQUEST = 2_000_000
"""Characters of the request: PowerShell 3.0 and 4.0 read 2 MiB of JSON and no more."""
DEEPEST = 20
"""Levels of nesting, as in the bootstrap."""
STARTED = b"PO1!"
"""What the bootstrap prints right before it runs the operation."""
_ANSWER = re.compile(rb"PO1\[(\d{1,9}):([0-9a-f]{64}):([A-Za-z0-9+/=]*)\]PO1")
_ANSWER_BEGINS = b"PO1["
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
        "script": _sent(script),
        "parameters": _marked(dict(parameters), "parameters", 0),
        "secrets": _marked(dict(secrets), "secrets", 0),
        "wait": wait_milliseconds,
    }
    payload = json.dumps(document, ensure_ascii=True, allow_nan=False).encode("ascii")
    if len(payload) > LONGEST_REQUEST:
        raise ValueError(f"the request has {len(payload)} characters, more than {LONGEST_REQUEST}")
    return b"PO1<%d:%s:%s>PO1\n" % (len(payload), _digest(payload), base64.b64encode(payload))


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


def find_answer(stdout: bytes) -> tuple[dict[str, Any], bytes] | None:
    """The last whole frame, and the output outside it; None when there is no trace of a frame.

    Raises ProtocolViolation when there is a frame but none is whole, when it breaks the contract
    (values that are no plain data), or when there is too much output.
    """
    if len(stdout) > LONGEST_ANSWER:
        raise ProtocolViolation(
            f"The script printed more than {LONGEST_ANSWER} bytes.", outcome_unknown=True
        )
    for found in reversed(list(_ANSWER.finditer(stdout))):
        document = _checked(found)
        if document is not None:
            outside = stdout[: found.start()] + stdout[found.end() :]
            if "data" in document:
                document["data"] = _unmarked(document["data"], "data", 0)
            return document, outside.replace(STARTED, b"")
    if _ANSWER_BEGINS in stdout:
        raise ProtocolViolation(
            "The answer arrived damaged: its checksum does not fit.", outcome_unknown=True
        )
    return None


def has_started(stdout: bytes) -> bool:
    """Whether the operation's own script was begun. Meaningful only for the whole output."""
    return STARTED in stdout


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
