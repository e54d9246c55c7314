"""What one pass knows of an application and of a server: a verdict is made of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from partner_operator.trust.conditions import Part, unknown
from partner_operator.trust.expiry import Expiring
from partner_operator.trust.model import Mode
from partner_operator.trust.obstacle import Obstacle
from partner_operator.trust.plan import Change
from partner_operator.trust.reasons import Reason


@dataclass(frozen=True, slots=True)
class ApplicationFacts:
    """What one pass knows of one application."""

    generation: int
    mode: Mode
    metadata: Part
    registered: Part
    metadata_tolerated: bool = field(default=False, kw_only=True)
    """True: a document that cannot be had does not keep the object from being Ready."""
    activated: Part | None = None
    """None: the product needs no activation."""
    connected: Part | None = None
    """None: no test is declared on this object, though one could be run."""
    connected_tolerated: bool = False
    """True: it does not keep the object from being Ready. The test failed fewer than failureThreshold times in a row
    after a success, or no test exists."""
    obstacle: Obstacle | None = None
    """What decides before anything else: what is wrong, or why the registration of a deleted object stays yet."""
    waiting: Obstacle | None = None
    """What is waited for where nothing is wrong with document and entry."""
    working: str | None = None
    """A sentence while the pass is under way (before the first change, between phases)."""
    repairing: Change | None = None
    """Drift that was found and is being repaired."""
    planned: Change | None = None
    """What Enforce would do (mode Observe)."""
    expiring: Expiring | None = None
    """The partner's certificate, where it ends soon."""


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What one pass knows of one server."""

    generation: int
    certificate: Part
    metadata: Part
    expiring: Expiring | None = None
    """The server's own certificate, where it ends soon."""
    unlisted_hosts: tuple[str, ...] = ()
    skewed: str = ""
    """A sentence that names hosts whose clocks are too far from ours."""
    obstacle: Obstacle | None = None
    waiting: Obstacle | None = None
    working: str | None = None


def not_known(obstacle: Obstacle | None = None) -> Part:
    """What a condition says that could not be found out, and what was in the way."""
    if obstacle is None:
        return unknown(Reason.PROGRESSING, "Not looked at yet.")
    return unknown(obstacle.reason, obstacle.message)
