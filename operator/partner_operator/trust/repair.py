"""How often the same thing is put right before a human is asked (rules 5 and 18, cases C01, C26, C27)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.trust.differences import has_unreadable_value
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.plan import Change
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import DocumentSeen, Repair

MOST_ATTEMPTS = 3
"""Attempts whose read-back stays unequal before `DriftPersists`."""
MOST_PROVEN = 5
"""Proven repairs within `FIGHT` before `AnotherWriter`."""
FIGHT = timedelta(days=1)
"""However slowly somebody sets it back: a pass may come once an hour, and a script once in twenty minutes."""
MOST_RETURNS = 2
"""How often documents may come back that were replaced within `FIGHT`: a roll-over that is taken back does so once."""
MOST_DOCUMENTS = 8


class Allowance(StrEnum):
    """Whether a change may be tried."""

    ALLOWED = "Allowed"
    DRIFT_PERSISTS = "DriftPersists"
    ANOTHER_WRITER = "AnotherWriter"
    ALTERNATES = "Alternates"


def document_digest(document: AuthMetadata | None) -> str:
    """What makes a partner's document another one; empty where there is none."""
    if document is None:
        return ""
    return _hash([sorted(document.thumbprints), document.realm, document.issuer])


def change_digest(change: Change, document: str, generation: int) -> str:
    """What makes a repair the same one: `<generation>.<document>.<fields and values>`.

    Proven repairs count for a declaration and a document: another writer may change something else each time.
    """
    values = [str(change.kind), *(str(difference) for difference in change.differences)]
    return f"{generation}.{document}.{_hash(values)}"


def may_repair(repair: Repair | None, digest: str) -> Allowance:
    """Whether the change with this digest may be tried (again)."""
    if repair is None or _generation(repair.digest) != _generation(digest):
        return Allowance.ALLOWED
    document = _document(digest)
    if alternates(repair, document):
        return Allowance.ALTERNATES
    if document != _last_document(repair):
        return Allowance.ALLOWED
    if _is_fight(repair):
        return Allowance.ANOTHER_WRITER
    if repair.digest == digest and repair.attempts >= MOST_ATTEMPTS:
        return Allowance.DRIFT_PERSISTS
    return Allowance.ALLOWED


def alternates(repair: Repair | None, document: str) -> bool:
    """Whether this document is one of several that came in turn: a new one is none of them."""
    if repair is None or not repair.documents:
        return False
    last = repair.documents[-1].at
    lately = [seen.digest for seen in repair.documents if last - seen.at <= FIGHT]
    returns = sum(digest in lately[:place] for place, digest in enumerate(lately))
    return returns >= MOST_RETURNS and document in lately


def _is_fight(repair: Repair) -> bool:
    """As many proofs as are borne, each within a day of the others. Nothing is repaired after that."""
    proofs = repair.proven_at
    return len(proofs) >= MOST_PROVEN and proofs[-1] - proofs[0] <= FIGHT


def attempted(repair: Repair | None, digest: str, now: datetime) -> Repair:
    """The record with one more attempt; kept in the status before the change is made."""
    document = _document(digest)
    if repair is None or _generation(repair.digest) != _generation(digest):
        return Repair(digest, 1, now, documents=(DocumentSeen(document, now),))
    seen = with_document(repair, document, now)
    return replace(
        seen,
        digest=digest,
        attempts=repair.attempts + 1 if repair.digest == digest else 1,
        last_at=now,
        proven_at=repair.proven_at if seen is repair else (),
    )


def with_document(repair: Repair, document: str, now: datetime) -> Repair:
    """The record after the partner's document was read; the same one where it is the last document."""
    if document in {"", _last_document(repair)}:
        return repair
    documents = (*repair.documents, DocumentSeen(document, now))
    return replace(repair, documents=documents[-MOST_DOCUMENTS:])


def made(repair: Repair) -> Repair:
    """The record after a read-back that shows a first registration, which puts nothing right."""
    return replace(repair, attempts=0)


def proven(repair: Repair) -> Repair:
    """The record after a read-back that shows the change: attempts are forgotten, proofs count."""
    if repair.attempts == 0:
        return repair
    proofs = (*repair.proven_at, repair.last_at)
    return replace(repair, attempts=0, proven_at=proofs[-MOST_PROVEN:])


def at_rest(repair: Repair | None, now: datetime) -> Repair | None:
    """The record after an observation without any difference; None once a day has passed.

    Only for an application with neither a change nor a blocker: a refused repair is not at rest.
    An attempt that was not read back (the operator was killed) is proven by this observation.
    """
    if repair is None or now - repair.last_at > FIGHT:
        return None
    return proven(repair)


def refusal(allowance: Allowance, change: Change, repair: Repair) -> Obstacle:
    """The blocker for a change that is refused, naming the fields."""
    fields = ", ".join(sorted(change.fields))
    if allowance is Allowance.ANOTHER_WRITER:
        return Obstacle(
            Reason.ANOTHER_WRITER,
            f"Somebody keeps changing this partner application back, now {fields}: put right {MOST_PROVEN} times "
            f"within a day, first at {repair.proven_at[0]:%Y-%m-%d %H:%M} UTC. Nothing more is changed. Find the other "
            "writer (a script, an administrator, an operator of another cluster), then change the declaration or "
            "set the annotation partner-operator.io/reconcile-requested-at.",
            Next.HUMAN,
        )
    unreadable = (
        " The server holds a value there that cannot be read; it may have to be repaired by hand."
        if has_unreadable_value(change)
        else ""
    )
    return Obstacle(
        Reason.DRIFT_PERSISTS,
        f"The server took the change {MOST_ATTEMPTS} times and still shows the old state: {fields}.{unreadable} The "
        "operator tries again for a new declaration, a new metadata document, or when the annotation "
        "partner-operator.io/reconcile-requested-at is set.",
        Next.HUMAN,
    )


def alternating(url: str) -> Obstacle:
    """The blocker for a partner whose documents come in turn, whichever of them was read now."""
    return Obstacle(
        Reason.METADATA_ALTERNATES,
        f"There are two documents behind one URL: {url} gave different ones in turn. Several machines answer for that "
        "name and do not publish the same certificates. Nothing more is changed. Look at the document of each machine, "
        "let all publish the same, then set the annotation partner-operator.io/reconcile-requested-at.",
        Next.HUMAN,
    )


def _last_document(repair: Repair) -> str:
    return repair.documents[-1].digest if repair.documents else ""


def _generation(digest: str) -> str:
    return digest.partition(".")[0]


def _document(digest: str) -> str:
    return digest.split(".")[1]


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:16]
