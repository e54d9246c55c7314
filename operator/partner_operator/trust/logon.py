"""Whether a logon may be tried: each one that is refused brings its account nearer to the lockout (rule 12, C38)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta

from partner_operator.trust.model import DesiredServer
from partner_operator.trust.status import LogonStatus

DAY = timedelta(days=1)
"""A refused logon is tried again after this long by itself: whoever unlocked the account need say nothing."""
MOST_UNSEEN = 3
"""Tries whose end nobody saw, in a row: the operator was killed, or could not write what became of them."""


def logon_digest(server: DesiredServer, credentials: str) -> str:
    """What makes a logon another one: the credentials (their salted digest), to whom they are shown, and how."""
    bearing = [credentials, str(server.authentication), server.port, server.ca_bundle, server.hosts]
    return hashlib.sha256(json.dumps(bearing).encode()).hexdigest()[:32]


def is_refused(known: LogonStatus | None, digest: str) -> bool:
    """Whether this very logon was refused when it was tried last, as far as anybody knows."""
    if known is None or known.accepted or known.digest != digest:
        return False
    return bool(known.refusal) or known.unseen >= MOST_UNSEEN


def may_try(known: LogonStatus | None, digest: str, word: str | None, now: datetime) -> bool:
    """Whether this logon may be tried now. A refused one: once for each new word of a human, else once a day.

    `word`: the newest reconcile request on the server.
    """
    if not is_refused(known, digest):
        return True
    assert known is not None
    asked = word is not None and word != known.word
    return asked or known.tried_at is None or now >= known.tried_at + DAY


def begun(
    known: LogonStatus | None, digest: str, word: str | None, now: datetime
) -> LogonStatus | None:
    """What must be remembered before a try. The same where the logon is known to be good.

    After a refusal, be it of another logon, a try whose end nobody sees counts as refused: it is the only one.
    """
    if known is not None and known.accepted and known.digest == digest:
        return known
    if known is not None and is_refused(known, known.digest):
        unseen = MOST_UNSEEN
    else:
        same = known is not None and not known.accepted and known.digest == digest
        unseen = 1 + (known.unseen if known is not None and same else 0)
    return LogonStatus(digest, tried_at=_whole(now), word=word, unseen=unseen)


def not_tried(before: LogonStatus | None, tried: LogonStatus | None) -> LogonStatus | None:
    """What is remembered when the logon was neither accepted nor refused: no try was made, no word is used up."""
    if tried is None or tried.accepted:
        return tried
    if before is not None and is_refused(before, before.digest):
        return before
    return replace(tried, unseen=0)


def refused(digest: str, word: str | None, now: datetime, message: str) -> LogonStatus:
    """What is remembered of a refusal."""
    return LogonStatus(digest, tried_at=_whole(now), word=word, refusal=message)


def accepted(digest: str) -> LogonStatus:
    """What is remembered of a logon that was accepted. Nothing of it moves."""
    return LogonStatus(digest, accepted=True)


def recalled(told: LogonStatus | None, own: LogonStatus | None) -> LogonStatus | None:
    """What is known, from what the status tells and what this process saw itself.

    The status may not have taken what was seen, and another operator may have seen a refusal since.
    """
    if own is None:
        return told
    if told is None or not told.refusal:
        return own
    newer = told.tried_at is None or own.tried_at is None or told.tried_at >= own.tried_at
    return told if newer else own


def _whole(now: datetime) -> datetime:
    return now.replace(microsecond=0)
