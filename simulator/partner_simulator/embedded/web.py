"""Documents and pages as a simulated machine fetches them, with the words of PowerShell 7's .NET for what fails."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from typing import Any

from partner_simulator.embedded.run import Run
from partner_simulator.world.network import Answer, RequestFailed

_LARGEST = 1024 * 1024
"""Bytes of all documents of one run."""
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


def documents(run: Run) -> list[dict[str, Any]]:
    """All the documents that were asked for, as far as the time for all of them reaches."""
    urls = [str(url) for url in run.asked("urls") or ()]
    deadline = time.monotonic() + (run.asked("allDocumentsSeconds") or 0)
    late = "Other documents took so long that this one was not asked for."
    return [
        document(run, url, _LARGEST // len(urls))
        if time.monotonic() < deadline
        else _document(url, fault="NotAsked", detail=late)
        for url in urls
    ]


def document(run: Run, url: str, limit: int = _LARGEST) -> dict[str, Any]:
    """One document: its bytes, or why there are none."""
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
