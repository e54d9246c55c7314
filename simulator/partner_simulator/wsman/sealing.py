"""Message encryption inside HTTP: the `Encrypted Boundary` wire format of MS-WSMV 2.2.9.1."""

from __future__ import annotations

import re
import struct
from typing import Protocol

_BOUNDARY = b"--Encrypted Boundary"
_PIECE_BYTES = 16_384
_SPNEGO = "application/HTTP-SPNEGO-session-encrypted"
_CREDSSP = "application/HTTP-CredSSP-session-encrypted"
_PROTOCOL = re.compile(r'protocol="([^"]+)"', re.IGNORECASE)
_OCTETS = re.compile(rb"\r\n\t?Content-Type: application/octet-stream\r\n", re.IGNORECASE)


class SealingError(Exception):
    """The body is not what this connection's security context sealed."""


class _Wrapped(Protocol):
    @property
    def header(self) -> bytes: ...
    @property
    def data(self) -> bytes: ...
    @property
    def padding_length(self) -> int: ...


class SealingContext(Protocol):
    """What is needed of a security context (pyspnego's have it)."""

    def wrap_winrm(self, data: bytes) -> _Wrapped:
        """Seal."""
        ...

    def unwrap_winrm(self, header: bytes, data: bytes) -> bytes:
        """Unseal."""
        ...


def is_sealed(content_type: str) -> bool:
    """Whether a request with this Content-Type carries an encrypted message."""
    return content_type.lower().startswith(("multipart/encrypted", "multipart/x-multi-encrypted"))


def protocol_of(content_type: str) -> str:
    """Return the protocol that a sealed request names; the reply has to name the same."""
    match = _PROTOCOL.search(content_type)
    return match.group(1) if match else _SPNEGO


def unseal(context: SealingContext, body: bytes) -> bytes:
    """Return the clear message. Tabs before part headers may be missing (Ruby).

    Raises SealingError on a body of another form; whatever the context raises on a bad seal.
    """
    parts = body.split(_BOUNDARY)
    clear = b""
    for index in range(1, len(parts) - 2, 2):
        length = re.search(rb"Length=(\d+)", parts[index])
        octets = _OCTETS.match(parts[index + 1])
        if length is None or octets is None:
            raise SealingError("part headers are missing")
        payload = parts[index + 1][octets.end() :]
        if len(payload) < 4:
            raise SealingError("no security header")
        (header_length,) = struct.unpack_from("<I", payload)
        sealed = payload[4:]
        piece = context.unwrap_winrm(sealed[:header_length], sealed[header_length:])
        clear += piece[: int(length.group(1))]
    if not clear:
        raise SealingError("no sealed part")
    return clear


def seal(context: SealingContext, clear: bytes, protocol: str) -> tuple[str, bytes]:
    """Return Content-Type and body of an encrypted reply."""
    many = protocol == _CREDSSP and len(clear) > _PIECE_BYTES
    size = _PIECE_BYTES if many else max(len(clear), 1)
    blocks = b"".join(
        _block(context, clear[start : start + size], protocol)
        for start in range(0, len(clear), size)
    )
    kind = "multipart/x-multi-encrypted" if many else "multipart/encrypted"
    content_type = f'{kind};protocol="{protocol}";boundary="Encrypted Boundary"'
    return content_type, blocks + _BOUNDARY + b"--\r\n"


def _block(context: SealingContext, clear: bytes, protocol: str) -> bytes:
    wrapped = context.wrap_winrm(clear)
    length = len(clear) + wrapped.padding_length
    return (
        _BOUNDARY
        + f"\r\n\tContent-Type: {protocol}\r\n\tOriginalContent: "
        f"type=application/soap+xml;charset=UTF-8;Length={length}\r\n".encode()
        + _BOUNDARY
        + b"\r\n\tContent-Type: application/octet-stream\r\n"
        + struct.pack("<I", len(wrapped.header))
        + wrapped.header
        + wrapped.data
    )
