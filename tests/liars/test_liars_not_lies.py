"""Odd answers of healthy deployments: they are believed."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from partner_operator.trust.model import Product
from support.liars_judge import GOOD, look

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
