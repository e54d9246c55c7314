"""From Lync's answer to what the engine decides on."""

from __future__ import annotations

from datetime import UTC, datetime

from partner_operator.oauth.certificates import Certificate, UnreadableCertificate
from partner_operator.products.documents import reading
from partner_operator.products.lync.answers import (
    CertificateAnswer,
    EntryAnswer,
    ObserveAnswer,
    TokenServerAnswer,
)
from partner_operator.products.lync.rules import RULES
from partner_operator.products.plausible import check_product, instant, planned_at, stored, twice
from partner_operator.trust.model import (
    CertificateRole,
    DocumentReading,
    Entry,
    EntryKind,
    Observed,
    OwnCertificate,
    Product,
    Replica,
    TokenServer,
    TrustLevel,
)
from partner_operator.winrm import Answer

TRUST_LEVELS = frozenset(TrustLevel)
"""Names that the cmdlets take; a value in another form says nothing, and is no difference."""


def observed(answer: Answer, told: ObserveAnswer, host: str, own_url: str) -> Observed:
    """Everything one observe run learnt. `own_url`: the server's own metadata URL. Raises OperationFailed."""
    check_product(told.product, Product.LYNC, host)
    clock = datetime.fromtimestamp(answer.clock, UTC)
    documents = {document.url: reading(document) for document in told.documents}
    return Observed(
        product=Product.LYNC,
        organization=told.organization,
        product_version=told.version,
        newer_name=RULES.newer_name(told.version),
        host=host,
        clock=clock,
        entries=tuple(_entry(entry) for entry in told.entries),
        incomplete=_incomplete(told, host),
        documents=documents,
        own_certificates=_own_certificates(told.certificate, documents.get(own_url), clock),
        own_certificates_fault=told.certificateFault or None,
        replicas=tuple(Replica(found.fqdn, found.upToDate) for found in told.replicas),
        token_servers=tuple(_token_server(found) for found in told.tokenServers),
        token_servers_fault=told.tokenServersFault
        or twice("Get-CsOAuthServer", (found.name for found in told.tokenServers))
        or "",
        default_realm=_realm(documents.get(own_url)),
    )


def _incomplete(told: ObserveAnswer, host: str) -> str | None:
    """Lync brings no entries along; whole is what came without a warning from a named store."""
    if told.warnings:
        return f"Get-CsPartnerApplication warned: {told.warnings[0]}"
    if not told.organization:
        return "Get-CsManagementConnection does not name the Central Management store."
    if not told.replicas:
        return "Get-CsManagementStoreReplicationStatus shows no machine at all."
    if not all(entry.applicationIdentifier.strip() or entry.warning for entry in told.entries):
        return "Get-CsPartnerApplication shows an entry without an application identifier."
    if host.casefold() not in {found.fqdn.casefold() for found in told.replicas}:
        return (
            f"The deployment that answered has no machine {host}. Name it in spec.hosts as "
            "Get-CsManagementStoreReplicationStatus shows it under ReplicaFqdn, or take it out if it was "
            "decommissioned."
        )
    return (
        twice("Get-CsPartnerApplication", (entry.reference for entry in told.entries))
        or twice("Get-CsManagementStoreReplicationStatus", (found.fqdn for found in told.replicas))
        or twice("The answer", (document.url for document in told.documents), exactly=True)
    )


def _entry(told: EntryAnswer) -> Entry:
    return Entry(
        reference=told.reference,
        identity=told.name,
        application_identifier=told.applicationIdentifier,
        realm=told.realm,
        issuer="",
        metadata_url=told.metadataUrl,
        kind=EntryKind.TOKEN_SERVER if told.useAuthServer else EntryKind.OWN_KEYS,
        enabled=told.enabled,
        accepts_security_identifiers=told.acceptsSecurityIdentifiers,
        trust_level=told.trustLevel if told.trustLevel in TRUST_LEVELS else None,
        warning=told.warning,
    )


def _token_server(told: TokenServerAnswer) -> TokenServer:
    """Lync shows no keys of theirs, and can disable none."""
    return TokenServer(
        reference=told.name,
        name=told.name,
        metadata_url=told.metadataUrl,
        issuer=told.issuer,
        realm=told.realm,
        type=told.type,
        warning=told.warning,
    )


def _realm(own: DocumentReading | None) -> str:
    return own.document.realm if own is not None and own.document is not None else ""


def _own_certificates(
    told: CertificateAnswer | None, own: DocumentReading | None, clock: datetime
) -> tuple[OwnCertificate, ...]:
    """Lync signs with the newer of two certificates from its effective date on, with the older until then
    (Set-CsCertificate -Roll -EffectiveDate, P-LY-5)."""
    if told is None or not told.thumbprint:
        return ()
    published = own.document.certificates if own and own.document else ()
    known: dict[str, Certificate | UnreadableCertificate] = {
        certificate.thumbprint: certificate for certificate in published
    }
    newer, older = told.thumbprint.upper(), told.previous.upper()
    newer_certificate = known.get(newer) or stored(told.der, newer) or _as_told(told, newer)
    effective_at = planned_at(told.effectiveAt)
    if not older:
        return (OwnCertificate(CertificateRole.CURRENT, newer, newer_certificate, effective_at),)
    older_certificate = known.get(older) or stored(told.previousDer, older)
    rolling = effective_at is not None and effective_at > clock and older_certificate is not None
    roles = (CertificateRole.NEXT, CertificateRole.CURRENT)
    if not rolling:
        roles = (CertificateRole.CURRENT, CertificateRole.PREVIOUS)
    return (
        OwnCertificate(roles[0], newer, newer_certificate, effective_at),
        OwnCertificate(roles[1], older, older_certificate),
    )


def _as_told(told: CertificateAnswer, thumbprint: str) -> Certificate | None:
    """Get-CsCertificate shows no key. A certificate that neither the document nor the machine has is
    reported as not published, whatever its key; so only its dates are judged, with a key that passes."""
    not_before, not_after = instant(told.notBefore), instant(told.notAfter)
    if not_before is None or not_after is None:
        return None
    return Certificate(thumbprint, told.subject, not_before, not_after, 2048, "RSA")
