"""A web site on loopback, over real TLS as a rule: one name, one port, one function that answers."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler

from partner_simulator.certificates import Identity, server_context

Address = tuple[str, int]

_SECONDS = 30.0
_LARGEST_BODY = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked."""

    host: str
    """The site's name."""
    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """What it is told."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


Answer = Callable[[Request], Response]


class Site:
    """HTTPS for one name, or HTTP. Stop closes the port; start opens the same one again."""

    def __init__(self, fqdn: str, tls: Identity | None, answer: Answer) -> None:
        """`answer` is called on a thread per connection. `tls` None: plain HTTP."""
        self.fqdn = fqdn
        self._answer = answer
        self._context = None if tls is None else server_context(tls)
        self._port = 0
        self._server: _Server | None = None

    @property
    def address(self) -> Address:
        """Where it listens, or did."""
        return ("127.0.0.1", self._port)

    def use_certificate(self, tls: Identity) -> None:
        """Present another TLS certificate on connections from now on."""
        self._context = server_context(tls)

    def start(self) -> None:
        """Listen. Doing so twice is fine."""
        if self._server is not None:
            return
        self._server = _Server(("127.0.0.1", self._port), self)
        self._port = int(self._server.server_address[1])
        thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name=f"web {self.fqdn}", daemon=True
        )
        thread.start()

    def stop(self) -> None:
        """Close the port and wait for those being served. Doing so twice is fine."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def secure(self, plain: socket.socket) -> socket.socket:
        """The TLS handshake, if there is to be one, on the connection's own thread."""
        plain.settimeout(_SECONDS)
        if self._context is None:
            return plain
        return self._context.wrap_socket(plain, server_side=True)

    def answer(self, request: Request) -> Response:
        """Ask whoever plays the site."""
        return self._answer(request)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, address: Address, site: Site) -> None:
        self.site = site
        super().__init__(address, _Handler)

    def finish_request(self, request: object, client_address: object) -> None:
        assert isinstance(request, socket.socket)
        try:
            secure = self.site.secure(request)
        except OSError:
            return  # the client does not trust this site, or went away
        with secure:
            try:
                _Handler(secure, client_address, self)
            except OSError:
                return  # the client went away


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "Microsoft-IIS/8.5"
    sys_version = ""
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing on stderr."""

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 <= length <= _LARGEST_BODY:
            self._send(Response(413))
            return
        body = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        site = self.server.site
        self._send(site.answer(Request(site.fqdn, self.command, self.path, headers, body)))

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers:
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(response.body)
