"""The only summarizer: facts of a pass become conditions (design 3, table)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from partner_operator.trust.conditions import Part
from partner_operator.trust.model import Mode
from partner_operator.trust.plan import Blocker, Change
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import Condition


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is waited for, though nothing is wrong (window, approval, replication, counterpart)."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """What failed and is tried again by itself."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class ApplicationFacts:
    """What one pass knows of one application."""

    generation: int
    mode: Mode
    metadata: Part
    registered: Part
    activated: Part | None = None
    """None: the product needs no activation."""
    connected: Part | None = None
    """None: no test is declared on this object."""
    connected_tolerated: bool = False
    """True: the test failed fewer than failureThreshold times in a row after a success."""
    blocker: Blocker | None = None
    failure: Trouble | None = None
    waiting: Waiting | None = None
    working: str | None = None
    """A sentence while the pass is under way (before the first change, between phases)."""
    repairing: Change | None = None
    """Drift that was found and is being repaired."""
    planned: Change | None = None
    """What Enforce would do (mode Observe)."""


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What one pass knows of one server."""

    generation: int
    certificate: Part
    metadata: Part
    activated: Part | None = None
    unlisted_hosts: tuple[str, ...] = ()
    blocker: Blocker | None = None
    failure: Trouble | None = None
    waiting: Waiting | None = None
    working: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What goes into a status."""

    conditions: tuple[Condition, ...]
    settled: bool
    """True: `status.observedGeneration` moves to this generation (success or Stalled)."""

    def observed_generation(self, previous: int, generation: int) -> int:
        """The value for `status.observedGeneration`."""
        return generation if self.settled else previous


def application_verdict(
    old: tuple[Condition, ...], facts: ApplicationFacts, now: datetime
) -> Verdict:
    """Conditions of a PartnerApplication."""
    raise NotImplementedError


def server_verdict(old: tuple[Condition, ...], facts: ServerFacts, now: datetime) -> Verdict:
    """Conditions of a PartnerServer."""
    raise NotImplementedError
