"""A small HTTPS server of metadata documents, to be fetched by the scripts' own client."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from partner_simulator.certificates import Identity, server_context


@dataclass(frozen=True, slots=True)
class Page:
    """One answer."""

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    length: int | None = None
    """Bytes that are promised, where they are not those of `body`."""
    pause: float = 0.0
    """Seconds between one byte and the next."""


@dataclass(slots=True)
class Site:
    """What is served, by path, and what was asked for."""

    port: int
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def url(self, path: str = "/metadata/json/1") -> str:
        """The address of a page."""
        return f"https://127.0.0.1:{self.port}{path}"


@contextmanager
def serve(identity: Identity) -> Iterator[Site]:
    """Run a site with this TLS certificate on a free loopback port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            site.asked.append((self.path, headers))
            page = site.pages.get(self.path, Page(status=404))
            self.send_response(page.status)
            self.send_header("Content-Type", page.content_type)
            self.send_header("Content-Length", str(page.length or len(page.body)))
            for name, value in page.headers:
                self.send_header(name, value)
            self.end_headers()
            if page.pause:
                for byte in page.body:
                    self.wfile.write(bytes([byte]))
                    time.sleep(page.pause)
            else:
                self.wfile.write(page.body)
            self.close_connection = True

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *args: object) -> None:
            """A client that refuses our certificate or stops reading is what tests want."""

    server = Server(("127.0.0.1", 0), Handler)
    server.socket = server_context(identity).wrap_socket(server.socket, server_side=True)
    site = Site(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
