"""Exchange beside a SharePoint farm, each of which is made to trust the other; Exchange's test asks the farm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from partner_operator.trust.model import (
    DesiredApplication,
    Product,
    RestartPolicy,
    RestartRules,
    ServiceTest,
)
from support.engine.kubernetes import Cluster
from support.engine.servers import FakeOrganisation
from support.engine.world import EXCHANGE_HOSTS, World
from support.trust import worlds as values
from support.trust.worlds import ModelServer

FARM_HOSTS = ("sp1.litwareinc.com", "sp2.litwareinc.com")
SHAREPOINT_ON_EXCHANGE, EXCHANGE_ON_SHAREPOINT = "sharepoint-on-exchange", "exchange-on-sharepoint"
SERVICE = "https://portal.litwareinc.com/_vti_bin/client.svc"


def sharepoint_on_exchange(**changes: Any) -> DesiredApplication:
    """Exchange shall trust the farm, and its test proves the other direction."""
    declared = values.application(
        Product.SHAREPOINT,
        SHAREPOINT_ON_EXCHANGE,
        server_name="exchange",
        has_finalizer=False,
        connectivity_test=ServiceTest(SERVICE, "kenmyer@litwareinc.com"),
    )
    return replace(declared, **changes)


def exchange_on_sharepoint(**changes: Any) -> DesiredApplication:
    """The farm shall trust Exchange."""
    declared = values.application(
        Product.EXCHANGE, EXCHANGE_ON_SHAREPOINT, server_name="sharepoint", has_finalizer=False
    )
    return replace(declared, **changes)


@dataclass
class FarmWorld(World):
    """A cluster with these two servers. Workers of the farm know a change when they start after it."""

    def __post_init__(self) -> None:
        documents = (values.reading(Product.EXCHANGE), values.reading(Product.SHAREPOINT))
        self.cluster = Cluster(self.crash, clock=self.clock)
        self.exchange = FakeOrganisation(
            Product.EXCHANGE,
            ModelServer(Product.EXCHANGE, (), documents),
            self.clock,
            self.crash,
            EXCHANGE_HOSTS,
        )
        self.sharepoint = FakeOrganisation(
            Product.SHAREPOINT,
            ModelServer(Product.SHAREPOINT, (), documents),
            self.clock,
            self.crash,
            FARM_HOSTS,
        )
        self.exchange.passes = self.accepted
        farm_rules = RestartRules(RestartPolicy.NEVER, timedelta(0))
        for product, hosts, rules in (
            (Product.EXCHANGE, EXCHANGE_HOSTS, self.rules),
            (Product.SHAREPOINT, FARM_HOSTS, farm_rules),
        ):
            declared = values.server(
                product, hosts=hosts, restart=rules, removal_settle=self.removal_settle
            )
            self.cluster.add_server(declared)

    @property
    def farm(self) -> FakeOrganisation:
        """The farm that shall trust Exchange."""
        return self.sharepoint

    def accepted(self) -> bool:
        """Whether the workers of the farm know Exchange."""
        return all(self.farm.running[host] for host in FARM_HOSTS)

    def declare(self) -> None:
        """Both directions."""
        self.cluster.add(sharepoint_on_exchange())
        self.cluster.add(exchange_on_sharepoint())

    @property
    def organisations(self) -> dict[Product, FakeOrganisation]:
        """By product."""
        return {Product.EXCHANGE: self.exchange, Product.SHAREPOINT: self.farm}
