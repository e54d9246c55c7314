"""Whether a logon may be tried: each one that is refused brings its account nearer to the lockout (rule 12, C38)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from partner_operator.trust.model import DesiredServer
from partner_operator.trust.status import LogonStatus

DAY = timedelta(days=1)
"""A refused logon is tried again after this long by itself: whoever unlocked the account need say nothing."""
MOST_UNSEEN = 3
"""Tries whose end nobody saw, in a row: the operator was killed, or could not write what became of them."""


@dataclass(frozen=True, slots=True)
class LogonKey:
    """What makes a logon another one: the credentials, to whom they are shown, and how."""

    digest: str
    """By the salted digest of the credentials: the same data gives the same. Only a refused logon's is ever stored."""
    mark: str
    """By the version of the Secret: nothing of the credentials can be guessed from it."""


def key_of(server: DesiredServer, digest: str, version: str) -> LogonKey:
    """The key of credentials with this digest, out of a Secret of this version."""
    bearing = [str(server.authentication), server.port, server.ca_bundle, server.hosts]
    return LogonKey(_hash([digest, *bearing]), _hash([version, *bearing]))


def is_refused(known: LogonStatus | None, key: LogonKey) -> bool:
    """Whether this very logon was refused when it was tried last, as far as anybody knows."""
    if known is None or not _counts_as_refused(known):
        return False
    return known.digest == key.digest if known.digest is not None else known.mark == key.mark


def _counts_as_refused(known: LogonStatus) -> bool:
    return not known.accepted and (known.digest is not None or known.unseen >= MOST_UNSEEN)


def may_try(known: LogonStatus | None, key: LogonKey, word: str | None, now: datetime) -> bool:
    """Whether this logon may be tried now. A refused one: once for each new word of a human, else once a day.

    `word`: the newest reconcile request on the server.
    """
    if known is None or not is_refused(known, key):
        return True
    asked = word is not None and word != known.word
    return asked or known.tried_at is None or now >= known.tried_at + DAY


def begun(
    known: LogonStatus | None, key: LogonKey, word: str | None, now: datetime
) -> LogonStatus | None:
    """What must be remembered before a try. The same where the logon is known to be good.

    After a refusal, be it of another logon, a try whose end nobody sees counts as refused: it is the only one.
    """
    same = known is not None and known.mark == key.mark
    if known is not None and same and known.accepted:
        return known
    digest = None
    if known is not None and _counts_as_refused(known):
        unseen = MOST_UNSEEN
        digest = known.digest if known.digest == key.digest else None
    else:
        unseen = 1 + (known.unseen if known is not None and same else 0)
    return LogonStatus(key.mark, tried_at=_whole(now), word=word, unseen=unseen, digest=digest)


def not_tried(before: LogonStatus | None, tried: LogonStatus | None) -> LogonStatus | None:
    """What is remembered when the logon was neither accepted nor refused: no try was made, no word is used up."""
    if tried is None or tried.accepted:
        return tried
    if before is not None and _counts_as_refused(before):
        return before
    return replace(tried, unseen=0)


def refused(key: LogonKey, word: str | None, now: datetime, message: str) -> LogonStatus:
    """What is remembered of a refusal."""
    return LogonStatus(
        key.mark, tried_at=_whole(now), word=word, refusal=message, digest=key.digest
    )


def accepted(key: LogonKey) -> LogonStatus:
    """What is remembered of a logon that was accepted. Nothing of it moves, and nothing tells of the credentials."""
    return LogonStatus(key.mark, accepted=True)


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


def _hash(values: list[object]) -> str:
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:32]


def _whole(now: datetime) -> datetime:
    return now.replace(microsecond=0)
