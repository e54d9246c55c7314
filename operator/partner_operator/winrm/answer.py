"""What a finished PowerShell process means: an answer, or the failure that it tells of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from partner_operator.texts import said
from partner_operator.winrm import clixml, framing, obstacles
from partner_operator.winrm.errors import (
    Blocked,
    BlockedBy,
    Busy,
    ErrorDetails,
    OutcomeUnknown,
    ProtocolViolation,
    RemoteRunError,
    ScriptError,
)

UNKNOWN_PROGRAM = 9009
"""cmd.exe's exit code when it does not find a program; its text is localised."""
_BEFORE_THE_SCRIPT = ("Damaged", "Prepare", "Busy")
_STAGES = (*_BEFORE_THE_SCRIPT, "Script", "Answer")
"""How far the bootstrap says it has come; its start mark is printed between the two groups."""
SECONDS_OF_A_YEAR = 31_556_952
EARLIEST_CLOCK, LATEST_CLOCK = 1_577_836_800, 4_102_444_800
"""2020 and 2100, in seconds since 1970: no host that Kerberos and TLS work on shows another time."""
SHORTEST_SECRET = 4
"""Shorter ones are not looked for in texts: they would tear words apart."""

STRUCK_OUT = "***"
_REQUEST_LINE = re.compile(r"PO1<\d+:[0-9a-f]{64}:[A-Za-z0-9+/=\r\n]*(?:>PO1)?")


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
    logon_refused: bool = False
    """Whether the host refused the password while cleaning up: it was changed meanwhile."""


def understand(host: str, output: Output, asked: str, hidden: Sequence[str]) -> Answer:
    """The answer in a process's output, with these secrets struck out of all texts for people.

    `asked`: the digest of the request, as `framing.request_digest` has it. Raises RemoteRunError.
    """
    streams = clixml.parse(output.stderr)
    try:
        found = framing.find_answer(output.stdout, asked)
    except ProtocolViolation as error:
        raise _violation(host, error.message, outcome_unknown=error.outcome_unknown) from None
    if found is None:
        raise _without_answer(host, output, streams, hidden)
    document, outside = found
    if document.get("ok") is not True:
        raise _failure(host, document, framing.has_started(output.stdout), hidden)
    data, facts = document.get("data"), _facts(document.get("host"))
    if not isinstance(data, dict) or facts is None:
        raise _violation(
            host, "the answer does not hold what every answer holds.", outcome_unknown=True
        )
    version, clock, bits = facts
    if not EARLIEST_CLOCK <= clock < LATEST_CLOCK:
        year = 1970 + clock // SECONDS_OF_A_YEAR
        raise _violation(
            host,
            f"its clock shows the year {year}, so nothing that it tells can be set in order. Set the clock.",
            outcome_unknown=True,
        )
    return Answer(
        data=data,
        console=without_secrets(outside.decode("utf-8", errors="replace"), hidden),
        streams=streams.map(lambda text: without_secrets(text, hidden)),
        powershell_version=version,
        clock=clock,
        seconds=sum(output.phases.values()),
        host=host,
        bits=bits,
        phases=dict(output.phases),
    )


def _violation(host: str, message: str, *, outcome_unknown: bool = False) -> ProtocolViolation:
    return ProtocolViolation(f"{host}: {message}", outcome_unknown=outcome_unknown)


def _facts(told: Any) -> tuple[str, int, int] | None:
    """PowerShell's version, the clock and the bits; None when they are not what the bootstrap writes."""
    if not isinstance(told, dict):
        return None
    version, clock, bits = (told.get(name) for name in ("version", "clock", "bits"))
    if not isinstance(version, str) or type(clock) is not int or type(bits) is not int:
        return None
    return version, clock, bits


def without_secrets(text: str, hidden: Sequence[str]) -> str:
    """A text in which neither a secret stands, also not in two lines, nor a request that was thrown back."""
    text = _REQUEST_LINE.sub(STRUCK_OUT, text)
    for secret in sorted(hidden, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            # PowerShell breaks what it prints at the width of its console.
            wrapped = r"\s*".join(re.escape(letter) for letter in secret if not letter.isspace())
            text = re.sub(wrapped, STRUCK_OUT, text) if wrapped else text
    return text


def _without_answer(
    host: str, output: Output, streams: clixml.Streams, hidden: Sequence[str]
) -> RemoteRunError:
    # Struck out before it is cut: half a secret is one as well.
    words = said(without_secrets(streams.text, hidden), 200) or "nothing"
    if framing.has_started(output.stdout):
        unknown = OutcomeUnknown(
            f"{host}: PowerShell ended with code {output.code} and without an answer. Whether the script did "
            f"its work is not known; the operator reads the state again. PowerShell said: {words}"
        )
        unknown.printed = without_secrets(output.stdout.decode("utf-8", errors="replace"), hidden)
        return unknown
    if output.code == 0:
        # The bootstrap prints a frame before it ends with 0, and what stops it ends with another code: the
        # output was lost, and the mark with it.
        return ProtocolViolation(
            f"{host}: PowerShell ended well, and its answer did not arrive. Whether the script did its work is "
            f"not known; the operator reads the state again. PowerShell said: {words}",
            outcome_unknown=True,
        )
    mode = framing.refused_language_mode(output.stdout)
    text = f"{mode}\n{streams.text}\n{output.stdout.decode('utf-8', errors='replace')}"
    blocked = obstacles.obstacle(text, host, nothing_ran=True)
    if blocked is None and output.code == UNKNOWN_PROGRAM:
        blocked = obstacles.blocked(BlockedBy.POWERSHELL_MISSING, host, nothing_ran=True)
    return blocked or ProtocolViolation(
        f"{host}: PowerShell ended with code {output.code} before the operator's script began, so nothing was "
        f"run. PowerShell said: {words}",
        nothing_ran=True,
    )


def _failure(
    host: str, document: dict[str, Any], started: bool, hidden: Sequence[str]
) -> RemoteRunError:
    why, record = document.get("why"), document.get("error")
    nothing_ran = why in _BEFORE_THE_SCRIPT
    if why == "Damaged" and not started:
        return ProtocolViolation(
            f"{host}: the request arrived damaged, so nothing was run. The operator tries again.",
            nothing_ran=True,
        )
    if why == "Busy" and record is None and not started:
        return Busy(
            f"{host} is busy with another run of the operator (or of a second one). The operator waits for it."
        )
    if not isinstance(record, dict) or started is nothing_ran or why not in _STAGES:
        return _violation(
            host, "the answer tells of a failure and contradicts itself.", outcome_unknown=True
        )
    details = _error_details(record, hidden)
    if why == "Answer":
        return _violation(
            host,
            f"the operator's script ran, but broke its contract: {' '.join(details.messages)}",
        )
    return _script_failed(details, host, nothing_ran=nothing_ran)


def script_failure(
    record: Mapping[str, Any], host: str, hidden: Sequence[str]
) -> Blocked | ScriptError:
    """What an error record of a script means that tells of it in its answer, with these secrets struck out."""
    return _script_failed(_error_details(record, hidden), host, nothing_ran=False)


def _script_failed(details: ErrorDetails, host: str, *, nothing_ran: bool) -> Blocked | ScriptError:
    marks = f"{details.error_id} {details.type} {details.innermost_type}"
    return obstacles.obstacle(marks, host, nothing_ran=nothing_ran) or ScriptError(
        details, nothing_ran=nothing_ran
    )


def _error_details(record: Mapping[str, Any], hidden: Sequence[str]) -> ErrorDetails:
    """An error record as a script tells of it, with these secrets struck out."""

    def text(value: Any) -> str:
        return said(without_secrets(str(value), hidden))

    messages = record.get("messages")
    return ErrorDetails(
        error_id=text(record.get("id", "")),
        type=str(record.get("type", "")),
        innermost_type=str(record.get("inner", "")),
        category=str(record.get("category", "")),
        messages=tuple(text(said) for said in messages) if isinstance(messages, list) else (),
        position=str(record.get("position", "")),
    )
