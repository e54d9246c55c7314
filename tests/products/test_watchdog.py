"""A run ends itself: after a known time nothing of a killed operator is at work on a host (C23)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from partner_operator.engine.state import Patience
from partner_operator.products import scripts
from partner_operator.products.calls import LONGEST_SECONDS
from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.trust.model import ConnectivityTest, Product, ServiceTest
from partner_operator.trust.plan import Change
from partner_operator.trust.status import ChangeKind
from partner_operator.winrm import Answer, Endpoint, RemoteRequest
from support.scripts.exchange import CREDENTIALS
from support.trust import worlds as trust_worlds
from support.winrm.powershell import call

STARTS_UP = timedelta(minutes=3)
"""A PowerShell on a busy host, before it has the mutex."""


def _watched(monkeypatch: pytest.MonkeyPatch, operation: str) -> str:
    """What goes over the wire for an operation of this text."""
    monkeypatch.setattr(scripts, "script", lambda product, name: operation)
    return scripts.watched.__wrapped__("lync", "any")


@pytest.mark.pwsh
def test_a_script_that_works_too_long_ends_with_its_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = _watched(monkeypatch, "Start-Sleep -Seconds 50\n@{ over = $true }")
    ended = call(text, {"lifeSeconds": 1})
    assert ended.code != 0
    assert b"PO1!" in ended.stdout, "it had begun"
    assert b"PO1[" not in ended.stdout, "and never answered"


@pytest.mark.pwsh
@pytest.mark.parametrize("ends", ["", "throw 'no'\n"], ids=["well", "badly"])
def test_a_script_that_has_ended_is_not_ended_again(
    monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    """The simulator's PowerShells run one script after the other in one process."""
    text = _watched(monkeypatch, f"{ends}@{{ over = $true }}")
    outlives = (
        f"try {{ $null = & {{ {text} }} }} catch {{ }}\nStart-Sleep -Seconds 2\n@{{ here = $true }}"
    )
    assert call(outlives, {"lifeSeconds": 1}).answer.data == {"here": True}


async def test_the_engine_waits_longer_than_any_run_can_live() -> None:
    """From the intent on: the last request of the longest run, its wait for the mutex, and its life."""
    asked: list[RemoteRequest] = []

    class Asked(Exception):
        pass

    async def runner(endpoint: Endpoint, request: RemoteRequest) -> Answer:
        asked.append(request)
        raise Asked

    server, hosts = trust_worlds.server(), ("ex1.litwareinc.com",)
    exchange, lync = ExchangeOperations(runner), LyncOperations(runner)
    calls: list[Any] = []
    for operations, product in ((exchange, Product.EXCHANGE), (lync, Product.LYNC)):
        seen = trust_worlds.observed(product)
        partner = Product.LYNC if product is Product.EXCHANGE else Product.EXCHANGE
        entry = trust_worlds.entry(partner, product)
        desired = trust_worlds.application(partner)
        calls.append(operations.on(server, CREDENTIALS, hosts[0]).observe((), None))
        for kind in ChangeKind:
            made = Change(kind, desired.key, None if kind == "Register" else entry, (), True)
            calls.append(operations.on(server, CREDENTIALS, seen.host).apply(seen, made, desired))
    calls.append(exchange.on(server, CREDENTIALS, hosts[0]).restart(trust_worlds.NOW))
    calls.append(exchange.on(server, CREDENTIALS, hosts[0]).host_state())
    calls.append(exchange.on(server, CREDENTIALS, hosts[0]).test(ServiceTest("https://a.b.c/")))
    calls.append(lync.on(server, CREDENTIALS, hosts[0]).replicate())
    calls.append(lync.on(server, CREDENTIALS, hosts[0]).test(ConnectivityTest("sip:a@b.c")))
    for each in calls:
        with pytest.raises(Asked):
            await each
    assert len(asked) == len(calls)
    for request in asked:
        assert request.deadline_seconds <= LONGEST_SECONDS
        assert request.parameters["lifeSeconds"] == request.deadline_seconds
        whole = 2 * request.deadline_seconds + request.mutex_wait_seconds
        waited = Patience().intent_age + STARTS_UP
        assert waited + timedelta(seconds=whole) <= Patience().longest_run
