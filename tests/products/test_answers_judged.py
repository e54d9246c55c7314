"""What the scripts answer is held to its contract."""

from __future__ import annotations

from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.trust.model import Product
from partner_operator.trust.reasons import Reason
from support.products.answers import EXCHANGE, LYNC, changed, observed


async def test_the_samples_themselves_are_good() -> None:
    """Else every test below would pass for the wrong reason."""
    assert (await observed(EXCHANGE)).incomplete is None
    assert (await observed(LYNC, Product.LYNC)).incomplete is None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("entries", None),
        ("entries", {"reference": "CN=a"}),
        ("entries", ...),
        ("entries.0.name", None),
        ("entries.0.name", 7),
        ("entries.0.enabled", "True"),
        ("entries.0.enabled", 1),
        ("entries.0.thumbprints", "MIIB"),
        ("entries.0.thumbprints", ["MIIB"]),
        ("entries.0.account.roles", None),
        ("entries.0.changedAt", "25.11.2026 12:00"),
        ("entries.0.changedAt", "/Date(0)/"),
        ("entries.0.surplus", 1),
        ("warnings", None),
        ("organization", None),
        ("hosts", [{"fqdn": "a", "edge": False}]),
        ("documents", [{"url": "https://a"}]),
        ("nextEffectiveAt", 0),
        ("surplus", True),
    ],
)
async def test_an_answer_that_breaks_its_contract_is_refused(path: str, value: Any) -> None:
    """Null where a list belongs, a scalar for a list of one, text for a boolean: never guessed at."""
    answer = changed(EXCHANGE, path, value)
    if "changedAt" in path or "nextEffectiveAt" in path:
        answer = changed(answer, "current", "AB" * 20)
    with pytest.raises(OperationFailed) as caught:
        await observed(answer)
    assert caught.value.obstacle.reason is Reason.CONTRACT_VIOLATED


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("entries", None),
        ("replicas", {"fqdn": "fe1", "upToDate": True}),
        ("replicas.0.upToDate", "True"),
        ("certificate", []),
        ("certificateFault", None),
        ("version", ...),
    ],
)
async def test_lyncs_answer_is_held_to_its_contract_too(path: str, value: Any) -> None:
    """The same rules."""
    with pytest.raises(OperationFailed) as caught:
        await observed(changed(LYNC, path, value), Product.LYNC)
    assert caught.value.obstacle.reason is Reason.CONTRACT_VIOLATED


@pytest.mark.parametrize(
    "path", ["entries.0.name", "entries.1.reference", "organization", "version", "entries.0.realm"]
)
async def test_half_a_character_is_that_texts_own_matter(path: str) -> None:
    """C32: a surrogate without its other half cannot be written to anybody, and stops nothing else."""
    name = "CN=a\ud800" if path.endswith("reference") else "a\ud800"
    seen = await observed(changed(EXCHANGE, path, name))
    assert seen.incomplete is None
    assert len(seen.entries) == 2
    assert r"a\ud800" in repr(seen).replace("\\\\", "\\")


async def test_another_products_answer_is_not_understood() -> None:
    """A Lync answer is none of Exchange's, and the other way round."""
    with pytest.raises(OperationFailed):
        await observed(LYNC, Product.EXCHANGE)
    with pytest.raises(OperationFailed):
        await observed(EXCHANGE, Product.LYNC)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("entries", []),
        ("entries.1.useAuthServer", False),
        ("warnings", ["careful"]),
        ("organization", ""),
        ("controller", ""),
    ],
)
async def test_an_incomplete_read_of_exchange_says_why(path: str, value: Any) -> None:
    """Rule 1: absence may not be believed."""
    assert (await observed(changed(EXCHANGE, path, value))).incomplete


@pytest.mark.parametrize(
    ("path", "value"),
    [("warnings", ["careful"]), ("organization", ""), ("replicas", [])],
)
async def test_an_incomplete_read_of_lync_says_why(path: str, value: Any) -> None:
    """Lync brings no entries along, so an empty list alone is whole."""
    assert (await observed(changed(LYNC, path, value), Product.LYNC)).incomplete


async def test_only_wildcards_without_a_twin_are_told() -> None:
    """Exchange refuses tokens of a domain that is accepted by wildcard only (2000004)."""
    domains = ["*.Litwareinc.com", "litwareinc.com", "*.fabrikam.com", "contoso.com"]
    seen = await observed(changed(EXCHANGE, "domains", domains))
    assert seen.wildcard_domains == ("*.fabrikam.com",)
