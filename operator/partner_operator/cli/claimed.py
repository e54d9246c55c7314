"""Which partners of a server have an object already: the operator lets one stand for each (trust/claims.py). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from partner_operator.catalog import CATALOG
from partner_operator.cli.cluster import Body
from partner_operator.trust.match import normal_url
from partner_operator.trust.model import Product


def claimed_partners(
    server: str, servers: Sequence[Body], applications: Sequence[Body]
) -> dict[str, str]:
    """By what is told of a partner: the PartnerApplication of this server that is for it already."""
    urls = {each["metadata"]["name"]: each["spec"]["authMetadataUrl"] for each in servers}
    products = {each["metadata"]["name"]: each["spec"]["product"] for each in servers}
    claimed: dict[str, str] = {}
    for each in applications:
        spec, name = each["spec"], each["metadata"]["name"]
        if spec["serverRef"]["name"] != server:
            continue
        given, reference = spec.get("partner") or {}, (spec.get("partnerRef") or {}).get("name")
        if "tokenServer" in given:
            claimed[behind(given["applicationIdentifier"], given.get("realm", ""))] = name
            continue
        product = given.get("product") or products.get(reference, "")
        url = given.get("authMetadataUrl") or urls.get(reference)
        if product in list(Product) and url is not None:
            identifier = CATALOG.partners[Product(product)].identifier
            registration = (each.get("status") or {}).get("registration") or {}
            claimed.update(
                dict.fromkeys(by_document(identifier, url, registration.get("realm", "")), name)
            )
    return claimed


def by_document(identifier: str, url: str, realm: str) -> tuple[str, ...]:
    """What tells a partner that signs its tokens itself."""
    by_url = f"url {identifier} {normal_url(url)}"
    told = realm.strip().casefold()
    return (by_url, f"realm {identifier} {told}") if told else (by_url,)


def behind(identifier: str, realm: str) -> str:
    """What tells a partner that gets its tokens from a token server."""
    return f"behind {identifier.strip().lower()} {realm.strip().casefold()}"
