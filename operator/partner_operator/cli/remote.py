"""Remote runs as `run` and `doctor` make them: on threads, each in its turn, recorded where that is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from partner_operator.catalog import OPERATIONS
from partner_operator.engine.ports import Operations
from partner_operator.products.remote import Runner
from partner_operator.recorder import Recorder
from partner_operator.trust.model import Product
from partner_operator.winrm import (
    Answer,
    Channels,
    Endpoint,
    RemoteRequest,
    RemoteRunError,
    TimedOut,
    Turns,
    Unreachable,
    run,
)


def on_threads(
    pool: ThreadPoolExecutor,
    before_run: Callable[[], None] | None = None,
    channels: Channels | None = None,
) -> Runner:
    """Each remote run on a thread of its own. What `before_run` raises, the run raises, and nothing begins.

    `channels` keeps connections from run to run, until it is told that a pass is over.
    """

    async def run_remotely(endpoint: Endpoint, request: RemoteRequest) -> Answer:
        if before_run is not None:
            before_run()
        return await asyncio.get_running_loop().run_in_executor(
            pool, run, endpoint, request, channels
        )

    return run_remotely


def in_turn(turns: Turns, runner: Runner) -> Runner:
    """Each remote run in its turn."""

    async def run_in_turn(endpoint: Endpoint, request: RemoteRequest) -> Answer:
        async with turns.turn(request.asker, endpoint.host):
            try:
                answer = await runner(endpoint, request)
            except RemoteRunError as error:
                turns.heard(endpoint.host, answered=not isinstance(error, (Unreachable, TimedOut)))
                raise
            turns.heard(endpoint.host, answered=True)
            return answer

    return run_in_turn


def operations(
    runner: Runner, ca_bundle: str | None, record: Path | None
) -> dict[Product, Operations]:
    """The products' operations over this runner, recorded where a folder is given."""
    runner = Recorder(runner, record) if record else runner
    return {each.product: each(runner, ca_bundle) for each in OPERATIONS}
