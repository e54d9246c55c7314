"""What the scripts answer is held to its contract."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.trust.model import Observed, Product
from partner_operator.trust.reasons import Reason
from partner_operator.winrm import (
    Answer,
    Endpoint,
    RemoteRequest,
)
from partner_operator.winrm.clixml import Streams
from support.scripts_exchange import CREDENTIALS, HOST
from support.trust_worlds import server

EXCHANGE: dict[str, Any] = {
    "product": "Exchange",
    "version": "Version 15.0",
    "organization": "CN=Litware",
    "controller": "dc1.litwareinc.com",
    "entries": [
        {
            "reference": "CN=a",
            "name": "a",
            "applicationIdentifier": "id",
            "realm": "r",
            "issuer": "id@r",
            "metadataUrl": None,
            "useAuthServer": False,
            "enabled": True,
            "acceptsSecurityIdentifiers": True,
            "certificates": [],
            "account": {"name": "acc", "roles": []},
            "changedAt": "2026-11-25T12:00:00Z",
        },
        {
            "reference": "CN=Exchange Online",
            "name": "Exchange Online",
            "applicationIdentifier": "id",
            "realm": "",
            "issuer": "",
            "metadataUrl": "",
            "useAuthServer": True,
            "enabled": False,
            "acceptsSecurityIdentifiers": False,
            "certificates": [],
            "account": None,
            "changedAt": None,
        },
    ],
    "warnings": [],
    "roles": [],
    "current": "",
    "previous": "",
    "next": "",
    "nextEffectiveAt": None,
    "certificates": [],
    "certificateFault": "",
    "hosts": [{"fqdn": HOST, "edge": False, "restarts": True}],
    "domains": [],
    "documents": [],
}
LYNC: dict[str, Any] = {
    "product": "Lync",
    "version": "5.0",
    "organization": "sql\\rtc",
    "entries": [],
    "warnings": [],
    "certificate": None,
    "certificateFault": "",
    "replicas": [{"fqdn": HOST, "upToDate": True}],
    "documents": [],
}


def answering(data: dict[str, Any]) -> Callable[[Endpoint, RemoteRequest], Any]:
    """A runner that answers with this, whatever is asked."""

    async def run(endpoint: Endpoint, request: RemoteRequest) -> Answer:
        return Answer(data, "", Streams(), "5.1", 1_795_600_000, 0.1)

    return run


async def observed(data: dict[str, Any], product: Product = Product.EXCHANGE) -> Observed:
    """What the operations make of an answer."""
    make = ExchangeOperations if product is Product.EXCHANGE else LyncOperations
    return await make(answering(data)).observe(server(product), CREDENTIALS, HOST, (), None)


def changed(base: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """An answer with one value replaced, by a path such as entries.0.name; `...` removes it."""
    answer = copy.deepcopy(base)
    *way, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
    target: Any = answer
    for part in way:
        target = target[part]
    if value is ...:
        del target[last]
    else:
        target[last] = value
    return answer


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
        ("entries.0.certificates", "MIIB"),
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
    assert caught.value.reason is Reason.CONTRACT_VIOLATED


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
    assert caught.value.reason is Reason.CONTRACT_VIOLATED


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
