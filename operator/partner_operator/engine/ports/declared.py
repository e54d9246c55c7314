"""What Kubernetes says of a server and of the applications that name it, read afresh for one pass."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from partner_operator.trust.model import DesiredApplication, DesiredServer, ObjectKey, Product
from partner_operator.trust.obstacle import Obstacle
from partner_operator.trust.status import ApplicationStatus, Removal, ServerStatus


@dataclass(frozen=True, slots=True)
class ServerName:
    """Where a PartnerServer is found; the uid is learnt by reading."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class CounterpartView:
    """The declared other direction, as its own status tells."""

    name: str
    ready: bool
    """Ready=True for its present generation."""
    last_changed_at: datetime | None
    """When the other side's registration or activation last changed."""
    testable_at: datetime | None = None
    """Since when a test can pass although it is not Ready; None: it is not registered."""
    test_passed_at: datetime | None = None
    """When the last connectivity test began that passed, and so proves this side too."""
    settling: bool = False
    """It is registered, and not known to be active yet."""
    gradual: bool = False
    """Its servers take changes over at a time that nobody knows: a test may pass at any time after one."""


@dataclass(frozen=True, slots=True)
class DeclaredApplication:
    """A PartnerApplication as read: declaration, memory, and what the reader found wrong with it."""

    desired: DesiredApplication
    status: ApplicationStatus
    blocker: Obstacle | None = None
    """Set when references do not resolve or a block belongs to another product."""
    counterpart: CounterpartView | None = None


@dataclass(frozen=True, slots=True)
class OtherServer:
    """Another PartnerServer of the cluster, for finding duplicates."""

    key: ObjectKey
    created_at: datetime
    product: Product
    organization: str | None
    deleting: bool = False
    answered_by: str | None = None
    """The host that `organization` was read from last."""
    stands_back: bool = False
    """Its status says that it leaves the organisation alone, see `trust.conditions.stands_back`."""
    removals: tuple[Removal, ...] = ()


@dataclass(frozen=True, slots=True)
class DeclaredServer:
    """Everything Kubernetes says about one server, read afresh for one pass."""

    desired: DesiredServer
    status: ServerStatus
    applications: tuple[DeclaredApplication, ...]
    others: tuple[OtherServer, ...] = ()
    neighbours: tuple[DeclaredApplication, ...] = ()
    """Applications that name other servers, existing or not. Read only while one of this server is being
    deleted: the heir of a trust may be declared under a new name of its server."""
    crd_deleting: bool = False
    """True: the CRD itself is being deleted, so nothing may be removed from servers (rule 13)."""
    problem: Obstacle | None = None
    """Set when the server's own declaration cannot be used (CA bundle missing, invalid object)."""
