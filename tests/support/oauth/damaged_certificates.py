"""A good certificate with one byte changed, and certificates that are odd in other ways."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from support.oauth.samples import NOW, certificate_der, private_key

VERSION_3 = bytes.fromhex("A003020102")
VERSION_2 = bytes.fromhex("A003020101")


def version_2(der: bytes) -> bytes:
    """The same certificate, saying that it is X.509 v2 (case C32)."""
    assert VERSION_3 in der
    return der.replace(VERSION_3, VERSION_2, 1)


def flipped(der: bytes, step: int = 1) -> Iterator[bytes]:
    """The certificate with each byte (every `step`-th) replaced by some others."""
    for place in range(0, len(der), step):
        old = der[place]
        for value in {0, 1, 0x7F, 0x80, 0xFF, old ^ 1, old ^ 0x20, old ^ 0x80} - {old}:
            yield der[:place] + bytes([value]) + der[place + 1 :]


def odd() -> dict[str, bytes]:
    """Certificates that are allowed, or were once made by somebody."""
    good = certificate_der()
    serial = good.index(VERSION_3) + len(VERSION_3)
    return {
        "version 2": version_2(good),
        "version 9": good.replace(VERSION_3, bytes.fromhex("A003020109"), 1),
        "serial negative": good[: serial + 2] + b"\x80" + good[serial + 3 :],
        "cut off": good[:-40],
        "more behind": good + b"\0" * 7,
        "nothing": b"",
        "text": b"-----BEGIN CERTIFICATE-----",
        "year 9999": certificate_der("9999", end=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        "year 1950": certificate_der("1950", start=datetime(1950, 1, 1, tzinfo=UTC)),
        "month 13": good.replace(b"261026", b"261326", 1),
        "no time": good.replace(b"261026", b"abcdef", 1),
        "elliptic curve": _signed(ec.generate_private_key(ec.SECP521R1())),
        "Ed25519": _signed(ed25519.Ed25519PrivateKey.generate()),
        "odd subject": _subject("\x1b[2J\u202e\nok  issuer: fine"),
        "no subject": _signed(private_key(2048), x509.Name([])),
    }


def _subject(name: str) -> bytes:
    return _signed(private_key(2048), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))


def _signed(
    key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey,
    name: x509.Name = x509.Name([]),  # noqa: B008 - a value that never changes
) -> bytes:
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW)
        .not_valid_after(NOW.replace(year=2028))
        .sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.DER)
