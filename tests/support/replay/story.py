"""A registration from nothing to a passed test, driven by the real engine over any runner and clock."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from partner_operator.catalog import CATALOG
from partner_operator.engine.ports import Clock, Credentials, ServerName
from partner_operator.engine.run_pass import run_pass
from partner_operator.engine.state import Patience, Ports
from partner_operator.kube.api.codec import to_json
from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.products.remote import Runner
from partner_operator.trust.model import DesiredServer, Product, RestartRules
from partner_operator.trust.reasons import ConditionStatus
from support.engine.crash import Crash
from support.engine.kubernetes import Cluster
from support.engine.world import (
    EXCHANGE_ON_LYNC,
    LYNC_ON_EXCHANGE,
    exchange_on_lync,
    lync_on_exchange,
)

ROUNDS = 8
_TIMES = ("At", "Time", "Since")
"""Ends of the names of fields that say when."""
_MOMENTS = {"at", "latency"}
"""Whole names of the others, and of how long it took."""


@dataclass
class Story:
    """Both servers and both applications, declared in a Kubernetes in memory."""

    runner: Runner
    clock: Clock
    servers: tuple[DesiredServer, DesiredServer]
    logons: tuple[Credentials, Credentials]
    cluster: Cluster = field(default_factory=lambda: Cluster(Crash()))

    async def tell(self) -> None:
        """Passes over both servers in turn until both applications are Ready."""
        for server, credentials in zip(self.servers, self.logons, strict=True):
            rules = RestartRules(settle=timedelta(0))
            self.cluster.credentials_by_server[server.key.name] = credentials
            self.cluster.add_server(replace(server, restart=rules))
        self.cluster.add(lync_on_exchange())
        self.cluster.add(exchange_on_lync())
        ports = Ports(
            rules=CATALOG.rules,
            reader=self.cluster,
            writer=self.cluster,
            announcer=self.cluster,
            operations={
                Product.EXCHANGE: ExchangeOperations(self.runner, None),
                Product.LYNC: LyncOperations(self.runner, None),
            },
            clock=self.clock,
            chance=random.Random(1),
            patience=Patience(poll=timedelta(0)),
        )
        for _ in range(ROUNDS):
            for server in self.servers:
                await run_pass(ports, ServerName("trust", server.key.name), None)
            if self.ready():
                return

    def ready(self) -> bool:
        """Whether both are."""
        states = [self.cluster.ready(name) for name in (LYNC_ON_EXCHANGE, EXCHANGE_ON_LYNC)]
        return all(state is not None and state[0] is ConditionStatus.TRUE for state in states)

    def statuses(self) -> list[str]:
        """All statuses as Kubernetes would show them, without times and logons, as lines of JSON."""
        applications = {
            name: to_json(self.cluster.status(name))
            for name in (LYNC_ON_EXCHANGE, EXCHANGE_ON_LYNC)
        }
        servers = {
            server.key.name: to_json(self.cluster.server_statuses[server.key.uid])
            for server in self.servers
        }
        for status in servers.values():
            # Of the logon: a replay has another one than was recorded.
            status.get("logon", {}).pop("mark", None)
        timeless_ones = {
            name: timeless(status) for name, status in (applications | servers).items()
        }
        return json.dumps(timeless_ones, indent=1).splitlines()

    def told(self) -> list[tuple[str, str, str]]:
        """Events: object, reason and message."""
        return [(name, reason, message) for name, _, reason, message in self.cluster.events]


def timeless(value: Any) -> Any:
    """A status without what depends on the clock of the day."""
    if isinstance(value, dict):
        return {
            key: timeless(inner)
            for key, inner in value.items()
            if not key.endswith(_TIMES) and key not in _MOMENTS
        }
    if isinstance(value, list):
        return [timeless(inner) for inner in value]
    return value
