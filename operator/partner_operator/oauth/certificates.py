"""Signing certificates as values, and what can be wrong with one."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.utils import CryptographyDeprecationWarning

from partner_operator.texts import said, shown

SMALLEST_RSA_KEY = 2048
"""Bits. Lync and Exchange ask for no less (P-LY-5, P-EX-6)."""
LARGEST_RSA_KEY = 16384
"""Bits. Windows' providers and OpenSSL verify with no longer one."""
_LONGEST_WORDS = 200
"""Characters of the library's own words."""
_LONGEST_SUBJECT = 256
"""Characters; a subject is a name for people."""
NOTICE = timedelta(days=60)
URGENT = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What matters of an X.509 signing certificate. Instants are aware, in UTC."""

    thumbprint: str
    """SHA-1 of the DER, upper-case hex, as Windows shows it."""
    subject: str
    not_before: datetime
    not_after: datetime
    key_bits: int
    key_algorithm: str
    der: bytes = field(default=b"", repr=False, compare=False)
    """The certificate itself, for verifying signatures; empty where only its facts are known."""


@dataclass(frozen=True, slots=True)
class UnreadableCertificate:
    """A certificate that is there and of which nothing but its name is known."""

    thumbprint: str
    """Empty where not even its bytes can be had."""
    why: str
    """A sentence with the words of the library that cannot read it."""

    def __str__(self) -> str:
        name = f"Certificate {self.thumbprint}" if self.thumbprint else "One certificate"
        return f"{name} cannot be read: {self.why}"


class CertificateError(ValueError):
    """Bytes that no certificate can be read from; the message is a sentence with the library's words."""


class CertificateProblem(StrEnum):
    """What is wrong with a certificate, or soon will be."""

    EXPIRED = "Expired"
    NOT_YET_VALID = "NotYetValid"
    WEAK = "Weak"
    EXPIRES_WITHIN_14_DAYS = "ExpiresWithin14Days"
    EXPIRES_WITHIN_60_DAYS = "ExpiresWithin60Days"

    @property
    def is_warning(self) -> bool:
        """True: the certificate can still be used."""
        return self in {self.EXPIRES_WITHIN_14_DAYS, self.EXPIRES_WITHIN_60_DAYS}


def parse_certificate(der: bytes) -> Certificate:
    """Read one DER certificate. Raises CertificateError."""
    try:
        parsed = _loaded(der)
        subject = shown(parsed.subject.rfc4514_string())[:_LONGEST_SUBJECT]
        not_before, not_after = parsed.not_valid_before_utc, parsed.not_valid_after_utc
    except (ValueError, x509.InvalidVersion, UnsupportedAlgorithm) as error:
        words = said(str(error), _LONGEST_WORDS)
        raise CertificateError(f"It is not an X.509 certificate in DER form ({words}).") from error
    algorithm, bits = _described(_key_of(parsed))
    if bits > LARGEST_RSA_KEY:
        raise CertificateError(
            f"Its key has {bits} bits, and nobody verifies with more than {LARGEST_RSA_KEY}."
        )
    return Certificate(
        thumbprint=thumbprint(der),
        subject=subject,
        not_before=not_before,
        not_after=not_after,
        key_bits=bits,
        key_algorithm=algorithm,
        der=der,
    )


def read_certificate(der: bytes) -> Certificate | UnreadableCertificate:
    """One DER certificate as far as it can be read, so that one bad certificate is one bad certificate."""
    try:
        return parse_certificate(der)
    except CertificateError as error:
        return UnreadableCertificate(thumbprint(der), str(error))


def rsa_key(certificate: Certificate) -> rsa.RSAPublicKey | None:
    """The RSA key that verifies what this certificate signed; None where it has none that can be used."""
    key = _key_of(_loaded(certificate.der))
    return key if isinstance(key, rsa.RSAPublicKey) else None


def thumbprint(der: bytes) -> str:
    """SHA-1 of the DER as upper-case hex: Windows' name for a certificate, no security measure."""
    return hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()


def judge(certificate: Certificate, now: datetime) -> tuple[CertificateProblem, ...]:
    """What is wrong with the certificate at `now`, worst first; empty when it is good.

    Only RSA of 2048 bits or more counts as strong: the servers sign with RS256 and nothing else.
    """
    problems: list[CertificateProblem] = []
    remaining = certificate.not_after - now
    if remaining <= timedelta(0):
        problems.append(CertificateProblem.EXPIRED)
    if now < certificate.not_before:
        problems.append(CertificateProblem.NOT_YET_VALID)
    if certificate.key_algorithm != "RSA" or certificate.key_bits < SMALLEST_RSA_KEY:
        problems.append(CertificateProblem.WEAK)
    if timedelta(0) < remaining <= URGENT:
        problems.append(CertificateProblem.EXPIRES_WITHIN_14_DAYS)
    elif timedelta(0) < remaining <= NOTICE:
        problems.append(CertificateProblem.EXPIRES_WITHIN_60_DAYS)
    return tuple(problems)


def usable(certificate: Certificate, now: datetime) -> bool:
    """True: current and strong, whatever it warns of."""
    return all(problem.is_warning for problem in judge(certificate, now))


def _loaded(der: bytes) -> x509.Certificate:
    """As Windows does, a serial number that RFC 5280 forbids is let pass; the library warns of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        return x509.load_der_x509_certificate(der)


def _key_of(certificate: x509.Certificate) -> object:
    try:
        return certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return None


def _described(key: object) -> tuple[str, int]:
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA", key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "EC", key.key_size
    if isinstance(key, dsa.DSAPublicKey):
        return "DSA", key.key_size
    return "unknown" if key is None else type(key).__name__.removesuffix("PublicKey"), 0
