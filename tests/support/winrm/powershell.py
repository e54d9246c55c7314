"""The bootstrap in a real PowerShell, without any WinRM: bytes to standard input, bytes back."""

from __future__ import annotations

import base64
import os
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from partner_operator.winrm import Answer, RemoteRunError, framing
from partner_operator.winrm.answer import Output, understand
from partner_operator.winrm.bootstrap import bootstrap_script
from support.pwsh import find_pwsh

SECONDS = 60


@dataclass(frozen=True, slots=True)
class Ended:
    """What a process left behind."""

    stdout: bytes
    stderr: bytes
    code: int
    asked: str
    """The digest of what was asked."""

    @property
    def answer(self) -> Answer:
        """As `run` understands it. Raises RemoteRunError."""
        return understand("ex1", Output(self.stdout, self.stderr, self.code, {}), self.asked, ())

    @property
    def failure(self) -> RemoteRunError:
        """What `run` would raise; fails the test when there is an answer."""
        try:
            answer = self.answer
        except RemoteRunError as error:
            return error
        raise AssertionError(f"an answer where a failure was due: {answer.data}")


def start(
    *, before: str = "", computer: str | None = None, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start PowerShell with the bootstrap. `before` is put in front of it, in the same text.

    `computer` is the host's name, and so the mutex's; runs without one do not share it.
    """
    text = f"{before}\n{bootstrap_script()}" if before else bootstrap_script()
    encoded = base64.b64encode(text.encode("utf-16-le")).decode()
    return subprocess.Popen(
        [str(find_pwsh()), "-NoProfile", "-NonInteractive", "-EncodedCommand", encoded],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={
            **os.environ,
            "COMPUTERNAME": computer or uuid.uuid4().hex,
            "NO_COLOR": "1",
            "POWERSHELL_TELEMETRY_OPTOUT": "1",
            "POWERSHELL_UPDATECHECK": "Off",
            **(environment or {}),
        },
    )


def feed(
    stdin: bytes,
    *,
    before: str = "",
    computer: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Ended:
    """Run the bootstrap with these bytes on standard input, to its end."""
    process = start(before=before, computer=computer, environment=environment)
    stdout, stderr = process.communicate(stdin, timeout=SECONDS)
    return Ended(stdout, stderr, process.returncode, framing.request_digest(stdin))


def request(
    script: str,
    parameters: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
) -> bytes:
    """What the operator would send."""
    return framing.request_line(script, parameters or {}, secrets or {}, 5000)


def call(
    script: str,
    parameters: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
    *,
    before: str = "",
    environment: Mapping[str, str] | None = None,
) -> Ended:
    """Run a script as the operator would."""
    return feed(request(script, parameters, secrets), before=before, environment=environment)
