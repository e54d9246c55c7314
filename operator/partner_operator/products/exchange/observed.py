"""From Exchange's answer to what the engine decides on."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime

from partner_operator.engine.ports import OperationFailed
from partner_operator.oauth.certificates import thumbprint
from partner_operator.oauth.identifiers import EXCHANGE
from partner_operator.products.documents import reading
from partner_operator.products.exchange.answers import (
    EntryAnswer,
    ObserveAnswer,
    TokenServerAnswer,
)
from partner_operator.products.plausible import (
    check_product,
    happened_at,
    planned_at,
    stored,
    twice,
)
from partner_operator.trust.model import (
    CertificateRole,
    DiscoveredHost,
    Entry,
    EntryKind,
    LinkedAccount,
    Observed,
    OwnCertificate,
    Product,
    TokenServer,
)
from partner_operator.trust.obstacle import Next
from partner_operator.trust.reasons import Reason
from partner_operator.winrm import Answer

FIRST_VERSION = 15
"""Exchange 2013, the first with partner applications (P-EX-1)."""
_VERSION = re.compile(r"Version (\d{1,4})\.")


def observed(answer: Answer, told: ObserveAnswer, host: str) -> Observed:
    """Everything one observe run learnt. Raises OperationFailed for what no Exchange 2013 or newer says."""
    check_product(told.product, Product.EXCHANGE, host)
    _check_version(told.version, host)
    clock = datetime.fromtimestamp(answer.clock, UTC)
    return Observed(
        product=Product.EXCHANGE,
        organization=told.organization,
        product_version=told.version,
        host=host,
        clock=clock,
        entries=tuple(_entry(entry, clock) for entry in told.entries),
        incomplete=_incomplete(told, host),
        documents={document.url: reading(document) for document in told.documents},
        own_certificates=_own_certificates(told),
        own_certificates_fault=told.certificateFault or None,
        discovered_hosts=tuple(
            DiscoveredHost(found.fqdn, needs_restart=found.restarts)
            for found in told.hosts
            if found.fqdn and not found.edge
        ),
        domain_controller=told.controller,
        available_roles=tuple(told.roles),
        wildcard_domains=_wildcards(told.domains),
        accounts={found.name: found.count for found in told.accounts},
        token_servers=tuple(_token_server(found) for found in told.tokenServers),
        token_servers_fault=told.tokenServersFault
        or twice("Get-AuthServer", (found.reference for found in told.tokenServers))
        or "",
    )


def _check_version(told: str, host: str) -> None:
    found = _VERSION.match(told)
    if found is not None and int(found[1]) < FIRST_VERSION:
        raise OperationFailed(
            Reason.WRONG_PRODUCT,
            f"{host} says that it is Exchange {told[:60]}; partner applications came with Exchange 2013 (15.0). The "
            "operator changes nothing there. Name a newer server in spec.hosts.",
            then=Next.HUMAN,
        )


def _incomplete(told: ObserveAnswer, host: str) -> str | None:
    """Why the list of entries may not be believed.

    Setup makes an entry for Exchange Online, of an auth server (P-EX-2): a list without
    any such entry is one that something cuts short.
    """
    if told.warnings:
        return f"Get-PartnerApplication warned: {told.warnings[0]}"
    if not any(entry.useAuthServer for entry in told.entries):
        return (
            "Get-PartnerApplication does not show the entries that Exchange brings along, such as Exchange Online. "
            "Look at the scope of the account's roles. If somebody removed those entries, make that one again as "
            "setup does, which gives nobody any right: New-PartnerApplication -Name 'Exchange Online' "
            f"-ApplicationIdentifier {EXCHANGE} -Enabled $false"
        )
    if not told.organization or not told.controller:
        return "The organisation or the domain controller that answered is not named."
    if not all(entry.applicationIdentifier.strip() or entry.warning for entry in told.entries):
        return "Get-PartnerApplication shows an entry without an application identifier."
    if host.casefold() not in {found.fqdn.casefold() for found in told.hosts}:
        return (
            f"The organisation that answered has no Exchange server {host}. Name it in spec.hosts as "
            "Get-ExchangeServer shows it under Fqdn, or take it out if it was decommissioned."
        )
    return (
        twice("Get-PartnerApplication", (entry.reference for entry in told.entries))
        or twice("Get-ExchangeServer", (found.fqdn for found in told.hosts))
        or twice("The answer", (document.url for document in told.documents), exactly=True)
    )


def _entry(told: EntryAnswer, clock: datetime) -> Entry:
    return Entry(
        reference=told.reference,
        identity=told.name,
        application_identifier=told.applicationIdentifier,
        realm=told.realm,
        issuer=told.issuer,
        metadata_url=told.metadataUrl,
        kind=EntryKind.TOKEN_SERVER if told.useAuthServer else EntryKind.OWN_KEYS,
        enabled=told.enabled,
        accepts_security_identifiers=told.acceptsSecurityIdentifiers,
        linked_account=LinkedAccount(told.account.name, tuple(sorted(told.account.roles)))
        if told.account
        else None,
        thumbprints=tuple(sorted(told.thumbprints)),
        changed_at=_changed_at(told, clock),
        warning=told.warning,
    )


def _token_server(told: TokenServerAnswer) -> TokenServer:
    """Whether Exchange shows the keys of all is not known: one without any shows none."""
    keys = tuple(sorted(_thumbprint(text) for text in told.certificates))
    return TokenServer(
        reference=told.reference,
        name=told.name,
        metadata_url=told.metadataUrl,
        issuer=told.issuer,
        realm=told.realm,
        type=told.type,
        enabled=told.enabled,
        thumbprints=keys or None,
        warning=told.warning,
    )


def _changed_at(told: EntryAnswer, clock: datetime) -> datetime | None:
    """Entries of an auth server are nobody's here: a controller whose clock once was wrong does no harm."""
    if told.useAuthServer:
        return planned_at(told.changedAt)
    more = f" If they are right again, change partner application {told.name} once, by hand."
    return happened_at(told.changedAt, clock, more)


def _thumbprint(encoded: str) -> str:
    """A stored certificate's thumbprint, whoever can read it; what is no base64 differs from any."""
    try:
        return thumbprint(base64.b64decode(encoded, validate=True))
    except ValueError:
        return "UNREADABLE"


def _own_certificates(told: ObserveAnswer) -> tuple[OwnCertificate, ...]:
    known = {
        certificate.thumbprint.upper(): stored(certificate.der, certificate.thumbprint)
        for certificate in told.certificates
    }
    named = (
        (CertificateRole.CURRENT, told.current, None),
        (CertificateRole.PREVIOUS, told.previous, None),
        (CertificateRole.NEXT, told.next, planned_at(told.nextEffectiveAt)),
    )
    found = []
    for role, name, effective_at in named:
        if name:
            certificate = known.get(name.upper())
            found.append(OwnCertificate(role, name.upper(), certificate, effective_at))
    return tuple(found)


def _wildcards(domains: list[str]) -> tuple[str, ...]:
    names = {domain.lower() for domain in domains}
    return tuple(sorted(name for name in names if name.startswith("*.") and name[2:] not in names))
