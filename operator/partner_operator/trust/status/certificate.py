"""Certificates in a status: what is published, when the one that counts ends, and which warnings were given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CertificateStatus:
    """A published signing certificate."""

    thumbprint: str
    subject: str
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Warned:
    """One threshold before the end of a certificate that people were told of."""

    thumbprint: str
    days: int
    """0: it had ended."""
    at: datetime
    """By the operator's clock."""


@dataclass(frozen=True, slots=True)
class CertificateEnd:
    """The certificate by which a server's tokens are told to be its own, and when it ends."""

    thumbprint: str
    not_after: datetime
    ends: str
    """The day in UTC, `2026-12-31`: kubectl prints a time that is to come as `<invalid>`."""
    warned: tuple[Warned, ...] = ()
    """The latest warnings, of this certificate and of those before it."""
