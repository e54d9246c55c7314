"""`partner-operator run --record DIR`: each remote run as a file, redacted, so that it can be replayed in tests.

What is written: operation, host, parameters, answer or error, and timing. What is never written: the
logon, what a secret of the run says in any text, and tokens: the connectivity test shows its HTTP exchange.
"""

from __future__ import annotations

import itertools
import json
import os
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from partner_operator.products.remote import Runner
from partner_operator.winrm import (
    Answer,
    Blocked,
    Endpoint,
    Forbidden,
    RemoteRequest,
    RemoteRunError,
    ScriptError,
)
from partner_operator.winrm.answer import STRUCK_OUT, without_secrets

_TOKEN = re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
"""A JSON web token: three parts of base64url, of which the first begins as `{"` does."""


class Recorder:
    """Wraps the runner of the products; the operator does not notice."""

    def __init__(self, runner: Runner, folder: Path) -> None:
        """`folder` is made, readable by nobody else."""
        self._runner = runner
        self._folder = folder
        self._numbers = itertools.count(1)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def __call__(self, endpoint: Endpoint, request: RemoteRequest) -> Answer:
        """Run, and write down what came back. Raises what the run raises."""
        record: dict[str, Any] = {
            "operation": request.operation,
            "host": endpoint.host,
            "authentication": endpoint.authentication,
            "parameters": dict(request.parameters),
        }
        try:
            answer = await self._runner(endpoint, request)
        except RemoteRunError as error:
            record["error"] = _error(error)
            raise
        else:
            record["answer"] = asdict(answer)
            return answer
        finally:
            self._write(request.operation, redact(record, _secrets(endpoint, request)))

    def _write(self, operation: str, record: Any) -> None:
        path = self._folder / f"{next(self._numbers):05d}-{operation}.json"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(record, file, indent=1, ensure_ascii=True, default=str)
            file.write("\n")


def _error(error: RemoteRunError) -> dict[str, Any]:
    described: dict[str, Any] = {
        "type": type(error).__name__,
        "message": error.message,
        "nothing_ran": error.nothing_ran,
        "outcome_unknown": error.outcome_unknown,
        "logon_refused": error.logon_refused,
    }
    match error:
        case ScriptError():
            described["details"] = asdict(error.details)
        case Blocked():
            described["obstacle"] = error.obstacle
        case Forbidden():
            described["logged_on"] = error.logged_on
    return described


def _secrets(endpoint: Endpoint, request: RemoteRequest) -> tuple[str, ...]:
    values = {endpoint.password, *request.secrets.values()} - {endpoint.username, ""}
    return tuple(sorted(values, key=len, reverse=True))


def redact(value: Any, secrets: tuple[str, ...]) -> Any:
    """The same value with every secret taken out of every text in it."""
    if isinstance(value, str):
        value = _TOKEN.sub(STRUCK_OUT, without_secrets(value, secrets))
        for secret in secrets:  # those that are too short for texts that people read
            value = value.replace(secret, STRUCK_OUT)
        return value
    if isinstance(value, dict):
        return {redact(key, secrets): redact(inner, secrets) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [redact(inner, secrets) for inner in value]
    return value
