"""Whoever prints a failure with the variables of all its frames still prints no secret."""

from __future__ import annotations

import base64
import traceback
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import pytest
import requests
from winrm.exceptions import WinRMTransportError
from winrm.protocol import Protocol

from partner_operator.engine.ports import Credentials, CredentialsProblem, OperationFailed
from partner_operator.kube.digests import Digests
from partner_operator.kube.secrets import read_credentials
from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.winrm import (
    Answer,
    Authentication,
    Endpoint,
    RemoteRequest,
    RemoteRunError,
    Unreachable,
    run,
)
from partner_operator.winrm.transport import HardenedTransport
from partner_simulator.certificates import CertificateAuthority
from support.secrets.search import found
from support.trust import worlds as trust_worlds
from support.trust.worlds import OURS
from support.winrm.frames import failure, success
from support.winrm.host import PASSWORD, Host, host_of

IN_REQUEST = "inner-session-\u00e4-4711"
SECRETS = (PASSWORD, IN_REQUEST)

STEPS: dict[str, tuple[type, str]] = {
    "logon": (HardenedTransport, "log_on"),
    "create": (Protocol, "open_shell"),
    "command": (Protocol, "run_command"),
    "send": (Protocol, "send_command_input"),
    "receive": (Protocol, "get_command_output_raw"),
}

ERRORS = (
    WinRMTransportError("http", 500, "broken"),
    requests.ConnectionError("reset"),
    ValueError("unexpected"),
)


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    """One host whose PowerShell gives a good answer."""
    with host_of(CertificateAuthority("TRACEBACK-TEST-CA")) as made:
        made.request = replace(made.request, secrets={"password": IN_REQUEST})
        yield made


def shown(host: Host, authentication: Authentication = "ntlm", **logon: str) -> str:
    """The failure of one run, with all variables of all frames but our own."""
    with pytest.raises(RemoteRunError) as raised:
        run(host.endpoint(authentication, **logon), host.request)
    return shown_of(raised.value)


def shown_of(error: BaseException) -> str:
    """All of an exception and of what led to it, also what `from None` hides from most eyes."""
    whole = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [f"{frame}\n{frame.locals}" for frame in whole.stack if frame.filename != __file__]
    context = shown_of(error.__context__) if error.__context__ else ""
    return "\n".join([*frames, *whole.format_exception_only(), context])


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_fails_shows_no_secret(
    host: Host, monkeypatch: pytest.MonkeyPatch, step: str, error: Exception
) -> None:
    """Each step of a run fails in each way; neither logon nor request stands in any frame."""

    def broken(*arguments: Any, **options: Any) -> Any:
        raise error

    host.prints(success({"a": "b"}))
    monkeypatch.setattr(*STEPS[step], broken)
    text = shown(host)
    assert "'endpoint': " in text
    assert not found(text, SECRETS)


@pytest.mark.parametrize("authentication", ["ntlm", "credssp"])
def test_an_answer_that_fails_shows_no_secret(host: Host, authentication: Authentication) -> None:
    """Though the script's own words quote both secrets, and its output is read with them at hand."""
    words = [f"{PASSWORD} and {IN_REQUEST}"]
    host.prints(b"PO1!" + failure("Script", id="X", messages=words), PASSWORD.encode())
    text = shown(host, authentication)
    assert "*** and ***" in text
    assert not found(text, SECRETS)


def test_a_refused_logon_shows_no_secret(host: Host) -> None:
    """The wrong password is one as well."""
    wrong = "another-\u00e4-4711"
    assert not found(shown(host, password=wrong), (wrong, *SECRETS))


def test_what_holds_secrets_does_not_show_them(host: Host) -> None:
    """repr of each value that carries one."""
    credentials = Credentials("LITWAREINC\\exadmin", PASSWORD, "digest", OURS)
    for value in (credentials, host.endpoint(), host.request):
        assert not found(repr(value) + str(value), SECRETS)


async def test_a_failed_operation_shows_no_secret() -> None:
    """One room further up: the product's operation holds the logon and made the request."""

    async def runner(endpoint: Endpoint, request: RemoteRequest) -> Answer:
        raise Unreachable("gone")

    credentials = Credentials("LITWAREINC\\exadmin", PASSWORD, "digest", OURS)
    for operations in (ExchangeOperations(runner), LyncOperations(runner)):
        server = trust_worlds.server(operations.product)
        with pytest.raises(OperationFailed) as raised:
            await operations.on(server, credentials, server.hosts[0]).observe((), None)
        text = shown_of(raised.value)
        assert "'credentials': " in text
        assert not found(text, SECRETS)


BROKEN = "no-base64-4711!"
USER = base64.b64encode(b"LITWAREINC\\exadmin").decode()
RIGHT = base64.b64encode(PASSWORD.encode()).decode()
BAD_SECRETS: dict[str, dict[str, str]] = {
    "no user name": {"password": RIGHT},
    "an empty user name": {"username": "", "password": RIGHT},
    "a line break": {
        "username": USER,
        "password": base64.b64encode(f"{PASSWORD}\n".encode()).decode(),
    },
    "no base64": {"username": USER, "password": BROKEN},
}


@pytest.mark.parametrize("data", BAD_SECRETS.values(), ids=list(BAD_SECRETS))
async def test_a_secret_that_cannot_be_used_shows_no_secret(data: dict[str, str]) -> None:
    """The Secret's data are at hand when the reader finds them wanting."""

    class Cluster:
        async def get(self, path: str) -> dict[str, Any]:
            return {"data": data}

    with pytest.raises(CredentialsProblem) as raised:
        await read_credentials(cast("Any", Cluster()), trust_worlds.server(), Digests())
    text = shown_of(raised.value)
    assert "'server': " in text
    assert not found(text, (*SECRETS, BROKEN))
