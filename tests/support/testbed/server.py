"""A server on loopback that sends one archive over TLS, in each of the ways in which that can go wrong."""

from __future__ import annotations

import io
import socket
import ssl
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from partner_testbed.pki import make_serving_pki


class Manner(StrEnum):
    """How the server sends a file."""

    WHOLE = "whole"
    CUT = "cut"
    STALLED = "stalled"
    TRICKLING = "trickling"
    ABSENT = "absent"
    MOVED = "moved"


class _TlsServer(ThreadingHTTPServer):
    """Each connection shakes hands in its own thread, and is closed there when that fails."""

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        super().__init__(address, handler)

    def get_request(self) -> tuple[socket.socket, object]:
        plain, address = self.socket.accept()
        later = self.context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        return later, address

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is what some tests are about."""


class Server:
    """Sends one archive over TLS, and counts who asked."""

    def __init__(self, folder: Path, content: bytes) -> None:
        self.content = content
        self.manner = Manner.WHOLE
        self.asked: list[str] = []
        self.closing = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                server.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        make_serving_pki(folder)
        self.authority = folder / "ca.crt"
        self.http = _TlsServer(("127.0.0.1", 0), Handler)
        self.http.context.load_cert_chain(folder / "apiserver.crt", folder / "apiserver.key")
        self.url = f"https://127.0.0.1:{self.http.server_address[1]}/archive.tar.gz"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        if self.manner is Manner.ABSENT:
            request.send_error(404)
            return
        if self.manner is Manner.MOVED and request.path != "/elsewhere":
            request.send_response(302)
            request.send_header("Location", "/elsewhere")
            request.end_headers()
            return
        request.send_response(200)
        request.send_header("Content-Length", str(len(self.content)))
        request.end_headers()
        half = len(self.content) // 2
        match self.manner:
            case Manner.CUT:
                request.wfile.write(self.content[:half])
            case Manner.STALLED:
                request.wfile.write(self.content[:half])
                self.closing.wait(10)
            case Manner.TRICKLING:
                for byte in self.content:
                    request.wfile.write(bytes([byte]))
                    if self.closing.wait(0.3):
                        break
            case _:
                request.wfile.write(self.content)


def tarball(files: dict[str, bytes], mode: int = 0o644) -> bytes:
    """A compressed archive of these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


@contextmanager
def serving(folder: Path, content: bytes) -> Iterator[Server]:
    """A server on loopback, as long as the block lasts."""
    server = Server(folder, content)
    thread = threading.Thread(target=server.http.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.closing.set()
    server.http.shutdown()
    thread.join()
    server.http.server_close()
