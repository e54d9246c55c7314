"""What stands in the way: one shape for everything that is wrong, or that is waited for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from partner_operator.trust.reasons import Reason


class Next(StrEnum):
    """What happens next."""

    WAITS = "waits"
    """Nothing is wrong; it goes on by itself (window, approval, replication, counterpart)."""
    RETRIED = "is tried again"
    HUMAN = "needs a human"
    """Only a human's change helps."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why something is not done, or not yet, in a sentence with the next step."""

    reason: Reason
    message: str
    then: Next
