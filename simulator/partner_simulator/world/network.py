"""Names of the domain to loopback addresses, and web requests between its machines."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from urllib.parse import urlsplit

DEFAULT_TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, read whole."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """All values of a header, joined as HTTP allows; empty where it is missing."""
        found = [value for key, value in self.headers if key.casefold() == name.casefold()]
        return ", ".join(found)


@dataclass(slots=True)
class RequestFailed(Exception):
    """No HTTP answer; `text` says why in .NET's words (P-EX-5)."""

    text: str


@dataclass
class Network:
    """The domain's DNS, what is down, and whom a machine's certificate store trusts."""

    ca_pem: str
    """The CA that every machine trusts unless told otherwise."""
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    unreachable: set[str] = field(default_factory=set)
    """Names whose machine refuses connections."""
    unresolvable: set[str] = field(default_factory=set)
    """Names that DNS has lost."""
    distrusting: set[str] = field(default_factory=set)
    """Machines that do not trust the CA."""
    _table: dict[str, dict[int, tuple[str, int]]] = field(default_factory=dict)
    _closed: socket.socket | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def register(self, fqdn: str, port: int, address: str, real_port: int) -> None:
        """Tell where a logical port of a name really listens."""
        with self._lock:
            self._table.setdefault(fqdn.lower(), {})[port] = (address, real_port)

    def names(self) -> Mapping[str, Mapping[int, tuple[str, int]]]:
        """The whole table."""
        with self._lock:
            return {fqdn: dict(ports) for fqdn, ports in self._table.items()}

    def resolve(self, host: str, port: int) -> tuple[str, int] | None:
        """Where to connect; None: no such name. A closed port is one that refuses."""
        name = host.lower().rstrip(".")
        with self._lock:
            ports = self._table.get(name)
        if ports is None or name in self.unresolvable:
            return None
        if name in self.unreachable or port not in ports:
            return self._refusing()
        return ports[port]

    def close(self) -> None:
        """Give back what is held."""
        with self._lock:
            if self._closed is not None:
                self._closed.close()
                self._closed = None

    def request(
        self,
        origin: str,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        check_certificate: bool = True,
        timeout_seconds: float | None = None,
    ) -> Answer:
        """Make one request from machine `origin`, with its DNS and its trust. No redirects.

        `timeout_seconds`: of each step, instead of the network's own. Raises RequestFailed.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise RequestFailed("The URI prefix is not recognized.")
        is_secure = parts.scheme == "https"
        where = self.resolve(parts.hostname, parts.port or (443 if is_secure else 80))
        if where is None:
            raise RequestFailed(f"The remote name could not be resolved: '{parts.hostname}'")
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        try:
            with socket.create_connection(where, timeout_seconds or self.timeout_seconds) as plain:
                connection = HTTPConnection(parts.hostname)
                connection.sock = plain
                if is_secure:
                    context = self._context(origin, check_certificate=check_certificate)
                    connection.sock = context.wrap_socket(plain, server_hostname=parts.hostname)
                with connection.sock:
                    sent = {"Connection": "close", **(headers or {})}
                    connection.request(method, target or "/", body=body or None, headers=sent)
                    return _read(connection.getresponse())
        except TimeoutError as error:
            raise RequestFailed("The operation has timed out") from error
        except ssl.SSLCertVerificationError as error:
            raise RequestFailed(
                "The underlying connection was closed: Could not establish trust relationship for"
                " the SSL/TLS secure channel."
            ) from error
        except ssl.SSLError as error:
            raise RequestFailed(
                "The request was aborted: Could not create SSL/TLS secure channel."
            ) from error
        except ConnectionRefusedError as error:
            raise RequestFailed("Unable to connect to the remote server") from error
        except (OSError, HTTPException) as error:
            raise RequestFailed(
                "The underlying connection was closed: The connection was closed unexpectedly."
            ) from error

    def _context(self, origin: str, *, check_certificate: bool) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if not check_certificate:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif origin not in self.distrusting:
            context.load_verify_locations(cadata=self.ca_pem)
        return context

    def _refusing(self) -> tuple[str, int]:
        """A loopback port that is taken, but on which nobody listens."""
        with self._lock:
            if self._closed is None:
                self._closed = socket.socket()
                self._closed.bind(("127.0.0.1", 0))
            address, port = self._closed.getsockname()
            return str(address), int(port)


def _read(response: HTTPResponse) -> Answer:
    return Answer(response.status, response.reason, tuple(response.getheaders()), response.read())
