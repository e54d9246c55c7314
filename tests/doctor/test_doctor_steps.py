"""Each failure of a remote run names the step at which it stopped: by class and error id, never by text."""

from __future__ import annotations

import pytest

from partner_operator.engine.ports import Step
from partner_operator.products.failures import NOT_EXCHANGE, run_failed
from partner_operator.winrm import (
    Blocked,
    BlockedBy,
    Busy,
    ErrorDetails,
    Forbidden,
    OutcomeUnknown,
    ProtocolViolation,
    QuotaExceeded,
    RemoteRunError,
    ScriptError,
    TimedOut,
    TlsFailed,
    Unauthenticated,
    Unreachable,
)


def thrown(error_id: str) -> ScriptError:
    """An error record that a script threw."""
    kind = "System.Exception"
    return ScriptError(ErrorDetails(error_id, kind, kind, "NotSpecified", ("it broke",)))


STEPS: list[tuple[RemoteRunError, Step]] = [
    (Unreachable("m"), Step.CONNECT),
    (TlsFailed("m"), Step.TLS),
    (Unauthenticated("m"), Step.LOGON),
    (Forbidden("m", logged_on=False), Step.LOGON),
    (Forbidden("m"), Step.SHELL),
    (QuotaExceeded("m"), Step.SHELL),
    (TimedOut("m"), Step.LOGON),
    (ProtocolViolation("m"), Step.SHELL),
    (Blocked("m", BlockedBy.LANGUAGE_MODE, nothing_ran=True), Step.POWERSHELL),
    (Busy("m"), Step.MUTEX),
    (OutcomeUnknown("m"), Step.WORK),
    (thrown("Modules_ModuleNotFound,ImportModuleCommand"), Step.MODULE),
    (thrown(NOT_EXCHANGE), Step.MODULE),
    (thrown("AccessDenied,PSSessionOpenFailed"), Step.SECOND_HOP),
    (thrown("CannotConnect,PSSessionOpenFailed"), Step.SECOND_HOP),
    (thrown("CommandNotFoundException"), Step.RIGHTS),
    (thrown("NamedParameterNotFound,Get-X"), Step.RIGHTS),
    (thrown("AnythingElse"), Step.WORK),
]


@pytest.mark.parametrize(
    ("error", "step"), STEPS, ids=[f"{type(e).__name__}-{s}" for e, s in STEPS]
)
def test_a_failure_names_its_step(error: RemoteRunError, step: Step) -> None:
    """What the doctor's cross stands at."""
    assert (
        run_failed(error, product="Exchange", operation="observe", host="ex1.litwareinc.com").step
        is step
    )
