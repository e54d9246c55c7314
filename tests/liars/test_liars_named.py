"""Each kind of lie in an observe answer has a reason and a sentence, and leads to no change."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.trust.model import Product
from partner_operator.trust.obstacle import Next
from partner_operator.trust.reasons import Reason
from support.liars.judge import GOOD, look


@pytest.mark.parametrize(
    ("product", "changes", "reason", "words"),
    [
        (Product.EXCHANGE, {"product": "Lync"}, Reason.WRONG_PRODUCT, "asked as Exchange and answers as Lync"),
        (Product.LYNC, {"product": "Exchange"}, Reason.WRONG_PRODUCT, "asked as Lync and answers as Exchange"),
        (Product.LYNC, {"product": ""}, Reason.WRONG_PRODUCT, "answers as nothing"),
        (Product.EXCHANGE, {"version": "Version 14.3 (Build 123.4)"}, Reason.WRONG_PRODUCT, "came with Exchange 2013"),
        (Product.EXCHANGE, {"version": "Version 8.3 (Build 83.6)"}, Reason.WRONG_PRODUCT, "came with Exchange 2013"),
        (Product.SHAREPOINT, {"product": "Exchange"}, Reason.WRONG_PRODUCT, "asked as SharePoint and answers as"),
        (Product.SHAREPOINT, {"version": "14.0.7015.1000"}, Reason.WRONG_PRODUCT, "came with SharePoint 2013"),
    ],
)  # fmt: skip
async def test_another_product_or_one_that_is_too_old_is_named(
    product: Product, changes: dict[str, Any], reason: Reason, words: str
) -> None:
    """A human must act: it is Stalled."""
    with pytest.raises(OperationFailed) as caught:
        await look(product, GOOD[product] | changes)
    assert (caught.value.obstacle.reason, caught.value.obstacle.then is Next.HUMAN) == (
        reason,
        True,
    )
    assert words in caught.value.obstacle.message
    assert "The operator changes nothing there" in caught.value.obstacle.message


@pytest.mark.parametrize(
    "version", ["", "Version 15.2 (Build 1544.4)", "Version 16.0", "SE", "١٤.0"]
)
async def test_other_versions_are_only_shown(version: str) -> None:
    """An upgrade between two passes is no lie, and a form that nobody has seen yet is none either."""
    seen = await look(Product.EXCHANGE, GOOD[Product.EXCHANGE] | {"version": version})
    assert (seen.incomplete, seen.product_version) == (None, version)


@pytest.mark.parametrize(
    ("product", "key", "words"),
    [
        (Product.EXCHANGE, "hosts", "has no Exchange server ex1.litwareinc.com"),
        (Product.LYNC, "replicas", "has no machine ex1.litwareinc.com"),
    ],
)
async def test_who_answers_for_another_host_is_named(
    product: Product, key: str, words: str
) -> None:
    """The name that was asked must be one of those that the organisation has."""
    data = copy.deepcopy(GOOD[product])
    data[key][0]["fqdn"] = "ex9.fabrikam.com"
    assert words in str((await look(product, data)).incomplete)
    data[key][0]["fqdn"] = "EX1.LITWAREINC.COM"
    assert (await look(product, data)).incomplete is None


async def test_a_server_of_another_farm_is_named() -> None:
    """It was joined to one after it was declared."""
    data = copy.deepcopy(GOOD[Product.SHAREPOINT]) | {"hosts": ["SP9", "EX10"]}
    seen = await look(Product.SHAREPOINT, data)
    assert "The farm that answered has no server ex1.litwareinc.com." in str(seen.incomplete)


@pytest.mark.parametrize(
    ("product", "key"),
    [
        (Product.EXCHANGE, "entries"),
        (Product.EXCHANGE, "hosts"),
        (Product.EXCHANGE, "documents"),
        (Product.LYNC, "entries"),
        (Product.LYNC, "replicas"),
        (Product.LYNC, "documents"),
        (Product.SHAREPOINT, "entries"),
        (Product.SHAREPOINT, "documents"),
    ],
)
async def test_what_is_listed_twice_makes_the_list_unbelievable(product: Product, key: str) -> None:
    """Once more the same, in other letters or not. URLs are asked for as they are written, so only the same
    one is a twin."""
    for change in (str,) if key == "documents" else (str, str.upper):
        data = copy.deepcopy(GOOD[product])
        twin = dict(data[key][0])
        named = next(name for name in ("reference", "fqdn", "url") if name in twin)
        twin[named] = change(twin[named])
        data[key].append(twin)
        assert "shows" in str((await look(product, data)).incomplete)
        assert "2 times" in str((await look(product, data)).incomplete)


@pytest.mark.parametrize(
    ("instant", "meant"),
    [
        ("2026-11-26T11:59:59Z", "2026"),
        ("2026-11-26T12:00:01Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("0001-01-01T00:00:00Z", ""),
    ],
)
async def test_a_change_in_the_future_is_refused(instant: str, meant: str | None) -> None:
    """It would count as newer than every restart for ever. Year 1 is how .NET says that there is none."""
    data = copy.deepcopy(GOOD[Product.EXCHANGE])
    data["entries"][0]["changedAt"] = instant
    if meant is None:
        with pytest.raises(OperationFailed) as caught:
            await look(Product.EXCHANGE, data)
        assert caught.value.obstacle.reason is Reason.CONTRACT_VIOLATED
        return
    changed = (await look(Product.EXCHANGE, data)).entries[0].changed_at
    assert str(changed.year if changed else "") == meant
