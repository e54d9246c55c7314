"""SharePoint as a partner: farms may share a realm, and its address is written in several ways."""

from __future__ import annotations

import pytest

from partner_operator.trust.entries import Entries
from partner_operator.trust.match import same_url
from partner_operator.trust.model import Entry, Product
from partner_operator.trust.search import find_entry
from support.trust.worlds import ROLLED, SHAREPOINT_URL, application, entry, metadata, observed

OTHER_FARM = "https://recovery.litwareinc.com/_layouts/15/metadata/json/1"


def found(*entries: Entry, on: Product = Product.EXCHANGE) -> Entry | None:
    """The entry that stands for the farm."""
    wanted = application(Product.SHAREPOINT)
    seen = observed(on, entries)
    return find_entry(wanted, None, metadata(Product.SHAREPOINT), Entries(seen)).entry


@pytest.mark.parametrize("on", [Product.EXCHANGE, Product.LYNC])
def test_another_farm_of_the_same_realm_is_another_partner(on: Product) -> None:
    certificates = (ROLLED,) if on is Product.EXCHANGE else None
    other = entry(
        Product.SHAREPOINT,
        on=on,
        identity="other",
        metadata_url=OTHER_FARM,
        thumbprints=certificates,
    )
    assert found(other, on=on) is None
    ours = entry(Product.SHAREPOINT, on=on, identity="microsoft.sharepoint", reference="x")
    assert found(other, ours, on=on) == ours


def test_a_farm_at_another_address_is_known_by_its_certificates() -> None:
    """An administrator gave it a new one, or registered it by an alternate one."""
    moved = entry(Product.SHAREPOINT, metadata_url=OTHER_FARM)
    assert found(moved) == moved


def test_a_realm_is_enough_where_it_tells_organisations_apart() -> None:
    moved = entry(Product.LYNC, metadata_url="https://old/", thumbprints=(ROLLED,))
    seen = observed(Product.EXCHANGE, (moved,))
    assert find_entry(application(), None, metadata(Product.LYNC), Entries(seen)).entry == moved


@pytest.mark.parametrize(
    ("stored", "same"),
    [
        (f"{SHAREPOINT_URL}/", True),
        (SHAREPOINT_URL.upper(), True),
        (f"{SHAREPOINT_URL}//", False),
        (f"{SHAREPOINT_URL}?realm=x", False),
        (None, False),
    ],
)
def test_one_slash_at_the_end_makes_no_other_address(stored: str | None, same: bool) -> None:
    assert same_url(stored, SHAREPOINT_URL) is same
    if stored:
        assert same_url(SHAREPOINT_URL, stored) is same


def test_a_slash_before_the_query_makes_no_other_address() -> None:
    assert same_url("https://acs/metadata/json/1/?realm=x", "https://acs/metadata/json/1?realm=x")
