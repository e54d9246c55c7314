"""HTTP/1.1 on one socket: read a request, write a reply in one go."""

from __future__ import annotations

import http.client
import io
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus

BODY_CAP_BYTES = 8 * 1024 * 1024
"""A larger body is refused before it is read."""
_LINE_CAP_BYTES = 65_536


class HttpError(Exception):
    """The request cannot be served on the HTTP level; the connection is closed after the reply."""

    def __init__(self, status: int) -> None:
        """Remember the status to answer with."""
        super().__init__(f"HTTP {status}")
        self.status = status


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request, body included."""

    method: str
    path: str
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def content_type(self) -> str:
        """The Content-Type header, empty when absent."""
        return str(self.headers.get("Content-Type", ""))


@dataclass(frozen=True, slots=True)
class HttpReply:
    """One reply, with the ways in which it may be spoilt on purpose."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=())
    declared_length: int | None = None
    """A Content-Length other than the body's; the connection is closed after the body."""
    drip_bytes: int = 0
    """Send so many bytes of the body at a time; 0 sends all at once."""
    drip_seconds: float = 0.0
    close: bool = False


def read_request(stream: io.BufferedReader) -> HttpRequest | None:
    """Read one request; None when the client has closed the connection.

    Raises HttpError for what cannot be served, ConnectionError for a body that breaks off.
    """
    line = stream.readline(_LINE_CAP_BYTES)
    if not line.strip():
        return None
    words = line.decode("latin-1").split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise HttpError(HTTPStatus.BAD_REQUEST)
    headers = http.client.parse_headers(stream)
    method, path, _ = words
    body = b"" if method == "GET" else _read_body(stream, headers)
    return HttpRequest(method, path, headers, body)


def _read_body(stream: io.BufferedReader, headers: http.client.HTTPMessage) -> bytes:
    declared = str(headers.get("Content-Length", ""))
    if not declared:
        raise HttpError(HTTPStatus.LENGTH_REQUIRED)
    if not declared.isdecimal():
        raise HttpError(HTTPStatus.BAD_REQUEST)
    if int(declared) > BODY_CAP_BYTES:
        raise HttpError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    body = stream.read(int(declared))
    if len(body) != int(declared):
        raise ConnectionError("the client left in the middle of a request")
    return body


def head(reply: HttpReply) -> bytes:
    """Return status line and headers, the empty line included."""
    length = len(reply.body) if reply.declared_length is None else reply.declared_length
    lines = [f"HTTP/1.1 {reply.status} {_phrase(reply.status)}"]
    if reply.content_type:
        lines.append(f"Content-Type: {reply.content_type}")
    lines.append("Server: Microsoft-HTTPAPI/2.0")
    lines += [f"{name}: {value}" for name, value in reply.headers]
    lines.append(f"Date: {formatdate(usegmt=True)}")
    if reply.close or reply.declared_length is not None:
        lines.append("Connection: close")
    lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
