"""Every failure says what is wrong and, in a sentence of its own, what to do next."""

from __future__ import annotations

import re

import pytest
import requests
from requests.exceptions import ChunkedEncodingError, SSLError
from winrm.exceptions import (
    InvalidCredentialsError,
    WinRMError,
    WinRMOperationTimeoutError,
    WinRMTransportError,
    WSManFaultError,
)

from partner_operator.winrm import BlockedBy, ProtocolViolation, Refusal, obstacles
from partner_operator.winrm.connections import ReplyTooLarge
from partner_operator.winrm.failures import Phase, classify
from partner_operator.winrm.kerberos import KerberosFailed, Trouble
from partner_operator.winrm.refusals import RefusedLogon
from partner_operator.winrm.transport import (
    ClocksDiffer,
    DeadlinePassed,
    LogonBroken,
    LogonNotOffered,
    Redirected,
    WrongReply,
)

_WHOLE = re.compile(r"[.?](?=\s|$)")
_ERRORS: tuple[Exception, ...] = (
    InvalidCredentialsError("rejected"),
    *(RefusedLogon(refusal, "code 24") for refusal in Refusal),
    ClocksDiffer("status 0xC0000133"),
    *(KerberosFailed(trouble) for trouble in Trouble if trouble is not Trouble.REFUSED),
    LogonNotOffered(),
    LogonBroken("HTTP 500"),
    WinRMError("auth method is kerberos, but gssapi is not installed"),
    *(WSManFaultError(500, "", "", "", wsman_fault_code=code) for code in (5, 2150859173, 995)),
    *(WinRMTransportError("http", status, "") for status in (404, 503)),
    WinRMOperationTimeoutError(),
    DeadlinePassed(),
    Redirected(),
    WrongReply("a reply to another message"),
    ReplyTooLarge(),
    ChunkedEncodingError(),
    requests.ConnectionError("Connection refused"),
    requests.Timeout(),
    SSLError("certificate has expired"),
    SSLError("no shared cipher"),
    ValueError(),
)


@pytest.mark.parametrize("phase", [Phase.CREATE, Phase.COMMAND, Phase.RECEIVE])
@pytest.mark.parametrize("error", _ERRORS, ids=lambda error: f"{type(error).__name__} {error}")
def test_a_failure_says_what_to_do_next(error: Exception, phase: Phase) -> None:
    """Where the operator itself does it, it says that: nobody has to guess whether it is being tried again."""
    told = classify(error, phase, "ex1.litwareinc.com").message
    assert "ex1.litwareinc.com" in told
    assert len(_WHOLE.findall(told)) >= 2, told


@pytest.mark.parametrize("kind", BlockedBy)
def test_an_obstacle_says_what_to_do_next(kind: BlockedBy) -> None:
    """Each of them waits for a human."""
    told = obstacles.blocked(kind, "ex1.litwareinc.com", nothing_ran=True).message
    assert len(_WHOLE.findall(told)) >= 2, told


def test_a_host_that_lacks_something_is_not_our_image() -> None:
    """The reason of a fault is the host's own text, and may hold the words that pywinrm has for a missing package."""
    fault = WSManFaultError(
        500, "", "", "The plug-in is not installed.", wsman_fault_code=2150858811
    )
    told = classify(fault, Phase.CREATE, "ex1.litwareinc.com")
    assert isinstance(told, ProtocolViolation)
    assert "fault 2150858811" in told.message
