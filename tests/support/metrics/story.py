"""One operator's day, filmed: trust stands, and one thing after the other goes wrong and is mended."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from partner_operator.engine.bell import Bell
from partner_operator.engine.ports import ServerName
from partner_operator.engine.process_memory import ProcessMemory
from partner_operator.engine.worker import Worker
from partner_operator.kube.health import Echo
from partner_operator.metrics.collector import Ears
from partner_operator.trust.model import Product, RestartRules
from partner_operator.winrm import Busy, Unreachable
from support.engine.world import disable
from support.metrics.film import NOT_SCRAPED, Film, series_in
from support.metrics.remote import run_once
from support.metrics.world import MeasuredWorld, converged_and_measured, text_of
from support.trust import worlds as values

RULES = RestartRules(settle=timedelta(0), max_per_day=50)


@dataclass
class Story:
    """A world, and the film of it."""

    world: MeasuredWorld = field(default_factory=lambda: converged_and_measured(rules=RULES))

    def __post_init__(self) -> None:
        """The camera runs from the first minute on."""
        self.echo = Echo(lambda: self.world.clock.now().timestamp())
        self.requests: Counter[tuple[str, str]] = Counter()
        self.world.state.ears = Ears(lambda: self.echo.unheard, lambda: self.echo.silence)
        self.world.state.requests.append(self.requests)
        self.begins = self.world.clock.now()
        self.workers = {name: self._worker(name) for name in self.world.cluster.servers}
        self.film = Film(self.begins.timestamp())
        self.film.frames.append(self._frame())

    def minutes(self, count: int, *, scraped: bool = True) -> None:
        """So long goes by. Each server has a pass a minute, as if its bell was rung."""
        for _ in range(count):
            due = self.begins + timedelta(minutes=self.film.minute + 1)
            self.world.clock.instant = max(self.world.clock.instant, due)
            for worker in self.workers.values():
                asyncio.run(worker._pass(["a minute went by"]))
            self.film.frames.append(self._frame() if scraped else NOT_SCRAPED)

    def publish(self, product: Product, name: str, lasts: timedelta) -> None:
        """A new certificate takes the place of the old one, and lasts so long from now on."""
        ends = self.begins + timedelta(minutes=self.film.minute) + lasts
        certificate = values.certificate(name * 40, not_after=ends)
        reading = values.reading(product, certificates=(certificate,))
        for organisation in (self.world.exchange, self.world.lync):
            organisation.model.documents = tuple(
                reading if one.url == reading.url else one for one in organisation.model.documents
            )

    def restart_rules(self, **changes: Any) -> None:
        """`kubectl apply` of other rules."""
        rules = replace(self.world.cluster.servers["exchange"].restart, **changes)
        self.world.cluster.change_server("exchange", restart=rules)

    def run_something_remotely(self) -> None:
        """What the servers of this world do not need: they are no far hosts."""
        for error in (None, Unreachable("ex1 cannot be reached."), Busy("ex1 is busy.")):
            asyncio.run(run_once(self.world.state.runs, error))

    def somebody_disables_it(self) -> None:
        """Set-PartnerApplication -Enabled $false."""
        disable(self.world)

    def _worker(self, name: str) -> Worker:
        """As the composition root makes it, with a memory that is measured."""
        state, server = self.world.state, ServerName("trust", name)
        memory = ProcessMemory()
        state.memories = {**state.memories, server: memory}
        state.bells[server] = Bell()
        return Worker(self.world.ports(), server, state.bells[server], memory)

    def _frame(self) -> dict[str, float]:
        return series_in(text_of(self.world.state))
