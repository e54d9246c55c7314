"""Runs the bootstrap's own command line in a real PowerShell, as WinRS would."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from typing import Any

from partner_operator.winrm import Answer, Output, framing, understand
from partner_operator.winrm.bootstrap import arguments
from support.pwsh import find_pwsh

HOST = "ex1.litwareinc.com"
COMPUTER = "WINRM-TESTS"
WAIT_MILLISECONDS = 60_000
"""For the host's mutex."""


def run_bootstrap(stdin: bytes, *, before: str = "", computer: str = COMPUTER) -> Output:
    """Start PowerShell with the constant command line and this standard input.

    `before`: PowerShell text to run first, in the same process, to put it into a certain state.
    """
    switches = arguments().split()
    if before:
        encoded_bootstrap = switches[-1]
        text = (
            f"{before}\n$bootstrap=[Text.Encoding]::Unicode.GetString([Convert]::FromBase64String("
            f"'{encoded_bootstrap}'))\n$input | . ([scriptblock]::Create($bootstrap))"
        )
        switches = ["-NoProfile", "-NonInteractive", "-Command", text]
    done = subprocess.run(
        [str(find_pwsh()), *switches],
        input=stdin,
        capture_output=True,
        timeout=120,
        env={**os.environ, "COMPUTERNAME": computer, "TERM": "dumb"},
        check=False,
    )
    return Output(done.stdout, done.stderr, done.returncode, {})


def run_script(
    script: str,
    parameters: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
    *,
    before: str = "",
) -> Answer:
    """Run an operation script through the bootstrap. Raises RemoteRunError as a remote run does."""
    line = line_of(script, parameters, secrets)
    return understood(line, run_bootstrap(line, before=before), secrets)


def line_of(
    script: str, parameters: Mapping[str, Any] | None, secrets: Mapping[str, str] | None
) -> bytes:
    """What the operator would send."""
    return framing.request_line(script, parameters or {}, secrets or {}, WAIT_MILLISECONDS)


def understood(line: bytes, output: Output, secrets: Mapping[str, str] | None) -> Answer:
    """What the operator makes of a run of this line. Raises RemoteRunError as a remote run does."""
    hidden = tuple((secrets or {}).values())
    return understand(HOST, output, framing.request_digest(line), hidden)
