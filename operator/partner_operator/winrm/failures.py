"""The one place where every failure of pywinrm, requests and TLS gets its class and its sentence."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from enum import StrEnum

import requests
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import InvalidVersion
from spnego.exceptions import SpnegoError
from urllib3.exceptions import HTTPError
from winrm.exceptions import (
    InvalidCredentialsError,
    WinRMError,
    WinRMOperationTimeoutError,
    WinRMTransportError,
    WSManFaultError,
)

from partner_operator.texts import said
from partner_operator.winrm.connections import ReplyTooLarge
from partner_operator.winrm.errors import (
    Forbidden,
    OutcomeUnknown,
    ProtocolViolation,
    QuotaExceeded,
    Refusal,
    RemoteRunError,
    TimedOut,
    TlsFailed,
    Unauthenticated,
    Unreachable,
)
from partner_operator.winrm.kerberos import KerberosFailed, Trouble
from partner_operator.winrm.refusals import RefusedLogon, remedy
from partner_operator.winrm.transport import (
    ClocksDiffer,
    DeadlinePassed,
    LogonBroken,
    LogonNotOffered,
    Redirected,
    WrongReply,
)

ACCESS_DENIED = 5
SHELL_QUOTAS = frozenset(range(2150859173, 2150859180)) | frozenset(range(2150859236, 2150859243))
"""WSMan fault codes ERROR_WSMAN_QUOTA_* of wsmerror.h."""
BUSY_SENDING = 170


class Phase(StrEnum):
    """How far a run has come. From SEND on, the script may run."""

    CREATE = "create"
    """Connection, logon and the shell."""
    COMMAND = "command"
    SEND = "send"
    RECEIVE = "receive"
    CLEAN_UP = "clean up"
    """Signal and Delete."""


EXPECTED = (
    RemoteRunError,
    WinRMError,
    WinRMTransportError,
    WinRMOperationTimeoutError,
    requests.RequestException,
    HTTPError,
    SpnegoError,
    Redirected,
    ReplyTooLarge,
    DeadlinePassed,
    LogonBroken,
    LogonNotOffered,
    KerberosFailed,
    WrongReply,
    ET.ParseError,
    InvalidVersion,
    UnsupportedAlgorithm,
    StopIteration,
    AssertionError,
    AttributeError,
    LookupError,
    ValueError,
    OSError,
)
"""Everything that pywinrm 0.5.0 and our transport are known to throw at a caller."""


def classify(error: Exception, phase: Phase, host: str) -> RemoteRunError:
    """The failure of one step as one of ours. Before Command was sent, nothing ran."""
    if isinstance(error, RemoteRunError):
        return error
    if phase in (Phase.CREATE, Phase.COMMAND):
        refused = _logon(error, host) or _fault(error, host)
        if refused is not None:
            return refused
    if phase is Phase.CREATE:
        return _before_anything(error, host)
    if isinstance(error, DeadlinePassed):
        return OutcomeUnknown(
            f"{host} was not done in time. It may still be at work; the operator waits and reads the state "
            "again."
        )
    return OutcomeUnknown(
        f"{host}: the connection was lost after a command was sent ({_what(error)}). Whether it did its work "
        "is not known; the operator waits and reads the state again."
    )


def _logon(error: Exception, host: str) -> RemoteRunError | None:
    if isinstance(error, KerberosFailed):
        return _kerberos(error, host)
    if isinstance(error, InvalidCredentialsError):
        refusal = error.refusal if isinstance(error, RefusedLogon) else Refusal.NOT_TOLD
        return Unauthenticated(
            f"{host} or its domain refused the logon: {_what(error)}. {remedy(refusal)}", refusal
        )
    if isinstance(error, ClocksDiffer):
        return Unreachable(
            f"{host} broke the logon off: its clock and its domain controller's differ by too much "
            f"({error}). Set the clocks."
        )
    if isinstance(error, LogonNotOffered):
        return Forbidden(
            f"{host} does not offer the declared authentication. For CredSSP, on the host: "
            "Enable-WSManCredSSP -Role Server; for NTLM and Kerberos: Negotiate in winrm/config/service/auth.",
            logged_on=False,
        )
    if type(error) is WinRMError and "is not installed" in str(error):
        return Forbidden(
            f"{host}: this image has no support for the declared authentication. Use one that was built with it, "
            "or declare another one in spec.winrm.authentication.",
            logged_on=False,
        )
    return None


def _kerberos(error: KerberosFailed, host: str) -> RemoteRunError:
    sentence = _KERBEROS[error.trouble].format(host=host, code=error.code)
    match error.trouble:
        case Trouble.USER_NAME | Trouble.TICKET_REFUSED:
            return Forbidden(sentence, logged_on=False)
        case Trouble.UNPROVEN:
            return ProtocolViolation(sentence, nothing_ran=True)
        case Trouble.SILENT_KDC:
            return TimedOut(sentence)
    return Unreachable(sentence)


_KERBEROS: dict[Trouble, str] = {
    Trouble.USER_NAME: "{host}: Kerberos needs the user name in the Secret as user@REALM, such as "
    "operator@LITWAREINC.COM. DOMAIN\\user names no realm, and none is guessed.",
    Trouble.NO_KDC: "{host}: no domain controller answers for the realm in the user name (Kerberos error {code}). "
    "Check the realm, krb5.conf, DNS and port 88 from the operator's pod.",
    Trouble.SILENT_KDC: "{host} waits for a logon, and no domain controller answered in time. Check krb5.conf, DNS "
    "and port 88 from the operator's pod.",
    Trouble.CLOCK: "{host}: Kerberos refuses because clocks differ by more than five minutes (clock skew). Set the "
    "clocks of the operator's node, the host and the domain controllers.",
    Trouble.NO_SERVICE: "The domain does not know the service HTTP/{host}. Declare the host by the name that Active "
    "Directory has for it; setspn -Q HTTP/{host} shows who holds that service principal name (SPN).",
    Trouble.TICKET_REFUSED: "{host} refused the ticket that the domain gave for it. Either TLS ends at another "
    "machine in between (channel binding), or the SPN HTTP/{host} belongs to another account: setspn -Q HTTP/{host}.",
    Trouble.UNPROVEN: "{host} could not prove by Kerberos that it is HTTP/{host}, so nothing was run there. "
    "Look for a proxy, or for another machine, that answers under this name.",
    Trouble.OTHER: "{host}: Kerberos failed (error {code}), which says nothing about the password. Check krb5.conf, "
    "the encryption types and the clocks.",
}


def _fault(error: Exception, host: str) -> RemoteRunError | None:
    if not isinstance(error, WSManFaultError):
        return None
    code = error.wsman_fault_code or error.wmierror_code
    if code in SHELL_QUOTAS:
        return QuotaExceeded(
            f"{host} allows this user no further shell or operation (fault {code}). The operator tries again; if it "
            "stays, look at MaxShellsPerUser: winrm get winrm/config/winrs."
        )
    if code == ACCESS_DENIED:
        return Forbidden(
            f"{host} let the user log on, but not run commands. The account must be a local administrator "
            "there, or be given Execute by winrm configSDDL default."
        )
    return None


def _before_anything(error: Exception, host: str) -> RemoteRunError:
    if isinstance(error, requests.exceptions.SSLError) and not _cut(str(error)):
        return TlsFailed(f"{host}: TLS failed: {_tls_reason(str(error))}")
    if isinstance(error, (InvalidVersion, UnsupportedAlgorithm)):
        return TlsFailed(
            f"{host}: the certificate of its WinRM listener cannot be read ({said(str(error), 200)}), so the logon "
            "cannot be bound to it. Give the listener one that follows RFC 5280."
        )
    if isinstance(error, (requests.Timeout, DeadlinePassed, WinRMOperationTimeoutError)):
        return TimedOut(
            f"{host} did not answer in time. The operator tries again; if it stays, look at the host's load."
        )
    if isinstance(error, (LogonBroken, SpnegoError)):
        return Unreachable(
            f"{host} broke the logon off ({_what(error)}), which says nothing about the password. Can it "
            "reach a domain controller?"
        )
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return ProtocolViolation(
            f"{host} sent a broken reply. The operator tries again; if it stays, look for a proxy in between.",
            nothing_ran=True,
        )
    if isinstance(error, requests.ConnectionError):
        return Unreachable(
            f"{host} cannot be reached: {_connection_reason(str(error))}. Check the name, the port and the "
            "firewall; winrm enumerate winrm/config/listener shows the listeners."
        )
    if isinstance(error, WinRMTransportError) and error.code == 503:
        return Unreachable(
            f"{host} answers HTTP 503: its WinRM service is not running. Start it there: Start-Service WinRM."
        )
    if isinstance(error, Redirected):
        return ProtocolViolation(
            f"{host} redirects; that is refused. Is this port really WinRM, and not a web server's?",
            nothing_ran=True,
        )
    if isinstance(error, WSManFaultError):
        return ProtocolViolation(
            f"{host} gives no shell ({_what(error)}). The operator tries again; if it stays, restart the WinRM "
            "service there.",
            nothing_ran=True,
        )
    return ProtocolViolation(
        f"{host} does not answer as WinRM does ({_what(error)}). Is this port really WinRM?",
        nothing_ran=True,
    )


_CA = "Put the issuing CA into winrm.caBundle."
_TLS_REASONS = {
    "unable to get local issuer certificate": _CA,
    "self-signed certificate": _CA,
    "certificate has expired": "Renew the certificate of the WinRM listener.",
    "certificate is not yet valid": "Compare the clocks, and look at the listener's certificate.",
    "Hostname mismatch": "Put the host name into the certificate, as subject alternative name.",
    "wrong version number": "Is this the port of an HTTPS listener?",
    "unsupported protocol": "TLS 1.2 or newer is needed.",
    "protocol version": "TLS 1.2 or newer is needed.",
}
"""What OpenSSL says, and what helps."""
_NOT_ACCEPTED = re.compile(r"certificate verify failed: ([^(]{1,100})")


def _tls_reason(text: str) -> str:
    for known, hint in _TLS_REASONS.items():
        if known.lower() in text.lower():
            return f"{known}. {hint}"
    found = _NOT_ACCEPTED.search(text)
    if found is not None:
        return (
            f"the certificate is not accepted: {found[1].strip()}. Give the WinRM listener one that follows "
            "RFC 5280, as those of Active Directory Certificate Services do."
        )
    return "the handshake failed. Is there a TLS version (1.2 or newer) and a cipher that both sides know?"


def _cut(text: str) -> bool:
    """Whether the connection ended in the middle of the handshake, which says nothing about TLS."""
    # Which of these OpenSSL says depends on its version and on who was faster.
    return any(mark in text for mark in ("EOF", "eof", "Connection reset", "Connection aborted"))


def _connection_reason(text: str) -> str:
    reasons = {
        "NameResolutionError": "its name does not resolve",
        "Connection refused": "the connection was refused",
        "timed out": "no answer in time",
        "reset": "the connection was reset",
        "EOF": "the connection was closed",
        "eof": "the connection was closed",
        "Connection aborted": "the connection was closed",
    }
    return next((words for mark, words in reasons.items() if mark in text), "no connection")


def _what(error: Exception) -> str:
    """A failure in a word; never the text of a reply or a request."""
    if isinstance(error, WSManFaultError):
        return f"fault {error.wsman_fault_code or error.wmierror_code or error.fault_subcode}"
    if isinstance(error, WinRMTransportError):
        return f"HTTP {error.code}"
    if isinstance(error, (WrongReply, LogonBroken, RefusedLogon, KerberosFailed)):
        return str(error)
    return type(error).__name__
