"""What stands between the operator and a host: a relay that ends TLS, and an impostor that welcomes everybody."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from partner_simulator.certificates import CertificateAuthority, server_context

_SECONDS = 60.0


@contextmanager
def serving(
    authority: CertificateAuthority, serve: Callable[[ssl.SSLSocket], None]
) -> Iterator[int]:
    """A TLS server for localhost with a certificate of this authority; yields its port."""
    context = server_context(authority.issue_server(["localhost"]))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_accept, args=(listening, context, serve), daemon=True)
        thread.start()
        yield int(listening.getsockname()[1])
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        thread.join(_SECONDS)


def relay_to(port: int, hang_ups: int = 0) -> Callable[[ssl.SSLSocket], None]:
    """Pass everything on to the host behind, over a TLS connection of the relay's own.

    The first `hang_ups` connections are closed after one reply.
    """
    one_reply = [True] * hang_ups

    def serve(near: ssl.SSLSocket) -> None:
        careless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        careless.check_hostname = False
        careless.verify_mode = ssl.CERT_NONE
        hangs_up = bool(one_reply and one_reply.pop())
        plain = socket.create_connection(("127.0.0.1", port), _SECONDS)
        with careless.wrap_socket(plain) as far:
            while request := _message(near):
                far.sendall(request)
                near.sendall(_message(far))
                if hangs_up:
                    return

    return serve


def welcoming(heard: list[bytes]) -> Callable[[ssl.SSLSocket], None]:
    """Answer every request with 200 and an empty body, asking nobody to log on; keep what was heard."""

    def serve(near: ssl.SSLSocket) -> None:
        while received := near.recv(65536):
            heard.append(received)
            near.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    return serve


def _accept(
    listening: socket.socket, context: ssl.SSLContext, serve: Callable[[ssl.SSLSocket], None]
) -> None:
    while True:
        try:
            plain, _ = listening.accept()
        except OSError:
            return
        plain.settimeout(_SECONDS)
        with suppress(OSError), context.wrap_socket(plain, server_side=True) as secured:
            serve(secured)


def _message(source: ssl.SSLSocket) -> bytes:
    """One whole HTTP message; empty at the end of the connection."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = source.recv(65536)
        if not piece:
            return b""
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"\r\nContent-Length: *(\d+)", head, re.IGNORECASE)
    assert length is not None, "WinRM's messages say their length"
    while len(body) < int(length[1]):
        piece = source.recv(65536)
        assert piece, "the message breaks off"
        body += piece
    return head + b"\r\n\r\n" + body
