"""What an injected fault does to a request. Three families, by where they take hold.

Wire actions cut or disturb the connection; answers stand in for the real reply; spoilers let the
real reply be made and then damage it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from partner_simulator.wsman.http import HttpReply
from partner_simulator.wsman.soap_faults import FaultShape


@dataclass(frozen=True, slots=True)
class Reset:
    """Send a TCP reset."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Close the connection politely (FIN) without a word."""


@dataclass(frozen=True, slots=True)
class SayRaw:
    """Write these bytes and close; at CONNECT they are a plaintext answer to a TLS client."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait, then go on as if nothing had happened."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Unauthorized:
    """Answer 401 and forget who is logged on; without `challenge`, no WWW-Authenticate header."""

    challenge: bool = True


@dataclass(frozen=True, slots=True)
class HttpStatus:
    """Answer with this status and body."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class Redirect:
    """Answer with a redirect to `url`."""

    url: str
    status: int = 307


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """Answer 200 with an HTML page, as a wrong server or a captive portal does."""

    text: str = "<!doctype html><html><body><h1>It works!</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Soap:
    """Answer with the SOAP fault of this decimal code, in this shape."""

    code: int
    shape: FaultShape = FaultShape.WSMAN_FAULT
    message: str | None = None
    status: int = 500
    """200 gives the fault in a successful HTTP reply."""


class _Harmless:
    """What damages a finished reply overrides one: `clear` before it is sealed, `wire` after."""

    __slots__ = ()

    def clear(self, reply: HttpReply) -> HttpReply:
        """Change the reply while it is readable; here: leave it."""
        return reply

    def wire(self, reply: HttpReply) -> HttpReply:
        """Change the reply as it will be sent; here: leave it."""
        return reply


@dataclass(frozen=True, slots=True)
class Truncate(_Harmless):
    """Send half of the body, promise all of it, and close."""

    def wire(self, reply: HttpReply) -> HttpReply:
        """Cut the body under a Content-Length that tells of the whole."""
        kept = reply.body[: len(reply.body) // 2]
        return replace(reply, body=kept, declared_length=len(reply.body) + 1)


@dataclass(frozen=True, slots=True)
class WrongContentType(_Harmless):
    """Send the right body under a wrong Content-Type."""

    content_type: str = "text/html"

    def wire(self, reply: HttpReply) -> HttpReply:
        """Replace the header."""
        return replace(reply, content_type=self.content_type)


@dataclass(frozen=True, slots=True)
class Drip(_Harmless):
    """Send the body `size` bytes at a time with a pause between."""

    seconds: float
    size: int = 1

    def wire(self, reply: HttpReply) -> HttpReply:
        """Set the pace."""
        return replace(reply, drip_bytes=self.size, drip_seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class Oversize(_Harmless):
    """Append this many blanks, which XML allows, to the body."""

    extra_bytes: int

    def clear(self, reply: HttpReply) -> HttpReply:
        """Pad."""
        return replace(reply, body=reply.body + b" " * self.extra_bytes)


@dataclass(frozen=True, slots=True)
class Rewrite(_Harmless):
    """Put the clear envelope through any function: bombs, missing elements, other RelatesTo."""

    change: Callable[[bytes], bytes]

    def clear(self, reply: HttpReply) -> HttpReply:
        """Apply it."""
        return replace(reply, body=self.change(reply.body))


WireAction = Reset | Drop | SayRaw | Delay
Answer = Unauthorized | HttpStatus | Redirect | HtmlPage | Soap
Spoil = Truncate | WrongContentType | Drip | Oversize | Rewrite
Action = WireAction | Answer | Spoil
