"""pywinrm's transport, hardened: no redirects, no environment, caps in size and time, checked replies."""

from __future__ import annotations

import time
import uuid
import xml.etree.ElementTree as ET
from typing import Any, Literal

import requests
from winrm.exceptions import InvalidCredentialsError, WinRMTransportError
from winrm.protocol import Protocol
from winrm.transport import Transport

LARGEST_REPLY = 8 * 1024 * 1024
"""Bytes of one HTTP reply; Windows itself stays below its MaxEnvelopeSizekb (500 kB by default)."""
CONNECT_SECONDS = 10.0
OPERATION_SECONDS = 20
READ_SECONDS = OPERATION_SECONDS + 15
_ADDRESSING = "{http://schemas.xmlsoap.org/ws/2004/08/addressing}"
_SOAP_TYPES = (
    "application/soap+xml",
    "multipart/encrypted",
    "multipart/x-multi-encrypted",
)


class Redirected(Exception):
    """The host sent us elsewhere; a logon there could be anybody's."""


class ReplyTooLarge(Exception):
    """More bytes than any answer of WinRM has."""


class DeadlinePassed(Exception):
    """The run's total time is over."""


class WrongReply(Exception):
    """A reply that is no answer to what was asked."""


class HardenedTransport(Transport):
    """Sends SOAP messages for one run, within its deadline."""

    def __init__(self, deadline: float, **options: Any) -> None:
        super().__init__(**options)
        self.deadline = deadline

    def build_session(self) -> requests.Session:
        """The session without proxies, netrc and CA variables of the environment."""
        fresh = self.session is None
        session: requests.Session = super().build_session()
        if fresh:
            session.trust_env = False
            session.proxies.clear()
            if self.auth_method == "credssp":
                self._log_on(session)
        return session

    def _log_on(self, session: requests.Session) -> None:
        """Send an empty message first, so that Create does not ride on the handshake.

        requests_credssp takes every reply to its last leg that is not 200 for a refused logon, and
        would hide a fault 5 or a quota behind it.
        """
        request = requests.Request("POST", self.endpoint, data=None)
        self._send_message_request(session, session.prepare_request(request))

    def send_message(self, message: str | bytes) -> bytes:
        """Send one SOAP message and return a reply that belongs to it."""
        reply: bytes = super().send_message(message)
        _check_reply(message, reply)
        return reply

    def _send_message_request(
        self, session: requests.Session, prepared_request: requests.PreparedRequest
    ) -> requests.Response:
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise DeadlinePassed
        response = session.send(
            prepared_request,
            timeout=(min(CONNECT_SECONDS, remaining), min(READ_SECONDS, remaining)),
            allow_redirects=False,
            stream=True,
        )
        self._read_body(response)
        if response.is_redirect or 300 <= response.status_code < 400:
            raise Redirected
        if response.status_code == 401:
            raise InvalidCredentialsError("rejected")
        if response.content:
            _check_type(response)
        if response.status_code >= 400:
            text = self._get_message_response_text(response) if response.content else b""
            raise WinRMTransportError(
                "http", response.status_code, text.decode("utf-8", errors="replace")
            )
        return response

    def _read_body(self, response: requests.Response) -> None:
        body = bytearray()
        for chunk in response.iter_content(65536):
            body += chunk
            if len(body) > LARGEST_REPLY:
                response.close()
                raise ReplyTooLarge
            if time.monotonic() > self.deadline:
                response.close()
                raise DeadlinePassed
        response._content = bytes(body)
        response._content_consumed = True  # type: ignore[attr-defined]  # what requests sets after .content


def _check_type(response: requests.Response) -> None:
    content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type not in _SOAP_TYPES:
        raise WrongReply(f"HTTP {response.status_code} with a body of type {content_type!r}")


def _check_reply(message: str | bytes, reply: bytes) -> None:
    """The reply must relate to our message, and be the response to our action (WS-Addressing)."""
    asked = ET.fromstring(message)  # noqa: S314 - our own message
    answered = ET.fromstring(reply)  # noqa: S314 - size is capped, and expat refuses entity bombs
    message_id = asked.findtext(f".//{_ADDRESSING}MessageID", "")
    relates_to = answered.findtext(f".//{_ADDRESSING}RelatesTo", "")
    if _uuid(message_id) != _uuid(relates_to):
        raise WrongReply("a reply to another message")
    action = asked.findtext(f".//{_ADDRESSING}Action", "")
    if answered.findtext(f".//{_ADDRESSING}Action", "") != action + "Response":
        raise WrongReply("a reply to another operation")


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text.strip().removeprefix("uuid:"))
    except ValueError:
        return None


def make_protocol(
    *,
    url: str,
    transport: Literal["ntlm", "credssp", "kerberos"],
    username: str,
    password: str,
    ca_path: str | None,
    deadline: float,
) -> tuple[Protocol, HardenedTransport]:
    """A Protocol for one run. Never share it between threads: NTLM state is per connection."""
    protocol = Protocol(
        endpoint=url,
        transport=transport,
        username=username,
        password=password,
        operation_timeout_sec=OPERATION_SECONDS,
        read_timeout_sec=READ_SECONDS,
        proxy=None,
    )
    protocol.transport.close_session()
    hardened = HardenedTransport(
        deadline,
        endpoint=url,
        auth_method=transport,
        username=username,
        password=password,
        ca_trust_path=ca_path,
        read_timeout_sec=READ_SECONDS,
        proxy=None,
        service="HTTP",
    )
    protocol.transport = hardened
    return protocol, hardened
