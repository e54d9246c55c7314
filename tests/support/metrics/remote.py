"""Remote runs without a host: what is measured is what became of them."""

from __future__ import annotations

from contextlib import suppress

from partner_operator.metrics.runs import Runs
from partner_operator.winrm import Answer, Endpoint, RemoteRequest, RemoteRunError
from partner_operator.winrm.clixml import Streams

ENDPOINT = Endpoint(
    host="ex1.litwareinc.com",
    port=5986,
    authentication="ntlm",
    username="exchange-admin",
    password="geheim",
)
REQUEST = RemoteRequest(operation="observe", script="", parameters={}, product="Exchange")
ANSWER = Answer({}, "", Streams(), powershell_version="5.1", clock=0, seconds=1.0)


async def run_once(runs: Runs, error: BaseException | None = None) -> None:
    """One run through the measured runner: it ends so."""

    async def runner(_endpoint: Endpoint, _request: RemoteRequest) -> Answer:
        if error is not None:
            raise error
        return ANSWER

    with suppress(RemoteRunError):
        await runs.measured(runner)(ENDPOINT, REQUEST)
