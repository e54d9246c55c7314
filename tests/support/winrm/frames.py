"""Frames as the bootstrap writes them, made by hand: the other end's view, written independently."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any

ASKED = "a" * 64
"""The digest of the request that frames made here answer; a played host puts the real one in its place."""
_FRAME = re.compile(rb"PO1\[\d+:[0-9a-f]{64}:([A-Za-z0-9+/=]*)\]PO1")
_LINE = re.compile(rb"PO1<(\d+):([0-9a-f]{64}):([A-Za-z0-9+/=]+)>PO1\n")


def frame(document: dict[str, Any], to: str = ASKED) -> bytes:
    """An answer frame around any document, to the request of this digest."""
    payload = json.dumps({"to": to, **document}).encode("ascii")
    digest = hashlib.sha256(payload).hexdigest()
    return f"PO1[{len(payload)}:{digest}:{base64.b64encode(payload).decode()}]PO1".encode()


def success(data: Any, **facts: Any) -> bytes:
    """A started and successful run's standard output."""
    host = {"version": "5.1.17763.1", "clock": 1795588412, "bits": 64, **facts}
    return b"PO1!" + frame({"ok": True, "why": "Answer", "data": marked(data), "host": host})


def failure(why: str, **error: Any) -> bytes:
    """A failed run's standard output; without `error`, the bootstrap refused without a record."""
    document: dict[str, Any] = {"ok": False, "why": why, "host": {"version": "5.1", "clock": 1}}
    if error:
        document["error"] = error
    return frame(document)


def marked(value: Any) -> Any:
    """Plain data with a mark before every string."""
    if isinstance(value, str):
        return "=" + value
    if isinstance(value, dict):
        return {key: marked(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [marked(inner) for inner in value]
    return value


def sent(value: Any) -> Any:
    """Plain data as a request carries it: marked, backslashes doubled, lone surrogates escaped."""
    if isinstance(value, str):
        units = ("\\\\" if c == "\\" else c for c in value)
        return "=" + "".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in units)
    if isinstance(value, dict):
        return {key: sent(inner) for key, inner in value.items()}
    return [sent(inner) for inner in value] if isinstance(value, list) else value


def read_request(line: bytes) -> dict[str, Any]:
    """A request line as the bootstrap reads it: everything checked, marks still on."""
    found = _LINE.fullmatch(line)
    assert found, "no request line"
    payload = base64.b64decode(found[3], validate=True)
    assert len(payload) == int(found[1])
    assert hashlib.sha256(payload).hexdigest().encode() == found[2]
    document = json.loads(payload)
    assert isinstance(document, dict)
    return document


def readdressed(stdout: bytes, line: bytes) -> bytes:
    """The same output as an answer to this request line. Nothing moves, frames of others stay."""
    found = _LINE.fullmatch(line)
    digest = found[2].decode() if found else ASKED

    def to_the_line(answer: re.Match[bytes]) -> bytes:
        try:
            document = json.loads(base64.b64decode(answer[1]))
        except ValueError:
            return answer[0]
        if document.get("to") != ASKED or frame(document) != answer[0]:
            return answer[0]
        return frame({**document, "to": digest})

    return _FRAME.sub(to_the_line, stdout)
