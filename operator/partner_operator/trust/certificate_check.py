"""Certificates and documents, judged and never assigned (step 1 of the procedure)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from partner_operator.oauth.certificates import (
    Certificate,
    CertificateProblem,
    UnreadableCertificate,
    judge,
    usable,
)
from partner_operator.oauth.identifiers import PRODUCTS, describe
from partner_operator.trust.conditions import Part, false, true, unknown
from partner_operator.trust.model import (
    CertificateRole,
    DocumentFault,
    DocumentReading,
    Observed,
    OwnCertificate,
    Partner,
    PartnerProfile,
)
from partner_operator.trust.reasons import ConditionStatus, Reason

ONLY_JSON = (
    "Of a token server only the JSON document can be used (.../metadata/json/1): neither federation metadata in XML "
    "nor an OpenID discovery document."
)
BEHIND = (
    "To trust an application through a token server, name it by spec.partner {applicationIdentifier, tokenServer: "
    "{authMetadataUrl}}, in a new object."
)
HUMAN_ONLY = frozenset(
    {Reason.METADATA_WRONG_PRODUCT, Reason.CERTIFICATE_EXPIRED, Reason.CERTIFICATE_WEAK}
)
"""Faults of a document that do not pass by waiting."""

_REASONS = {
    CertificateProblem.EXPIRED: Reason.CERTIFICATE_EXPIRED,
    CertificateProblem.NOT_YET_VALID: Reason.CERTIFICATE_NOT_YET_VALID,
    CertificateProblem.WEAK: Reason.CERTIFICATE_WEAK,
    CertificateProblem.EXPIRES_WITHIN_14_DAYS: Reason.CERTIFICATE_EXPIRES_SOON,
    CertificateProblem.EXPIRES_WITHIN_60_DAYS: Reason.CERTIFICATE_EXPIRES_SOON,
}

_FAULTS = {
    DocumentFault.UNREACHABLE: Reason.METADATA_UNREACHABLE,
    DocumentFault.TLS_FAILED: Reason.METADATA_UNREACHABLE,
    DocumentFault.HTTP_STATUS: Reason.METADATA_UNREACHABLE,
    DocumentFault.INVALID: Reason.METADATA_INVALID,
}


def check_own_certificates(observed: Observed, mending: str, own_url: str, now: datetime) -> Part:
    """The CertificateValid condition of a server; its message says what mends it.

    `mending`: the sentence that says so. `own_url`: the server's own auth metadata URL.
    Unknown when certificates cannot be read (C08).
    """
    if observed.own_certificates_fault is not None:
        return unknown(
            Reason.CERTIFICATE_UNREADABLE,
            f"The list of certificates cannot be read: {_sentence(observed.own_certificates_fault)} A broken "
            "OAuth certificate can itself be the cause, so check it first.",
        )
    current = [own for own in observed.own_certificates if own.role is CertificateRole.CURRENT]
    if not current:
        return false(
            Reason.CERTIFICATE_MISSING,
            f"{observed.called} has no OAuth certificate to sign its tokens with. {mending}",
        )
    worst = _judge_current(current[0], now, mending)
    if worst is not None and worst.reason is not Reason.CERTIFICATE_EXPIRES_SOON:
        return worst
    return (
        _published(observed, own_url, current[0].thumbprint, mending)
        or worst
        or _good(current[0].certificate)
    )


def check_document(reading: DocumentReading | None, owner: PartnerProfile, now: datetime) -> Part:
    """The MetadataValid condition for a document that `owner` should publish."""
    if reading is None:
        return unknown(Reason.METADATA_UNREACHABLE, "The document was not fetched in this pass.")
    if reading.document is None:
        return _no_document(reading)
    document = reading.document
    if document.application_identifier.lower() != owner.identifier:
        other = document.application_identifier.lower() not in PRODUCTS
        cure = f" {BEHIND}" if other else ""
        return false(
            Reason.METADATA_WRONG_PRODUCT,
            f"{reading.url} is the document of {describe(document.application_identifier)} "
            f"({document.application_identifier}), not of {owner.name}. Write the metadata URL of "
            f"{owner.name}.{cure}",
        )
    good = [certificate for certificate in document.certificates if usable(certificate, now)]
    last = longest_lasting(document.certificates, now)
    warnings = judge(last, now)
    if not good:
        return false(_REASONS[warnings[0]], f"{_sentence_of(warnings[0], last)} {owner.mending}")
    if warnings:
        return true(_REASONS[warnings[0]], f"{_sentence_of(warnings[0], last)} {owner.mending}")
    told = f"{owner.name} publishes {_named(len(good))} under {reading.url}."
    if document.unreadable:
        return true(
            Reason.CERTIFICATE_UNREADABLE,
            f"{told} Another key there is left out of account. {document.unreadable[0]} {owner.mending}",
        )
    return true(Reason.METADATA_VALID, told)


def check_partner(reading: DocumentReading | None, partner: Partner, now: datetime) -> Part:
    """The MetadataValid condition for the document by which a partner is trusted: its own, or its token server's."""
    if partner.behind_token_server:
        return _check_token_server(reading, now)
    return check_document(reading, partner.profile, now)


def _check_token_server(reading: DocumentReading | None, now: datetime) -> Part:
    """Whatever its service id is: who it is, is told by where it is."""
    if reading is None:
        return unknown(Reason.METADATA_UNREACHABLE, "The document was not fetched in this pass.")
    document = reading.document
    if document is None:
        part = _no_document(reading)
        if part.status is ConditionStatus.FALSE:
            return false(part.reason, f"{part.message} {ONLY_JSON}")
        return part
    product = describe(document.application_identifier)
    if document.application_identifier in PRODUCTS:
        return false(
            Reason.METADATA_WRONG_PRODUCT,
            f"{reading.url} is the document of {product}, which signs its own tokens, and not of a token server. Name "
            "this partner by partnerRef, or by spec.partner {product, authMetadataUrl}, in a new object.",
        )
    good = [certificate for certificate in document.certificates if usable(certificate, now)]
    last = longest_lasting(document.certificates, now)
    warnings = judge(last, now)
    mending = "Whoever runs the token server can mend it."
    if not good:
        return false(_REASONS[warnings[0]], f"{_sentence_of(warnings[0], last)} {mending}")
    if warnings:
        return true(_REASONS[warnings[0]], f"{_sentence_of(warnings[0], last)} {mending}")
    return true(
        Reason.METADATA_VALID,
        f"The token server publishes {_named(len(good))} under {reading.url}.",
    )


def _no_document(reading: DocumentReading) -> Part:
    reason = _FAULTS[reading.fault or DocumentFault.UNREACHABLE]
    message = (
        f"{reading.url} gives no usable document: {_sentence(reading.detail or str(reading.fault))}"
    )
    known = reading.fault is DocumentFault.INVALID
    return false(reason, message) if known else unknown(reason, message)


def longest_lasting(certificates: Sequence[Certificate], now: datetime) -> Certificate:
    """Of a document's certificates, the one that tells when trust ends: an older twin ends before it.

    One that cannot be used counts only where none can.
    """
    good = [certificate for certificate in certificates if usable(certificate, now)]
    return max(good or certificates, key=lambda certificate: certificate.not_after)


def _judge_current(own: OwnCertificate, now: datetime, mending: str) -> Part | None:
    if own.certificate is None:
        return false(
            Reason.CERTIFICATE_MISSING,
            f"The server is told to sign with certificate {own.thumbprint}, which it does not have. {mending}",
        )
    if isinstance(own.certificate, UnreadableCertificate):
        return unknown(
            Reason.CERTIFICATE_UNREADABLE,
            f"The server signs with a certificate that the operator cannot judge. {own.certificate} {mending}",
        )
    problems = judge(own.certificate, now)
    if not problems:
        return None
    message = f"{_sentence_of(problems[0], own.certificate)} {mending}"
    judged = true if problems[0].is_warning else false
    return judged(_REASONS[problems[0]], message)


def _published(observed: Observed, own_url: str, thumbprint: str, mending: str) -> Part | None:
    """None when the server's own document publishes the certificate it signs with."""
    reading = observed.documents.get(own_url)
    if reading is None or reading.document is None:
        detail = reading.detail if reading is not None and reading.detail else "it was not fetched"
        return unknown(
            Reason.METADATA_UNREACHABLE,
            f"The certificate itself is good, but the server's own document {own_url} cannot be had: "
            f"{_sentence(detail)} Check the OAuth certificate and the web site that serves the document.",
        )
    if thumbprint.upper() in reading.document.thumbprints:
        return None
    return false(
        Reason.CERTIFICATE_NOT_PUBLISHED,
        f"The server signs with certificate {thumbprint}, but {own_url} does not publish it, so partners "
        f"refuse its tokens. {mending}",
    )


def _good(own: Certificate | UnreadableCertificate | None) -> Part:
    assert isinstance(own, Certificate)
    return true(
        Reason.CERTIFICATE_VALID,
        f"Certificate {own.thumbprint} is published and valid until {_day(own)}.",
    )


def _sentence_of(problem: CertificateProblem, certificate: Certificate) -> str:
    name = f"Certificate {certificate.thumbprint}"
    match problem:
        case CertificateProblem.EXPIRED:
            return f"{name} expired on {_day(certificate)}."
        case CertificateProblem.NOT_YET_VALID:
            return f"{name} is not valid before {certificate.not_before:%Y-%m-%d %H:%M} UTC."
        case CertificateProblem.WEAK:
            key = f"{certificate.key_bits}-bit {certificate.key_algorithm} key"
            return f"{name} has a {key}; RSA of 2048 bits or more is needed."
        case CertificateProblem.EXPIRES_WITHIN_14_DAYS:
            return f"{name} expires within 14 days, on {_day(certificate)}."
        case CertificateProblem.EXPIRES_WITHIN_60_DAYS:
            return f"{name} expires within 60 days, on {_day(certificate)}."


def _named(count: int) -> str:
    return (
        "one usable signing certificate" if count == 1 else f"{count} usable signing certificates"
    )


def _day(certificate: Certificate) -> str:
    return f"{certificate.not_after:%Y-%m-%d}"


def _sentence(text: str) -> str:
    stripped = text.strip()
    return stripped if stripped.endswith((".", "!", "?")) else f"{stripped}."
