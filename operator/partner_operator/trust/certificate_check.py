"""Step 1 of the procedure: a server's own OAuth certificates, judged and never assigned."""

from __future__ import annotations

from datetime import datetime

from partner_operator.oauth.certificates import Certificate
from partner_operator.trust.conditions import Part
from partner_operator.trust.model import DocumentReading, Observed


def check_own_certificates(observed: Observed, own_url: str, now: datetime) -> Part:
    """The CertificateValid condition of a server; its message names the cmdlets that mend it.

    `own_url`: the server's own auth metadata URL. Unknown when certificates cannot be read (C08).
    """
    raise NotImplementedError


def check_document(reading: DocumentReading | None, product: str, now: datetime) -> Part:
    """The MetadataValid condition for a document that `product` should publish."""
    raise NotImplementedError


def usable(certificate: Certificate, now: datetime) -> bool:
    """True: current and strong enough to be trusted."""
    raise NotImplementedError
