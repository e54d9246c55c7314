"""Kerberos over HTTPS: who answers a challenge, and what passes before the host has proven itself."""

from __future__ import annotations

import base64
import binascii
import re
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

import requests
from cryptography.exceptions import UnsupportedAlgorithm
from requests.auth import AuthBase

from partner_operator.winrm.connections import Connections, Peer
from partner_operator.winrm.kerberos import (
    Context,
    KerberosFailed,
    Tickets,
    Trouble,
)
from partner_operator.winrm.refusals import RefusedLogon

_CHALLENGE = re.compile(
    r"(?:^|,)\s*(Negotiate|Kerberos)\b(?:[ \t]+([A-Za-z0-9+/]+=*))?", re.IGNORECASE
)
_ROUNDS = 3
"""Kerberos is done after one; SPNEGO may take another."""


def challenge(header: str) -> tuple[str, bytes]:
    """The scheme in a WWW-Authenticate header that takes Kerberos, and the token with it; empty when none.

    Negotiate comes before Kerberos where both are offered. Raises KerberosFailed for a broken token.
    """
    offered = {found[1].capitalize(): found[2] or "" for found in _CHALLENGE.finditer(header)}
    scheme = next((name for name in ("Negotiate", "Kerberos") if name in offered), "")
    tokens = [token for token in offered.values() if token]
    try:
        return scheme, base64.b64decode(tokens[0], validate=True) if tokens else b""
    except binascii.Error:
        raise KerberosFailed(Trouble.UNPROVEN) from None


class KerberosAuth(AuthBase):
    """Logs on to every connection that asks for it, and lets nothing pass before the host has proven itself."""

    def __init__(self, tickets: Tickets, connections: Connections) -> None:
        """`connections` are those of the channel, with the deadline of its run."""
        self._tickets = tickets
        self._connections = connections
        self._proven: Peer | None = None

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Wait for a challenge."""
        request.hooks["response"].append(self._received)
        return request

    def _received(self, response: requests.Response, **options: Any) -> requests.Response:
        status = response.status_code
        scheme, _ = challenge(response.headers.get("WWW-Authenticate", ""))
        if status == 401 and scheme:
            message = response
            response = self._log_on(message, options, scheme)
            if message.request.body is None or not response.ok:
                return response
            _ = response.content
            response = self._send_again(message, options)
            status = response.status_code
        if (status < 300 or status == 500) and self._proven != self._connections.newest:
            response.close()
            raise KerberosFailed(Trouble.UNPROVEN)
        return response

    def _log_on(
        self, response: requests.Response, options: Mapping[str, Any], scheme: str
    ) -> requests.Response:
        peer = self._connections.newest
        context, token = self._in_time(lambda: self._begin(peer))
        for _ in range(_ROUNDS):
            proof = f"{scheme} {base64.b64encode(token).decode()}"
            response = self._send_again(response, options, proof)
            _, received = challenge(response.headers.get("WWW-Authenticate", ""))
            if not received:
                return _without_proof(response)
            token = _judge(context, received, response.status_code)
            if context.complete or response.status_code != 401:
                break
        proven = self._connections.newest
        if not context.complete or proven.certificate != peer.certificate:
            raise KerberosFailed(Trouble.UNPROVEN)
        self._proven = proven
        return response

    def _begin(self, peer: Peer) -> tuple[Context, bytes]:
        context = self._tickets.context(peer.certificate)
        return context, context.step()

    def _in_time(self, ask: Callable[[], tuple[Context, bytes]]) -> tuple[Context, bytes]:
        """Ask the KDC, until the run's deadline at most.

        The library waits half a minute for a silent KDC and cannot be interrupted. It is left to end by itself.
        """
        answer: Future[tuple[Context, bytes]] = Future()
        threading.Thread(target=_answer, args=(answer, ask), name="kerberos", daemon=True).start()
        try:
            return answer.result(self._connections.remaining)
        except TimeoutError:
            raise KerberosFailed(Trouble.SILENT_KDC) from None

    def _send_again(
        self, response: requests.Response, options: Mapping[str, Any], authorization: str = ""
    ) -> requests.Response:
        """Send the message again on the connection of its response; for a logon, an empty one."""
        # Read to its end, a response gives its connection back; else a new one would be made.
        _ = response.content
        request = response.request.copy()
        if authorization:
            request.headers["Authorization"] = authorization
            request.headers["Content-Length"] = "0"
            request.body = None
        sent: requests.Response = response.connection.send(request, **options)
        return sent


def _answer(
    answer: Future[tuple[Context, bytes]], ask: Callable[[], tuple[Context, bytes]]
) -> None:
    try:
        answer.set_result(ask())
    except (KerberosFailed, RefusedLogon, UnsupportedAlgorithm, ValueError) as error:
        answer.set_exception(error)
    finally:
        # A mistake of ours; whoever waits shall not wait for the deadline.
        answer.cancel()


def _judge(context: Context, received: bytes, status: int) -> bytes:
    """A token that comes with a refusal says why; one that comes with a welcome has to be the proof."""
    try:
        return context.step(received)
    except KerberosFailed as failure:
        if status == 401:
            raise
        raise KerberosFailed(Trouble.UNPROVEN, failure.code) from None


def _without_proof(answered: requests.Response) -> requests.Response:
    """A redirect or a server error says more than the missing token."""
    if answered.status_code == 401:
        raise KerberosFailed(Trouble.TICKET_REFUSED)
    if answered.ok and answered.status_code < 300:
        raise KerberosFailed(Trouble.UNPROVEN)
    return answered
