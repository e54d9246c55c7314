"""The few fields of NTLM messages that an acceptor wants to see before it judges (MS-NLMP 2.2.1.3)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_SIGNATURE = b"NTLMSSP\x00"
_NEGOTIATE = _SIGNATURE + b"\x01\x00\x00\x00"
_AUTHENTICATE = _SIGNATURE + b"\x03\x00\x00\x00"
_UNICODE = 0x00000001
_CHANNEL_BINDINGS = 10
_NTLM_V2_PAIRS_OFFSET = 16 + 28
"""Proof string and the fixed part of NTLMv2_CLIENT_CHALLENGE."""


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Who an AUTHENTICATE message claims to be, and whether it carries channel bindings."""

    domain: str
    user: str
    has_bindings: bool


def starts_logon(token: bytes) -> bool:
    """Whether this token begins a new NTLM or SPNEGO logon."""
    return token.startswith(_NEGOTIATE) or token[:1] == b"\x60"


def find_authenticate(token: bytes) -> Authenticate | None:
    """Return the AUTHENTICATE message inside a raw or SPNEGO-wrapped token, if there is one."""
    start = token.find(_AUTHENTICATE)
    if start < 0:
        return None
    message = token[start:]
    if len(message) < 64:
        return None
    (flags,) = struct.unpack_from("<I", message, 60)
    encoding = "utf-16-le" if flags & _UNICODE else "latin-1"
    return Authenticate(
        domain=_field(message, 28).decode(encoding, "replace"),
        user=_field(message, 36).decode(encoding, "replace"),
        has_bindings=_has_bindings(_field(message, 20)),
    )


def _field(message: bytes, position: int) -> bytes:
    length, _, offset = struct.unpack_from("<HHI", message, position)
    return message[offset : offset + length]


def _has_bindings(nt_response: bytes) -> bool:
    pairs = nt_response[_NTLM_V2_PAIRS_OFFSET:]
    while len(pairs) >= 4:
        kind, length = struct.unpack_from("<HH", pairs)
        if kind == 0:
            return False
        if kind == _CHANNEL_BINDINGS:
            return any(pairs[4 : 4 + length])
        pairs = pairs[4 + length :]
    return False
