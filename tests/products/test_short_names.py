"""An organisation's name in few characters, whatever the product says of itself."""

from __future__ import annotations

import pytest

from partner_operator.catalog import CATALOG
from partner_operator.trust.model import Product
from partner_operator.trust.product import SHORT

EXCHANGE, LYNC = Product.EXCHANGE, Product.LYNC
DN = "CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=litwareinc,DC=com"


@pytest.mark.parametrize(
    ("product", "told", "short"),
    [
        (EXCHANGE, f"CN=Litware,{DN}", "Litware"),
        (EXCHANGE, f"cn=First Organization,{DN}", "First Organization"),
        (EXCHANGE, rf"CN=Litware\, Inc.,{DN}", "Litware, Inc."),
        (EXCHANGE, "litwareinc", "litwareinc"),
        (
            LYNC,
            "Data Source=atl-sql-001.litwareinc.com\\rtc;Initial Catalog=xds;Integrated Security=True",
            "atl-sql-001\\rtc",
        ),
        (LYNC, "Server=10.1.2.3\\rtc;Database=xds", "10.1.2.3\\rtc"),
        (LYNC, "Data Source=sql;Initial Catalog=xds", "sql"),
        (LYNC, "Data Source=sql.litwareinc.com,1433;Initial Catalog=xds", "sql"),
        (LYNC, "org-Lync", "org-Lync"),
        (LYNC, "", ""),
        (EXCHANGE, "", ""),
        (EXCHANGE, "CN=", "CN="),
    ],
)
def test_people_s_name_of_an_organisation(product: Product, told: str, short: str) -> None:
    assert CATALOG.rules[product].short_name(told) == short


@pytest.mark.parametrize("product", sorted(CATALOG.rules))
@pytest.mark.parametrize("begin", ["", "CN=", "Data Source="])
def test_no_name_is_longer_than_a_column(product: Product, begin: str) -> None:
    assert len(CATALOG.rules[product].short_name(begin + "x" * 3000)) <= SHORT
