"""Runs foreign clients: each in its own environment, with nothing of this process's around it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partner_testbed import clients
from partner_testbed.clients import Client
from support.ended import Ended

TESTS = Path(__file__).resolve().parents[2]
DRIVERS = TESTS / "clients" / "drivers"
_LONGEST_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Refusal:
    """A client's own error."""

    kind: str
    """Name of the exception's class."""
    told: Any
    """A number where the client had one, else its words."""


def run(
    command: Sequence[str | Path],
    home: Path,
    *,
    stdin: str = "",
    extra: Mapping[str, str] | None = None,
) -> Ended:
    """Run a program in a home of its own: no proxies, no netrc, no settings of whoever runs the tests."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=home,
        env=environment | dict(extra or {}),
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=_LONGEST_SECONDS,
        check=False,
    )
    return Ended(done.stdout, done.stderr, done.returncode)


def drive(client: Client, job: Mapping[str, Any], home: Path) -> Any:
    """Let a client's driver do a job; returns its result or a Refusal.

    A driver that ends otherwise is an AssertionError with what it said.
    """
    if client is Client.WINRM_CLIENT:
        root = clients.environment(client, print)
        command: list[str | Path] = ["node", DRIVERS / "winrm_client_driver.js"]
        extra = {"NODE_PATH": str(root / "node_modules")}
        if "ca" in job:
            extra["NODE_EXTRA_CA_CERTS"] = str(job["ca"])
    else:
        command = [clients.python(client, print), DRIVERS / f"{client}_driver.py"]
        extra = {"PYTHONPATH": str(TESTS)}
    ended = run(command, home, stdin=json.dumps(job), extra=extra)
    assert ended.code == 0, ended.stderr
    result = json.loads(ended.stdout)
    if "error" in result:
        return Refusal(result["error"]["type"], result["error"]["told"])
    return result["done"]


def packed(data: bytes) -> str:
    """Bytes for a job."""
    return base64.b64encode(data).decode("ascii")


def unpacked(text: str) -> bytes:
    """Bytes of a result."""
    return base64.b64decode(text)
