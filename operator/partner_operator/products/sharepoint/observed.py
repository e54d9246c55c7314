"""From SharePoint's answer to what the engine decides on."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from partner_operator.engine.ports import OperationFailed
from partner_operator.oauth.certificates import thumbprint
from partner_operator.oauth.identifiers import EXCHANGE, LYNC, describe, parse_issuer
from partner_operator.products.documents import reading
from partner_operator.products.plausible import check_product, stored, twice
from partner_operator.products.sharepoint.answers import EntryAnswer, ObserveAnswer
from partner_operator.products.sharepoint.farm import facts, settings
from partner_operator.products.sharepoint.permissions import (
    APP_MANAGEMENT,
    NO_APP_MANAGEMENT,
    PARTNERS,
    permission_of,
)
from partner_operator.trust.model import (
    CertificateRole,
    DiscoveredHost,
    Entry,
    EntryKind,
    Observed,
    OwnCertificate,
    Product,
)
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import Reason
from partner_operator.winrm import Answer

FIRST_VERSION = 15
"""SharePoint 2013, the first that trusts other servers' tokens by their metadata."""
_VERSION = re.compile(r"(\d{1,4})\.")


def observed(
    answer: Answer, told: ObserveAnswer, host: str, listed: Sequence[str], web: str
) -> Observed:
    """Everything one observe run learnt. Raises OperationFailed for what no SharePoint 2013 or newer says.

    `listed`: the declared hosts. The farm names its servers in a short form, which they make whole. `web`: the site
    through which permissions were asked.
    """
    check_product(told.product, Product.SHAREPOINT, host)
    _check_version(told.version, host)
    members = tuple(_in_full(name, listed) for name in told.hosts if name)
    return Observed(
        product=Product.SHAREPOINT,
        organization=told.organization,
        product_version=told.version,
        host=host,
        clock=datetime.fromtimestamp(answer.clock, UTC),
        entries=tuple(_entry(entry, web, told.proxies) for entry in told.entries),
        incomplete=_incomplete(told, host, members),
        documents={document.url: reading(document) for document in told.documents},
        own_certificates=_own_certificates(told.certificate),
        own_certificates_fault=None
        if told.certificate
        else "Get-SPSecurityTokenServiceConfig shows no signing certificate.",
        discovered_hosts=tuple(DiscoveredHost(name, needs_restart=True) for name in members),
        unready=None
        if APP_MANAGEMENT in told.proxies
        else Obstacle(
            Reason.SERVICE_APPLICATION_MISSING, f"{NO_APP_MANAGEMENT} Nothing was made.", Next.HUMAN
        ),
        notices=tuple(_notices(told)),
        settings=tuple(settings(told)),
        facts=facts(told),
    )


def _check_version(told: str, host: str) -> None:
    found = _VERSION.match(told)
    if found is not None and int(found[1]) < FIRST_VERSION:
        raise OperationFailed(
            Reason.WRONG_PRODUCT,
            f"{host} says that it is SharePoint {told[:60]}; trust by metadata came with SharePoint 2013 (15.0). The "
            "operator changes nothing there. Name a server of a newer farm in spec.hosts.",
            then=Next.HUMAN,
        )


def _in_full(name: str, listed: Sequence[str]) -> str:
    """A server's name as the farm stores it, short or full, as the declared host that it is; else as it is."""
    for host in listed:
        if name.casefold() in {host.casefold(), host.partition(".")[0].casefold()}:
            return host
    return name


def _incomplete(told: ObserveAnswer, host: str, members: Sequence[str]) -> str | None:
    """A new farm has no issuer at all. Whole is a list that the token service counts alike, in a farm that is seen."""
    if told.doubts:
        return told.doubts[0]
    if not told.organization:
        return "Get-SPFarm does not show the farm's Id."
    if not told.certificate:
        return (
            "Get-SPSecurityTokenServiceConfig shows no signing certificate, which every farm has."
        )
    nameless = [each.name for each in told.entries if each.metadataUrl and not each.issuer.strip()]
    if nameless:
        return (
            f"Get-SPTrustedSecurityTokenIssuer shows {nameless[0]} without a RegisteredIssuerName."
        )
    if host.casefold() not in {name.casefold() for name in members}:
        return (
            f"The farm that answered has no server {host}. Name it in spec.hosts by the name that Get-SPServer shows, "
            "with its domain, or take it out if it was decommissioned."
        )
    return (
        twice("Get-SPTrustedSecurityTokenIssuer", (entry.reference for entry in told.entries))
        or twice("Get-SPServer", members)
        or twice("The answer", (document.url for document in told.documents), exactly=True)
    )


def _entry(told: EntryAnswer, web: str, proxies: Sequence[str]) -> Entry:
    issuer = parse_issuer(told.issuer)
    permission, fault = (
        permission_of(told.permission, web, proxies)
        if issuer.identifier in PARTNERS
        else (None, None)
    )
    return Entry(
        reference=told.reference,
        identity=told.name,
        application_identifier=issuer.identifier,
        realm=issuer.realm,
        issuer="",
        metadata_url=told.metadataUrl,
        kind=EntryKind.OWN_KEYS,
        enabled=True,
        accepts_security_identifiers=True,
        thumbprints=tuple(sorted(told.thumbprints)),
        permission=permission,
        permission_fault=fault,
    )


def _thumbprint(encoded: str) -> str:
    """A stored certificate's thumbprint, whoever can read it; what is no base64 differs from any."""
    try:
        return thumbprint(base64.b64decode(encoded, validate=True))
    except ValueError:
        return "UNREADABLE"


def _own_certificates(encoded: str) -> tuple[OwnCertificate, ...]:
    if not encoded:
        return ()
    name = _thumbprint(encoded)
    return (OwnCertificate(CertificateRole.CURRENT, name, stored(encoded, name)),)


def _notices(told: ObserveAnswer) -> Iterator[str]:
    """What is not declared and not changed, and what people should know of it."""
    for entry in told.entries:
        identifier = parse_issuer(entry.issuer).identifier
        if entry.broker and identifier in {EXCHANGE, LYNC}:
            yield (
                f"The token issuer {entry.name} of {describe(identifier)} is a trust broker: it may speak for other "
                "applications than itself. Older instructions make it so; it is used as it is. To narrow it: "
                f"Set-SPTrustedSecurityTokenIssuer -Identity {entry.reference} -IsTrustBroker:$false."
            )
    if APP_MANAGEMENT not in told.proxies:
        yield NO_APP_MANAGEMENT
    if told.oauthOverHttp:
        yield (
            "AllowOAuthOverHttp of the security token service is True: tokens may travel over HTTP, where anybody on "
            "the way can take them. See Set-SPSecurityTokenServiceConfig and who needs it so."
        )
