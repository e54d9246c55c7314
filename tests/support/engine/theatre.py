"""Real workers of real engines on the stage: their ports are the fakes, watched call by call."""

from __future__ import annotations

import asyncio
import inspect
import logging
import random
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from partner_operator.catalog import CATALOG
from partner_operator.engine.bell import Bell
from partner_operator.engine.ports import Credentials, ServerName, Wanted
from partner_operator.engine.state import Patience, Ports
from partner_operator.engine.worker import Worker
from partner_operator.kube.api.codec import to_json
from partner_operator.kube.switchboard import Switchboard
from partner_operator.trust.model import DesiredApplication, DesiredServer, Product
from partner_operator.trust.status import ChangeKind
from support.engine.field import FieldModel, FieldOrganisation, cached
from support.engine.invariants import Claim, Health, Judge
from support.engine.kubernetes import Cluster
from support.engine.session import OnHost
from support.engine.stage import Parked, Stage, StepKind, first_come
from support.engine.view import View
from support.engine.world import (
    EXCHANGE_HOSTS,
    LYNC_HOSTS,
    SHAREPOINT_HOSTS,
    World,
    exchange_on_sharepoint,
)
from support.trust import worlds as values

worker_log = logging.getLogger("partner_operator.engine.worker")
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
PATIENCE = Patience(
    host_return=timedelta(minutes=1),
    poll=timedelta(0),
    replication=timedelta(seconds=5),
    retest=timedelta(minutes=10),
)
REST = timedelta(minutes=75)
"""Without an effect for so long, which is two passes over each server and a test, everything is at rest."""
RESTLESS = frozenset({"connectivity", "retry"})
"""What may move in a status for ever: results of the hourly test, and when a failed pass is tried again."""
INTERVAL = timedelta(minutes=30)
RUNS: set[tuple[object, ...]] = set()
"""Every interleaving that was played: the steps in their order, and who was chosen. For the closing note."""


class StageBell(Bell):
    """A bell whose worker sleeps in simulated time."""

    def __init__(
        self, stage: Stage, engine: str, begins: Callable[[], None], ends: Callable[[], None]
    ) -> None:
        """`begins` is called when the worker goes to its work, `ends` when it comes back."""
        super().__init__(stage.clock.now)
        self._stage, self._engine, self._begins, self._ends = stage, engine, begins, ends
        self._place: Parked | None = None

    def ring(self, why: str) -> None:
        """Wake the worker."""
        super().ring(why)
        if self._place is not None:
            self._place.ready_at = min(self._place.ready_at, self._stage.clock.now())

    async def wait(self, until: datetime | None = None) -> frozenset[str]:
        """Wait for a ring or the time."""
        self._ends()
        if not self._rung.is_set():
            self._place = self._stage.park(self._engine, until or NEVER)
            await self._place.turn
            self._place = None
        self._begins()
        return await super().wait(self._stage.clock.now())


class StageSwitchboard(Switchboard):
    """The real switchboard, with bells of the stage."""

    def __init__(
        self,
        stage: Stage,
        engine: str,
        begins: Callable[[str, str], None],
        ends: Callable[[str, str], None],
    ) -> None:
        """`begins` and `ends` are called with engine and server around each pass."""
        super().__init__()
        self._stage, self._engine, self._begins, self._ends = stage, engine, begins, ends
        self._heard: dict[str, tuple[DesiredServer | DesiredApplication, object]] = {}

    def hang(self, name: ServerName) -> Bell:
        """Give the worker of a server its bell."""
        begins = partial(self._begins, self._engine, name.name)
        ends = partial(self._ends, self._engine, name.name)
        return self._bells.setdefault(name, StageBell(self._stage, self._engine, begins, ends))

    def catch_up(self, cluster: Cluster) -> None:
        """Hear of everything that changed since the last time."""
        stored: dict[str, tuple[DesiredServer | DesiredApplication, object]] = {}
        for server in cluster.servers.values():
            stored[server.key.uid] = (server, cluster.server_statuses[server.key.uid])
        for application in cluster.applications.values():
            stored[application.key.uid] = (application, cluster.statuses[application.key.uid])
        for uid, (declared, status) in stored.items():
            if self._heard.get(uid) != (declared, status):
                self._event(declared, status)
        for uid in self._heard.keys() - stored.keys():
            self._event(*self._heard[uid], deleted=True)
        self._heard = stored

    def _event(
        self,
        declared: DesiredServer | DesiredApplication,
        status: object,
        *,
        deleted: bool = False,
    ) -> None:
        body = _body(declared, status)
        if isinstance(declared, DesiredServer):
            self.server_event(body, deleted=deleted)
        else:
            self.application_event(body, deleted=deleted)


@dataclass
class Theatre(World):
    """The world of the engine's tests, with hosts of their own mind and any number of operators."""

    choose: Callable[[int], int] = first_come
    farm: bool = False
    """Whether a farm is what the operators look after, and nothing else."""
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    engines: dict[str, StageSwitchboard] = field(default_factory=dict)
    appeared: dict[str, datetime] = field(default_factory=dict)
    """By uid: when each object came."""
    deleted: dict[str, datetime] = field(default_factory=dict)
    """By uid: when each object was deleted."""
    effects: list[tuple[datetime, str]] = field(default_factory=list)
    """Remote writes, restarts and changes of what stands in the cluster."""
    wrote: set[int] = field(default_factory=set)
    """Numbers of the steps that changed what is stored in the cluster."""
    read_at: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """By engine and server: when the declarations were last read."""

    def __post_init__(self) -> None:
        """Build everything; nobody works yet."""
        documents = (values.reading(Product.EXCHANGE), values.reading(Product.LYNC))
        self.stage = Stage(self.clock, self.choose)
        self.cluster = Cluster(self.crash)
        self.judge = Judge(
            self.clock.now, self._health, self._claims, self._alive, self._runs_what_is_stored
        )
        self.exchange: FieldOrganisation = self._organisation(
            Product.EXCHANGE, EXCHANGE_HOSTS, documents
        )
        self.lync: FieldOrganisation = self._organisation(Product.LYNC, LYNC_HOSTS, documents)
        self.lync.passes = self.trusted
        self.sharepoint: FieldOrganisation = self._organisation(
            Product.SHAREPOINT,
            SHAREPOINT_HOSTS,
            (*documents, values.reading(Product.SHAREPOINT)),
        )
        worker_log.addFilter(self._heard_of)
        everyone = (self.exchange, self.lync, self.sharepoint)
        self.stage.passed += [there.tick for there in everyone]
        self.stage.unreachable = lambda host: any(host in there.unreachable for there in everyone)
        if self.farm:
            self.join_farm(restart=self.rules, interval=INTERVAL)
            return
        self.cluster.add_server(
            values.server(
                Product.EXCHANGE, hosts=EXCHANGE_HOSTS, restart=self.rules, interval=INTERVAL
            )
        )
        self.cluster.add_server(values.server(Product.LYNC, hosts=LYNC_HOSTS, interval=INTERVAL))

    def _organisation(
        self, product: Product, hosts: tuple[str, ...], documents: tuple[Any, ...]
    ) -> FieldOrganisation:
        model = FieldModel(product, (), documents)
        return FieldOrganisation(product, model, self.clock, self.crash, hosts, judge=self.judge)

    def _heard_of(self, record: logging.LogRecord) -> bool:
        """A pass that broke off is a fault; all else is not printed."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            place = traceback.extract_tb(error.__traceback__)[-1]
            self.judge.complain(f"a pass broke off: {error!r} at {place.name}:{place.lineno}")
        return False

    # ---- what the judge asks

    def organisation_of(self, host: str) -> FieldOrganisation:
        """Whose host this is."""
        return next(
            there for there in (self.exchange, self.lync, self.sharepoint) if host in there.hosts
        )

    def declare(self) -> None:
        """What is looked after here."""
        if self.farm:
            self.cluster.add(exchange_on_sharepoint())
        else:
            super().declare()

    def _health(self, host: str) -> Health:
        return self.organisation_of(host).health(host)

    def _runs_what_is_stored(self, host: str) -> bool:
        there = self.organisation_of(host)
        return cached(there.running[host]) == cached(there.model.entries)

    def _alive(self, uid: str) -> bool:
        return any(
            found.key.uid == uid and not found.deleting
            for found in self.cluster.applications.values()
        )

    def _claims(self, product: Product, uid: str) -> list[Claim]:
        everyone = self.cluster.applications.values()
        mine = next((found for found in everyone if found.key.uid == uid), None)
        return [
            Claim(other.key.name, self.appeared[other.key.uid])
            for other in everyone
            if mine is not None
            and other.key.uid != uid
            and not other.deleting
            and other.server_name == mine.server_name
            and other.partner == mine.partner
        ]

    # ---- operators

    def start(self, engine: str) -> None:
        """A new operator process begins: it knows nothing but what the cluster holds."""
        board = StageSwitchboard(self.stage, engine, self._begins, self._ends)
        self.engines[engine] = board
        self.hear()
        for name in self.cluster.servers:
            where = ServerName("trust", name)
            worker = Worker(self._ports(engine), where, board.hang(where))
            self.stage.act(engine, worker.run())

    def _ports(self, engine: str) -> Ports:
        """Those of one worker: what it has read is its own."""
        view = _Watched(self, engine, View(self.cluster))
        return Ports(
            rules=CATALOG.rules,
            reader=view,
            writer=view,
            announcer=_Watched(self, engine, self.cluster),
            operations={
                organisation.product: _Hands(self, engine, organisation)
                for organisation in (self.exchange, self.lync, self.sharepoint)
            },
            clock=self.clock,
            chance=random.Random(len(self.engines)),
            patience=PATIENCE,
        )

    def _begins(self, engine: str, server: str) -> None:
        self.judge.passes[engine, self.cluster.servers[server].product] = self.clock.now()

    def _ends(self, engine: str, name: str) -> None:
        server = self.cluster.servers.get(name)
        if server is not None:
            self.judge.server_left(engine, server, self.cluster.server_statuses[server.key.uid])

    def kill(self, engine: str) -> None:
        """SIGKILL."""
        self.stage.kill(engine)
        self.engines.pop(engine, None)

    def hear(self) -> None:
        """Watches tell every living operator what has changed."""
        for found in self.cluster.applications.values():
            self.appeared.setdefault(found.key.uid, self.clock.now())
            if found.deleting:
                self.deleted.setdefault(found.key.uid, self.clock.now())
        for board in self.engines.values():
            board.catch_up(self.cluster)

    # ---- time

    def play(self, length: timedelta, enough: Callable[[], bool] = lambda: False) -> None:
        """Everybody acts for so long."""

        async def on() -> None:
            await self.stage.play(self.clock.now() + length, enough)

        self.loop.run_until_complete(on())

    def comes_to_rest(self, within: timedelta) -> bool:
        """Play on until nothing had an effect for a while. False: something still moves."""
        end = self.clock.now() + within
        while self.clock.now() < end:
            began = self.clock.now()
            self.play(REST)
            if not self.effects or self.effects[-1][0] < began:
                return True
        return False

    def call(self, engine: str) -> None:
        """Start an operator (within the loop)."""

        async def begin() -> None:
            self.start(engine)

        self.loop.run_until_complete(begin())

    def close(self) -> None:
        """The run is over; it counts as one interleaving."""
        worker_log.removeFilter(self._heard_of)
        self.loop.run_until_complete(self.stage.end())
        self.loop.close()
        RUNS.add(
            (
                tuple((s.engine, s.what, s.about) for s in self.stage.steps).__hash__(),
                tuple(self.stage.choices),
            )
        )


def _body(declared: DesiredServer | DesiredApplication, status: Any) -> dict[str, Any]:
    """As much of an object as the switchboard reads."""
    annotations = {
        "partner-operator.io/reconcile-requested-at": declared.reconcile_requested_at,
        "partner-operator.io/release": getattr(declared, "release_requested", None),
        "partner-operator.io/approve-restart": getattr(declared, "restart_approved", None),
    }
    metadata = {
        "uid": declared.key.uid,
        "name": declared.key.name,
        "namespace": declared.key.namespace,
        "generation": declared.generation,
        "deletionTimestamp": "now" if declared.deleting else None,
        "annotations": annotations,
    }
    if isinstance(declared, DesiredServer):
        return {"metadata": metadata}
    spec = {
        "serverRef": {"name": declared.server_name},
        "partnerRef": {"name": declared.partner.server_name},
    }
    return {"metadata": metadata, "spec": spec, "status": to_json(status)}


@dataclass(frozen=True)
class _Watched:
    """Reader, Writer and Announcer of one engine: each call is a step, and the judge reads statuses."""

    theatre: Theatre
    engine: str
    port: object

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.port, name)
        cluster = self.theatre.cluster

        async def call(*arguments: Any, **options: Any) -> Any:
            about = _about(arguments)
            step = await self.theatre.stage.step(self.engine, _kind(name), name, about)
            before, old = cluster.writes, cluster.statuses | cluster.server_statuses
            result = await method(*arguments, **options)
            if cluster.writes != before:
                self.theatre.wrote.add(step.number)
                self._note(name, about, old)
            self._tell(name, arguments)
            return result

        return call

    def _note(self, name: str, about: str, old: Mapping[str, Any]) -> None:
        """What a write changed, so that it is seen whether everything comes to rest."""
        new = self.theatre.cluster.statuses | self.theatre.cluster.server_statuses
        moved = {
            field.name
            for uid, status in new.items()
            if uid in old
            for field in fields(status)
            if getattr(status, field.name) != getattr(old[uid], field.name)
        }
        what = f"{name} of {about}: {', '.join(sorted(moved))}"
        if moved and moved <= RESTLESS:
            return
        self.theatre.effects.append((self.theatre.clock.now(), what))

    def _tell(self, name: str, arguments: tuple[Any, ...]) -> None:
        theatre, judge = self.theatre, self.theatre.judge
        if name in {"server", "again"}:
            theatre.read_at[self.engine, _about(arguments)] = theatre.clock.now()
        elif name == "application_status":
            application, status = arguments
            server = theatre.cluster.servers.get(application.server_name)
            if server is not None:
                judge.application_told(self.engine, server, application, status)
        if _kind(name) is StepKind.WRITE:
            theatre.hear()


def _kind(name: str) -> StepKind:
    if name == "announce":
        return StepKind.TELL
    return (
        StepKind.READ if name in {"server", "again", "credentials", "unserved"} else StepKind.WRITE
    )


def _about(arguments: tuple[Any, ...]) -> str:
    for argument in arguments:
        if isinstance(argument, ServerName):
            return argument.name
        if isinstance(argument, DesiredServer | DesiredApplication):
            return argument.key.name
    return str(getattr(arguments[1], "name", "")) if len(arguments) > 1 else ""


@dataclass(frozen=True)
class _Hands:
    """Operations of one engine: each is a process on a host."""

    theatre: Theatre
    engine: str
    organisation: FieldOrganisation

    @property
    def product(self) -> Product:
        """Whose operations these are."""
        return self.organisation.product

    def on(self, server: DesiredServer, credentials: Credentials, host: str) -> Any:
        """A session on one host."""
        return OnHost(self, server, credentials, host)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.organisation, name)

        async def call(*arguments: Any, **options: Any) -> Any:
            names = _parameters(type(self.organisation), name)
            given = dict(zip(names, arguments, strict=False)) | options
            host = str(given["host"] if "host" in given else given["observed"].host)
            wanted: tuple[Wanted, ...] = tuple(given.get("wanted", ()))
            what = f"apply {wanted[0].change.kind}" if wanted else name
            step = await self.theatre.stage.step(self.engine, StepKind.REMOTE, what, host)

            def begins() -> None:
                self._begins(name, host, given)

            def work() -> Any:
                self.organisation.engine = self.engine
                return _at_once(method(*arguments, **options))

            return await self.theatre.stage.run_on_host(step, work, begins)

        return call

    def _begins(self, name: str, host: str, given: dict[str, Any]) -> None:
        server: DesiredServer = given["server"]
        judge = self.theatre.judge
        restarts = name == "restart" and self.organisation.would_restart(host, given["older_than"])
        if restarts:
            judge.restart_begins(self.engine, server, host)
            self.organisation.go_down(host)
        wanted: tuple[Wanted, ...] = tuple(given.get("wanted", ()))
        if wanted or restarts:
            self.theatre.effects.append((self.theatre.clock.now(), f"{name} on {host}"))
        for each in wanted:
            if each.change.kind is not ChangeKind.REMOVE:
                continue
            judge.removal_begins(
                server,
                each.application,
                read_at=self.theatre.read_at[self.engine, server.key.name],
                deleted_at=self.theatre.deleted[each.application.key.uid],
            )


def _parameters(of: type, method: str) -> tuple[str, ...]:
    return tuple(inspect.signature(getattr(of, method)).parameters)[1:]


def _at_once(coroutine: Any) -> Any:
    """The result of a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as finished:
        return finished.value
    coroutine.close()
    raise AssertionError("a fake must not wait")
