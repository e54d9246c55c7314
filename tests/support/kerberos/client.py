"""Runs of the operator over Kerberos, in a process of its own: one JSON job in, what became of it out."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from partner_operator.winrm import Channels, Endpoint, RemoteRequest, RemoteRunError, run


class _Kept(logging.Handler):
    """Every log line of every library, as text."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.lines.append(self.format(record))


def main() -> None:
    """Do all runs of the job, each in a thread of its own when there are several."""
    job = json.load(sys.stdin)
    kept = _Kept()
    logging.basicConfig(level=logging.DEBUG, handlers=[kept])
    environment = dict(os.environ)
    with ThreadPoolExecutor(len(job["runs"])) as pool:
        answers = list(pool.map(_run, job["runs"]))
    told = {
        "answers": answers,
        "logs": kept.lines,
        "environment_unchanged": environment == dict(os.environ),
        "threads": threading.active_count(),
    }
    json.dump(told, sys.stdout)


def _run(asked: dict[str, Any]) -> list[dict[str, Any]]:
    endpoint = Endpoint(**asked["endpoint"])
    request = RemoteRequest(**asked["request"])
    channels = Channels() if asked.get("one_pass") else None
    told = [_once(endpoint, request, channels) for _ in range(asked.get("times", 1))]
    if channels is not None:
        channels.end(request.about)
    return told


def _once(endpoint: Endpoint, request: RemoteRequest, channels: Channels | None) -> dict[str, Any]:
    started = time.monotonic()
    told: dict[str, Any]
    try:
        told = {"data": run(endpoint, request, channels).data}
    except RemoteRunError as error:
        told = {
            "failure": type(error).__name__,
            "sentence": error.message,
            "nothing_ran": error.nothing_ran,
            "outcome_unknown": error.outcome_unknown,
            "logged_on": getattr(error, "logged_on", None),
        }
    return told | {"seconds": time.monotonic() - started}


if __name__ == "__main__":
    main()
