"""Replays what `partner-operator run --record DIR` wrote: the first run on real servers becomes our fixture."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from partner_operator.winrm import (
    Answer,
    Blocked,
    BlockedBy,
    Endpoint,
    ErrorDetails,
    Forbidden,
    RemoteRequest,
    RemoteRunError,
    ScriptError,
)
from partner_operator.winrm import errors as winrm_errors
from partner_operator.winrm.clixml import Streams


class Replay:
    """A runner that answers as the recording does, each operation in its recorded order.

    It is a clock as well: the time is what the hosts' clocks said in the last answer, so that a
    recording of years ago is judged by the certificates and times of its day.
    """

    def __init__(self, folder: Path) -> None:
        """Read all records of a folder."""
        self._left: list[dict[str, Any]] = [
            json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))
        ]
        clocks = [record["answer"]["clock"] for record in self._left if "answer" in record]
        self._clock: int = clocks[0] if clocks else 0
        self.asked: list[str] = []

    @property
    def left(self) -> list[str]:
        """Operations that nobody has asked for yet."""
        return [record["operation"] for record in self._left]

    async def __call__(self, endpoint: Endpoint, request: RemoteRequest) -> Answer:
        """The next record of this operation on this host.

        Raises LookupError when there is none, or when it was asked with other parameters: what the
        servers would have answered then, nobody knows.
        """
        self.asked.append(request.operation)
        for record in self._left:
            if (record["operation"], record["host"]) == (request.operation, endpoint.host):
                _check_parameters(record, request)
                self._left.remove(record)
                self._clock = record.get("answer", {}).get("clock", self._clock)
                return _played(record)
        raise LookupError(f"the recording has no further {request.operation} on {endpoint.host}")

    def now(self) -> datetime:
        """The wall clock of the recording."""
        return datetime.fromtimestamp(self._clock, UTC)

    def monotonic(self) -> float:
        """Seconds of the same clock."""
        return float(self._clock)


def _check_parameters(record: dict[str, Any], request: RemoteRequest) -> None:
    asked = json.loads(json.dumps(dict(request.parameters), default=str))
    if record["parameters"] != asked:
        raise LookupError(
            f"{request.operation} was recorded with {record['parameters']}, now it is asked with {asked}"
        )


def _played(record: dict[str, Any]) -> Answer:
    if "error" in record:
        raise _error(record["error"])
    # A field that a later version of the operator knows no more is no reason to lose the recording.
    known = {field.name for field in dataclasses.fields(Answer)}
    answer = {name: value for name, value in record["answer"].items() if name in known}
    answer["streams"] = Streams(**answer["streams"])
    return Answer(**answer)


def _error(error: dict[str, Any]) -> RemoteRunError:
    """The same failure, with all that it knew about what became of the run."""
    kind: Any = getattr(winrm_errors, error["type"])
    message = error["message"]
    failure: RemoteRunError
    if kind is ScriptError:
        told = error["details"]
        failure = ScriptError(ErrorDetails(**told | {"messages": tuple(told["messages"])}))
    elif kind is Blocked:
        failure = Blocked(message, BlockedBy(error["obstacle"]), nothing_ran=error["nothing_ran"])
    elif kind is Forbidden:
        failure = Forbidden(message, logged_on=error["logged_on"])
    else:
        failure = kind(message)
    failure.nothing_ran = error["nothing_ran"]
    failure.outcome_unknown = error["outcome_unknown"]
    # Older recordings do not tell.
    failure.logon_refused = error.get("logon_refused", failure.logon_refused)
    return failure
