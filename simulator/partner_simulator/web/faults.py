"""What can be wrong with a published metadata document, or with the site that publishes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from partner_simulator.certificates import CertificateAuthority, Identity


class DocumentFault(StrEnum):
    """One thing at a time; each stays until it is taken back."""

    HTML = "html"
    """A log-on page instead of JSON, status 200."""
    TRUNCATED = "truncated"
    EXPIRED_CERTIFICATE = "expired-certificate"
    """The only signing certificate is out of date."""
    WEAK_CERTIFICATE = "weak-certificate"
    """A key of 1024 bits."""
    OTHER_PRODUCT = "other-product"
    """SharePoint's document, or Lync's where SharePoint's should be."""
    STATUS_500 = "status-500"
    UNAUTHORIZED = "unauthorized"
    """Anonymous access is off: the URL asks for a log-on."""
    SLOW = "slow"
    """The answer comes after `Farm.slow_seconds`."""
    UNREACHABLE = "unreachable"
    """Nobody listens."""
    WRONG_TLS_NAME = "wrong-tls-name"
    """The site's TLS certificate is for another name."""
    EXPIRED_TLS = "expired-tls"
    """The site's TLS certificate is out of date."""


LOGON_PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>"


def bad_certificate(fault: DocumentFault, authority: CertificateAuthority) -> Identity | None:
    """The certificate that a document publishes under this fault; None: its own."""
    now = datetime.now(UTC)
    match fault:
        case DocumentFault.EXPIRED_CERTIFICATE:
            year = timedelta(days=365)
            return authority.issue_signing(
                "Expired", not_before=now - 2 * year, not_after=now - timedelta(days=1)
            )
        case DocumentFault.WEAK_CERTIFICATE:
            return authority.issue_signing("Weak", bits=1024)
    return None
