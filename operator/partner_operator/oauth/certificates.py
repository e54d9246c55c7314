"""Signing certificates as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
