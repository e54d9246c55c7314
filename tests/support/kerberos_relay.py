"""What stands between the operator and a host: a relay that ends TLS, and an impostor that welcomes everybody."""

from __future__ import annotations

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
    patience = [1] * hang_ups

    def serve(near: ssl.SSLSocket) -> None:
        careless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        careless.check_hostname = False
        careless.verify_mode = ssl.CERT_NONE
        plain = socket.create_connection(("127.0.0.1", port), _SECONDS)
        with careless.wrap_socket(plain) as far:
            replies = patience.pop() if patience else None
            back = threading.Thread(target=_pump, args=(far, near, replies), daemon=True)
            back.start()
            _pump(near, far)
            back.join(_SECONDS)

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


def _pump(source: ssl.SSLSocket, target: ssl.SSLSocket, at_most: int | None = None) -> None:
    with suppress(OSError):
        while at_most != 0 and (received := source.recv(65536)):
            target.sendall(received)
            at_most = None if at_most is None else at_most - 1
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
