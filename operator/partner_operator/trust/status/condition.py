"""One Kubernetes condition, as both kinds bear it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason


@dataclass(frozen=True, slots=True)
class Condition:
    """One Kubernetes condition. `last_transition` moves only when `status` does."""

    type: ConditionType
    status: ConditionStatus
    reason: Reason
    message: str
    observed_generation: int
    last_transition: datetime
