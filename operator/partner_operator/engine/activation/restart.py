"""Changes that hosts cache until their IIS workers are restarted."""

from __future__ import annotations

from datetime import datetime, timedelta

from partner_operator.engine import restarts
from partner_operator.engine.activation.at_once import AtOnce
from partner_operator.engine.state import Draft, Pass
from partner_operator.trust.activation import SELF_REFRESH
from partner_operator.trust.conditions import Part, find, unknown
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.restart_plan import RestartAction, RestartStep, activated
from partner_operator.trust.verdict import Waiting


class Restart(AtOnce):
    """A round of restarts, one host at a time. The test of the other direction proves it."""

    async def run(self, work: Pass) -> None:
        """Restart what is pending, if now is the time. Raises OperationFailed."""
        await restarts.run_round(work, allowed=work.may_act())

    def activated(self, work: Pass, draft: Draft) -> Part:
        """Whether the workers of all listed hosts started after the last change, or a test proved it."""
        if work.round is None or draft.status.registration is None:
            old = find(draft.status.conditions, ConditionType.ACTIVATED)
            if old is not None and draft.status.registration is not None:
                return Part(old.status, old.reason, old.message)
            return work.not_known(draft)
        young = _young(work, draft)
        if young is not None:
            return young
        counterpart = draft.declared.counterpart
        return activated(
            work.round,
            test_passed_at=counterpart.test_passed_at if counterpart else None,
            rules=work.server.restart,
            step=work.step or RestartStep(RestartAction.NOTHING),
        )

    def waiting(self, work: Pass, draft: Draft) -> Waiting | None:
        """The next restart, or the time in which hosts read somebody else's change."""
        young = _young(work, draft)
        if young is not None:
            return Waiting(young.reason, young.message)
        waiting = restarts.waiting_for_restart(work)
        # What only a human would begin is not waited for once a test has proven the change.
        asks = waiting is not None and waiting.reason is Reason.RESTART_APPROVAL_NEEDED
        proven = self.activated(work, draft).status is ConditionStatus.TRUE
        return None if asks and proven else waiting


def _young(work: Pass, draft: Draft) -> Part | None:
    """An adopted entry that somebody changed lately: its age is all that tells whether it is active."""
    entry = draft.decision.entry if draft.decision else None
    if work.iis.restart_required_since is not None or entry is None or entry.changed_at is None:
        return None
    assert work.observed is not None
    active_at = entry.changed_at + SELF_REFRESH
    passed = _by_the_servers_clock(work, draft)
    # The directory tells whole seconds, cut off: a test of that second may have come before the change.
    proven = passed is not None and passed > entry.changed_at + timedelta(seconds=1)
    if active_at <= work.observed.clock or proven:
        return None
    work.wake_at(work.now() + (active_at - work.observed.clock))
    return unknown(
        Reason.ACTIVATION_UNKNOWN,
        f"Somebody else changed this partner application lately. {work.server.product} reads it by itself within "
        "half an hour, or at once with iisreset; the operator restarts IIS only for its own changes.",
    )


def _by_the_servers_clock(work: Pass, draft: Draft) -> datetime | None:
    """When the counterpart's test last passed: our clock wrote it down, hosts are judged by theirs."""
    counterpart = draft.declared.counterpart
    passed = counterpart.test_passed_at if counterpart else None
    if passed is None or work.observed is None:
        return None
    return work.by_the_servers_clock(passed)
