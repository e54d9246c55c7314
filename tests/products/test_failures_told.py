"""Each failure of a remote run becomes one reason, one sentence and one next step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from partner_operator.engine.ports import Credentials, LogonRefused, OperationFailed
from partner_operator.products.failures import NOT_EXCHANGE, run_failed
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.products.scripts import script
from partner_operator.trust.model import Authentication, Product
from partner_operator.trust.obstacle import Next
from partner_operator.trust.reasons import Reason
from partner_operator.winrm import (
    Answer,
    Blocked,
    BlockedBy,
    Busy,
    Endpoint,
    ErrorDetails,
    Forbidden,
    OutcomeUnknown,
    ProtocolViolation,
    QuotaExceeded,
    Refusal,
    RemoteRequest,
    RemoteRunError,
    ScriptError,
    TimedOut,
    TlsFailed,
    Unauthenticated,
    Unreachable,
)
from support.trust import worlds as trust_worlds


def script_error(error_id: str = "x", kind: str = "System.Exception", *said: str) -> ScriptError:
    """An error record that a script threw."""
    return ScriptError(ErrorDetails(error_id, kind, kind, "NotSpecified", said or ("it broke",)))


FAILURES: list[tuple[RemoteRunError, Reason, bool]] = [
    (Unreachable("m"), Reason.UNREACHABLE, False),
    (TlsFailed("m"), Reason.TLS_FAILED, False),
    (Unauthenticated("m"), Reason.CREDENTIALS_REJECTED, True),
    (Forbidden("m"), Reason.FORBIDDEN, True),
    (QuotaExceeded("m"), Reason.QUOTA_EXCEEDED, False),
    (Busy("m"), Reason.BUSY, False),
    (TimedOut("m"), Reason.TIMED_OUT, False),
    (ProtocolViolation("m"), Reason.PROTOCOL_ERROR, False),
    (Blocked("m", BlockedBy.ANTIMALWARE, nothing_ran=True), Reason.BLOCKED, True),
    (OutcomeUnknown("m"), Reason.OUTCOME_UNKNOWN, False),
    (script_error(), Reason.REMOTE_ERROR, False),
    (
        script_error("Modules_ModuleNotFound,Microsoft.PowerShell.Commands.ImportModuleCommand"),
        Reason.WRONG_PRODUCT,
        True,
    ),
    (script_error("CommandNotFoundException"), Reason.FORBIDDEN, True),
    (script_error("NamedParameterNotFound,Set-PartnerApplication"), Reason.FORBIDDEN, True),
    (
        script_error(
            "-2144108526,PSSessionOpenFailed",
            "System.Management.Automation.Remoting.PSRemotingTransportException",
        ),
        Reason.UNREACHABLE,
        False,
    ),
    (script_error("AccessDenied,PSSessionOpenFailed"), Reason.FORBIDDEN, True),
    (script_error("LogonFailure,PSSessionOpenFailed"), Reason.FORBIDDEN, True),
    (script_error("CannotConnect,PSSessionOpenFailed"), Reason.UNREACHABLE, False),
    (script_error(NOT_EXCHANGE), Reason.WRONG_PRODUCT, True),
]


@pytest.mark.parametrize(
    ("error", "reason", "stalled"),
    FAILURES,
    ids=[f"{type(e).__name__}-{r}" for e, r, _ in FAILURES],
)
def test_every_failure_of_a_run_has_its_reason(
    error: RemoteRunError, reason: Reason, stalled: bool
) -> None:
    """One reason for conditions and events; Stalled only where a human must act."""
    failed = run_failed(error, product="Exchange", operation="observe", host="ex1.litwareinc.com")
    assert failed.obstacle.reason is reason
    assert (failed.obstacle.then is Next.HUMAN) is stalled
    assert failed.nothing_ran or not error.nothing_ran
    assert failed.outcome_unknown is error.outcome_unknown
    assert isinstance(failed, LogonRefused) is isinstance(error, Unauthenticated)
    assert failed.obstacle.message


def test_every_class_of_failure_is_in_the_table() -> None:
    """A new class without a reason would be a KeyError in the field."""
    assert {type(error) for error, _, _ in FAILURES} == set(RemoteRunError.__subclasses__())


@pytest.mark.parametrize("first", ["AccessDenied,", "CannotConnect,", "-2144108526,", ""])
def test_an_inner_session_that_never_opened_proves_that_no_cmdlet_ran(first: str) -> None:
    """So the next host may be asked, and a change may simply be tried again."""
    error = script_error(f"{first}PSSessionOpenFailed")
    opening = replace(
        error.details, position="at Open-Exchange, <No file>: line 10\nat <ScriptBlock>"
    )
    failed = run_failed(
        ScriptError(opening), product="Exchange", operation="register", host="ex1.litwareinc.com"
    )
    assert failed.nothing_ran
    assert "function Open-Exchange" in script("exchange", "register")


@pytest.mark.parametrize(
    "position",
    ["", "at Get-PSImplicitRemotingSession, tmp_x.psm1: line 90\nat New-MailUser, tmp_x.psm1"],
)
def test_a_session_that_broke_and_did_not_open_again_proves_nothing(position: str) -> None:
    """Import-PSSession's module opens a session anew for the next cmdlet; the ones before it did their work."""
    error = script_error("CannotConnect,PSSessionOpenFailed")
    again = replace(error.details, position=position)
    failed = run_failed(
        ScriptError(again), product="Exchange", operation="update", host="ex1.litwareinc.com"
    )
    assert failed.obstacle.reason is Reason.UNREACHABLE
    assert not failed.nothing_ran


def test_an_inner_session_that_breaks_later_proves_nothing() -> None:
    """The cmdlet that was running when it broke may have done its work."""
    kind = "System.Management.Automation.Remoting.PSRemotingTransportException"
    failed = run_failed(
        script_error("JobFailure", kind),
        product="Exchange",
        operation="register",
        host="ex1.litwareinc.com",
    )
    assert failed.obstacle.reason is Reason.UNREACHABLE
    assert not failed.nothing_ran


@pytest.mark.parametrize(
    "said",
    [
        "The maximum number of concurrent shells for this user has been exceeded.",
        "Fail to create a runspace because you have exceeded the maximum number of connections allowed : 3",
    ],
)
def test_a_full_exchange_is_no_missing_right(said: str) -> None:
    """P-WIN-1: it passes by waiting."""
    failed = run_failed(
        script_error("AccessDenied,PSSessionOpenFailed", "X", said),
        product="Exchange",
        operation="observe",
        host="ex1.litwareinc.com",
    )
    assert (failed.obstacle.reason, failed.obstacle.then) == (Reason.QUOTA_EXCEEDED, Next.RETRIED)


@pytest.mark.parametrize("operation", ["restart", "host_state"])
def test_a_program_that_windows_lacks_is_no_missing_right_in_exchange(operation: str) -> None:
    """No RBAC role brings iisreset.exe back."""
    failed = run_failed(
        script_error("CommandNotFoundException"),
        product="Exchange",
        operation=operation,
        host="ex1.litwareinc.com",
    )
    assert (failed.obstacle.reason, failed.obstacle.then) == (Reason.REMOTE_ERROR, Next.RETRIED)


def test_a_script_that_never_began_is_told_as_such() -> None:
    """The bootstrap's own error before the script: it may simply be tried again."""
    details = script_error().details
    failed = run_failed(
        ScriptError(details, nothing_ran=True),
        product="Exchange",
        operation="register",
        host="ex1.litwareinc.com",
    )
    assert failed.nothing_ran


def test_long_and_many_line_errors_become_one_short_line() -> None:
    """Messages stand in conditions."""
    failed = run_failed(
        script_error("x", "T", "outer\r\n  words " * 100, "the cause"),
        product="Lync",
        operation="x",
        host="ex1.litwareinc.com",
    )
    assert "\n" not in failed.obstacle.message
    assert len(failed.obstacle.message) < 600
    assert "the cause" in failed.obstacle.message


@pytest.mark.parametrize("refusal", Refusal)
def test_a_refused_logon_names_what_it_was(refusal: Refusal) -> None:
    """C38: as far as the wire tells; the engine adds the Secret, and how to go on."""
    error = Unauthenticated(f"ex1 refused the logon: {refusal}. Do this.", refusal)
    failed = run_failed(error, product="Exchange", operation="observe", host="ex1")
    assert isinstance(failed, LogonRefused)
    assert failed.nothing_ran
    assert refusal.value in failed.obstacle.message


@pytest.mark.parametrize("logon", list(Authentication))
@pytest.mark.parametrize("error", [script_error(), script_error(NOT_EXCHANGE)])
async def test_lync_names_the_logon_that_its_cmdlets_cannot_go_on_with(
    logon: Authentication, error: ScriptError
) -> None:
    """Only where a cmdlet failed, for that may be the reason, and only where the logon can be it."""

    async def host(_endpoint: Endpoint, _request: RemoteRequest) -> Answer:
        raise error

    server = trust_worlds.server(Product.LYNC, authentication=logon)
    session = LyncOperations(host).on(
        server, Credentials("u", "p", "d", trust_worlds.OURS), server.hosts[0]
    )
    with pytest.raises(OperationFailed) as caught:
        await session.replicate()
    refused = "it broke" in caught.value.obstacle.message
    hinted = "CredSSP is what lets them" in caught.value.obstacle.message
    assert hinted is (refused and logon is not Authentication.CREDSSP)
