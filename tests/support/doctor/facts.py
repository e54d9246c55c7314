"""What the doctor learnt of one server with one host, for its checks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from partner_operator.catalog import CATALOG
from partner_operator.doctor.facts import Facts, Failure, HostFacts, Probe, Shell, Way
from partner_operator.trust.model import (
    Authentication,
    CertificateRole,
    DiscoveredHost,
    Observed,
    OwnCertificate,
    Partner,
    Product,
    Replica,
)
from support.trust.worlds import (
    EXCHANGE_URL,
    LYNC_URL,
    NOW,
    THUMBPRINT,
    certificate,
    reading,
    server,
)

HOST = "ex1.litwareinc.com"
OPEN = Way(Probe(True, "found"), Probe(True, "answers"), Probe(True, "trusted"))


def observed(product: Product = Product.EXCHANGE, **changes: Any) -> Observed:
    """What a healthy organisation says."""
    good = Observed(
        product=product,
        organization="First Organization",
        product_version="15.0",
        host=HOST,
        clock=NOW,
        entries=(),
        incomplete=None,
        documents={
            EXCHANGE_URL: reading(Product.EXCHANGE),
            LYNC_URL: reading(Product.LYNC),
        },
        own_certificates=(OwnCertificate(CertificateRole.CURRENT, THUMBPRINT, certificate()),),
        discovered_hosts=(DiscoveredHost(HOST.upper(), needs_restart=True),),
        replicas=(Replica(HOST, True),) if product is Product.LYNC else (),
    )
    return replace(good, **changes)


def facts(
    product: Product = Product.EXCHANGE,
    failure: Failure | None = None,
    authentication: Authentication = Authentication.NTLM,
    seen: Observed | None = None,
    **host: Any,
) -> Facts:
    """One server with one host that is healthy but for what is given."""
    partner = Product.LYNC if product is Product.EXCHANGE else Product.EXCHANGE
    url = LYNC_URL if partner is Product.LYNC else EXCHANGE_URL
    told = None if failure is not None else seen or observed(product)
    known = HostFacts(
        HOST, OPEN, told, failure, powershell=Shell("5.1", 64), asked_at=NOW, answered_at=NOW
    )
    return Facts(
        server=server(product, hosts=(HOST,), authentication=authentication),
        profile=CATALOG.partners[product],
        rules=CATALOG.rules[product],
        declaration=(),
        credentials=None,
        partners=(Partner(CATALOG.partners[partner], url, partner.lower()),),
        hosts=(replace(known, **host),),
        now=NOW,
    )
