"""Changes that hosts cache until their IIS workers are restarted."""

from __future__ import annotations

from datetime import datetime, timedelta

from partner_operator.engine import connectivity, evidence, restarts
from partner_operator.engine.activation.at_once import AtOnce
from partner_operator.engine.state import Draft, Pass, Reached
from partner_operator.trust.activated import ByItself, activated
from partner_operator.trust.activation import SELF_REFRESH
from partner_operator.trust.conditions import Part, find, kept, unknown
from partner_operator.trust.facts import not_known
from partner_operator.trust.model import Mode, RestartPolicy
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.restart_plan import RestartAction, RestartStep


class Restart(AtOnce):
    """A round of restarts, one host at a time. The test of the other direction proves it."""

    async def run(self, work: Reached) -> None:
        """Restart what is pending, if now is the time. Raises OperationFailed and LogonRefused."""
        await restarts.run_round(work, allowed=work.may_act())
        # A test reads the stored configuration itself, so the host that answered will do, whatever its workers have.
        work.up_to_date = frozenset({work.observed.host.lower()})
        if not work.overtaken:
            await evidence.ask(work)
            await connectivity.run_tests(work)
        for draft in work.live:
            active_at = _active_at(work, draft)
            told = draft.desired.mode is not Mode.SUSPEND or draft.desired.deleting
            if active_at is not None and told and draft.status.registration is not None:
                work.wake_at(work.now() + (active_at - work.observed.clock))

    def activated(self, work: Pass, draft: Draft) -> Part:
        """Whether the workers of all listed hosts started after the last change, or a test proved it."""
        registration = draft.status.registration
        if registration is None or not isinstance(work, Reached) or work.round is None:
            told = draft.status.conditions
            if registration is not None and find(told, ConditionType.ACTIVATED) is not None:
                return kept(told, ConditionType.ACTIVATED)
            return not_known(work.obstacle_to(draft))
        if _active_at(work, draft) is not None:
            return unknown(Reason.ACTIVATION_UNKNOWN, _young(work))
        counterpart = draft.declared.counterpart
        by_itself = None
        if work.server.restart.policy is RestartPolicy.NEVER and work.rules.takes_over_within:
            by_itself = ByItself(
                work.server.product,
                work.rules.takes_over_within,
                work.now(),
                registration.last_changed_at,
                registration.known_to or (),
                work.not_asked,
            )
        return activated(
            work.round,
            test_passed_at=counterpart.test_passed_at if counterpart else None,
            rules=work.server.restart,
            step=work.step or RestartStep(RestartAction.NOTHING),
            by_itself=by_itself,
        )

    def waiting(self, work: Pass, draft: Draft) -> Obstacle | None:
        """The next restart, or the time in which hosts read somebody else's change."""
        if not isinstance(work, Reached):
            return None
        if _active_at(work, draft) is not None:
            return Obstacle(Reason.ACTIVATION_UNKNOWN, _young(work), Next.WAITS)
        waiting = restarts.waiting_for_restart(work)
        # What only a human would begin is not waited for once a test has proven the change.
        asks = waiting is not None and waiting.reason is Reason.RESTART_APPROVAL_NEEDED
        proven = self.activated(work, draft).status is ConditionStatus.TRUE
        restart = None if asks and proven else waiting
        return restart or super().waiting(work, draft)


def _active_at(work: Reached, draft: Draft) -> datetime | None:
    """When hosts have read an adopted entry that somebody changed lately; None: they have it by now.

    Its age is all that tells. By the servers' clock.
    """
    entry = draft.decision.entry if draft.decision else None
    if work.iis.restart_required_since is not None or entry is None or entry.changed_at is None:
        return None
    active_at = entry.changed_at + SELF_REFRESH
    counterpart = draft.declared.counterpart
    passed = counterpart.test_passed_at if counterpart else None
    # Our clock wrote that down. The directory tells whole seconds, cut off: a test of that second may have come
    # before the change.
    proven = passed is not None and passed + work.ahead > entry.changed_at + timedelta(seconds=1)
    return None if active_at <= work.observed.clock or proven else active_at


def _young(work: Pass) -> str:
    return (
        f"Somebody else changed this partner application lately. {work.called} reads it by itself within "
        "half an hour, or at once with iisreset; the operator restarts IIS only for its own changes."
    )
