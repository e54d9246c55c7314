"""One line to standard input, one frame on standard output: length, SHA-256 and base64.

What surrounds a frame does not matter (banners, byte order marks, code pages, CR and LF); a damaged
frame is never accepted.
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
DEEPEST = 40
_ANSWER = re.compile(rb"PO1\[(\d{1,9}):([0-9a-f]{64}):([A-Za-z0-9+/=]*)\]PO1")
_MARK = re.compile(rb"PO1\[")
_SPOILT = ("@{", "System.", "/Date(", "Microsoft.PowerShell.Commands.")
"""How ConvertTo-Json betrays that it flattened an object: a script forgot to cast a value."""


def request_line(
    script: str, parameters: Mapping[str, Any], secrets: Mapping[str, str], wait_milliseconds: int
) -> bytes:
    """The one ASCII line that the bootstrap reads.

    Every string value has one character in front, so that no PowerShell takes it for a date
    (7.x does with ISO dates, 5.1 with `/Date(`); the bootstrap takes it off again.
    """
    document = {
        "script": _marked(script),
        "parameters": _marked(dict(parameters)),
        "secrets": _marked(dict(secrets)),
        "wait": wait_milliseconds,
    }
    payload = json.dumps(document, ensure_ascii=True, allow_nan=False).encode("ascii")
    digest = hashlib.sha256(payload).hexdigest()
    return b"PO1<%d:%s:%s>PO1\n" % (len(payload), digest.encode(), base64.b64encode(payload))


def _marked(value: Any) -> Any:
    if isinstance(value, str):
        return "=" + value
    if isinstance(value, dict):
        return {key: _marked(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_marked(inner) for inner in value]
    return value


def find_answer(stdout: bytes) -> tuple[dict[str, Any], bytes] | None:
    """The last whole frame, and the output outside it; None when there is no trace of a frame.

    Raises ProtocolViolation when there is a frame, but none is whole, or there is too much output.
    """
    if len(stdout) > LONGEST_ANSWER:
        raise ProtocolViolation(f"The script printed more than {LONGEST_ANSWER} bytes.")
    for found in reversed(list(_ANSWER.finditer(stdout))):
        document = _checked(found)
        if document is not None:
            return document, stdout[: found.start()] + stdout[found.end() :]
    if _MARK.search(stdout):
        raise ProtocolViolation("The answer arrived damaged: its checksum does not fit.")
    return None


def _checked(found: re.Match[bytes]) -> dict[str, Any] | None:
    length, digest, encoded = found.groups()
    try:
        payload = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return None
    if len(payload) != int(length) or hashlib.sha256(payload).hexdigest().encode() != digest:
        return None
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def check_contract(value: Any, where: str = "data", depth: int = 0) -> None:
    """Refuse what ConvertTo-Json makes of objects that a script did not turn into plain data.

    Raises ProtocolViolation with the place.
    """
    if depth > DEEPEST:
        raise ProtocolViolation(f"The answer is nested too deeply at {where}.")
    if isinstance(value, dict):
        if {"value", "Count"} <= value.keys() and len(value) == 2:
            raise ProtocolViolation(f"The answer holds a wrapped list at {where}.")
        for key, inner in value.items():
            check_contract(inner, f"{where}.{key}", depth + 1)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            check_contract(inner, f"{where}[{place}]", depth + 1)
    elif isinstance(value, str) and value.startswith(_SPOILT):
        raise ProtocolViolation(f"The answer holds a flattened object at {where}.")
