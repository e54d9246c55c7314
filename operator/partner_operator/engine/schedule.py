"""When the next pass is due: interval with jitter, and backoff that outlives the process."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from partner_operator.trust.status import Retry

FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(minutes=15)
JITTER = 0.1


def back_off(retry: Retry | None, now: datetime, chance: random.Random) -> Retry:
    """One more failure: 5 s doubled per failure, capped at 15 minutes, with up to 50 % jitter."""
    failures = (retry.failures if retry else 0) + 1
    delay = min(FIRST_DELAY * 2 ** min(failures - 1, 16), LONGEST_DELAY)
    jittered = delay * (1 - 0.5 * chance.random())
    return Retry(failures=failures, next_attempt_at=_whole(now + jittered))


def resync(now: datetime, interval: timedelta, chance: random.Random) -> datetime:
    """The regular next pass: the interval, give or take a tenth, so that servers spread out."""
    return _whole(now + interval * (1 + JITTER * (2 * chance.random() - 1)))


def earliest(*instants: datetime | None) -> datetime | None:
    """The first of those that are set."""
    return min((instant for instant in instants if instant is not None), default=None)


def _whole(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)
