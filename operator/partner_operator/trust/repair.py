"""How often the same thing is put right before a human is asked (design rule 5, case C01)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from partner_operator.trust.plan import Blocker, Change
from partner_operator.trust.status import Repair

MOST_ATTEMPTS = 3
"""Attempts whose read-back stays unequal before `DriftPersists`."""
MOST_PROVEN = 5
"""Proven repairs of the same fields within `FIGHT` before `AnotherWriter`."""
FIGHT = timedelta(hours=1)


class Allowance(StrEnum):
    """Whether a change may be tried."""

    ALLOWED = "Allowed"
    DRIFT_PERSISTS = "DriftPersists"
    ANOTHER_WRITER = "AnotherWriter"


def change_digest(change: Change, thumbprints: Sequence[str], generation: int) -> str:
    """What makes a repair the same one: `<fields, document, generation>.<all values>`.

    The first part alone counts proven repairs: another writer may set another value each time.
    """
    raise NotImplementedError


def may_repair(repair: Repair | None, digest: str, now: datetime) -> Allowance:
    """Whether the change with this digest may be tried (again)."""
    raise NotImplementedError


def attempted(repair: Repair | None, digest: str, now: datetime) -> Repair:
    """The record with one more attempt; kept in the status before the change is made."""
    raise NotImplementedError


def proven(repair: Repair) -> Repair:
    """The record after a read-back that shows the change: attempts are forgotten, proofs count."""
    raise NotImplementedError


def at_rest(repair: Repair | None, now: datetime) -> Repair | None:
    """The record after an observation without any difference; None once an hour has passed."""
    raise NotImplementedError


def refusal(allowance: Allowance, change: Change, repair: Repair) -> Blocker:
    """The blocker for an allowance that is not ALLOWED, naming the fields."""
    raise NotImplementedError
