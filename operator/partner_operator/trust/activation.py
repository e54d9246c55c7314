"""IIS restarts as pure planning: who is pending, who is next, who came back (design rule 7, C04, C05)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from partner_operator.trust.conditions import Part
from partner_operator.trust.model import HostState, RestartRules
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import IISStatus

RESTART_TIME = timedelta(minutes=5)
"""What one host may need; no restart begins when a window leaves less."""


def raise_requirement(current: IISStatus | None, at: datetime) -> IISStatus:
    """Demand that workers started no earlier than `at` (server's clock). Never goes back."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Round:
    """The restart round as the hosts themselves tell it, after looking at them."""

    iis: IISStatus
    """Bookkeeping to write: one line per declared host, in declared order."""
    pending: tuple[str, ...]
    """Hosts whose oldest worker started before the requirement."""
    failed: tuple[str, ...]
    """Hosts that did not come back from a restart: a human must look; never restarted again."""
    unseen: tuple[str, ...]
    """Declared hosts that could not be looked at while a requirement stands."""
    left: tuple[str, ...]
    """Hosts of the last round that are no longer declared (C04): tell it once."""


def look(
    iis: IISStatus | None, states: Mapping[str, HostState], declared_hosts: Sequence[str]
) -> Round:
    """Join what is remembered with what the hosts show. `states`: by host name as declared."""
    raise NotImplementedError


def pending_hosts(
    iis: IISStatus | None, states: Mapping[str, HostState], declared_hosts: Sequence[str]
) -> tuple[str, ...]:
    """Names of `look(...).pending`, for callers that need nothing else."""
    return look(iis, states, declared_hosts).pending


class RestartAction(StrEnum):
    """What a round does next."""

    NOTHING = "Nothing"
    RESTART = "Restart"
    WAIT = "Wait"
    ASK = "Ask"


@dataclass(frozen=True, slots=True)
class RestartStep:
    """The next step of a round."""

    action: RestartAction
    host: str | None = None
    """Set for RESTART."""
    reason: Reason | None = None
    """Set for WAIT and ASK."""
    message: str = ""
    not_before: datetime | None = None
    """When waiting may end by itself (operator's clock); None: only something else ends it."""


def next_step(
    rules: RestartRules, view: Round, *, now: datetime, last_change_at: datetime | None
) -> RestartStep:
    """What to do now. `last_change_at`: operator's clock, of the last change on the organisation.

    RESTART names one host; call again after it came back. Raises WindowError.
    """
    raise NotImplementedError


def mark_restarting(iis: IISStatus, host: str) -> IISStatus:
    """Bookkeeping to write before a host is restarted."""
    raise NotImplementedError


def mark_failed(iis: IISStatus, host: str) -> IISStatus:
    """Bookkeeping for a host that did not come back as it was."""
    raise NotImplementedError


def mark_back(iis: IISStatus, host: str, after: HostState) -> IISStatus:
    """Bookkeeping for a host that came back."""
    raise NotImplementedError


def missing_after_restart(before: HostState | None, after: HostState) -> tuple[str, ...]:
    """What the host served or ran before its restart and does not now; empty: it is back.

    `before` None (the operator crashed in between): something must answer without a 5xx.
    """
    raise NotImplementedError


def activated(
    view: Round, *, test_passed_at: datetime | None, rules: RestartRules, step: RestartStep
) -> Part:
    """The Activated condition (rule 8): all workers are new, or a test passed after the change.

    `test_passed_at`: server's clock, or None.
    """
    raise NotImplementedError
