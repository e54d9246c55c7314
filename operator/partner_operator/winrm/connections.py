"""HTTPS connections that can be cut at any moment, and replies of bounded size.

`timeout` of requests bounds the silence between two bytes, not the whole: a server that sends one byte a
second is never cut off by it. So every connection is known here and shut down at the deadline of the run that
uses it.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.util.ssl_ import create_urllib3_context

LARGEST_REPLY = 8 * 1024 * 1024
"""Bytes of one HTTP reply; Windows itself stays below its MaxEnvelopeSizekb (500 kB by default)."""

_VERIFICATION = ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
"""What Python 3.13 and later do by themselves: an issuing authority is trusted without its root, and
certificates follow RFC 5280."""


class ReplyTooLarge(Exception):
    """More bytes than any answer of WinRM has."""


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end of one connection, after its TLS handshake."""

    number: int
    """Counts the connections of a channel; 0 is none."""
    certificate: bytes
    """In DER."""


class Connections:
    """All connections of one channel, and the moment at which they are cut."""

    def __init__(self, deadline: float) -> None:
        self._lock = threading.Lock()
        self._handles: list[socket.socket] = []
        self._connections: list[HTTPSConnection] = []
        self._timer: threading.Timer | None = None
        self.newest = Peer(0, b"")
        self.resting = False
        """No run uses them, and the last one came to a good end."""
        self.deadline = deadline
        """On the clock of time.monotonic."""
        self.allow_until(deadline)

    @property
    def over(self) -> bool:
        """Whether the deadline has passed."""
        return time.monotonic() >= self.deadline

    @property
    def remaining(self) -> float:
        """Seconds until the deadline, at least 0."""
        return max(0.0, self.deadline - time.monotonic())

    def allow_until(self, deadline: float) -> None:
        """Cut everything at this moment instead of the one before."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self.deadline, self.resting = deadline, False
            seconds = max(0.0, deadline - time.monotonic())
            self._timer = threading.Timer(seconds, self._cut, [deadline])
            self._timer.daemon = True
            self._timer.start()

    def rest(self, seconds: float) -> None:
        """No run uses them. If none does for so long, all are cut."""
        self.allow_until(time.monotonic() + seconds)
        self.resting = True

    @property
    def newest_is_open(self) -> bool:
        """Whether the other end has not closed the newest one, nor sent anything that nobody asked for."""
        with self._lock:
            return bool(self._connections) and self._connections[-1].is_connected

    def add(self, connection: HTTPSConnection, made: socket.socket) -> None:
        """Watch over a connection; by a duplicate of its socket, because TLS takes the original away."""
        with self._lock:
            self._connections.append(connection)
            self._handles.append(made.dup())
            if self.over:
                # The name took so long to resolve that everything else is cut already.
                _shut_down(made)

    def connected(self, secured: Any) -> None:
        """Remember who is at the other end of the newest connection."""
        certificate = secured.getpeercert(binary_form=True) or b""
        self.newest = Peer(self.newest.number + 1, certificate)

    def close(self) -> None:
        """End and forget all."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            # Those too that no pool got back, because a logon broke off in the middle.
            for connection in self._connections:
                connection.close()
            for handle in self._handles:
                handle.close()
            self._connections.clear()
            self._handles.clear()

    def _cut(self, deadline: float) -> None:
        with self._lock:
            if deadline != self.deadline:
                # The alarm had gone off already when another moment was set.
                return
            for handle in self._handles:
                _shut_down(handle)


def _shut_down(connected: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)


def _close_forgotten(error: ConnectionError) -> None:
    """Close the socket that CPython leaves open when a reset arrives before the TLS handshake begins."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        maker = frame.f_locals.get("self")
        if isinstance(maker, ssl.SSLSocket):
            maker.close()


class BoundedResponse(requests.Response):
    """A response whose body is read up to a limit, by whoever reads it."""

    def iter_content(
        self, chunk_size: int | None = 1, decode_unicode: bool = False
    ) -> Iterator[Any]:
        """The body in pieces. Raises ReplyTooLarge."""
        size = 0
        for chunk in super().iter_content(chunk_size, decode_unicode):
            size += len(chunk)
            if size > LARGEST_REPLY:
                self.close()
                raise ReplyTooLarge
            yield chunk


class BoundedAdapter(HTTPAdapter):
    """Sends over watched connections, with TLS 1.2 or newer; remembers how the logon went."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self.offered_credentials = False
        """Whether any request has carried an Authorization header."""
        self.last_status = 0
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Pools whose connections are watched."""
        context = create_urllib3_context(
            ssl_minimum_version=ssl.TLSVersion.TLSv1_2, verify_flags=_VERIFICATION
        )
        super().init_poolmanager(*args, ssl_context=context, **options)
        connections = self._connections

        class WatchedConnection(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                made = super()._new_conn()
                connections.add(self, made)
                return made

            def connect(self) -> None:
                try:
                    super().connect()
                except ConnectionError as error:
                    _close_forgotten(error)
                    raise
                connections.connected(self.sock)

        class WatchedPool(HTTPSConnectionPool):
            ConnectionCls = WatchedConnection

        self.poolmanager.pool_classes_by_scheme = {"https": WatchedPool}

    def send(
        self, request: requests.PreparedRequest, *args: Any, **options: Any
    ) -> requests.Response:
        """Send one request of the run, those of the logon included."""
        if "Authorization" in request.headers:
            self.offered_credentials = True
        response = super().send(request, *args, **options)
        self.last_status = response.status_code
        return response

    def build_response(self, *args: Any) -> requests.Response:
        """A response with a limit. No proxy is ever used, so none may ask for a logon; requests-ntlm would do it."""
        response: requests.Response = super().build_response(*args)
        response.headers.pop("Proxy-Authenticate", None)
        response.__class__ = BoundedResponse
        return response
