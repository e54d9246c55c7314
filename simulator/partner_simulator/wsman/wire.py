"""One accepted socket: TLS, buffered reads, one write per reply, and ways to end badly."""

from __future__ import annotations

import contextlib
import io
import socket
import ssl
import struct
import threading

from partner_simulator.wsman.http import HttpReply, HttpRequest, head, read_request

_FIRST_BYTE_SECONDS = 1.0


class CutError(Exception):
    """This connection is over, on purpose."""


class Wire:
    """A connection as bytes. Only its own thread uses it, except for `abort`."""

    def __init__(
        self, accepted: socket.socket, idle_seconds: float, stopping: threading.Event
    ) -> None:
        """Take over a freshly accepted socket."""
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        accepted.settimeout(idle_seconds)
        self._socket = accepted
        self._stream: io.BufferedReader | None = None
        self.stopping = stopping
        """Set when the server goes down."""

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Do the server's side of the TLS handshake. Raises OSError (ssl.SSLError included)."""
        # The handshake comes after the assignment, so that `abort` always reaches the live socket.
        tls = context.wrap_socket(self._socket, server_side=True, do_handshake_on_connect=False)
        self._socket = tls
        tls.do_handshake()

    def read(self) -> HttpRequest | None:
        """Read a request; see http.read_request."""
        if self._stream is None:
            self._stream = self._socket.makefile("rb")
        return read_request(self._stream)

    def send(self, reply: HttpReply) -> None:
        """Write a reply in one go, unless it is to drip."""
        if not reply.drip_bytes:
            self._socket.sendall(head(reply) + reply.body)
            return
        self._socket.sendall(head(reply))
        for start in range(0, len(reply.body), reply.drip_bytes):
            self.pause(reply.drip_seconds)
            self._socket.sendall(reply.body[start : start + reply.drip_bytes])

    def send_raw(self, data: bytes) -> None:
        """Write bytes as they are."""
        self._socket.sendall(data)

    def pause(self, seconds: float) -> None:
        """Wait. Raises CutError when the server stops meanwhile."""
        if self.stopping.wait(seconds):
            raise CutError

    def reset(self) -> None:
        """Arrange that closing sends a TCP reset.

        A bare socket waits for the client's first byte: a reset before it hits clients in the middle
        of their own set-up, where nothing they do is of interest.
        """
        if not isinstance(self._socket, ssl.SSLSocket) and self._stream is None:
            self._socket.settimeout(_FIRST_BYTE_SECONDS)
            with contextlib.suppress(TimeoutError):
                self._socket.recv(1, socket.MSG_PEEK)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def abort(self) -> None:
        """Wake the connection's thread from whatever it reads or writes. From any thread."""
        self.wake(self._socket)

    @staticmethod
    def wake(waiting: socket.socket) -> None:
        """End whatever another thread does on this socket."""
        try:
            # Not SSLSocket's own shutdown, which takes the TLS state from under the other thread.
            socket.socket.shutdown(waiting, socket.SHUT_RDWR)
        except OSError:
            return

    def close(self) -> None:
        """Give the socket back."""
        if self._stream is not None:
            self._stream.close()
        self._socket.close()
