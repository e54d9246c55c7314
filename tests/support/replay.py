"""Replays what `partner-operator run --record DIR` wrote: the first run on real servers becomes our fixture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from partner_operator.winrm import Answer, Endpoint, ErrorDetails, RemoteRequest, ScriptError
from partner_operator.winrm import errors as winrm_errors
from partner_operator.winrm.clixml import Streams


class Replay:
    """A runner that answers as the recording does, each operation in its recorded order."""

    def __init__(self, folder: Path) -> None:
        """Read all records of a folder."""
        self._left: list[dict[str, Any]] = [
            json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))
        ]
        self.asked: list[str] = []

    async def __call__(self, endpoint: Endpoint, request: RemoteRequest) -> Answer:
        """The next record of this operation on this host. Raises LookupError when there is none."""
        self.asked.append(request.operation)
        for record in self._left:
            if (record["operation"], record["host"]) == (request.operation, endpoint.host):
                self._left.remove(record)
                return _played(record)
        raise LookupError(f"the recording has no further {request.operation} on {endpoint.host}")


def _played(record: dict[str, Any]) -> Answer:
    if "error" in record:
        error = record["error"]
        if "details" in error:
            details = error["details"]
            raise ScriptError(ErrorDetails(**{**details, "messages": tuple(details["messages"])}))
        raise getattr(winrm_errors, error["type"])(error["message"])
    answer = dict(record["answer"])
    answer["streams"] = Streams(**answer["streams"])
    return Answer(**answer)
