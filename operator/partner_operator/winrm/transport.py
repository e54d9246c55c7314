"""pywinrm's transport, hardened: no redirects, no environment, caps in size and time, checked replies."""

from __future__ import annotations

import contextlib
import struct
import urllib.parse
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Literal

import requests
from cryptography.exceptions import UnsupportedAlgorithm
from requests_credssp.exceptions import AuthenticationException, NTStatusException
from spnego.exceptions import SpnegoError
from urllib3.exceptions import HTTPError
from winrm.exceptions import WinRMTransportError
from winrm.protocol import Protocol
from winrm.transport import Transport

from partner_operator.winrm.connections import BoundedAdapter, Connections
from partner_operator.winrm.errors import Refusal
from partner_operator.winrm.kerberos import KerberosFailed, Tickets, Trouble
from partner_operator.winrm.kerberos_http import KerberosAuth
from partner_operator.winrm.refusals import CLOCKS_DIFFER, RefusedLogon, refused_by_status

CONNECT_SECONDS = 10.0
OPERATION_SECONDS = 20
READ_SECONDS = OPERATION_SECONDS + 15
MOST_MARKS = 200_000
"""Tags and attributes of one reply. Windows' replies stay below 150 kB, as pywinrm asks of them."""
_ADDRESSING = "{http://schemas.xmlsoap.org/ws/2004/08/addressing}"
_SOAP_TYPES = (
    "application/soap+xml",
    "multipart/encrypted",
    "multipart/x-multi-encrypted",
)


_OF_HANDSHAKES = (
    KeyError,
    PermissionError,
    AttributeError,
    TypeError,
    OverflowError,
    struct.error,
    UnsupportedAlgorithm,
)
"""What logons throw when a reply holds no token or a broken one, when the connection is gone whose certificate
they want to bind to, or when nobody knows the hash of that certificate."""


class Redirected(Exception):
    """The host sent us elsewhere; a logon there could be anybody's."""


class DeadlinePassed(Exception):
    """The run's total time is over."""


class WrongReply(Exception):
    """A reply that is no answer to what was asked."""


class LogonBroken(Exception):
    """The logon broke off for a reason that says nothing about the password."""


class ClocksDiffer(LogonBroken):
    """The host's clock and its domain controller's are too far apart for a logon."""


class LogonNotOffered(Exception):
    """The host wants a logon of a kind that we do not use; no credential was sent."""


class HardenedTransport(Transport):
    """Sends SOAP messages for one run after the other, within the deadline of each."""

    def __init__(self, deadline: float, **options: Any) -> None:
        super().__init__(**options)
        self.connections = Connections(deadline)
        self.adapter = BoundedAdapter(self.connections)

    def build_session(self) -> requests.Session:
        """The session without proxies, netrc and CA variables of the environment."""
        fresh = self.session is None
        if fresh and self.auth_method == "kerberos":
            self.session = self._kerberos_session()
        session: requests.Session = super().build_session()
        if fresh:
            session.trust_env = False
            session.proxies.clear()
            session.adapters.clear()
            session.mount("https://", self.adapter)
        return session

    def _kerberos_session(self) -> requests.Session:
        """Instead of pywinrm's, which takes tickets from the process' cache and not the password."""
        host = urllib.parse.urlsplit(self.endpoint).hostname or ""
        tickets = Tickets(host, self.username or "", self.password or "")
        session = requests.Session()
        session.auth = KerberosAuth(tickets, self.connections)
        session.verify = self.ca_trust_path or True
        session.headers.update(self.default_headers)
        return session

    def close(self) -> None:
        """End all connections."""
        self.close_session()
        self.connections.close()

    def log_on(self) -> None:
        """Do the handshake of CredSSP or Kerberos with an empty message, as pywinrm does over plain HTTP.

        CredSSP's client takes the reply to Create, when that is a fault, for a failed logon otherwise. With
        Kerberos, the host has proven itself before it is asked for anything.
        """
        if self.auth_method in ("credssp", "kerberos"):
            with self._guarded():
                session = self.build_session()
                empty = session.prepare_request(requests.Request("POST", self.endpoint))
                self._send_message_request(session, empty)

    @contextlib.contextmanager
    def without_logon(self) -> Iterator[None]:
        """Send what follows on a connection that is logged on, and answer no challenge for a password.

        Kerberos shows no password to a host, and has to see each reply.
        """
        session = self.build_session()
        auth = session.auth
        if self.auth_method != "kerberos":
            session.auth = None
        try:
            yield
        finally:
            session.auth = auth

    def send_message(self, message: str | bytes) -> bytes:
        """Send one SOAP message and return a reply that belongs to it.

        Raises DeadlinePassed for whatever goes wrong after the deadline: then it was cut by us.
        """
        with self._guarded():
            try:
                reply: bytes = super().send_message(message)
            except WinRMTransportError as error:
                _check_fault(message, error.response_text)
                raise
            _check_reply(message, reply)
            return reply

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        if self.connections.over:
            raise DeadlinePassed
        try:
            yield
        except (AuthenticationException, NTStatusException) as error:
            raise _judged(error, self.adapter.last_status) from error
        except _OF_HANDSHAKES as error:
            if 300 <= self.adapter.last_status < 400:
                raise Redirected from error
            raise LogonBroken(f"HTTP {self.adapter.last_status}") from error
        except (requests.RequestException, HTTPError, OSError, WrongReply, ET.ParseError) as error:
            if self.connections.over:
                raise DeadlinePassed from error
            raise

    def _send_message_request(
        self, session: requests.Session, prepared_request: requests.PreparedRequest
    ) -> requests.Response:
        remaining = max(0.1, self.connections.remaining)
        response = session.send(
            prepared_request,
            timeout=(min(CONNECT_SECONDS, remaining), min(READ_SECONDS, remaining)),
            allow_redirects=False,
            stream=True,
        )
        if 300 <= response.status_code < 400:
            response.close()
            raise Redirected
        if response.status_code == 401:
            response.close()
            if not self.adapter.offered_credentials:
                raise LogonNotOffered
            if self.auth_method == "kerberos":
                raise KerberosFailed(Trouble.TICKET_REFUSED)
            if "Authorization" not in response.request.headers:
                # The host forgot the logon and asks for none: no password was refused.
                raise LogonBroken("HTTP 401")
            raise RefusedLogon(Refusal.NOT_TOLD)
        if response.content and response.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
            # http.sys says 503 in HTML while the service is down.
            _check_type(response)
        if response.status_code >= 400:
            text = self._get_message_response_text(response) if response.content else b""
            _check_markup(text)
            raise WinRMTransportError(
                "http", response.status_code, text.decode("utf-8", errors="replace")
            )
        return response


def _check_type(response: requests.Response) -> None:
    content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type not in _SOAP_TYPES:
        raise WrongReply(f"HTTP {response.status_code} with a body of type {content_type!r}")


def _judged(error: AuthenticationException | NTStatusException, status: int) -> Exception:
    """What a failure of the CredSSP client means. Only a real refusal may count as one (lockout)."""
    if 300 <= status < 400:
        return Redirected()
    told = _told_status(error)
    if told is not None:
        if told == CLOCKS_DIFFER:
            return ClocksDiffer(f"status 0x{told:08X}")
        return refused_by_status(told) or LogonBroken(f"status 0x{told:08X}")
    text = str(error)
    if "being an available authentication method" in text:
        return LogonNotOffered()
    if status == 401 and "step TLS Handshake" not in text:
        return RefusedLogon(Refusal.NOT_TOLD)
    return LogonBroken(f"HTTP {status}")


def _told_status(error: AuthenticationException | NTStatusException) -> int | None:
    """What the host gave as the reason, in 32 bits without a sign. requests-credssp hands on a few only, and
    takes all others for an unnamed failure."""
    cause = error.__cause__
    told = cause.base_error if isinstance(cause, SpnegoError) else None
    status = getattr(told, "winerror", None)
    return status & 0xFFFFFFFF if isinstance(status, int) else None


def _check_markup(reply: bytes) -> None:
    """Before anybody takes it apart: entities and elements need a hundred times the memory of their text."""
    if b"<!DOCTYPE" in reply.replace(b"\0", b""):
        raise WrongReply("a reply with a document type")
    if reply.count(b"<") + reply.count(b"=") > MOST_MARKS:
        raise WrongReply("a reply of more elements than any has")


def _check_reply(message: str | bytes, reply: bytes) -> None:
    """The reply must relate to our message, and be the response to our action (WS-Addressing)."""
    _check_markup(reply)
    asked = ET.fromstring(message)  # noqa: S314 - our own message
    answered = ET.fromstring(reply)  # noqa: S314 - its size is capped, and no entity is declared
    if _uuid(asked, "MessageID") != _uuid(answered, "RelatesTo"):
        raise WrongReply("a reply to another message")
    action = asked.findtext(f".//{_ADDRESSING}Action", "")
    if answered.findtext(f".//{_ADDRESSING}Action", "") != action + "Response":
        raise WrongReply("a reply to another operation")


def _check_fault(message: str | bytes, fault: str) -> None:
    """A fault may lack RelatesTo (newer hosts' quota faults do), but it may not be another's."""
    try:
        answered = ET.fromstring(fault)  # noqa: S314 - as above
    except ET.ParseError:
        return
    relates_to = _uuid(answered, "RelatesTo")
    if relates_to is not None and relates_to != _uuid(ET.fromstring(message), "MessageID"):  # noqa: S314
        raise WrongReply("a fault for another message")


def _uuid(envelope: ET.Element, name: str) -> uuid.UUID | None:
    text = envelope.findtext(f".//{_ADDRESSING}{name}", "")
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
    """A Protocol for one run at a time. Never share it between threads: NTLM state is per connection."""
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
