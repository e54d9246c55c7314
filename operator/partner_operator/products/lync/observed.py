"""From Lync's answer to what the engine decides on."""

from __future__ import annotations

from datetime import UTC, datetime

from partner_operator.oauth.certificates import Certificate
from partner_operator.products.documents import reading
from partner_operator.products.instants import instant
from partner_operator.products.lync.answers import CertificateAnswer, EntryAnswer, ObserveAnswer
from partner_operator.trust.model import (
    CertificateRole,
    DocumentReading,
    Entry,
    Observed,
    OwnCertificate,
    Product,
    Replica,
    TrustLevel,
)
from partner_operator.winrm import Answer

TRUST_LEVELS = frozenset(TrustLevel)
"""Names that the cmdlets take; a value in another form says nothing, and is no difference."""


def observed(answer: Answer, told: ObserveAnswer, host: str, own_url: str) -> Observed:
    """Everything one observe run learnt. `own_url`: the server's own metadata URL."""
    documents = {document.url: reading(document) for document in told.documents}
    return Observed(
        product=Product.LYNC,
        organization=told.organization,
        product_version=told.version,
        host=host,
        clock=datetime.fromtimestamp(answer.clock, UTC),
        entries=tuple(_entry(entry) for entry in told.entries),
        incomplete=_incomplete(told),
        documents=documents,
        own_certificates=_own_certificates(told.certificate, documents.get(own_url)),
        own_certificates_fault=told.certificateFault or None,
        replicas=tuple(Replica(found.fqdn, found.upToDate) for found in told.replicas),
        warnings=tuple(told.warnings),
    )


def _incomplete(told: ObserveAnswer) -> str | None:
    """Lync brings no entries along; whole is what came without a warning from a named store."""
    if told.warnings:
        return f"Get-CsPartnerApplication warned: {told.warnings[0]}"
    if not told.organization:
        return "Get-CsManagementConnection does not name the Central Management store."
    if not told.replicas:
        return "Get-CsManagementStoreReplicationStatus shows no machine at all."
    return None


def _entry(told: EntryAnswer) -> Entry:
    return Entry(
        reference=told.reference,
        identity=told.name,
        application_identifier=told.applicationIdentifier,
        realm=told.realm,
        issuer="",
        metadata_url=told.metadataUrl,
        use_auth_server=told.useAuthServer,
        enabled=told.enabled,
        accepts_security_identifiers=told.acceptsSecurityIdentifiers,
        trust_level=told.trustLevel if told.trustLevel in TRUST_LEVELS else None,
    )


def _own_certificates(
    told: CertificateAnswer | None, own: DocumentReading | None
) -> tuple[OwnCertificate, ...]:
    if told is None or not told.thumbprint:
        return ()
    published = own.document.certificates if own and own.document else ()
    known = {certificate.thumbprint: certificate for certificate in published}
    thumbprint = told.thumbprint.upper()
    current = known.get(thumbprint) or _as_told(told, thumbprint)
    found = [
        OwnCertificate(CertificateRole.CURRENT, thumbprint, current, instant(told.effectiveAt))
    ]
    if told.previous:
        previous = told.previous.upper()
        found.append(OwnCertificate(CertificateRole.PREVIOUS, previous, known.get(previous)))
    return tuple(found)


def _as_told(told: CertificateAnswer, thumbprint: str) -> Certificate | None:
    """Get-CsCertificate shows no key. A certificate that is not in the document is reported as not
    published, whatever its key; so only its dates are judged, with a key that passes."""
    not_before, not_after = instant(told.notBefore), instant(told.notAfter)
    if not_before is None or not_after is None:
        return None
    return Certificate(thumbprint, told.subject, not_before, not_after, 2048, "RSA")
