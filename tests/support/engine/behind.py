"""A server that may trust an application behind a token server which answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from partner_operator.trust.conditions import find
from partner_operator.trust.model import AllowedTokenServer, DocumentReading, Product, TokenServer
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from support.engine.world import World
from support.trust import worlds as values
from support.trust.model_server import ModelServer

READY = (ConditionStatus.TRUE, Reason.SUCCEEDED)
NAME = "hr"
ACCOUNT = "litwareinc.com/Users/HR-ApplicationAccount"
EITHER = pytest.mark.parametrize("product", [Product.EXCHANGE, Product.LYNC])
TENANT = "6f1c0000-1111-2222-3333-444455556666"


@dataclass
class StsWorld(World):
    """A server that may trust an application behind a token server which answers."""

    product: Product = Product.EXCHANGE
    create: bool = False
    host: str = "sts.litwareinc.com"
    accounts: tuple[str, ...] = ()
    there: tuple[TokenServer, ...] = field(default_factory=lambda: (values.token_server(),))

    def __post_init__(self) -> None:
        """The server trusts the token servers that are there, and its owner allows them."""
        super().__post_init__()
        model = self.model
        model.documents = (*model.documents, values.sts())
        model.token_servers = self.there
        if self.product is Product.EXCHANGE:
            model.entries = values.STOCK
            self.exchange.running = dict.fromkeys(self.exchange.hosts, values.STOCK)
        self.allow(create=self.create)

    @property
    def server(self) -> str:
        """Name of the PartnerServer."""
        return self.product.lower()

    @property
    def model(self) -> ModelServer:
        """What is stored there."""
        return self.organisations[self.product].model

    @property
    def changes(self) -> int:
        """How many changes were made there."""
        return self.organisations[self.product].changes

    @property
    def ours(self) -> list[Any]:
        """Entries that are not stock."""
        return [entry for entry in self.model.entries if entry not in values.STOCK]

    def allow(self, *, create: bool = False) -> None:
        """The owner's word."""
        line = AllowedTokenServer(self.host, create, self.accounts)
        self.cluster.change_server(self.server, allowed_token_servers=(line,))

    def ask(self, name: str = NAME, **changes: Any) -> None:
        """`kubectl apply` of the application."""
        self.cluster.add(values.hr(name, server_name=self.server, **changes))

    def message(self, name: str = NAME, kind: ConditionType = ConditionType.READY) -> str:
        """Of one condition."""
        found = find(self.cluster.status(name).conditions, kind)
        assert found is not None
        return found.message

    def publish(self, reading: DocumentReading) -> None:
        """What the server gets from now on under this address."""
        others = (each for each in self.model.documents if each.url != reading.url)
        self.model.documents = (*others, reading)

    def set_there(self, *there: TokenServer) -> None:
        """Somebody removes or makes token servers by hand."""
        self.model.token_servers = there

    @property
    def addresses(self) -> list[str]:
        """Of the token servers that the server trusts."""
        return [each.metadata_url for each in self.model.token_servers]

    def set(self, **changes: Any) -> None:
        """Somebody changes the token server by hand."""
        self.model.token_servers = tuple(
            replace(each, **changes) for each in self.model.token_servers
        )


def registered(product: Product = Product.EXCHANGE, **changes: Any) -> StsWorld:
    """A world in which the application is registered."""
    world = StsWorld(product=product, **changes)
    world.ask()
    world.settle()
    assert world.cluster.ready(NAME) == READY, world.message()
    return world


def disable_ours(world: StsWorld) -> None:
    """Somebody disables our entries by hand."""
    world.model.entries = tuple(
        replace(entry, enabled=False) if entry in world.ours else entry
        for entry in world.model.entries
    )
