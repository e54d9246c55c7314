"""What is remembered between runs: a password that was refused at the end of one, and nothing else."""

from __future__ import annotations

import pytest

from partner_operator.engine.ports import Credentials, OperationFailed
from partner_operator.products.remote import Call, Remote
from partner_operator.trust.model import Product
from partner_operator.trust.reasons import Reason
from partner_operator.winrm import Answer, Endpoint, RemoteRequest
from partner_operator.winrm.clixml import Streams
from support.trust import worlds as trust_worlds
from support.trust.worlds import OURS


class Hosts:
    """Answers every run; `refusing` hosts refuse the logon while the shell is closed."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refusing = False

    async def run(self, endpoint: Endpoint, _request: RemoteRequest) -> Answer:
        """One remote run."""
        self.asked.append(endpoint.password)
        return Answer({}, "", Streams(), "4.0", 0, 0.0, logon_refused=self.refusing)


async def test_a_password_refused_at_the_end_of_a_run_is_not_tried_until_another_was_accepted() -> (
    None
):
    hosts = Hosts()
    remote = Remote("Exchange", hosts.run, None)
    server = trust_worlds.server(Product.EXCHANGE)
    first, second = (
        Credentials("user", name, f"digest of {name}", OURS) for name in ("one!!", "two!!")
    )

    async def observe(credentials: Credentials) -> None:
        await remote.run(server, credentials, server.hosts[0], Call("observe", {}, seconds=1))

    hosts.refusing = True
    await observe(first)
    hosts.refusing = False
    for _ in range(2):
        with pytest.raises(OperationFailed) as refusal:
            await observe(first)
        assert refusal.value.reason is Reason.CREDENTIALS_REJECTED
        assert refusal.value.credentials_rejected
        assert refusal.value.nothing_ran
    await observe(second)
    await observe(first)
    assert hosts.asked == ["one!!", "two!!", "one!!"]
