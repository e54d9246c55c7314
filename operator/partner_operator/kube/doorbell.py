"""kopf as the doorbell: its watches ring, its daemons are the workers, its finalizer holds servers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any

import kopf

from partner_operator.engine.bell import Bell
from partner_operator.engine.ports import Kind, ServerName
from partner_operator.kube.api.names import (
    API_VERSION,
    APPLICATIONS,
    DRAINED,
    GROUP,
    PLURALS,
    SERVER_FINALIZER,
    SERVERS,
    VERSION,
)
from partner_operator.kube.client import (
    MERGE_PATCH,
    ApiFailure,
    ApiRefused,
    Connection,
    custom_path,
)
from partner_operator.kube.health import Echo, check_workers
from partner_operator.kube.kinds import MEND, ServedKinds
from partner_operator.kube.kopf_storage import NoDiffBase, NoProgress
from partner_operator.kube.lookout import Lookout
from partner_operator.kube.switchboard import Switchboard
from partner_operator.kube.watches import CannotServe, Endless, run_kopf, watch_again
from partner_operator.kube.workers import RESTART_DELAY, MakeWorker, Stopped, Workers

logger = logging.getLogger(__name__)

CRD_PATIENCE = 60.0
"""Seconds to wait at start for CRDs that are being applied."""
DRAIN_POLL = 600.0
"""Seconds that kopf may sleep over a terminating server; the end of its worker wakes it at once."""

GOODBYE = 0.25
"""Seconds that connections get to end in order."""


class CRDsMissing(CannotServe):
    """The cluster does not know our kinds."""


class RightsMissing(CannotServe):
    """Our objects may not be listed anywhere."""


async def run_operator(
    *,
    connection: Connection,
    echo: Echo,
    namespaces: Sequence[str],
    liveness: str | None,
    make_worker: MakeWorker,
    make_unserved_worker: Callable[[Bell], Coroutine[Any, Any, None]],
    kinds: ServedKinds | None = None,
    ready: asyncio.Event | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Run until a signal comes or `stop` is set.

    `namespaces` are served; none means the whole cluster. `liveness` is the URL at which probes are
    answered. `ready` is set when the watches begin. Raises CRDsMissing and RightsMissing.
    """
    kinds = kinds or ServedKinds(connection)
    lookout = Lookout(connection, namespaces)
    await _wait_for_crds(connection, lookout)
    await kinds.look()
    switchboard = Switchboard()
    looking = [
        asyncio.create_task(kinds.keep_looking(partial(switchboard.ring_all, "the CRDs changed"))),
        asyncio.create_task(lookout.keep_looking(partial(switchboard.ring_all, "rights changed"))),
    ]

    async def watch(stop: asyncio.Event) -> None:
        workers = Workers(switchboard, make_worker, partial(_wake_kopf, connection))
        workers.answer_unserved(make_unserved_worker)
        try:
            await run_kopf(
                registry=build_registry(connection, echo, kinds, switchboard, workers),
                settings=build_settings(),
                standalone=True,
                clusterwide=not namespaces,
                namespaces=namespaces,
                liveness_endpoint=liveness,
                ready_flag=ready,
                stop_flag=stop,
            )
        finally:
            await workers.end_all()

    try:
        await watch_again(watch, partial(_wait_for_crds, connection, lookout), stop)
    finally:
        for task in looking:
            task.cancel()
        await asyncio.wait(looking)
        # kopf has closed its watches, but TLS connections end in later rounds of the loop.
        await asyncio.sleep(GOODBYE)


def build_settings() -> kopf.OperatorSettings:
    """kopf's settings; each differs from its default for the reason beside it."""
    settings = kopf.OperatorSettings()
    settings.persistence.finalizer = SERVER_FINALIZER
    settings.persistence.progress_storage = NoProgress()
    settings.persistence.diffbase_storage = NoDiffBase()
    settings.posting.enabled = False  # we write our own Events
    settings.scanning.disabled = True  # needs no right to list CRDs and namespaces
    settings.networking.request_timeout = 30
    settings.networking.connect_timeout = 5
    settings.networking.error_backoffs = Endless()
    settings.watching.server_timeout = 600
    settings.watching.client_timeout = 660
    settings.watching.connect_timeout = 5
    settings.watching.chunk_size = 500
    settings.queueing.exit_timeout = 2  # our handlers are quick
    # See `run_kopf`. kopf's own killer would not spare watches that begin anew.
    settings.process.ultimate_exiting_timeout = None
    settings.execution.max_workers = 1  # all our handlers are coroutines
    settings.background.instant_exit_timeout = 2
    return settings


def build_registry(
    connection: Connection,
    echo: Echo,
    kinds: ServedKinds,
    switchboard: Switchboard,
    workers: Workers,
) -> kopf.OperatorRegistry:
    """All our handlers, in a registry of their own."""
    registry = kopf.OperatorRegistry()

    @kopf.on.login(registry=registry, id="login", errors=kopf.ErrorsMode.PERMANENT)
    async def login(**_: Any) -> kopf.ConnectionInfo:
        return await connection.login()

    _add_probes(registry, echo, kinds, switchboard)

    @kopf.on.event(GROUP, VERSION, SERVERS, registry=registry, id="ring")
    async def server_event(event: Mapping[str, Any], **_: Any) -> None:
        body, deleted = event["object"], event["type"] == "DELETED"
        _hear(echo, body, deleted=deleted)
        switchboard.server_event(body, deleted=deleted)
        if deleted:
            workers.forget(body["metadata"]["uid"])

    @kopf.on.event(GROUP, VERSION, APPLICATIONS, registry=registry, id="ring")
    async def application_event(event: Mapping[str, Any], **_: Any) -> None:
        body, deleted = event["object"], event["type"] == "DELETED"
        _hear(echo, body, deleted=deleted)
        switchboard.application_event(body, deleted=deleted)

    @kopf.daemon(GROUP, VERSION, SERVERS, registry=registry, id="worker", cancellation_timeout=None)
    async def worker(
        uid: str, namespace: str | None, name: str, stopped: Stopped, **_: Any
    ) -> None:
        await workers.attend(uid, ServerName(str(namespace), name), stopped)

    def terminating(meta: Mapping[str, Any], **_: Any) -> bool:
        return meta.get("deletionTimestamp") is not None

    # This holds kopf's finalizer, not the daemon: kopf starts no daemon for what is terminating
    # already when the operator starts, and takes an exiting operator's daemon for one that is done.
    # In both cases it would let a server go that applications still need.
    @kopf.on.delete(GROUP, VERSION, SERVERS, registry=registry, id="drain", when=terminating)
    async def drain(uid: str, namespace: str | None, name: str, **_: Any) -> None:
        if not workers.drained(uid, ServerName(str(namespace), name)):
            raise kopf.TemporaryError("its worker is not done yet", delay=DRAIN_POLL)

    @kopf.on.cleanup(registry=registry, id="end")
    async def end(**_: Any) -> None:
        await workers.end_all()

    return registry


def _add_probes(
    registry: kopf.OperatorRegistry, echo: Echo, kinds: ServedKinds, switchboard: Switchboard
) -> None:
    # With the default errors mode a probe that fails is retried, and the kubelet never answered.
    @kopf.on.probe(registry=registry, id="watch", errors=kopf.ErrorsMode.PERMANENT)
    async def watch(**_: Any) -> str:
        echo.check()
        return "hears"

    @kopf.on.probe(registry=registry, id="queue", errors=kopf.ErrorsMode.PERMANENT)
    async def queue(**_: Any) -> str:
        check_workers(switchboard.bells())
        return "gets on"

    @kopf.on.probe(registry=registry, id="crds", errors=kopf.ErrorsMode.PERMANENT)
    async def crds(**_: Any) -> str:
        # No failure: a new start of the pod would mend nothing.
        return kinds.too_old or "fit"


def _hear(echo: Echo, body: Mapping[str, Any], *, deleted: bool) -> None:
    metadata = body.get("metadata", {})
    echo.heard(str(metadata.get("uid")), str(metadata.get("resourceVersion")), deleted=deleted)


async def _wake_kopf(connection: Connection, uid: str, name: ServerName) -> None:
    """Change a drained server, so that kopf looks at it now and takes its finalizer off."""
    patch = {"metadata": {"uid": uid, "annotations": {DRAINED: "true"}}}
    path = custom_path(Kind.SERVER, name.namespace, name.name)
    while True:
        try:
            await connection.request("PATCH", path, body=patch, content_type=MERGE_PATCH)
        except ApiRefused as refused:
            logger.debug("server %s needs no waking any more: %s", name.name, refused)
            return
        except ApiFailure as failure:
            logger.warning("server %s is drained, but: %s", name.name, failure)
            await asyncio.sleep(RESTART_DELAY)
        else:
            return


async def _wait_for_crds(connection: Connection, lookout: Lookout) -> None:
    """Wait a while for our kinds; kopf would run on without them, and never hear a thing."""
    await lookout.look()
    if lookout.all_closed:
        raise RightsMissing(lookout.all_closed)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + CRD_PATIENCE
    for kind, plural in PLURALS.items():
        while not await _is_served(connection, kind):
            if loop.time() > deadline:
                raise CRDsMissing(f"The cluster does not know {plural}.{GROUP}: {MEND}")
            await asyncio.sleep(1)


async def _is_served(connection: Connection, kind: Kind) -> bool:
    """Whether the API server knows a kind, whoever may list it."""
    found = await connection.get(f"/apis/{API_VERSION}") or {}
    return any(resource.get("name") == PLURALS[kind] for resource in found.get("resources", ()))
