"""pywinrm's own Session does what a job says; each run is a shell of its own."""

from __future__ import annotations

from typing import Any

import requests
from requests_credssp.exceptions import NTStatusException
from winrm.exceptions import AuthenticationError, WinRMTransportError, WSManFaultError

from clients.drivers.frame import Job, main, text
from winrm import Session


def work(job: Job) -> Any:
    """Run every step of the job."""
    session = Session(
        job["url"],
        auth=(job["user"], job["password"]),
        transport=job["transport"],
        message_encryption=job["encryption"],
        ca_trust_path=job["ca"],
        operation_timeout_sec=job["operation_timeout"],
        read_timeout_sec=job["operation_timeout"] + 10,
        proxy=None,
    )
    try:
        return [_step(session, step) for step in job["steps"]]
    finally:
        session.protocol.transport.close_session()


def _step(session: Session, step: Job) -> Job:
    if "script" in step:
        response = session.run_ps(step["script"])
    else:
        response = session.run_cmd(step["command"], step.get("arguments", ()))
    return {
        "stdout": text(response.std_out),
        "stderr": text(response.std_err),
        "rc": response.status_code,
    }


def told(error: Exception) -> Any:
    """A fault by its number in either shape; anything else in words."""
    if isinstance(error, WSManFaultError):
        return error.wsman_fault_code or error.wmierror_code
    return str(error)


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
