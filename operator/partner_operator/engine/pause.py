"""May a server that failed be left alone for now? The pause outlives the process (rule 12)."""

from __future__ import annotations

from datetime import datetime

from partner_operator.engine.ports import DeclaredApplication, DeclaredServer
from partner_operator.trust.conditions import find
from partner_operator.trust.model import Mode
from partner_operator.trust.reasons import ConditionType
from partner_operator.trust.status import Condition


def may_wait(declared: DeclaredServer, now: datetime) -> bool:
    """True: the pause in the status is not over, and nobody asks for anything new.

    So neither an operator that is started again and again, nor the partner's events, hammer a
    server that does not answer.
    """
    retry = declared.status.retry
    if retry is None or now >= retry.next_attempt_at:
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
        return False
    return _unseen(status.conditions, desired.generation)


def _unseen(conditions: tuple[Condition, ...], generation: int) -> bool:
    """Nothing was told about this generation yet."""
    ready = find(conditions, ConditionType.READY)
    return ready is None or ready.observed_generation != generation
