"""The one place where every failure of pywinrm, requests and TLS gets its class and its sentence."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from enum import StrEnum

import requests
import spnego.exceptions
from requests_credssp.exceptions import AuthenticationException, NTStatusException
from winrm.exceptions import (
    AuthenticationError,
    WinRMError,
    WinRMOperationTimeoutError,
    WinRMTransportError,
    WSManFaultError,
)

from partner_operator.winrm.errors import (
    Blocked,
    Forbidden,
    Obstacle,
    OutcomeUnknown,
    ProtocolViolation,
    QuotaExceeded,
    RemoteRunError,
    TimedOut,
    TlsFailed,
    Unauthenticated,
    Unreachable,
)
from partner_operator.winrm.transport import DeadlinePassed, Redirected, ReplyTooLarge, WrongReply

ACCESS_DENIED = 5
SHELL_QUOTAS = frozenset(range(2150859173, 2150859180)) | frozenset(range(2150859236, 2150859243))
"""WSMan fault codes ERROR_WSMAN_QUOTA_* of wsmerror.h."""
UNKNOWN_SHELL = 2150858843
BUSY_SENDING = 170


class Phase(StrEnum):
    """How far a run has come. From COMMAND on, the script may run."""

    CREATE = "create"
    COMMAND = "command"
    SEND = "send"
    RECEIVE = "receive"


EXPECTED = (
    RemoteRunError,
    WinRMError,
    WinRMTransportError,
    WinRMOperationTimeoutError,
    requests.RequestException,
    spnego.exceptions.SpnegoError,
    AuthenticationException,
    NTStatusException,
    Redirected,
    ReplyTooLarge,
    DeadlinePassed,
    WrongReply,
    ET.ParseError,
    StopIteration,
    AssertionError,
    KeyError,
    ValueError,
    OSError,
)
"""Everything that pywinrm 0.5.0 is known to throw at a caller."""


def classify(error: Exception, phase: Phase, host: str) -> RemoteRunError:
    """The failure of one step as one of ours. Before Command was sent, nothing ran."""
    if isinstance(error, RemoteRunError):
        return error
    refused = _logon(error, host) or _fault(error, host)
    if refused is not None:
        return refused
    if phase is Phase.CREATE:
        return _before_anything(error, host)
    what = _what(error)
    return OutcomeUnknown(
        f"{host}: the connection was lost after a command was sent ({what}). Whether it did its work is "
        "not known; the operator waits and reads the state again."
    )


def _logon(error: Exception, host: str) -> RemoteRunError | None:
    if isinstance(error, (AuthenticationError, NTStatusException, spnego.exceptions.SpnegoError)):
        return Unauthenticated(
            f"{host} refused the user name or password, or offers no common way to log on."
        )
    if isinstance(error, AuthenticationException):
        text = str(error)
        if "available authentication" in text or "did not response CredSSP being" in text:
            return Forbidden(
                f"{host} does not offer CredSSP. On the host: Enable-WSManCredSSP -Role Server."
            )
        return Unauthenticated(f"{host} refused the user name or password over CredSSP.")
    if isinstance(error, WinRMError) and "is not installed" in str(error):
        return Forbidden(f"{host}: this image has no support for the declared authentication.")
    return None


def _fault(error: Exception, host: str) -> RemoteRunError | None:
    if not isinstance(error, WSManFaultError):
        return None
    code = error.wsman_fault_code or error.wmierror_code
    if code in SHELL_QUOTAS:
        return QuotaExceeded(
            f"{host} allows this user no further shell or operation (fault {code}). It is tried again; if it "
            "stays, look at MaxShellsPerUser: winrm get winrm/config/winrs."
        )
    if code == ACCESS_DENIED:
        return Forbidden(
            f"{host} let the user log on, but not run commands. The account must be a local administrator "
            "there, or be given Execute by winrm configSDDL default."
        )
    return None


def _before_anything(error: Exception, host: str) -> RemoteRunError:
    if isinstance(error, requests.exceptions.SSLError):
        return TlsFailed(f"{host}: TLS failed: {_tls_reason(str(error))}. {_TLS_HINT}")
    if isinstance(error, (requests.Timeout, DeadlinePassed, WinRMOperationTimeoutError)):
        return TimedOut(f"{host} did not answer in time.")
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return ProtocolViolation(f"{host} sent a broken reply.", nothing_ran=True)
    if isinstance(error, requests.ConnectionError):
        return Unreachable(
            f"{host} cannot be reached: {_connection_reason(str(error))}. Check the name, the port and the "
            "firewall; winrm enumerate winrm/config/listener shows the listeners."
        )
    if isinstance(error, WinRMTransportError) and error.code == 503:
        return Unreachable(f"{host} answers HTTP 503: its WinRM service is not running.")
    if isinstance(error, Redirected):
        return ProtocolViolation(f"{host} redirects; that is refused.", nothing_ran=True)
    return ProtocolViolation(
        f"{host} does not answer as WinRM does ({_what(error)}). Is this port really WinRM?",
        nothing_ran=True,
    )


_TLS_HINT = "Put the issuing CA into winrm.caBundle, and the host name into the certificate."


def _tls_reason(text: str) -> str:
    for known in (
        "unable to get local issuer certificate",
        "self-signed certificate",
        "certificate has expired",
        "certificate is not yet valid",
        "Hostname mismatch",
        "wrong version number",
        "unsupported protocol",
    ):
        if known.lower() in text.lower():
            return known
    return "the handshake failed"


def _connection_reason(text: str) -> str:
    reasons = {
        "NameResolutionError": "its name does not resolve",
        "Connection refused": "the connection was refused",
        "timed out": "no answer in time",
        "reset": "the connection was reset",
        "Connection aborted": "the connection was closed",
    }
    return next((words for mark, words in reasons.items() if mark in text), "no connection")


def _what(error: Exception) -> str:
    """A failure in a word; never the text of a reply or a request."""
    if isinstance(error, WSManFaultError):
        return f"fault {error.wsman_fault_code or error.wmierror_code or error.fault_subcode}"
    if isinstance(error, WinRMTransportError):
        return f"HTTP {error.code}"
    if isinstance(error, WrongReply):
        return str(error)
    return type(error).__name__


_OBSTACLES: tuple[tuple[Obstacle, tuple[str, ...], str], ...] = (
    (
        Obstacle.ANTIMALWARE,
        ("ScriptContainedMaliciousContent",),
        "The antimalware software of {host} stopped the operator's script. Allow it there.",
    ),
    (
        Obstacle.LANGUAGE_MODE,
        ("ConstrainedLanguage", "only on core types in this language mode"),
        "PowerShell on {host} runs in constrained language mode (AppLocker or WDAC), in which no product "
        "cmdlet can be driven. Exempt the operator's account or host from that policy.",
    ),
    (
        Obstacle.EXECUTION_POLICY,
        ("PSSecurityException", "running scripts is disabled", "about_Execution_Policies"),
        "The execution policy on {host}, set by group policy, forbids scripts. RemoteSigned is enough.",
    ),
    (
        Obstacle.COMMAND_TOO_LONG,
        ("The command line is too long",),
        "{host} says that the command line is too long.",
    ),
    (
        Obstacle.POWERSHELL_MISSING,
        ("is not recognized as an internal or external command",),
        "{host} does not find powershell.exe on the PATH of the operator's account.",
    ),
)


def obstacle(text: str, host: str) -> Blocked | None:
    """What stopped a script, recognised by the marks it leaves."""
    for kind, marks, sentence in _OBSTACLES:
        if any(mark.lower() in text.lower() for mark in marks):
            return Blocked(sentence.format(host=host), kind)
    return None
