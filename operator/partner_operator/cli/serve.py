"""Composition root of `run`: what the operator is made of."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from partner_operator import __version__
from partner_operator.allocator import give_gaps_back
from partner_operator.catalog import CATALOG
from partner_operator.cli.options import authorities
from partner_operator.cli.remote import in_turn, on_threads, operations
from partner_operator.engine.bell import Bell
from partner_operator.engine.clock import SystemClock
from partner_operator.engine.ports import ServerName
from partner_operator.engine.state import Ports
from partner_operator.engine.unserved import serve_unserved
from partner_operator.engine.watchdog import Watchdog
from partner_operator.engine.worker import Worker
from partner_operator.kube.client import Connection
from partner_operator.kube.digests import Digests
from partner_operator.kube.doorbell import run_operator
from partner_operator.kube.events import KubernetesAnnouncer
from partner_operator.kube.health import Echo
from partner_operator.kube.kinds import ServedKinds
from partner_operator.kube.leader import lead
from partner_operator.kube.lease import Lease, lease_name
from partner_operator.kube.objects import LastSeen
from partner_operator.kube.patience import NONE
from partner_operator.kube.reader import KubernetesReader
from partner_operator.kube.writer import KubernetesWriter
from partner_operator.metrics.collector import Ears, State
from partner_operator.metrics.server import answering, new_registry
from partner_operator.trust.allowed import USUAL_BOUNDS, Bounds
from partner_operator.winrm import SLOTS, Channels, Turns

THREADS = 256
"""A restart occupies its thread for minutes; threads that nobody needs are not started."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    namespaces: tuple[str, ...]
    """Empty: the whole cluster."""
    bounds: Bounds = USUAL_BOUNDS
    liveness: str | None = None
    """URL at which health probes are answered."""
    metrics: str | None = None
    """URL at which Prometheus is answered."""
    lease_namespace: str | None = None
    ca_file: Path | None = None
    record: Path | None = None


async def run(options: Options) -> None:
    """Work at once where no Lease decides, else when it is ours."""
    ca_bundle = authorities(options.ca_file)
    state = State()
    async with answering(options.metrics, new_registry(state)):
        await _run_measured(options, ca_bundle, state)


async def _run_measured(options: Options, ca_bundle: str | None, state: State) -> None:
    # The Lease has a time of its own for each request, and asks again by itself.
    async with await Connection.open(patience=NONE) as first:
        state.requests.append(first.answered)
        namespace = options.lease_namespace or first.namespace
        name = None if namespace is None else lease_name(namespace, options.namespaces)
        _say_what_runs(options, None if name is None else f"{namespace}/{name}")
        if namespace is None:
            async with await Connection.open() as connection:
                state.works = lambda: True
                await _serve(options, ca_bundle, connection, state)
            return
        lease = Lease(first, namespace, lease_name(namespace, options.namespaces))
        before = lease.must_be_certain
        state.works = lambda: lease.is_certain
        async with await Connection.open(before) as connection:
            await lead(
                lease,
                options.liveness,
                lambda stop: _serve(options, ca_bundle, connection, state, before, stop),
            )


def _say_what_runs(options: Options, lease: str | None) -> None:
    """One line at the start, by which a log can be told from another's."""
    scope = ", ".join(options.namespaces) or None
    logger.info(
        "partner-operator %s serves %s; %s",
        __version__,
        f"namespace {scope}" if scope else "all namespaces",
        f"Lease {lease} decides which operator works" if lease else "no Lease: it works at once",
        extra={"version": __version__, "scope": scope, "lease": lease},
    )


async def _serve(
    options: Options,
    ca_bundle: str | None,
    connection: Connection,
    state: State,
    before_run: Callable[[], None] | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Until a signal comes, or `stop` is set. What has begun on a server by then is read to its end."""
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="winrm")
    echo = Echo()
    announcer = state.objects.announcer(KubernetesAnnouncer(connection))
    turns, channels = Turns(SLOTS), Channels()
    runner = in_turn(turns, state.runs.measured(on_threads(pool, before_run, channels)))
    products = operations(runner, ca_bundle, options.record)
    kinds, digests = ServedKinds(connection), Digests()

    def ports_of_a_worker() -> Ports:
        seen = LastSeen(echo)
        reader = KubernetesReader(
            connection, seen, CATALOG, options.namespaces, options.bounds, kinds, digests
        )
        return Ports(
            reader=state.objects.reader(reader),
            writer=state.objects.writer(KubernetesWriter(connection, seen)),
            announcer=announcer,
            operations=products,
            rules=CATALOG.rules,
            clock=SystemClock(),
            chance=random.Random(),  # noqa: S311 - jitter, not a secret
            hang_up=lambda name: channels.end(f"{name.namespace}/{name.name}"),
        )

    watchdog = Watchdog(ports_of_a_worker)
    state.memories = watchdog.memories
    state.ears = Ears(lambda: echo.unheard, lambda: echo.silence)
    state.waiting_runs = lambda: turns.waiting
    state.requests.append(connection.answered)

    async def work_on(name: ServerName, bell: Bell) -> None:
        with state.serving(name, bell):
            await Worker(ports_of_a_worker(), name, bell, watchdog.attend(name)).run()
        watchdog.leave(name)

    async def answer_unserved(bell: Bell) -> None:
        with state.serving(None, bell):
            await serve_unserved(ports_of_a_worker(), bell)

    beside = [
        asyncio.create_task(watchdog.run(), name="watchdog"),
        asyncio.create_task(give_gaps_back(), name="memory"),
    ]
    try:
        await run_operator(
            connection=connection,
            echo=echo,
            namespaces=options.namespaces,
            liveness=options.liveness,
            make_worker=work_on,
            make_unserved_worker=answer_unserved,
            kinds=kinds,
            stop=stop,
        )
    finally:
        for task in beside:
            task.cancel()
        # Beside the loop, which goes on renewing the Lease.
        await asyncio.to_thread(pool.shutdown)
