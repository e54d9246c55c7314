"""One place hands out a logon for a host, and every operation of every product passes through it."""

from __future__ import annotations

import ast
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import partner_operator
from partner_operator.catalog import OPERATIONS
from partner_operator.engine.ports import Credentials, OperationFailed
from partner_operator.trust.allowed import Bounds
from partner_operator.trust.model import Authentication, ConnectivityTest, Product, ServiceTest
from partner_operator.trust.obstacle import Next
from partner_operator.trust.plan import Change
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind
from partner_operator.winrm import Answer, Endpoint, RemoteRequest, Unreachable
from support.trust import worlds as values
from support.trust.model_server import ModelServer

_TESTS = {
    Product.EXCHANGE: ServiceTest("https://portal.litwareinc.com/", app_only=True),
    Product.LYNC: ConnectivityTest("sip:a@litwareinc.com"),
}
ACTS: dict[str, Callable[[Any, Any], Awaitable[Any]]] = {
    "observe": lambda on, _: on.observe((values.LYNC_URL,), None),
    "host_state": lambda on, _: on.host_state(),
    "restart": lambda on, _: on.restart(values.NOW),
    "replicate": lambda on, _: on.replicate(),
    "test": lambda on, product: on.test(_TESTS[product]),
    **{
        kind: lambda on, product, kind=kind: _apply(on, product, kind)  # type: ignore[misc]
        for kind in ChangeKind
    },
}
EVIL = "ex1.evil.example"


def _apply(on: Any, product: Product, kind: ChangeKind) -> Awaitable[Any]:
    partner = Product.LYNC if product is Product.EXCHANGE else Product.EXCHANGE
    there = values.entry(partner, product)
    world = ModelServer(product, (there,), (values.reading(partner),))
    entry = None if kind is ChangeKind.REGISTER else there
    change = Change(kind, values.application(partner).key, entry, (), needs_restart=False)
    result: Awaitable[Any] = on.apply(world.observed(), change, values.application(partner))
    return result


class Wire:
    """Notes where a password would go. Nobody answers."""

    def __init__(self) -> None:
        self.asked: list[Endpoint] = []

    async def run(self, endpoint: Endpoint, _request: RemoteRequest) -> Answer:
        """One remote run."""
        self.asked.append(endpoint)
        raise Unreachable("nobody is there")


ALLOWED = values.OURS
REFUSED = [
    (EVIL, ALLOWED, Bounds(), 5986),
    ("ex1.litwareinc.com", (), Bounds(), 5986),
    ("ex1.litwareinc.com", ("*",), Bounds(), 5986),
    ("ex1.litwareinc.com", ("ex2.litwareinc.com",), Bounds(), 5986),
    ("ex1.litwareinc.com.evil.example", ALLOWED, Bounds(), 5986),
    ("ex1.litwareinc.com@evil.example", ALLOWED, Bounds(), 5986),
    ("evil.example/ex1.litwareinc.com", ALLOWED, Bounds(), 5986),
    ("ex1.litwareinc.com", ALLOWED, Bounds(("*.contoso.com",)), 5986),
    ("ex1.litwareinc.com", ALLOWED, Bounds(), 443),
    ("ex1.litwareinc.com", ALLOWED, Bounds(ports=frozenset({443})), 5986),
]


@pytest.mark.parametrize("authentication", Authentication)
@pytest.mark.parametrize(("host", "hosts", "bounds", "port"), REFUSED)
@pytest.mark.parametrize("made", OPERATIONS, ids=lambda made: made.product)
async def test_no_operation_sends_a_password_to_a_host_that_is_not_allowed(
    made: Any,
    host: str,
    hosts: tuple[str, ...],
    bounds: Bounds,
    port: int,
    authentication: Authentication,
) -> None:
    """Whatever CA the server brings along, and whatever status names the host."""
    wire = Wire()
    server = values.server(
        made.product, hosts=(host,), port=port, authentication=authentication, ca_bundle="mine"
    )
    session = made(wire.run).on(server, Credentials("u", "geheim", "d", hosts, bounds), host)
    acts = {name: act for name, act in ACTS.items() if _has(session, name)}
    assert len(acts) >= 6
    for act in acts.values():
        with pytest.raises(OperationFailed) as caught:
            await act(session, made.product)
        assert caught.value.obstacle.reason is Reason.HOST_NOT_ALLOWED
        assert caught.value.obstacle.then is Next.HUMAN
        assert caught.value.nothing_ran
    assert wire.asked == []


@pytest.mark.parametrize("made", OPERATIONS, ids=lambda made: made.product)
async def test_every_operation_reaches_a_host_that_is_allowed(made: Any) -> None:
    """What is counted above is what would have been sent."""
    wire = Wire()
    server = values.server(made.product)
    logon = Credentials("u", "geheim", "d", ALLOWED)
    session = made(wire.run).on(server, logon, "EX1.litwareinc.com")
    acts = {name: act for name, act in ACTS.items() if _has(session, name)}
    for act in acts.values():
        with pytest.raises(OperationFailed) as caught:
            await act(session, made.product)
        assert caught.value.obstacle.reason is Reason.UNREACHABLE
    assert [endpoint.password for endpoint in wire.asked] == ["geheim"] * len(acts)
    with pytest.raises(OperationFailed):
        await (
            made(wire.run)
            .on(server, replace(logon, hosts=()), "ex1.litwareinc.com")
            .observe((), None)
        )
    assert len(wire.asked) == len(acts)


def _has(session: Any, name: str) -> bool:
    return name in list(ChangeKind) or hasattr(session, name)


def test_nobody_else_makes_an_endpoint() -> None:
    """A second place would be a way around."""
    package = Path(partner_operator.__file__).parent
    makers = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Endpoint"
    }
    assert makers == {"products/remote.py"}
