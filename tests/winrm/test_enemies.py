"""Hosts that send what no host sends: `run` raises its own errors only, and closes what it opened."""

from __future__ import annotations

import base64
import re
import struct
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from spnego import UnwrapResult
from spnego._credssp import CredSSPProxy

from partner_operator.winrm import (
    Authentication,
    ProtocolViolation,
    RemoteRunError,
    Unreachable,
    run,
)
from partner_operator.winrm.connections import BoundedAdapter
from partner_simulator.certificates import CertificateAuthority
from partner_simulator.wsman import Fault, HttpStatus, Redirect, Rewrite, Step, Tally
from support.winrm.host import PASSWORD, Host, host_of

_CHALLENGE = b"NTLMSSP\0" + struct.pack("<I", 2)
_NAMES = struct.pack("<HHIIQQHHI", 4, 4, 48, 0xE28A8215, 1, 0, 16, 16, 52) + b"A\0B\0"
_LATER_THAN_TIME = struct.pack("<HHQHH", 7, 8, 2**63, 0, 0)


def _fails(host: Host, authentication: Authentication = "ntlm") -> RemoteRunError:
    with pytest.raises(RemoteRunError) as caught:
        run(host.endpoint(authentication), host.request)
    assert PASSWORD not in str(caught.value)
    return caught.value


def test_a_second_relation_does_not_spoil_the_cleaning_up(host: Host) -> None:
    """pywinrm takes the first element of that name, whatever its namespace, and one without text breaks it."""
    host.server.faults.add(
        Fault(Step.DELETE, Rewrite(lambda body: body.replace(b"Header>", b'Header><RelatesTo xmlns="u"/>', 1)))
    )  # fmt: skip
    assert run(host.endpoint(), host.request).data == {"a": "b"}


@pytest.mark.parametrize(
    "challenge",
    [b"", _CHALLENGE, _CHALLENGE + _NAMES + _LATER_THAN_TIME, _CHALLENGE + _NAMES + b"\1\0\2\0A"],
    ids=["empty", "header only", "a time that is none", "cut short"],
)
def test_a_broken_challenge_is_a_broken_logon(
    host: Host, monkeypatch: pytest.MonkeyPatch, challenge: bytes
) -> None:
    """pyspnego takes it apart without a net; nothing of the password has been sent yet."""
    original = BoundedAdapter.send

    def send(self: BoundedAdapter, *args: Any, **options: Any) -> requests.Response:
        response = original(self, *args, **options)
        offered = response.headers.get("WWW-Authenticate", "")
        if "TlRM" in offered:
            token = base64.b64encode(challenge).decode()
            response.headers["WWW-Authenticate"] = re.sub(r"TlRM\S+", token, offered)
        return response

    monkeypatch.setattr(BoundedAdapter, "send", send)
    told = _fails(host)
    assert isinstance(told, (Unreachable, ProtocolViolation))
    assert told.nothing_ran
    assert not told.logon_refused
    assert host.directory.failures == []


@pytest.mark.parametrize(
    "message", [b"", b"\x30", b"\xff" * 9, b"\x30\x02\xa0\x00", b"0\3\xa0\1\2"]
)
def test_a_broken_message_of_credssp_is_a_broken_logon(
    host: Host, monkeypatch: pytest.MonkeyPatch, message: bytes
) -> None:
    """Inside of CredSSP's own TLS, where no fault of HTTP reaches."""
    original = CredSSPProxy.unwrap

    def unwrap(self: CredSSPProxy, data: bytes) -> UnwrapResult:
        opened = original(self, data)
        return opened._replace(data=message) if self.usage == "initiate" else opened

    monkeypatch.setattr(CredSSPProxy, "unwrap", unwrap)
    assert _fails(host, "credssp").nothing_ran


_BOMB = (
    b'<!DOCTYPE b [<!ENTITY a "%b">]><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">'
    b"<s:Body><s:Fault><s:Reason><s:Text>%b</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>"
) % (b"a" * 70_000, b"&a;" * 90)


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_not_taken_apart(host: Host, status: int, encoding: str) -> None:
    """Its entities become a hundred times its size, each time that somebody reads it: within expat's limits."""
    body = _BOMB.decode().encode(encoding)
    host.server.faults.add(Fault(Step.CREATE, HttpStatus(status, body, "application/soap+xml")))
    told = _fails(host)
    assert isinstance(told, ProtocolViolation)
    assert "document type" in told.message


def test_a_reply_of_more_elements_than_any_is_not_taken_apart(host: Host) -> None:
    """Eight megabytes of them need two hundred in memory, twice over."""
    many = Rewrite(lambda body: body.replace(b"</s:Body>", b"<a/>" * 250_000 + b"</s:Body>"))
    host.server.faults.add(Fault(Step.RECEIVE, many))
    told = _fails(host)
    assert told.outcome_unknown
    assert "more elements" in told.message


def test_a_host_that_plays_a_proxy_gets_no_logon(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """requests-ntlm logs on to whoever says 407 as well, and its refusal would not count as one: asked for ever."""
    original = HTTPAdapter.build_response

    def build_response(self: HTTPAdapter, *args: Any) -> requests.Response:
        response = original(self, *args)
        if response.status_code == 401:
            response.status_code = 407
            offered = response.headers.pop("WWW-Authenticate", "")
            response.headers["Proxy-Authenticate"] = offered
        return response

    monkeypatch.setattr(HTTPAdapter, "build_response", build_response)
    told = _fails(host)
    assert "HTTP 407" in told.message
    assert told.nothing_ran
    assert len(host.server.counters.requests()) == 1


@pytest.mark.parametrize("authentication", ["ntlm", "credssp"])
@pytest.mark.parametrize("step", [Step.AUTHENTICATE, Step.CREATE, Step.SEND])
def test_a_redirect_brings_nothing_to_another_host(
    host: Host, authority: CertificateAuthority, step: Step, authentication: Authentication
) -> None:
    """It has a certificate that is trusted, and would get a logon, or the request with its secrets."""
    with host_of(authority) as other:
        elsewhere = other.endpoint().url
        host.server.faults.add(Fault(step, Redirect(elsewhere), times=None))
        _fails(host, authentication)
        assert other.server.counters.count(Tally.CONNECTIONS) == 0
