"""What a finished PowerShell process means: an answer, or the failure that it tells of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from partner_operator.winrm import clixml, failures, framing
from partner_operator.winrm.errors import (
    Blocked,
    Busy,
    ErrorDetails,
    Obstacle,
    OutcomeUnknown,
    ProtocolViolation,
    RemoteRunError,
    ScriptError,
    without_request_ids,
)

UNKNOWN_PROGRAM = 9009
"""cmd.exe's exit code when it does not find a program; its text is localised."""
SHORTEST_SECRET = 4
"""Shorter ones are not looked for in texts: they would tear words apart."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a process left behind."""

    stdout: bytes
    stderr: bytes
    code: int
    phases: Mapping[str, float]
    """Seconds by phase."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    data: dict[str, Any]
    console: str
    """Standard output outside the frame: what the script's programs wrote for people."""
    streams: clixml.Streams
    powershell_version: str
    clock: int
    """The host's clock, in seconds since 1970 UTC."""
    seconds: float
    host: str = ""
    bits: int = 64
    """Of the PowerShell process; 32 means that product snap-ins are missing."""
    phases: Mapping[str, float] = field(default_factory=dict)
    """Seconds by phase: create, command, send, receive, clean up."""


def understand(host: str, output: Output, hidden: Sequence[str]) -> Answer:
    """The answer in a process's output, with these secrets struck out of all texts for people.

    Raises RemoteRunError.
    """
    streams = clixml.parse(output.stderr)
    found = framing.find_answer(output.stdout)
    if found is None:
        raise _without_answer(host, output, streams, hidden)
    document, outside = found
    if document.get("ok") is not True:
        raise _failure(host, document, hidden)
    data, facts = document.get("data"), document.get("host")
    if not isinstance(data, dict) or not isinstance(facts, dict):
        raise ProtocolViolation(f"{host}: the answer holds no object.")
    return Answer(
        data=data,
        console=without_secrets(outside.decode("utf-8", errors="replace"), hidden),
        streams=streams.map(lambda text: without_secrets(text, hidden)),
        powershell_version=str(facts.get("version", "")),
        clock=int(facts.get("clock", 0)),
        seconds=sum(output.phases.values()),
        host=host,
        bits=int(facts.get("bits", 0)),
        phases=dict(output.phases),
    )


def without_secrets(text: str, hidden: Sequence[str]) -> str:
    """A text in which no secret stands literally."""
    for secret in sorted(hidden, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, "***")
    return text


def _without_answer(
    host: str, output: Output, streams: clixml.Streams, hidden: Sequence[str]
) -> RemoteRunError:
    said = without_secrets(" ".join(streams.text.split())[:200], hidden) or "nothing"
    if framing.has_started(output.stdout):
        return OutcomeUnknown(
            f"{host}: PowerShell ended with code {output.code} and without an answer. Whether the script did "
            f"its work is not known; the operator reads the state again. PowerShell said: {said}"
        )
    mode = framing.refused_language_mode(output.stdout)
    text = f"{mode}\n{streams.text}\n{output.stdout.decode('utf-8', errors='replace')}"
    blocked = failures.obstacle(text, host, nothing_ran=True)
    if blocked is None and output.code == UNKNOWN_PROGRAM:
        blocked = Blocked(
            f"{host} does not find powershell.exe on the PATH of the operator's account.",
            Obstacle.POWERSHELL_MISSING,
            nothing_ran=True,
        )
    return blocked or ProtocolViolation(
        f"{host}: PowerShell ended with code {output.code} before the operator's script began, so nothing was "
        f"run. PowerShell said: {said}",
        nothing_ran=True,
    )


def _failure(host: str, document: dict[str, Any], hidden: Sequence[str]) -> RemoteRunError:
    why, record = document.get("why"), document.get("error")
    nothing_ran = why not in ("Script", "Answer")
    if why == "Damaged":
        return ProtocolViolation(
            f"{host}: the request arrived damaged, so nothing was run.", nothing_ran=True
        )
    if not isinstance(record, dict):
        return Busy(
            f"{host} is busy with another run of the operator (or of a second one). It is waited for."
        )
    details = _details(record, hidden)
    if why == "Answer":
        return ProtocolViolation(
            f"{host}: the operator's script ran, but broke its contract: {' '.join(details.messages)}"
        )
    marks = f"{details.error_id} {details.type} {details.innermost_type}"
    return failures.obstacle(marks, host, nothing_ran=nothing_ran) or ScriptError(
        details, nothing_ran=nothing_ran
    )


def _details(record: dict[str, Any], hidden: Sequence[str]) -> ErrorDetails:
    def text(value: Any) -> str:
        return without_secrets(without_request_ids(str(value)), hidden)

    return ErrorDetails(
        error_id=text(record.get("id", "")),
        type=str(record.get("type", "")),
        innermost_type=str(record.get("inner", "")),
        category=str(record.get("category", "")),
        messages=tuple(text(message) for message in record.get("messages") or ()),
        position=str(record.get("position", "")),
    )
