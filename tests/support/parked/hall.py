"""One organisation with some applications, all as declared: what people do there, and what is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from partner_operator.engine import unserved
from partner_operator.engine.ports import RunFailed
from partner_operator.engine.process_memory import ProcessMemory
from partner_operator.trust.model import DesiredServer, DocumentReading, Product
from partner_operator.trust.status import Condition
from support.engine.servers import FakeOrganisation
from support.engine.world import World
from support.trust import worlds as values
from support.trust.worlds import OURS

STEP = timedelta(minutes=11)
"""From one pass to the next at the latest: the interval, and a tenth of it."""


class Always(list[RunFailed]):
    """The same failure for every operation."""

    def pop(self, index: object = 0) -> RunFailed:
        """It stays."""
        return self[0]


@dataclass
class Hall:
    """One organisation with some applications, all as declared."""

    product: Product
    count: int
    world: World = field(default_factory=World)
    names: list[str] = field(default_factory=list)
    server: str = ""
    gone: DesiredServer | None = None
    """The server object, where it was deleted."""
    watched: list[str] = field(default_factory=list)
    """Applications that come into the state, where they are not those of before."""

    def __post_init__(self) -> None:
        """Declare and register them."""
        self.server = self.product.lower()
        if self.product is Product.SHAREPOINT:
            self.world.join_farm()
        self.world.cluster.change_server(self.server, allowed_partners=OURS)
        self.world.memories = {}
        partner = Product.LYNC if self.product is Product.EXCHANGE else Product.EXCHANGE
        for number in range(self.count):
            name = f"papp-{number}"
            url = f"https://partner-{number}.litwareinc.com/metadata/json/1"
            self.documents = (
                *self.documents,
                values.reading(partner, url, realm=f"realm-{number}"),
            )
            desired = values.application(
                partner, name, url, server_name=self.server, identity=name, has_finalizer=False
            )
            self.world.cluster.add(
                replace(desired, partner=replace(desired.partner, server_name=None))
            )
            self.names.append(name)
        self.world.settle()
        if self.product is Product.SHAREPOINT:
            # Nobody restarts a farm but its administrator.
            self.reset()
        assert self.world.all_ready()

    # ---- what is there

    @property
    def organisation(self) -> FakeOrganisation:
        """The servers."""
        return self.world.organisations[self.product]

    @property
    def documents(self) -> tuple[DocumentReading, ...]:
        """What the server gets when it fetches documents."""
        return self.organisation.model.documents

    @documents.setter
    def documents(self, documents: tuple[DocumentReading, ...]) -> None:
        self.organisation.model.documents = documents

    @property
    def hosts(self) -> tuple[str, ...]:
        """As declared now."""
        return self.world.cluster.servers[self.server].hosts

    def partners(self, change: Callable[[DocumentReading], DocumentReading]) -> None:
        """The partners' documents change; the server's own one does not."""
        own = values.URLS[self.product]
        self.documents = tuple(
            one if one.url in {own, *values.URLS.values()} else change(one)
            for one in self.documents
        )

    # ---- what people do

    def each(self, **changes: Any) -> None:
        """`kubectl apply` of a change of every application."""
        for name in self.names:
            self.world.cluster.change(name, **changes)

    def anew(self, **changes: Any) -> None:
        """Each application is deleted without a finalizer, and applied again with a change."""
        for name in self.names:
            self.world.cluster.recreate(name)
        self.each(**changes)

    def declare(self, **changes: Any) -> None:
        """`kubectl apply` of a change of the server."""
        self.world.cluster.change_server(self.server, **changes)

    def restarts(self, **changes: Any) -> None:
        """`kubectl apply` of a change of spec.restart."""
        rules = self.world.cluster.servers[self.server].restart
        self.declare(restart=replace(rules, **changes))

    def disable(self) -> None:
        """Somebody disables every entry by hand."""
        model = self.organisation.model
        model.entries = tuple(replace(entry, enabled=False) for entry in model.entries)

    def ask(self) -> None:
        """The annotation reconcile-requested-at, on every application."""
        for name in self.names:
            self.world.cluster.request(name, f"asked at {self.world.clock.now()}")

    def ask_server(self) -> None:
        """The same on the server."""
        servers = self.world.cluster.servers
        word = f"asked at {self.world.clock.now()}"
        servers[self.server] = replace(servers[self.server], reconcile_requested_at=word)

    def approve(self) -> None:
        """The annotation approve-restart."""
        self.world.cluster.approve(self.server, f"approved at {self.world.clock.now()}")

    def reset(self) -> None:
        """An administrator runs iisreset on every host, and the next pass notices."""
        for host in self.hosts:
            self.organisation.iisreset(host)
        self.passes()

    def fail(self, failure: RunFailed) -> None:
        """Every remote run fails."""
        self.organisation.failures = Always([failure])

    def mend(self) -> None:
        """What was wrong with the servers is over."""
        organisation = self.organisation
        organisation.failures, organisation.refusal = [], ""
        organisation.organization = organisation.signs_with = organisation.incomplete = None
        organisation.unreachable.clear()
        for name in ("apply", "observe", "_own_certificates"):
            organisation.__dict__.pop(name, None)

    # ---- time

    def passes(self, number: int = 1) -> None:
        """Passes over the server, one after the other."""
        for _ in range(number):
            self.world.clock.instant += STEP
            self._pass()

    def _pass(self) -> None:
        if self.server in self.world.cluster.servers:
            self.world.run_pass(self.server)
            return
        self.world.due[self.server] = self.world.clock.now() + unserved.AGAIN
        asyncio.run(unserved.answer_all(self.world.ports(), ProcessMemory(), lambda why: None))

    def live(self, length: timedelta) -> int:
        """The operator works for so long, whenever it is due. Returns how many passes it made."""
        end, passes = self.world.clock.now() + length, 0
        while True:
            due = self.world.due.get(self.server)
            if due is None or due > end:
                break
            self.world.clock.instant = max(self.world.clock.now(), due)
            self._pass()
            passes += 1
        self.world.clock.instant = max(end, self.world.clock.now())
        return passes

    # ---- what is told

    def conditions(self) -> list[tuple[Condition, ...]]:
        """Of the applications that are watched."""
        cluster = self.world.cluster
        names = [name for name in self.watched or self.names if name in cluster.applications]
        return [cluster.status(name).conditions for name in names]

    def server_conditions(self) -> list[tuple[Condition, ...]]:
        """Of the server."""
        cluster = self.world.cluster
        return [cluster.server_statuses[cluster.servers[self.server].key.uid].conditions]
