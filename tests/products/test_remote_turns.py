"""Which remote runs wait for a turn, and on whose behalf."""

from __future__ import annotations

import pytest

from partner_operator.engine.ports import Credentials, OperationFailed
from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.trust.model import Product
from partner_operator.winrm import Answer, Asker, Endpoint, RemoteRequest
from partner_operator.winrm.clixml import Streams
from support.trust import worlds as values


async def test_a_look_waits_for_its_turn_and_what_is_written_down_does_not() -> None:
    asked: list[tuple[str, Asker | None]] = []

    async def run(_endpoint: Endpoint, request: RemoteRequest) -> Answer:
        asked.append((request.operation, request.asker))
        return Answer({}, "", Streams(), "4.0", 0, 0.0)

    server = values.server(Product.EXCHANGE)
    logon = Credentials("user", "password!", "digest", server.hosts)
    session = ExchangeOperations(run).on(server, logon, server.hosts[0])
    with pytest.raises(OperationFailed):
        await session.observe((), None)
    with pytest.raises(OperationFailed):
        await session.restart(values.NOW)
    mine = Asker(server.key.namespace, server.key.name)
    assert asked == [("observe", mine), ("restart", None)]
