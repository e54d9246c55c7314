"""A SharePoint farm beside the two organisations, and what people do with permissions there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from partner_operator.trust.model import Permission, Product, Right
from partner_operator.trust.reasons import ConditionStatus, Reason
from partner_operator.trust.status import GivenPermission
from support.engine.servers import FakeOrganisation
from support.engine.world import EXCHANGE_ON_SHAREPOINT, World, exchange_on_sharepoint
from support.trust import worlds as values

NAME = EXCHANGE_ON_SHAREPOINT
NOTHING = Permission()
FULL = Permission(Right.FULL_CONTROL, app_only=True)
READ = Permission(Right.READ, app_only=True)


@dataclass
class PermissionWorld(World):
    """The farm shall trust Exchange, and allow it something."""

    most: Right = Right.FULL_CONTROL

    def __post_init__(self) -> None:
        """Nothing is there yet."""
        super().__post_init__()
        self.join_farm(restart=self.rules, max_permission=self.most)

    @property
    def farm(self) -> FakeOrganisation:
        """SharePoint's servers."""
        return self.sharepoint

    def ask(self, right: Right, **changes: Any) -> None:
        """`kubectl apply` of the object with this permission."""
        if NAME in self.cluster.applications:
            self.cluster.change(NAME, permission=right, **changes)
            return
        self.cluster.add(exchange_on_sharepoint(permission=right, **changes))

    def add_heir(self) -> None:
        """`kubectl apply` of the same under another name."""
        now = self.cluster.applications[NAME]
        key = replace(now.key, name="heir", uid="uid-heir")
        self.cluster.add(replace(now, key=key, created_at=self.clock.now(), has_finalizer=False))

    @property
    def principal(self) -> str:
        """Exchange's, with the realm that it has now."""
        document = next(
            reading.document
            for reading in self.farm.model.documents
            if reading.url == values.EXCHANGE_URL
        )
        assert document is not None
        return f"{document.application_identifier}@{document.realm}"

    @property
    def allowed(self) -> Permission:
        """What the farm allows Exchange."""
        return self.farm.model.allowed.get(self.principal, NOTHING)

    @allowed.setter
    def allowed(self, permission: Permission) -> None:
        self.farm.model.allowed[self.principal] = permission

    @property
    def given(self) -> GivenPermission | None:
        """What the object remembers to have given."""
        return self.cluster.status(NAME).given_permission

    def adopted(self) -> None:
        """Somebody made the issuer by hand."""
        made = values.entry(Product.EXCHANGE, on=Product.SHAREPOINT, reference="by-hand")
        self.farm.model.entries = (replace(made, trust_level=None),)

    def message(self) -> str:
        """What Registered and Ready say."""
        told = self.cluster.status(NAME).conditions
        return " ".join(condition.message for condition in told)


def asked(right: Right = Right.FULL_CONTROL, before: Permission = NOTHING) -> PermissionWorld:
    """A farm that trusts Exchange and allows it what is declared; `before`: what somebody gave."""
    world = PermissionWorld()
    world.allowed = before
    world.ask(right)
    world.settle()
    assert world.cluster.ready(NAME) == (ConditionStatus.TRUE, Reason.SUCCEEDED), world.message()
    return world
