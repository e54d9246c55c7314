"""A password that was refused at the end of a run: the answer holds, and the session tells of the refusal."""

from __future__ import annotations

import pytest

from partner_operator.engine.ports import Credentials
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.trust.model import Product
from partner_operator.winrm import Answer, Endpoint, RemoteRequest
from partner_operator.winrm.clixml import Streams
from support.trust import worlds as trust_worlds


@pytest.mark.parametrize("refused", [True, False])
async def test_a_session_tells_of_a_refusal_after_its_answer(refused: bool) -> None:
    async def host(_endpoint: Endpoint, _request: RemoteRequest) -> Answer:
        return Answer({"upToDate": []}, "", Streams(), "4.0", 0, 0.0, logon_refused=refused)

    server = trust_worlds.server(Product.LYNC)
    session = LyncOperations(host).on(server, Credentials("u", "p", "d"), server.hosts[0])
    assert not session.logon_refused
    assert await session.replicate() == ()
    assert session.logon_refused is refused
