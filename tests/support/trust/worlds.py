"""Values of trust/ for tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from partner_operator.catalog import CATALOG
from partner_operator.oauth.certificates import Certificate
from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.trust.model import (
    Authentication,
    DesiredApplication,
    DesiredServer,
    DocumentReading,
    Entry,
    EntryKind,
    LinkedAccount,
    ObjectKey,
    Observed,
    Partner,
    Product,
    RestartRules,
    TokenServer,
    behind_token_server,
)
from partner_operator.trust.obstacle import Obstacle
from partner_operator.trust.plan import ApplicationView
from partner_operator.trust.registration import registration_of
from partner_operator.trust.status import ApplicationStatus, Registration

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
LYNC_URL = "https://atl-cs-001.litwareinc.com/metadata/json/1"
EXCHANGE_URL = "https://autodiscover.litwareinc.com/autodiscover/metadata/json/1"
SHAREPOINT_URL = "https://portal.litwareinc.com/_layouts/15/metadata/json/1"
URLS = {
    Product.LYNC: LYNC_URL,
    Product.EXCHANGE: EXCHANGE_URL,
    Product.SHAREPOINT: SHAREPOINT_URL,
}
OURS = ("*.litwareinc.com",)
"""The hosts that a Secret names."""
STS_URL = "https://sts.litwareinc.com/metadata/json/1"
STS_ID = "00000001-0000-0000-c000-000000000000"
HR = "0d0c0b0a-1111-2222-3333-444455556666"
THUMBPRINT = "AB" * 20
ROLLED = "CD" * 20


def certificate(thumbprint: str = THUMBPRINT, **changes: Any) -> Certificate:
    """A good signing certificate of the day."""
    good = Certificate(
        thumbprint=thumbprint,
        subject="CN=signing",
        not_before=NOW - timedelta(days=30),
        not_after=NOW + timedelta(days=700),
        key_bits=2048,
        key_algorithm="RSA",
    )
    return replace(good, **changes)


def metadata(product: Product, realm: str = "litwareinc.com", **changes: Any) -> AuthMetadata:
    """What a product publishes."""
    identifier = CATALOG.partners[product].identifier
    published = AuthMetadata(
        issuer=f"{identifier}@{realm}",
        realm=realm,
        application_identifier=identifier,
        name=str(product),
        certificates=(certificate(),),
    )
    return replace(published, **changes)


def reading(product: Product, url: str | None = None, **changes: Any) -> DocumentReading:
    """A fetched document; `changes` are those of `metadata`."""
    return DocumentReading(url=url or URLS[product], document=metadata(product, **changes))


def sts(url: str = STS_URL, realm: str = "litwareinc.com", **changes: Any) -> DocumentReading:
    """A token server's document, as a server fetched it."""
    document = AuthMetadata(STS_ID, realm, STS_ID, "STS", (certificate(),))
    return DocumentReading(url, document=replace(document, **changes))


def token_server(name: str = "sts", url: str = STS_URL, **changes: Any) -> TokenServer:
    """One that a server trusts, with the keys that its document has."""
    there = TokenServer(
        reference=name,
        name=name,
        metadata_url=url,
        issuer=STS_ID,
        realm="litwareinc.com",
        thumbprints=(THUMBPRINT,),
    )
    return replace(there, **changes)


def hr(
    name: str = "hr", url: str = STS_URL, realm: str = "", identifier: str = HR, **changes: Any
) -> DesiredApplication:
    """An application behind a token server, as declared."""
    partner = behind_token_server(identifier, realm, url)
    return replace(application(name=name, has_finalizer=False), partner=partner, **changes)


def server(product: Product = Product.EXCHANGE, **changes: Any) -> DesiredServer:
    """A PartnerServer as declared."""
    declared = DesiredServer(
        key=ObjectKey("trust", product.lower(), f"uid-{product}"),
        generation=1,
        created_at=NOW - timedelta(days=9),
        deleting=False,
        product=product,
        auth_metadata_url=URLS[product],
        hosts=("ex1.litwareinc.com", "ex2.litwareinc.com"),
        port=5986,
        authentication=Authentication.NTLM,
        ca_bundle=None,
        restart=RestartRules(),
        interval=timedelta(minutes=10),
    )
    return replace(declared, **changes)


def application(
    partner: Product = Product.LYNC, name: str = "app", url: str | None = None, **changes: Any
) -> DesiredApplication:
    """A PartnerApplication as declared."""
    declared = DesiredApplication(
        key=ObjectKey("trust", name, f"uid-{name}"),
        generation=1,
        created_at=NOW - timedelta(days=8),
        deleting=False,
        server_name="server",
        partner=Partner(
            CATALOG.partners[partner], url or URLS[partner], server_name=str(partner).lower()
        ),
        identity=None,
        has_finalizer=True,
    )
    return replace(declared, **changes)


def view(
    desired: DesiredApplication | None = None,
    registration: Registration | None = None,
    blocker: Obstacle | None = None,
    **status: Any,
) -> ApplicationView:
    """An application with its memory."""
    remembered = ApplicationStatus(registration=registration, **status)
    return ApplicationView(desired or application(), remembered, blocker)


def entry(partner: Product = Product.LYNC, on: Product = Product.EXCHANGE, **changes: Any) -> Entry:
    """The entry for a partner as it should be on a server."""
    document = metadata(partner)
    exchange, lync = on is Product.EXCHANGE, on is Product.LYNC
    good = Entry(
        reference=str(partner) if lync else f"CN={partner}",
        identity=str(partner),
        application_identifier=document.application_identifier,
        realm=document.realm,
        issuer="",
        metadata_url=URLS[partner],
        kind=EntryKind.OWN_KEYS,
        enabled=True,
        accepts_security_identifiers=not lync,
        trust_level="Full" if lync else None,
        linked_account=LinkedAccount(
            f"litwareinc.com/Users/{partner}", CATALOG.partners[partner].roles
        )
        if exchange
        else None,
        thumbprints=None if lync else document.thumbprints,
    )
    return replace(good, **changes)


STOCK = (
    entry(
        Product.EXCHANGE,
        reference="CN=Exchange Online",
        identity="Exchange Online",
        realm="",
        metadata_url="",
        kind=EntryKind.TOKEN_SERVER,
        enabled=False,
        thumbprints=(),
    ),
    entry(
        Product.LYNC,
        reference="CN=SfBLegacy",
        identity="SfBLegacy",
        realm="",
        metadata_url="",
        kind=EntryKind.TOKEN_SERVER,
        linked_account=None,
        thumbprints=(),
    ),
)
"""Cloud entries of a stock organisation: same GUIDs as ours, and never ours."""


def observed(
    product: Product = Product.EXCHANGE,
    entries: Sequence[Entry] = STOCK,
    documents: Sequence[DocumentReading] | None = None,
    **changes: Any,
) -> Observed:
    """What an observe run learnt; all three products' documents unless given."""
    if documents is None:
        documents = [reading(each) for each in Product]
    seen = Observed(
        product=product,
        organization="litwareinc",
        product_version="15.0",
        host="ex1.litwareinc.com",
        clock=NOW,
        entries=tuple(entries),
        incomplete=None,
        documents={each.url: each for each in documents},
        available_roles=tuple(
            role
            for profile in CATALOG.partners.values()
            for role in profile.roles
            if role != "MeetingGraphApplication"
        ),
    )
    return replace(seen, **changes)


def registered(of: Entry, *, ours: bool = True) -> Registration:
    """The memory of an entry that was read back."""
    document = metadata(Product.LYNC)
    return registration_of(
        of, document, None, created_by_us=ours, document_was_read=True, changed_at=NOW
    )
