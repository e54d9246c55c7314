"""Cluster, two organisations, a farm that may join, and an operator that can be killed at any step."""

from __future__ import annotations

import asyncio
import copy
import random
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from partner_operator.catalog import CATALOG
from partner_operator.engine.ports import Credentials, ServerName
from partner_operator.engine.process_memory import ProcessMemory
from partner_operator.engine.run_pass import Result, run_pass
from partner_operator.engine.state import Patience, Ports
from partner_operator.trust.model import (
    ConnectivityTest,
    DesiredApplication,
    Product,
    RestartPolicy,
    RestartRules,
)
from partner_operator.trust.reasons import ConditionStatus
from partner_operator.trust.status import HostStatus, IISStatus
from support.engine.crash import Crash, Killed
from support.engine.kubernetes import Cluster, TestClock
from support.engine.servers import FakeOrganisation
from support.engine.view import View
from support.trust import worlds as values
from support.trust.model_server import ModelServer

EXCHANGE_HOSTS = ("ex1.litwareinc.com", "ex2.litwareinc.com")
LYNC_HOSTS = ("fe1.litwareinc.com", "fe2.litwareinc.com")
SHAREPOINT_HOSTS = ("sp1.litwareinc.com", "sp2.litwareinc.com")
LYNC_ON_EXCHANGE = "lync-on-exchange"
EXCHANGE_ON_LYNC = "exchange-on-lync"
EXCHANGE_ON_SHAREPOINT = "exchange-on-sharepoint"
LYNC_ON_SHAREPOINT = "lync-on-sharepoint"
IMPATIENT = Patience(
    host_return=timedelta(seconds=30), poll=timedelta(0), replication=timedelta(seconds=5)
)


def lync_on_exchange(**changes: Any) -> DesiredApplication:
    """Exchange shall trust Lync."""
    declared = values.application(
        Product.LYNC, LYNC_ON_EXCHANGE, server_name="exchange", has_finalizer=False
    )
    return replace(declared, **changes)


def exchange_on_lync(name: str = EXCHANGE_ON_LYNC, **changes: Any) -> DesiredApplication:
    """Lync shall trust Exchange, and the test proves it."""
    declared = values.application(
        Product.EXCHANGE,
        name,
        server_name="lync",
        has_finalizer=False,
        connectivity_test=ConnectivityTest("sip:kenmyer@litwareinc.com"),
    )
    return replace(declared, **changes)


def exchange_on_sharepoint(**changes: Any) -> DesiredApplication:
    """SharePoint shall trust Exchange."""
    declared = values.application(
        Product.EXCHANGE, EXCHANGE_ON_SHAREPOINT, server_name="sharepoint", has_finalizer=False
    )
    return replace(declared, **changes)


def lync_on_sharepoint(**changes: Any) -> DesiredApplication:
    """SharePoint shall trust Lync."""
    declared = values.application(
        Product.LYNC, LYNC_ON_SHAREPOINT, server_name="sharepoint", has_finalizer=False
    )
    return replace(declared, **changes)


_IDLE: list[asyncio.AbstractEventLoop] = []
"""Loops that run nothing now: one for each of many thousand passes would be a tenth of all time."""


def _at_once(work: Coroutine[Any, Any, Result]) -> Result:
    """Run it to its end, also within a step of another pass: two operators are two processes."""
    loop = _IDLE.pop() if _IDLE else asyncio.new_event_loop()
    outer = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        return loop.run_until_complete(work)
    finally:
        asyncio._set_running_loop(outer)
        _IDLE.append(loop)


@dataclass
class World:
    """Everything that outlives the operator, and a way to run it."""

    crash: Crash = field(default_factory=Crash)
    clock: TestClock = field(default_factory=lambda: TestClock(values.NOW))
    rules: RestartRules = field(default_factory=lambda: RestartRules(settle=timedelta(0)))
    removal_settle: timedelta = timedelta(0)
    due: dict[str, datetime | None] = field(default_factory=dict)
    memories: dict[str, ProcessMemory] | None = None
    """What one process keeps between its passes; None: each pass is the first of a new process."""

    def __post_init__(self) -> None:
        documents = (values.reading(Product.EXCHANGE), values.reading(Product.LYNC))
        self.cluster = Cluster(self.crash, clock=self.clock)
        self.exchange = FakeOrganisation(
            Product.EXCHANGE,
            ModelServer(Product.EXCHANGE, (), documents),
            self.clock,
            self.crash,
            EXCHANGE_HOSTS,
        )
        self.lync = FakeOrganisation(
            Product.LYNC,
            ModelServer(Product.LYNC, (), documents),
            self.clock,
            self.crash,
            LYNC_HOSTS,
        )
        self.sharepoint = FakeOrganisation(
            Product.SHAREPOINT,
            ModelServer(Product.SHAREPOINT, (), (*documents, values.reading(Product.SHAREPOINT))),
            self.clock,
            self.crash,
            SHAREPOINT_HOSTS,
        )
        self.lync.passes = self.trusted
        self.cluster.add_server(
            values.server(
                Product.EXCHANGE,
                hosts=EXCHANGE_HOSTS,
                restart=self.rules,
                removal_settle=self.removal_settle,
            )
        )
        self.cluster.add_server(
            values.server(Product.LYNC, hosts=LYNC_HOSTS, removal_settle=self.removal_settle)
        )

    @property
    def organisations(self) -> dict[Product, FakeOrganisation]:
        """All that can be managed."""
        return {there.product: there for there in (self.exchange, self.lync, self.sharepoint)}

    @property
    def iis(self) -> IISStatus | None:
        """What is told of the IIS of Exchange's hosts."""
        return self.cluster.server_statuses["uid-Exchange"].iis

    @property
    def restart_required(self) -> datetime | None:
        """What the workers of Exchange's hosts must be younger than."""
        return self.iis.restart_required_since if self.iis is not None else None

    @property
    def hosts_of_iis(self) -> dict[str, HostStatus]:
        """Exchange's hosts by name, as they are told."""
        return {host.name: host for host in self.iis.hosts} if self.iis is not None else {}

    def join_farm(self, **changes: Any) -> None:
        """`kubectl apply` of a farm's PartnerServer, which nobody restarts by default."""
        declared = values.server(
            Product.SHAREPOINT,
            hosts=SHAREPOINT_HOSTS,
            restart=replace(self.rules, policy=RestartPolicy.NEVER),
            removal_settle=self.removal_settle,
        )
        self.cluster.add_server(replace(declared, **changes))

    def trusted(self) -> bool:
        """Whether a token of either side is accepted, by what the servers *run* with."""
        signs = self._published(self.exchange.model, values.LYNC_URL)
        exchange = all(
            any(entry.enabled and signs in (entry.thumbprints or ()) for entry in entries)
            for entries in self.exchange.running.values()
        )
        known = self.lync.copies.get(values.EXCHANGE_URL, ())
        lync = any(entry.enabled for entry in self.lync.running[LYNC_HOSTS[0]])
        return exchange and lync and self._published(self.lync.model, values.EXCHANGE_URL) in known

    @staticmethod
    def _published(model: ModelServer, url: str) -> str:
        """The certificate with which the server behind this document signs: the first one."""
        document = next(reading.document for reading in model.documents if reading.url == url)
        assert document is not None
        return document.certificates[0].thumbprint

    def roll(self, partner: Product, *thumbprints: str) -> None:
        """The partner publishes these certificates from now on, and signs with the first."""
        certificates = tuple(values.certificate(thumbprint) for thumbprint in thumbprints)
        rolled = values.reading(partner, certificates=certificates)
        for organisation in self.organisations.values():
            organisation.model.documents = tuple(
                rolled if reading.url == rolled.url else reading
                for reading in organisation.model.documents
            )

    def declare(self) -> None:
        """`kubectl apply -f examples/`."""
        self.cluster.add(lync_on_exchange())
        self.cluster.add(exchange_on_lync())

    def ports(self) -> Ports:
        """A fresh operator: nothing is remembered but what the cluster holds."""
        view = View(self.cluster)
        return Ports(
            rules=CATALOG.rules,
            reader=view,
            writer=view,
            announcer=self.cluster,
            operations=self.organisations,
            clock=self.clock,
            chance=random.Random(1),
            patience=IMPATIENT,
        )

    def result_of_pass(self, name: str, remembered: Credentials | None = None) -> Result:
        """One pass over one server, by an operator that remembers this logon."""
        memory = None
        if self.memories is not None:
            memory = self.memories.setdefault(name, ProcessMemory())
        return _at_once(run_pass(self.ports(), ServerName("trust", name), remembered, memory))

    def run_pass(self, name: str, remembered: Credentials | None = None) -> datetime | None:
        """One pass over one server; a kill is survived, and asks for a pass at once."""
        try:
            result = self.result_of_pass(name, remembered)
        except Killed:
            self.crash.at = None
            if self.memories is not None:
                self.memories = {}
            return self.clock.now()
        self.due[name] = result.due
        return result.due

    def run_when_due(self, name: str) -> datetime | None:
        """The next pass over a server, at the time that the last one asked for."""
        due = self.due.get(name)
        if due is not None:
            self.clock.instant = max(self.clock.instant, due)
        return self.run_pass(name)

    def run_round(self) -> None:
        """One pass over each server, a moment later."""
        self.clock.instant += timedelta(seconds=1)
        for name in list(self.cluster.servers):
            self.run_pass(name)

    def settle(self, rounds: int = 12) -> None:
        """Rounds, with the clock going on to the earliest retry, until every object is Ready."""
        for _ in range(rounds):
            self.run_round()
            if self.all_ready():
                return
            waits = [due for due in self.due.values() if due is not None]
            if waits:
                self.clock.instant = max(self.clock.instant, min(waits))

    def all_ready(self) -> bool:
        """Every application is Ready=True, and none is still terminating."""
        return all(
            not application.deleting
            and (ready := self.cluster.ready(name)) is not None
            and ready[0] is ConditionStatus.TRUE
            for name, application in self.cluster.applications.items()
        )


def converged() -> World:
    """A world in which everything is declared and true. Each is a copy of one that became so."""
    return copy.deepcopy(_converged())


@cache
def _converged() -> World:
    world = World()
    world.declare()
    world.settle()
    assert world.all_ready(), [world.cluster.ready(name) for name in world.cluster.applications]
    return world


def disable(world: World) -> None:
    """Somebody runs Set-PartnerApplication -Enabled $false on Exchange."""
    entry = world.exchange.model.entries[0]
    world.exchange.model.entries = (replace(entry, enabled=False),)


def declare_crowd(world: World, count: int = 6, first: int = 0) -> list[str]:
    """`kubectl apply` of applications for other partners of Exchange."""
    numbers = range(first, first + count)
    names = [f"partner-{number}" for number in numbers]
    model = world.exchange.model
    world.cluster.change_server("exchange", allowed_partners=values.OURS)
    for number, name in zip(numbers, names, strict=True):
        url = f"https://pool-{number}.litwareinc.com/metadata/json/1"
        model.documents = (
            *model.documents,
            values.reading(Product.LYNC, url, realm=f"realm-{number}"),
        )
        desired = values.application(
            Product.LYNC, name, url, server_name="exchange", identity=name, has_finalizer=False
        )
        partner = replace(desired.partner, server_name=None)
        world.cluster.add(replace(desired, partner=partner))
    return names


def crowd(world: World, count: int = 6) -> list[str]:
    """Such applications, all registered by us."""
    names = declare_crowd(world, count)
    world.settle()
    assert len(world.exchange.model.entries) == count
    return names
