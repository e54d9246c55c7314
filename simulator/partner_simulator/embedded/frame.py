"""The bootstrap's side of the wire: one request line on standard input, one frame on standard output.

What the operator puts on the command line is a constant that reads the line, checks its digest, takes a
mutex and runs the script in it. It is known here by the pattern by which it finds its request.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_REQUEST = re.compile(r"PO1<(\d+):([0-9a-f]{64}):([A-Za-z0-9+/=]+)>PO1")
STARTED = b"PO1!"
"""Printed right before the operation begins."""
_ESCAPED = re.compile(r"\\(?:u([0-9a-f]{4})|(.))", re.S)


class Stage(StrEnum):
    """How far a run came."""

    DAMAGED = "Damaged"
    PREPARE = "Prepare"
    BUSY = "Busy"
    SCRIPT = "Script"
    ANSWER = "Answer"


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked."""

    digest: str
    script: str
    parameters: Mapping[str, Any]
    secrets: Mapping[str, str]
    wait_seconds: float
    """How long to wait for the host's mutex."""

    @property
    def name(self) -> str:
        """The script's name as its first line tells it: `exchange/observe`."""
        first = self.script.partition("\n")[0].strip()
        return first.removeprefix("#").strip()


class Damaged(Exception):
    """The request did not arrive whole; the text is the digest that it claims, if it came so far."""


def is_bootstrap(text: str) -> bool:
    """Whether a PowerShell text is the one that reads such requests."""
    return _REQUEST.pattern in text


def read(stdin: bytes) -> Request:
    """The request in what arrived. Raises Damaged."""
    found = _REQUEST.search(stdin.decode("ascii", "replace"))
    if found is None:
        raise Damaged("")
    length, digest, encoded = found.groups()
    try:
        payload = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise Damaged(digest) from None
    if len(payload) != int(length) or hashlib.sha256(payload).hexdigest() != digest:
        raise Damaged(digest)
    document = _plain(json.loads(payload))
    return Request(
        digest,
        document["script"],
        document["parameters"],
        document["secrets"],
        document["wait"] / 1000,
    )


def _plain(value: Any) -> Any:
    """Texts without their mark and escapes; the random `id` bears none and is not looked at."""
    match value:
        case str():
            return _ESCAPED.sub(_character, value[1:])
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
    return value


def _character(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else found[2]


def _marked(value: Any) -> Any:
    match value:
        case str():
            return f"={value}"
        case dict():
            return {key: _marked(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_marked(inner) for inner in value]
        case None | bool() | int():
            return value
    raise TypeError(f"the answer holds a {type(value).__name__}, no plain data")


def answer(
    digest: str, version: str, stage: Stage, *, data: Any = None, error: Any = None
) -> bytes:
    """The frame. `data`: a whole answer; `error`: a record; neither: the stage says it all."""
    document: dict[str, Any] = {"why": stage, "to": digest, "ok": data is not None}
    if data is not None:
        document["data"] = _marked(data)
    if error is not None:
        document["error"] = error
    document["host"] = {"version": version, "clock": int(time.time()), "bits": 64}
    payload = json.dumps(document).encode("ascii")
    told = hashlib.sha256(payload).hexdigest()
    return f"PO1[{len(payload)}:{told}:{base64.b64encode(payload).decode()}]PO1".encode()
