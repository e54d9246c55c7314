"""The answers of all other operations spoilt: understood or refused by name, never a crash."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from partner_operator.engine.ports import Credentials, OperationFailed
from partner_operator.trust.model import ConnectivityTest, HostState, Product, ServiceTest
from partner_operator.trust.reasons import Reason
from partner_operator.winrm import Answer, Endpoint, RemoteRequest
from partner_operator.winrm.clixml import Streams
from support.liars.answers import CLOCK, HOST, places, spoilt
from support.products.answers import OPERATIONS
from support.trust import worlds as trust_worlds
from support.trust.worlds import OURS

CREDENTIALS = Credentials("u", "p", "d", OURS)
NAMED = frozenset({Reason.CONTRACT_VIOLATED, Reason.REMOTE_ERROR, Reason.RESTART_FAILED})
_LOOK = {
    "answers": {"/ews/exchange.asmx": "401"},
    "listeners": [443],
    "workers": ["2026-11-25T11:00:00Z"],
    "services": ["W3SVC", "WAS"],
}
_RESTART = {"restarted": True, "code": "0", "lines": ["Internet services successfully restarted"]}
ANSWERS: dict[str, tuple[Product, dict[str, Any], Callable[[Any], Awaitable[Any]]]] = {
    "host_state": (Product.EXCHANGE, _LOOK, lambda on: on.host_state()),
    "restart": (Product.EXCHANGE, _RESTART, lambda on: on.restart(trust_worlds.NOW)),
    "replicate": (Product.LYNC, {"upToDate": [HOST]}, lambda on: on.replicate()),
    "test": (
        Product.LYNC,
        {"output": ["Test passed"], "problems": [], "details": [], "milliseconds": 1200},
        lambda on: on.test(ConnectivityTest("sip:a@litwareinc.com")),
    ),
    "test of a service": (
        Product.EXCHANGE,
        {
            "results": [{"type": "Success", "detail": "200 OK"}],
            "problems": [],
            "milliseconds": 1200,
        },
        lambda on: on.test(ServiceTest("https://portal.litwareinc.com/")),
    ),
    "look at a farm's host": (Product.SHAREPOINT, _LOOK, lambda on: on.host_state()),
    "restart in a farm": (
        Product.SHAREPOINT,
        _RESTART,
        lambda on: on.restart(trust_worlds.NOW),
    ),
    "challenge": (
        Product.SHAREPOINT,
        {"status": "401", "challenge": 'Bearer realm="r",client_id="c",trusted_issuers="a@b"'},
        lambda on: on.challenge(),
    ),
}


async def done(operation: str, data: Any) -> Any:
    """What the operation makes of this answer. Raises OperationFailed."""

    async def run(endpoint: Endpoint, request: RemoteRequest) -> Answer:
        return Answer(data, "", Streams(), "5.1", CLOCK, 0.1)

    product, _, act = ANSWERS[operation]
    server = trust_worlds.server(product)
    return await act(OPERATIONS[product](run).on(server, CREDENTIALS, HOST))


@pytest.mark.parametrize("operation", ANSWERS)
async def test_every_spoilt_place_is_refused_by_name_or_understood(operation: str) -> None:
    """The good one is good, and most of the others are refused."""
    _, good, _ = ANSWERS[operation]
    await done(operation, copy.deepcopy(good))
    refused = 0
    for place in places(good):
        for name, data in spoilt(good, place):
            try:
                await done(operation, data)
            except OperationFailed as failure:
                reason = failure.obstacle.reason
                refused += 1
            else:
                continue
            assert reason in NAMED, (place, name)
    assert refused > 15


@pytest.mark.parametrize("worker", ["2026-11-27T00:00:00Z", "9999-12-31T23:59:59Z"])
async def test_a_worker_that_starts_in_the_future_proves_no_restart(worker: str) -> None:
    """It would count as started after every change."""
    data = ANSWERS["host_state"][1] | {"workers": [worker]}
    with pytest.raises(OperationFailed) as caught:
        await done("host_state", data)
    assert caught.value.obstacle.reason is Reason.CONTRACT_VIOLATED


@pytest.mark.parametrize("worker", [None, "0001-01-01T00:00:00Z"])
async def test_a_worker_of_unknown_age_proves_no_restart(worker: str | None) -> None:
    """Nor does one that started in year 1."""
    data = ANSWERS["host_state"][1] | {"workers": ["2026-11-25T11:00:00Z", worker]}
    with pytest.raises(OperationFailed, match="does not tell when"):
        await done("host_state", data)


async def test_the_good_host_state_is_read() -> None:
    """By the oldest of its workers."""
    state = await done("host_state", ANSWERS["host_state"][1])
    assert isinstance(state, HostState)
    assert state.workers_started_at is not None
    assert state.workers_started_at.hour == 11


@pytest.mark.parametrize("kind", ["Error", "success", "Success ", "", "0"])
async def test_no_other_word_is_a_success(kind: str) -> None:
    """ResultType is an enumeration; what only looks like its name is none."""
    data = ANSWERS["test of a service"][1] | {"results": [{"type": kind, "detail": "200 OK"}]}
    report = await done("test of a service", data)
    assert not report.passed
