"""Odd answers of healthy deployments: they are believed."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.trust.model import Product
from support.liars.judge import GOOD, look

LISTS = {Product.EXCHANGE: "hosts", Product.LYNC: "replicas"}


def answer(product: Product) -> dict[str, Any]:
    """A good one, to be changed."""
    return copy.deepcopy(GOOD[product])


@pytest.mark.parametrize("product", LISTS)
async def test_left_overs_without_a_name_are_no_twins(product: Product) -> None:
    """C05: objects of servers that were wiped years ago. Without a network address their Fqdn is empty."""
    data = answer(product)
    for _ in range(2):
        data[LISTS[product]].append(data[LISTS[product]][0] | {"fqdn": ""})
    seen = await look(product, data)
    assert seen.incomplete is None
    assert "" not in {host.fqdn for host in seen.discovered_hosts}


@pytest.mark.parametrize("product", list(GOOD))
async def test_two_declared_urls_that_differ_in_letter_case_are_two_questions(
    product: Product,
) -> None:
    """Each was asked for, so each is answered: a path may be in other letters on another server."""
    data = answer(product)
    first = data["documents"][0]
    data["documents"].append(first | {"url": first["url"].replace("json", "JSON")})
    assert (await look(product, data)).incomplete is None


async def test_an_entry_of_an_auth_server_may_have_been_changed_under_a_wrong_clock() -> None:
    """The directory keeps that time for ever, and nothing here depends on it."""
    data = answer(Product.EXCHANGE)
    [stock] = [entry for entry in data["entries"] if entry["useAuthServer"]]
    stock["changedAt"] = "2031-01-01T00:00:00Z"
    assert (await look(Product.EXCHANGE, data)).incomplete is None


async def test_whose_time_is_wrong_is_named_with_the_cure() -> None:
    """The directory writes the time anew when the object is changed."""
    data = answer(Product.EXCHANGE)
    [ours] = [entry for entry in data["entries"] if not entry["useAuthServer"]]
    ours["changedAt"] = "2031-01-01T00:00:00Z"
    with pytest.raises(OperationFailed, match="change partner application Lync once, by hand"):
        await look(Product.EXCHANGE, data)
