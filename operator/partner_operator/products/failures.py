"""Why a remote run failed, as what users see: one reason, one sentence, one next step."""

from __future__ import annotations

from partner_operator.engine.ports import LogonRefused, OperationFailed, RunFailed, Step
from partner_operator.texts import said
from partner_operator.trust.obstacle import Next
from partner_operator.trust.reasons import Reason
from partner_operator.winrm import (
    Blocked,
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

_REASONS: dict[type[RemoteRunError], tuple[Reason, Next]] = {
    Unreachable: (Reason.UNREACHABLE, Next.RETRIED),
    TlsFailed: (Reason.TLS_FAILED, Next.RETRIED),
    Forbidden: (Reason.FORBIDDEN, Next.HUMAN),
    QuotaExceeded: (Reason.QUOTA_EXCEEDED, Next.RETRIED),
    Busy: (Reason.BUSY, Next.RETRIED),
    TimedOut: (Reason.TIMED_OUT, Next.RETRIED),
    ProtocolViolation: (Reason.PROTOCOL_ERROR, Next.RETRIED),
    Blocked: (Reason.BLOCKED, Next.HUMAN),
    OutcomeUnknown: (Reason.OUTCOME_UNKNOWN, Next.RETRIED),
}
"""Each class's reason, and what happens next. A refused logon is none of them."""

_STEPS: dict[type[RemoteRunError], Step] = {
    Unreachable: Step.CONNECT,
    TlsFailed: Step.TLS,
    Forbidden: Step.SHELL,
    QuotaExceeded: Step.SHELL,
    Busy: Step.MUTEX,
    TimedOut: Step.LOGON,
    ProtocolViolation: Step.SHELL,
    Blocked: Step.POWERSHELL,
    OutcomeUnknown: Step.WORK,
}
"""Where a run was when it failed."""

_MISSING_COMMAND = "CommandNotFoundException"
_MISSING_PARAMETER = "NamedParameterNotFound"
_MISSING_MODULE = "Modules_ModuleNotFound"
NOT_EXCHANGE = "PartnerOperator.NotExchange"
"""What session.ps1 throws on a machine without Exchange."""
_OF_WINDOWS = frozenset({"host_state", "restart"})
"""Operations that use nothing of the product, so that no right in the product can be missing."""
_INNER_SESSION = "PSSessionOpenFailed"
_OPENS_THE_SESSION = "Open-Exchange"
"""The function of session.ps1 that runs before any cmdlet. Function names are not localised."""
_INNER_REFUSALS = frozenset(
    {
        "AccessDenied",
        "AuthenticationFailed",
        "LogonFailure",
        "InvalidAuthentication",
        "ClientKerberosDisabled",
        "WorkgroupCannotUseKerberos",
        "ServerNotTrusted",
        "CannotUseIPAddress",
        "RemoteSessionDisallowed",
        "RemoteConnectionDisallowed",
    }
)
"""First parts of a FullyQualifiedErrorId of New-PSSession that are about who asks, and how. PowerShell's
source has the list (WSManTransportManagerUtils); it is not localised, and all else is a server that is down."""
_INNER_QUOTAS = (
    "maximum number of concurrent shells",
    "exceeded the maximum number of connections",
)
"""In the two texts that tell of a full server (P-WIN-1); there is no error id for it."""


def run_failed(error: RemoteRunError, *, product: str, operation: str, host: str) -> RunFailed:
    """The failure of one run. Only facts that the products' documentation gives are used.

    `host`: several may be declared, and only one of them may be wrong.
    """
    if error.logon_refused:
        return LogonRefused(
            error.message
            if isinstance(error, Unauthenticated)
            else _refused_meanwhile(error, host),
            nothing_ran=error.nothing_ran,
            outcome_unknown=error.outcome_unknown,
        )
    if isinstance(error, ScriptError):
        return _script_failed(error, product, operation, host)
    reason, then = _REASONS[type(error)]
    return OperationFailed(
        reason,
        error.message,
        then,
        nothing_ran=error.nothing_ran,
        outcome_unknown=error.outcome_unknown,
        step=_step(error),
    )


def _refused_meanwhile(error: RemoteRunError, host: str) -> str:
    """The password was changed, or the account locked, in the middle of a run."""
    return (
        f"{host} accepted the logon at first and refused it later in the same run. {error.message}"
    )


def _step(error: RemoteRunError) -> Step:
    if isinstance(error, Forbidden) and not error.logged_on:
        return Step.LOGON
    return _STEPS[type(error)]


def _script_failed(error: ScriptError, product: str, operation: str, host: str) -> OperationFailed:
    details, nothing_ran = error.details, error.nothing_ran
    said = _last_words(details)
    identifier = details.error_id.partition(",")[0]
    if identifier == _MISSING_MODULE:
        return OperationFailed(
            Reason.WRONG_PRODUCT,
            f"{host} has no {product} management module ({said}). Is spec.product right, and are the "
            "management tools installed there?",
            step=Step.MODULE,
            then=Next.HUMAN,
            nothing_ran=nothing_ran,
        )
    if details.error_id == NOT_EXCHANGE:
        return OperationFailed(
            Reason.WRONG_PRODUCT,
            f"{host} is no Exchange server: Exchange's setup left no path there, and its PowerShell endpoint does "
            "not answer. Is spec.product right, are hosts Mailbox or Client Access servers, and is Exchange still "
            "installed there?",
            step=Step.MODULE,
            then=Next.HUMAN,
            nothing_ran=True,
        )
    if identifier in {_MISSING_COMMAND, _MISSING_PARAMETER} and operation not in _OF_WINDOWS:
        return OperationFailed(
            Reason.FORBIDDEN,
            f"The account may not use what {operation} needs on {product}: {said} Give it the role that "
            "carries these cmdlets (Exchange: Organization Management; Lync: CsAdministrator).",
            step=Step.RIGHTS,
            then=Next.HUMAN,
            nothing_ran=nothing_ran,
        )
    if _INNER_SESSION in details.error_id or _is_transport(details):
        return _inner_session_failed(details, product, said, nothing_ran)
    return OperationFailed(
        Reason.REMOTE_ERROR, f"{product} refused {operation}: {said}", nothing_ran=nothing_ran
    )


def _is_transport(details: ErrorDetails) -> bool:
    names = {name.rpartition(".")[2] for name in (details.type, details.innermost_type)}
    return "PSRemotingTransportException" in names


def _inner_session_failed(
    details: ErrorDetails, product: str, said: str, nothing_ran: bool
) -> OperationFailed:
    """The second hop, to the product's own endpoint. Until it is open no cmdlet can have run.

    When it breaks later, implicit remoting opens it anew for the next cmdlet, and can fail in the same way.
    """
    first = _INNER_SESSION in details.error_id and _OPENS_THE_SESSION in details.position
    nothing_ran = nothing_ran or first
    if any(text in said for text in _INNER_QUOTAS):
        return OperationFailed(
            Reason.QUOTA_EXCEEDED,
            f"{product} allows this account no further PowerShell session now: {said}",
            step=Step.SECOND_HOP,
            nothing_ran=nothing_ran,
        )
    if details.error_id.partition(",")[0] in _INNER_REFUSALS:
        return OperationFailed(
            Reason.FORBIDDEN,
            f"The second hop to {product}'s own PowerShell endpoint was refused: {said} Hosts must be named as "
            "in the directory (FQDN), and the account may use remote PowerShell "
            "(Set-User -RemotePowerShellEnabled $true).",
            step=Step.SECOND_HOP,
            then=Next.HUMAN,
            nothing_ran=nothing_ran,
        )
    return OperationFailed(
        Reason.UNREACHABLE,
        f"{product}'s own PowerShell endpoint (Microsoft.Exchange) is not available: {said} Does IIS run there, and "
        "has it the virtual directory PowerShell?",
        step=Step.SECOND_HOP,
        nothing_ran=nothing_ran,
    )


def _last_words(details: ErrorDetails) -> str:
    """What the server said, in one line: the outermost and, where it differs, the innermost message."""
    texts = [said(text) for text in details.messages if text.strip()]
    if not texts:
        return said(details.error_id, 400)
    if texts[-1] in texts[0]:
        return texts[0][:400]
    return f"{texts[0][:300]} ({texts[-1][:200]})"
