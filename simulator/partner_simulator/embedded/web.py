"""HTTPS requests of a simulated machine: its names, its certificate store, .NET's words for what fails."""

from __future__ import annotations

import base64
import socket
import ssl
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

from partner_simulator.embedded.run import Run

_CHUNK = 16384
_LARGEST = 1024 * 1024
"""Bytes of all documents of one run."""


@dataclass(frozen=True, slots=True)
class _Failure(Exception):
    """No answer: WebExceptionStatus, and the innermost message."""

    fault: str
    detail: str


def status(run: Run, url: str, seconds: float) -> str:
    """The status of an answer; `none` where there is none."""
    try:
        with _connected(run, url, seconds) as secure:
            return str(_ask(secure, url, {}).status)
    except _Failure:
        return "none"


def documents(run: Run) -> list[dict[str, Any]]:
    """All the documents that were asked for, as far as the time for all of them reaches."""
    urls = [str(url) for url in run.asked("urls") or ()]
    limit = _LARGEST // len(urls) if urls else 0
    deadline = time.monotonic() + int(run.asked("allDocumentsSeconds") or 0)
    return [
        document(run, url, limit)
        if time.monotonic() < deadline
        else _document(
            url,
            fault="NotAsked",
            detail="Other documents took so long that this one was not asked for.",
        )
        for url in urls
    ]


def document(run: Run, url: str, limit: int = _LARGEST) -> dict[str, Any]:
    """One document: its bytes, or why there are none."""
    run.check()
    seconds = int(run.asked("documentSeconds") or 0)
    deadline = time.monotonic() + seconds
    try:
        with _connected(run, url, seconds) as secure:
            response = _ask(secure, url, {"Accept": "application/json"})
            told = response.status
            if told >= 400:
                detail = f"The remote server returned an error: ({told}) {response.reason}."
                return _document(url, status=told, fault="ProtocolError", detail=detail)
            kind = response.headers.get("Content-Type", "")
            body = _body(response, deadline, seconds, limit)
    except _Failure as failure:
        return _document(url, fault=failure.fault, detail=failure.detail)
    if body is None:
        detail = f"The document is larger than {limit} bytes."
        return _document(url, status=told, type=kind, fault="TooLarge", detail=detail)
    return _document(url, status=told, type=kind, body=base64.b64encode(body).decode("ascii"))


def _document(url: str, **known: Any) -> dict[str, Any]:
    return {"url": url, "status": 0, "type": "", "body": "", "fault": "", "detail": "", **known}


def _connected(run: Run, url: str, seconds: float) -> ssl.SSLSocket:
    """Raises _Failure."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    where = run.system("resolve", host=host, port=parts.port or 443)
    if parts.scheme != "https":
        raise _Failure("Exception", "The URI prefix is not recognized.")
    if where is None:
        detail = f"The remote name could not be resolved: '{host}'"
        raise _Failure("NameResolutionFailure", detail)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(run.system("environment")["variables"]["SSL_CERT_FILE"])
    try:
        plain = socket.create_connection((where["address"], where["port"]), seconds)
        try:
            return context.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise
    except ConnectionRefusedError as error:
        place = f"[::ffff:{where['address']}]:{where['port']}"
        raise _Failure("UnknownError", f"Connection refused {place}") from error
    except OSError as error:
        raise _why(error) from error


def _ask(secure: ssl.SSLSocket, url: str, headers: dict[str, str]) -> HTTPResponse:
    """GET, without redirects. Raises _Failure."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc)
    connection.sock = secure
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("GET", path, headers={"Connection": "close", **headers})
        return connection.getresponse()
    except (OSError, HTTPException) as error:
        raise _why(error) from error


def _body(response: HTTPResponse, deadline: float, seconds: int, limit: int) -> bytes | None:
    """None when it is too large. Raises _Failure, also for one that drips."""
    body = b""
    try:
        while chunk := response.read1(_CHUNK):
            body += chunk
            if len(body) > limit:
                return None
            if time.monotonic() > deadline:
                text = f"The document did not arrive within {seconds} seconds."
                raise _Failure("Exception", text)
    except (OSError, HTTPException) as error:
        raise _why(error) from error
    return body


def _why(error: Exception) -> _Failure:
    """In the words of PowerShell 7's .NET, which is what the other engine's scripts hear."""
    match error:
        case ssl.SSLCertVerificationError():
            rejected = "was rejected by the provided RemoteCertificateValidationCallback."
            return _Failure("TrustFailure", f"The remote certificate {rejected}")
        case ssl.SSLError():
            return _Failure("SecureChannelFailure", str(error))
        case TimeoutError():
            return _Failure("Timeout", "The operation has timed out.")
    return _Failure("UnknownError", str(error))
