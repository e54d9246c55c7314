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
from support.engine.servers import FakeOrganisation
from support.engine.world import SHAREPOINT_HOSTS, World, exchange_on_sharepoint
from support.trust import worlds as values

SHAREPOINT_ON_EXCHANGE = "sharepoint-on-exchange"
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


@dataclass
class FarmWorld(World):
    """A cluster with these two servers. Workers of the farm know a change when they start after it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        model = self.exchange.model
        model.documents = (*model.documents, values.reading(Product.SHAREPOINT))
        self.exchange.passes = self.accepted
        del self.cluster.servers["lync"]
        self.join_farm(restart=RestartRules(RestartPolicy.NEVER, timedelta(0)))

    @property
    def farm(self) -> FakeOrganisation:
        """The farm that shall trust Exchange."""
        return self.sharepoint

    def accepted(self) -> bool:
        """Whether the workers of the farm know Exchange."""
        return all(self.farm.running[host] for host in SHAREPOINT_HOSTS)

    def declare(self) -> None:
        """Both directions."""
        self.cluster.add(sharepoint_on_exchange())
        self.cluster.add(exchange_on_sharepoint())
