"""Which remote runs wait for a turn, and on whose behalf."""

from __future__ import annotations

from partner_operator.engine.ports import Credentials
from partner_operator.products.remote import Call, Remote
from partner_operator.trust.model import Product
from partner_operator.winrm import Answer, Asker, Endpoint, RemoteRequest
from partner_operator.winrm.clixml import Streams
from support.trust import worlds as trust_worlds


async def test_a_look_waits_for_its_turn_and_what_is_written_down_does_not() -> None:
    asked: list[tuple[str, Asker | None]] = []

    async def run(_endpoint: Endpoint, request: RemoteRequest) -> Answer:
        asked.append((request.operation, request.asker))
        return Answer({}, "", Streams(), "4.0", 0, 0.0)

    server = trust_worlds.server(Product.EXCHANGE)
    remote, logon = Remote("Exchange", run, None), Credentials("user", "password!", "digest")
    for call in (Call("observe", {}), Call("restart", {}, at_once=True)):
        await remote.run(server, logon, server.hosts[0], call)
    mine = Asker(server.key.namespace, server.key.name)
    assert asked == [("observe", mine), ("restart", None)]
