"""pypsrp does what a job says: one shell, and in it one process after another."""

from __future__ import annotations

import time
from typing import Any

import requests
from pypsrp.exceptions import (  # type: ignore[import-not-found]
    AuthenticationError,
    WinRMTransportError,
    WSManFaultError,
)
from pypsrp.shell import Process, SignalCode, WinRS  # type: ignore[import-not-found]
from pypsrp.wsman import WSMan  # type: ignore[import-not-found]
from requests_credssp.exceptions import NTStatusException

from clients.drivers.frame import Job, data, main, text


def work(job: Job) -> Any:
    """Run every process of the job in one shell."""
    server = WSMan(
        job["host"],
        port=job["port"],
        ssl=job["ssl"],
        username=job["user"],
        password=job["password"],
        auth=job["auth"],
        encryption=job["encryption"],
        cert_validation=job["ca"],
        operation_timeout=job["operation_timeout"],
        negotiate_send_cbt=job["send_cbt"],
        no_proxy=True,
    )
    opened = WinRS(server, job["resource"], codepage=65001, idle_time_out=job.get("idle"))
    with server, opened as shell:
        shown = {"owner": shell.owner, "id": shell.id, "idle": shell.idle_time_out}
        return {"shell": shown, "processes": [_process(shell, step) for step in job["processes"]]}


def _process(shell: Any, step: Job) -> Job:
    time.sleep(step.get("pause", 0))
    process = Process(shell, step["executable"], step.get("arguments"))
    if own := step.get("id"):
        shell.command(process.executable, process.arguments, command_id=own)
        process.id = own
    else:
        process.begin_invoke()
    for piece in step.get("stdin", []):
        process.send(data(piece["data"]), end=piece["end"])
    if step.get("terminate"):
        process.poll_invoke()
        early = text(process.stdout)
        process.signal(SignalCode.TERMINATE)
        return {"stdout": early, "id": process.id}
    if step.get("interrupt"):
        process.signal(SignalCode.CTRL_C)
    process.end_invoke()
    return {
        "stdout": text(process.stdout),
        "stderr": text(process.stderr),
        "rc": process.rc,
        "id": process.id,
    }


def told(error: Exception) -> Any:
    """A fault by its number; anything else in words."""
    return error.code if isinstance(error, WSManFaultError) else str(error)


main(
    work,
    (
        AuthenticationError,
        NTStatusException,
        WSManFaultError,
        WinRMTransportError,
        requests.exceptions.SSLError,
    ),
    told,
)
