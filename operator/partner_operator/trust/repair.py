"""How often the same thing is put right before a human is asked (design rule 5, case C01)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from partner_operator.trust.differences import has_unreadable_value
from partner_operator.trust.plan import Blocker, Change
from partner_operator.trust.reasons import Reason
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


def change_digest(change: Change, thumbprints: tuple[str, ...], generation: int) -> str:
    """What makes a repair the same one: `<fields, document, generation>.<all values>`.

    The first part alone counts proven repairs: another writer may set another value each time.
    """
    subject = [sorted(change.fields), sorted(thumbprints), generation, str(change.kind)]
    values = [str(difference) for difference in change.differences]
    return f"{_hash(subject)}.{_hash(values)}"


def may_repair(repair: Repair | None, digest: str, now: datetime) -> Allowance:
    """Whether the change with this digest may be tried (again)."""
    if repair is None or _subject(repair.digest) != _subject(digest):
        return Allowance.ALLOWED
    if repair.proven >= MOST_PROVEN:
        return Allowance.ANOTHER_WRITER
    if repair.digest == digest and repair.attempts >= MOST_ATTEMPTS:
        return Allowance.DRIFT_PERSISTS
    return Allowance.ALLOWED


def attempted(repair: Repair | None, digest: str, now: datetime) -> Repair:
    """The record with one more attempt; kept in the status before the change is made."""
    fresh = Repair(digest=digest, attempts=1, first_at=now)
    if repair is None or _subject(repair.digest) != _subject(digest):
        return fresh
    attempts = repair.attempts + 1 if repair.digest == digest else 1
    if now - repair.first_at > FIGHT:
        # Slow come-backs are an admin's work, not a fight; only unproven attempts go on counting.
        return replace(fresh, attempts=attempts)
    return replace(repair, digest=digest, attempts=attempts)


def proven(repair: Repair) -> Repair:
    """The record after a read-back that shows the change: attempts are forgotten, proofs count."""
    if repair.attempts == 0:
        return repair
    return replace(repair, attempts=0, proven=repair.proven + 1)


def at_rest(repair: Repair | None, now: datetime) -> Repair | None:
    """The record after an observation without any difference; None once an hour has passed.

    Only for an application with neither a change nor a blocker: a refused repair is not at rest.
    An attempt that was not read back (the operator was killed) is proven by this observation.
    """
    if repair is None or now - repair.first_at > FIGHT:
        return None
    return proven(repair)


def refusal(allowance: Allowance, change: Change, repair: Repair) -> Blocker:
    """The blocker for an allowance that is not ALLOWED, naming the fields."""
    fields = ", ".join(sorted(change.fields))
    if allowance is Allowance.ANOTHER_WRITER:
        return Blocker(
            Reason.ANOTHER_WRITER,
            f"Somebody keeps changing {fields} back: put right {MOST_PROVEN} times within an hour, first at "
            f"{repair.first_at:%Y-%m-%d %H:%M} UTC. Nothing more is changed. Find the other writer (a "
            "script, an administrator, an operator of another cluster), then change the declaration or "
            "set the annotation partner-operator.io/reconcile-requested-at.",
            stalled=True,
        )
    unreadable = (
        " The server holds a value there that cannot be read; it may have to be repaired by hand."
        if has_unreadable_value(change)
        else ""
    )
    return Blocker(
        Reason.DRIFT_PERSISTS,
        f"The server took the change {MOST_ATTEMPTS} times and still shows the old state: {fields}.{unreadable} "
        "It is tried again for a new declaration, a new metadata document, or when the annotation "
        "partner-operator.io/reconcile-requested-at is set.",
        stalled=True,
    )


def _subject(digest: str) -> str:
    return digest.partition(".")[0]


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:16]
