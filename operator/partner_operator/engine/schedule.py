"""When the next pass is due: interval with jitter, and backoff that outlives the process."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from partner_operator.engine.ports import DeclaredApplication, DeclaredServer
from partner_operator.trust.conditions import find
from partner_operator.trust.model import Mode
from partner_operator.trust.reasons import ConditionType
from partner_operator.trust.status import Condition, Retry

FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(minutes=15)
MOST_FAILURES = 9
"""From here on the pause does not grow: 5 s, doubled eight times."""
SOON = timedelta(minutes=1)
"""So much later than planned an attempt may still be made."""
JITTER = 0.1


def back_off(retry: Retry | None, now: datetime, chance: random.Random) -> Retry:
    """One more failure: 5 s doubled per failure, capped at 15 minutes, with up to 50 % jitter.

    The same where the pause has reached its longest: it repeats itself, so that nothing of it need be written.
    """
    if retry is not None and retry.failures >= MOST_FAILURES and now >= retry.next_attempt_at:
        return retry
    failures = (retry.failures if retry else 0) + 1
    delay = min(FIRST_DELAY * 2 ** min(failures - 1, 16), LONGEST_DELAY)
    jittered = delay * (1 - 0.5 * chance.random())
    return Retry(failures=failures, next_attempt_at=_whole(now + jittered))


def next_attempt(retry: Retry, now: datetime, began_at: datetime | None) -> datetime:
    """When the next attempt is due, or was. `began_at`: the last one that this process knows of.

    The longest pause repeats itself. A process that finds one of its ends long over, and does not know whether an
    attempt was made then, waits for the next.
    """
    if retry.failures < MOST_FAILURES or now < retry.next_attempt_at:
        return retry.next_attempt_at
    last = retry.next_attempt_at + (now - retry.next_attempt_at) // LONGEST_DELAY * LONGEST_DELAY
    made = began_at is not None and began_at >= last
    return last + LONGEST_DELAY if made or now - last > SOON else last


def resync(now: datetime, interval: timedelta, chance: random.Random) -> datetime:
    """The regular next pass: the interval, give or take a tenth, so that servers spread out."""
    return _whole(now + interval * (1 + JITTER * (2 * chance.random() - 1)))


def patient(shortest: timedelta, for_long: timedelta) -> timedelta:
    """The pause before another look at what has lasted for so long: ever longer, 15 minutes at most."""
    return max(shortest, min(for_long, LONGEST_DELAY))


def earliest(*instants: datetime | None) -> datetime | None:
    """The first of those that are set."""
    return min((instant for instant in instants if instant is not None), default=None)


def _whole(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)


def may_wait(declared: DeclaredServer, now: datetime, began_at: datetime | None = None) -> bool:
    """True: the pause in the status is not over, and nobody asks for anything new.

    So neither an operator that is started again and again, nor the partner's events, hammer a
    server that does not answer.
    """
    retry = declared.status.retry
    if retry is None or now >= next_attempt(retry, now, began_at):
        return False
    if declared.desired.deleting and not declared.applications:
        return False
    return not _server_is_new(declared) and not any(map(_is_new, declared.applications))


def _server_is_new(declared: DeclaredServer) -> bool:
    desired, status = declared.desired, declared.status
    asked = desired.reconcile_requested_at not in {None, status.last_handled_reconcile_at}
    approved = desired.restart_approved not in {None, status.last_handled_approval}
    return asked or approved or _unseen(status.conditions, desired.generation)


def _is_new(application: DeclaredApplication) -> bool:
    desired, status = application.desired, application.status
    if desired.deleting and desired.release_requested is not None:
        return True
    if desired.reconcile_requested_at not in {None, status.last_handled_reconcile_at}:
        return True
    if desired.mode is Mode.SUSPEND and not desired.deleting:
        return status.observed_generation != desired.generation
    return _unseen(status.conditions, desired.generation)


def _unseen(conditions: tuple[Condition, ...], generation: int) -> bool:
    """Nothing was told about this generation yet."""
    ready = find(conditions, ConditionType.READY)
    return ready is None or ready.observed_generation != generation
