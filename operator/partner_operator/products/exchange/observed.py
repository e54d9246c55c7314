"""From Exchange's answer to what the engine decides on."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime

from partner_operator.oauth.certificates import CertificateError, parse_certificate
from partner_operator.products.documents import reading
from partner_operator.products.exchange.answers import EntryAnswer, ObserveAnswer
from partner_operator.products.instants import instant
from partner_operator.trust.model import (
    CertificateRole,
    DiscoveredHost,
    Entry,
    LinkedAccount,
    Observed,
    OwnCertificate,
    Product,
)
from partner_operator.winrm import Answer


def observed(answer: Answer, told: ObserveAnswer, host: str) -> Observed:
    """Everything one observe run learnt."""
    return Observed(
        product=Product.EXCHANGE,
        organization=told.organization,
        product_version=told.version,
        host=host,
        clock=datetime.fromtimestamp(answer.clock, UTC),
        entries=tuple(_entry(entry) for entry in told.entries),
        incomplete=_incomplete(told),
        documents={document.url: reading(document) for document in told.documents},
        own_certificates=_own_certificates(told),
        own_certificates_fault=told.certificateFault or None,
        discovered_hosts=tuple(
            DiscoveredHost(found.fqdn, needs_restart=found.restarts)
            for found in told.hosts
            if not found.edge
        ),
        domain_controller=told.controller,
        available_roles=tuple(told.roles),
        warnings=tuple(told.warnings),
        wildcard_domains=_wildcards(told.domains),
    )


def _incomplete(told: ObserveAnswer) -> str | None:
    """Why the list of entries may not be believed.

    Setup makes an entry for Exchange Online, of an auth server (domain reference 1.2): a list without
    any such entry is one that something cuts short.
    """
    if told.warnings:
        return f"Get-PartnerApplication warned: {told.warnings[0]}"
    if not any(entry.useAuthServer for entry in told.entries):
        return (
            "Get-PartnerApplication does not show the entries that Exchange brings along, such as Exchange Online. "
            "Look at the scope of the account's roles. If somebody removed those entries, register the partner "
            "by hand once; the operator then takes over."
        )
    if not told.organization or not told.controller:
        return "The organisation or the domain controller that answered is not named."
    return None


def _entry(told: EntryAnswer) -> Entry:
    return Entry(
        reference=told.reference,
        identity=told.name,
        application_identifier=told.applicationIdentifier,
        realm=told.realm,
        issuer=told.issuer,
        metadata_url=told.metadataUrl,
        use_auth_server=told.useAuthServer,
        enabled=told.enabled,
        accepts_security_identifiers=told.acceptsSecurityIdentifiers,
        linked_account=LinkedAccount(told.account.name, tuple(sorted(told.account.roles)))
        if told.account
        else None,
        thumbprints=tuple(sorted(_thumbprint(text) for text in told.certificates)),
        changed_at=instant(told.changedAt),
    )


def _thumbprint(encoded: str) -> str:
    """A stored certificate's thumbprint; what cannot be read is a value of its own and so differs."""
    try:
        return parse_certificate(base64.b64decode(encoded, validate=True)).thumbprint
    except (binascii.Error, CertificateError):
        return "UNREADABLE"


def _own_certificates(told: ObserveAnswer) -> tuple[OwnCertificate, ...]:
    known = {certificate.thumbprint.upper(): certificate.der for certificate in told.certificates}
    named = (
        (CertificateRole.CURRENT, told.current, None),
        (CertificateRole.PREVIOUS, told.previous, None),
        (CertificateRole.NEXT, told.next, instant(told.nextEffectiveAt)),
    )
    found = []
    for role, thumbprint, effective_at in named:
        if not thumbprint:
            continue
        der = known.get(thumbprint.upper())
        certificate = None
        if der is not None:
            try:
                certificate = parse_certificate(base64.b64decode(der))
            except (binascii.Error, CertificateError):
                certificate = None
        found.append(OwnCertificate(role, thumbprint.upper(), certificate, effective_at))
    return tuple(found)


def _wildcards(domains: list[str]) -> tuple[str, ...]:
    names = {domain.lower() for domain in domains}
    return tuple(sorted(name for name in names if name.startswith("*.") and name[2:] not in names))
