"""A change whose end nobody saw belongs to one host, until its process there is provably over (C23).

The operator was killed, or the answer was lost: the script may still be at work. Another host would read the
organisation as it was before, and the change would be made a second time.
"""

from __future__ import annotations

from dataclasses import replace

from partner_operator.engine.state import Pass, Reached
from partner_operator.trust.conditions import find
from partner_operator.trust.match import same
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import ConditionType, Reason
from partner_operator.trust.status import Intent


def hosts_to_ask(work: Pass) -> tuple[str, ...]:
    """The listed hosts; first those whose answer would prove that a change of ours is over."""
    waited = {intent.host.casefold() for intent in _open(work) if not _outlived(work, intent)}
    return tuple(sorted(work.server.hosts, key=lambda host: host.casefold() not in waited))


def unsettled(work: Reached) -> Intent | None:
    """An intent whose process may still be at work; None: all of them are provably over.

    The host has answered: our mutex there was free, so nothing of ours works there. Or its longest life has
    passed, or nobody lists the host any more, or a human says that it is over.
    """
    for intent in _open(work):
        answered = same(intent.host, work.observed.host)
        if answered or _outlived(work, intent):
            continue
        if _is_listed(work, intent) and not _declared_over(work, intent):
            return intent
    return None


def hold_changes(work: Reached, intent: Intent) -> None:
    """Begin no change on this organisation: what was begun on that host may still come true."""
    work.wake_at(intent.started_at + work.ports.patience.longest_run)
    work.unsettled = Obstacle(Reason.OUTCOME_UNKNOWN, _message(work, intent), Next.RETRIED)
    for draft in work.live:
        decision = draft.decision
        waits = draft.status.intent is not None
        if decision is None or (decision.change is None and not waits) or draft.blocker is not None:
            continue
        draft.blocker = work.unsettled
        draft.decision = replace(decision, change=None, planned=decision.change, absent=False)


def _open(work: Pass) -> list[Intent]:
    found = (draft.status.intent for draft in work.live)
    return [intent for intent in found if intent is not None and not intent.over]


def _outlived(work: Pass, intent: Intent) -> bool:
    return work.now() >= intent.started_at + work.ports.patience.longest_run


def _is_listed(work: Pass, intent: Intent) -> bool:
    return any(same(host, intent.host) for host in work.server.hosts)


def _message(work: Pass, intent: Intent) -> str:
    minutes = int(work.ports.patience.longest_run.total_seconds() // 60)
    return (
        f"A change was begun on {intent.host}, nobody saw its end, and the host does not answer. It may still be at "
        f"work there, so the operator changes nothing elsewhere. A run ends itself: {minutes} minutes after its "
        "beginning it counts as over. To go on earlier, see to it that nothing of the operator runs on that host, "
        f"and set the annotation partner-operator.io/reconcile-requested-at on PartnerServer {work.server.key.name}."
    )


def _declared_over(work: Pass, intent: Intent) -> bool:
    """A request after a human could read this very message. One that is older was for something else."""
    requested, status = work.server.reconcile_requested_at, work.declared.status
    told = find(status.conditions, ConditionType.READY)
    if requested in {None, status.last_handled_reconcile_at} or told is None:
        return False
    return told.reason is Reason.OUTCOME_UNKNOWN and told.message == _message(work, intent)
