"""Whether absence may be believed: what was visible before and vanished together tells of the read, not of the entries.

An account that loses a part of its view, or a controller that knows only half, shows less without an error. A human
who removes one entry removes that one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from partner_operator.trust.conditions import shortened
from partner_operator.trust.entries import Entries
from partner_operator.trust.model import Entry, ObjectKey, Observed
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import Undeclared

BELIEVED_AFTER = timedelta(days=1)
"""What has been missing for so long is absent. What vanished within this time vanished together."""
LONGEST_NAMES = 300
"""Characters. Behind the names stands what to do, which must not be cut off."""


@dataclass(frozen=True, slots=True)
class Missing:
    """An entry that was visible before and is not now."""

    identity: str
    since: datetime
    """When it was first not seen (operator's clock)."""
    ours: bool
    """It stands for an object that nothing else stands for now."""
    unheard: bool = False
    """Nobody heard that it was made: a run that did not come so far made none of those that it was for."""


def vanished_together(missing: Sequence[Missing], now: datetime) -> tuple[Missing, ...]:
    """Those that make the read unproven; none: what is missing is absent.

    One entry alone was removed by somebody, and all that nobody heard to be made is one sign at most. Several of
    which none is ours change nothing for us.
    """
    latest = max((each.since for each in missing), default=now - BELIEVED_AFTER)
    if latest <= now - BELIEVED_AFTER:
        return ()
    together = tuple(each for each in missing if each.since > latest - BELIEVED_AFTER)
    signs = sum(not each.unheard for each in together) + any(each.unheard for each in together)
    if signs < 2 or not any(each.ours for each in together):
        return ()
    return together


def unproven(observed: Observed, together: Sequence[Missing], server: ObjectKey) -> str:
    """Why absence is not believed, and what ends that."""
    names = shortened(", ".join(sorted({each.identity for each in together})), LONGEST_NAMES)
    where = " when another domain controller shows the same," if observed.domain_controller else ""
    return (
        f"Partner applications that were visible before are missing together: {names}. Perhaps the account does not "
        "see them any more; look at the scope of its roles. If they were removed, set the annotation "
        f"partner-operator.io/reconcile-requested-at on PartnerServer {server.name}. Without that it is believed"
        f"{where} or after a day."
    )


def warned(observed: Observed, entry: Entry) -> Obstacle:
    """Why nothing is done for an object whose entry the server warns about."""
    message = (
        f"{observed.called} warns about partner application {entry.identity}, so its values are not relied on and it "
        f"is neither changed nor made again: {entry.warning} Mend it there, or remove it; the operator looks again."
    )
    return Obstacle(Reason.INCOMPLETE_READ, message, Next.RETRIED)


def strangers(
    known: Iterable[Undeclared],
    entries: Entries,
    claimed: frozenset[str],
    missing_since: datetime | None,
    told: Callable[[Entry], Undeclared],
) -> tuple[Undeclared, ...]:
    """What stands on the server, or stood there lately, that no object stands for, by name.

    `claimed`: references of entries that stand for an object. `missing_since`: since when those count as missing
    that are not seen for the first time; None: this read says nothing of what it does not show. `told`: what is told
    of an entry.
    """
    seen = tuple(
        told(entry) for entry in entries.observed.entries if entry.reference not in claimed
    )
    lost = (
        replace(each, missing_since=each.missing_since or missing_since)
        for each in known
        if not _is_there(each, entries) and each.reference not in claimed
    )
    return tuple(sorted((*seen, *lost), key=lambda each: (each.identity, each.reference)))


def _is_there(known: Undeclared, entries: Entries) -> bool:
    """Whether the very entry is seen. A status of an older operator tells entries by their names."""
    if known.reference:
        return bool(entries.referenced(known.reference))
    return bool(entries.named(known.identity))
