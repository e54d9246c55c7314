"""Principal identifiers of the products, and issuer names of the form `<identifier>@<realm>`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
SHAREPOINT = "00000003-0000-0ff1-ce00-000000000000"
LYNC = "00000004-0000-0ff1-ce00-000000000000"
TOKEN_SERVER = "00000001-0000-0000-c000-000000000000"  # noqa: S105  # a public identifier
GRAPH = "00000003-0000-0000-c000-000000000000"
TEAMS_SCHEDULER = "7557eb47-c689-4224-abcf-aef9bd7573df"
CLOUD_VOICEMAIL = "db7de2b5-2149-435e-8043-e080dd50afae"


class Product(StrEnum):
    """The server products that can trust each other, as users write them."""

    EXCHANGE = "Exchange"
    LYNC = "Lync"
    SHAREPOINT = "SharePoint"


_PRODUCTS = {EXCHANGE: Product.EXCHANGE, SHAREPOINT: Product.SHAREPOINT, LYNC: Product.LYNC}
PRODUCTS = frozenset(_PRODUCTS)
"""Identifiers of products, which sign their own tokens."""
_OTHERS = {TOKEN_SERVER: "a token server (ACS or Entra)", GRAPH: "Microsoft Graph"}


def describe(identifier: str) -> str:
    """A principal identifier for people: what it stands for, else the identifier itself."""
    key = identifier.strip().lower()
    return _PRODUCTS.get(key) or _OTHERS.get(key) or identifier


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer name in its two parts."""

    identifier: str
    """Lower case: GUIDs are compared without regard to letter case."""
    realm: str
    """As written; empty where the name has none."""

    def __str__(self) -> str:
        return f"{self.identifier}@{self.realm}" if self.realm else self.identifier


def parse_issuer(text: str) -> Issuer:
    """Split `<identifier>@<realm>`, without the stray slashes that Microsoft's texts carry (C15)."""
    identifier, _, realm = text.strip().partition("@")
    return Issuer(identifier=identifier.strip().strip("/").lower(), realm=realm.strip())
