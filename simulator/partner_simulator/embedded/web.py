"""Documents and pages as a simulated machine fetches them, with the words of PowerShell 7's .NET for what fails."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from partner_simulator.embedded.run import Run
from partner_simulator.world.network import Answer, RequestFailed

_LARGEST = 1024 * 1024
"""Bytes of a document, where no other limit is given."""
_PLAIN = re.compile(r"[A-Za-z0-9 ./:@_=+-]+")
"""Letters that JSON writes as they are, whoever writes it."""
_REJECTED = (
    "The remote certificate was rejected by the provided RemoteCertificateValidationCallback."
)
_WORDS: Mapping[str, tuple[str, str]] = {
    "could not be resolved": ("NameResolutionFailure", ""),
    "trust relationship": ("TrustFailure", _REJECTED),
    "timed out": ("Timeout", "The operation has timed out."),
    "Unable to connect": ("UnknownError", "Connection refused"),
}
"""Part of what the network says, and .NET's status and words; none: those of the network."""


def status(run: Run, url: str, seconds: float, headers: Mapping[str, str]) -> str:
    """The status of an answer; `none` where there is none."""
    found = answered(run, url, seconds, headers)
    return "none" if found is None else str(found.status)


def answered(run: Run, url: str, seconds: float, headers: Mapping[str, str]) -> Answer | None:
    """An answer of whatever status; None where there is none."""
    network, host = run.world.domain.network, run.session.host
    try:
        return network.request(host, "GET", url, headers=headers, timeout_seconds=seconds)
    except RequestFailed:
        return None


def size(value: Any) -> int:
    """Bytes that a value takes in an answer, at most, as the scripts reckon."""
    if isinstance(value, Mapping):
        return 6 + sum(len(key) + 4 + size(one) for key, one in value.items())
    if isinstance(value, list):
        return 6 + sum(size(one) for one in value)
    words = "" if value is None else str(value)
    units = len(words.encode("utf-16-le", "surrogatepass")) // 2
    plain = sum(map(len, _PLAIN.findall(words)))
    return 6 + units + 5 * (units - plain)


@dataclass(frozen=True, slots=True)
class Page:
    """Entries of one answer."""

    entries: list[dict[str, Any]]
    after: str
    """The reference after which another run goes on; empty: that was all."""
    size: int


def page(run: Run, entries: list[dict[str, Any]], more: int) -> Page:
    """As many entries as one answer holds, by reference where not all fit."""
    sizes: dict[str, int] = {}
    for entry in entries:
        sizes[entry["reference"]] = sizes.get(entry["reference"], 0) + more + size(entry)
    begin, last, after, taken = run.text("after"), "", "", 0
    for reference in sorted(sizes, key=_ordinal):
        if begin and _ordinal(reference) <= _ordinal(begin):
            continue
        if taken and taken + sizes[reference] > run.asked("entryBytes"):
            after = last
            break
        taken += sizes[reference]
        last = reference
    chosen = [
        entry
        for entry in entries
        if _ordinal(entry["reference"]) <= _ordinal(last)
        and not (begin and _ordinal(entry["reference"]) <= _ordinal(begin))
    ]
    return Page(chosen, after, taken)


def _ordinal(text: str) -> bytes:
    """By UTF-16 units, as .NET's ordinal comparison."""
    return text.encode("utf-16-be", "surrogatepass")


def documents(run: Run, used: int = 0) -> list[dict[str, Any]]:
    """The documents that were asked for, as far as the time and the room for all of them reach."""
    deadline = time.monotonic() + (run.asked("allDocumentsSeconds") or 0)
    room, found = (run.asked("answerBytes") or 0) - used, list[dict[str, Any]]()
    for url in run.asked("urls") or ():
        if time.monotonic() >= deadline:
            break
        fetched = document(run, str(url), run.asked("documentBytes"))
        room -= size(fetched)
        if room < 0 and found:
            break
        found.append(fetched)
    return found


def fetch(run: Run) -> Mapping[str, Any]:
    """Documents alone."""
    return {"documents": documents(run)}


def document(run: Run, url: str, limit: int = _LARGEST) -> dict[str, Any]:
    """One document: its bytes, or why there are none, and how long it took."""
    began = time.monotonic()
    found = _document_of(run, url, limit)
    return {**found, "seconds": int(time.monotonic() - began)}


def _document_of(run: Run, url: str, limit: int) -> dict[str, Any]:
    run.check()
    network, host = run.world.domain.network, run.session.host
    wanted, seconds = {"Accept": "application/json"}, run.asked("documentSeconds")
    try:
        answer = network.request(host, "GET", url, headers=wanted, timeout_seconds=seconds)
    except RequestFailed as failed:
        found = [words for part, words in _WORDS.items() if part in failed.text]
        fault, detail = found[0] if found else ("UnknownError", "")
        return _document(url, fault=fault, detail=detail or failed.text)
    if answer.status >= 400:
        detail = f"The remote server returned an error: ({answer.status}) {answer.reason}."
        return _document(url, status=answer.status, fault="ProtocolError", detail=detail)
    known = {"status": answer.status, "type": answer.header("Content-Type")}
    if len(answer.body) > limit:
        detail = f"The document is larger than {limit} bytes."
        return _document(url, **known, fault="TooLarge", detail=detail)
    return _document(url, **known, body=base64.b64encode(answer.body).decode("ascii"))


def _document(url: str, **known: Any) -> dict[str, Any]:
    return {"url": url, "status": 0, "type": "", "body": "", "fault": "", "detail": "", **known}
