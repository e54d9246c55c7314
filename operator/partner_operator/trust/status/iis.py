"""Restart bookkeeping of an organisation with IIS hosts: which are old, whose turn is next, what a human was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from partner_operator.trust.reasons import Reason


class HostRestartState(StrEnum):
    """Where a host stands in a restart round."""

    CURRENT = "Current"
    PENDING = "Pending"
    RESTARTING = "Restarting"
    FAILED = "Failed"
    """It was restarted and is not back as it was."""
    REFUSED = "Refused"
    """iisreset ran, and the workers are those of before."""


@dataclass(frozen=True, slots=True)
class HostHealth:
    """What a host serves. Hosts differ in roles, so each is compared with itself."""

    services: tuple[str, ...] = ()
    """Services of IIS and the product that run."""
    listeners: tuple[int, ...] = ()
    """TCP ports of IIS that are listened on."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """Status code by probed path, of the probes that are answered."""
    workers: bool = False
    """Whether a worker process of IIS runs."""


@dataclass(frozen=True, slots=True)
class HostStatus:
    """One IIS host in the status of its server."""

    name: str
    workers_started_at: datetime | None
    state: HostRestartState
    required_since: datetime | None = None
    """Workers that started before this are old, by the host's own clock; None: not looked at since the change."""
    measure: HostHealth | None = None
    """The most that the host showed: it is back, and well, when it shows this. None: it never answered."""
    missing: tuple[str, ...] = ()
    """What of the measure the host did not show when it was looked at last, for people."""
    missing_since: datetime | None = None
    """Since when exactly that was missing (operator's clock)."""
    restarted_at: tuple[datetime, ...] = ()
    """When the operator restarted this host lately (operator's clock), the oldest first."""
    said: str = ""
    """What iisreset said when it did not restart IIS, or when the host did not come back."""


@dataclass(frozen=True, slots=True)
class RoundStatus:
    """A round of restarts that has begun, and is finished whatever the budget says."""

    since: datetime
    """The requirement that it serves."""
    hosts: tuple[str, ...]
    """Hosts whose turn is still to come."""
    approved: bool = False
    """A human approved exactly this round."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the condition asks a human to approve: the next approval is for this and for nothing else."""

    reason: Reason
    since: datetime
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IISStatus:
    """Restart bookkeeping of an Exchange organisation."""

    restart_required_since: datetime | None = None
    """When the last change that needs a restart was over (operator's clock)."""
    hosts: tuple[HostStatus, ...] = ()
    round: RoundStatus | None = None
    question: Question | None = None
