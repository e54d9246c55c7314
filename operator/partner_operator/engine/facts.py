"""What a pass found out, put into the words of the verdict: one Part per condition."""

from __future__ import annotations

from datetime import datetime

from partner_operator.engine.connectivity import waits_for_counterpart
from partner_operator.engine.state import Draft, Pass
from partner_operator.trust.activation import SELF_REFRESH
from partner_operator.trust.certificate_check import check_document
from partner_operator.trust.conditions import (
    LONGEST_MESSAGE,
    Part,
    false,
    find,
    shortened,
    true,
    unknown,
)
from partner_operator.trust.model import Mode, Product, RestartPolicy
from partner_operator.trust.plan import Blocker, Change
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.restart_plan import RestartAction, RestartStep, activated
from partner_operator.trust.status import ChangeKind
from partner_operator.trust.verdict import ApplicationFacts, Trouble, Waiting

ALL_QUIET = RestartStep(RestartAction.NOTHING)


def application_working(work: Pass, draft: Draft, change: Change | None) -> ApplicationFacts:
    """While the pass is under way: what was known stays, and what is being done is said."""
    partner = draft.desired.partner.product
    return ApplicationFacts(
        generation=draft.desired.generation,
        mode=draft.desired.mode,
        metadata=_kept(draft, ConditionType.METADATA_VALID),
        registered=_kept(draft, ConditionType.REGISTERED),
        activated=_kept(draft, ConditionType.ACTIVATED),
        connected=_kept(draft, ConditionType.CONNECTED)
        if draft.desired.connectivity_test is not None
        else None,
        working=f"{work.server.product} is being looked at, and made to trust {partner}.",
        repairing=change if draft.drift else None,
    )


def _kept(draft: Draft, condition_type: ConditionType) -> Part:
    old = find(draft.status.conditions, condition_type)
    if old is None:
        return unknown(Reason.PROGRESSING, "Not looked at yet.")
    return Part(old.status, old.reason, old.message)


def application_facts(work: Pass, draft: Draft) -> ApplicationFacts:
    """All that the pass knows of one application."""
    failure = draft.failure or work.failure
    blocker = work.blocker or draft.blocker
    if blocker is None and failure is not None and failure.stalled:
        blocker = Blocker(failure.reason, failure.message, stalled=True)
    if draft.desired.deleting and (draft.waits is None or blocker or failure):
        blocker = _why_still_here(draft, blocker, failure.message if failure else "")
    return ApplicationFacts(
        generation=draft.desired.generation,
        mode=draft.desired.mode,
        metadata=_metadata(work, draft),
        registered=_registered(work, draft),
        activated=_activated(work, draft),
        connected=_connected(draft),
        connected_tolerated=_tolerated(work, draft),
        blocker=blocker,
        failure=Trouble(failure.reason, failure.message) if failure and not blocker else None,
        waiting=_waiting(work, draft),
        leaving=draft.waits,
        planned=draft.decision.planned if draft.decision else None,
    )


def _why_still_here(draft: Draft, blocker: Blocker | None, failure: str) -> Blocker:
    why = blocker.message if blocker is not None else failure or "It is not proven to be gone."
    if blocker is not None and blocker.reason is Reason.DELETION_BLOCKED:
        return blocker
    way_out = (
        " The registration may still be on the server, so the object stays. To let it go and leave the server as "
        f"it is: kubectl annotate papp {draft.desired.key.name} "
        f"partner-operator.io/release={draft.desired.key.uid}"
    )
    return Blocker(
        Reason.DELETION_BLOCKED,
        # A condition is cut at its end, where the way out stands.
        shortened(why, LONGEST_MESSAGE - len(way_out)) + way_out,
        stalled=blocker.stalled if blocker is not None else False,
    )


def _metadata(work: Pass, draft: Draft) -> Part:
    if work.observed is None:
        return _not_known(work, draft)
    reading = work.observed.documents.get(draft.desired.partner.auth_metadata_url)
    if reading is None:
        return _not_known(work, draft)
    return check_document(reading, draft.desired.partner.product, work.observed.clock)


def _not_known(work: Pass, draft: Draft) -> Part:
    obstacle = work.blocker or draft.blocker or draft.failure or work.failure
    if obstacle is None:
        return unknown(Reason.PROGRESSING, "Not looked at yet.")
    return unknown(obstacle.reason, obstacle.message)


def _registered(work: Pass, draft: Draft) -> Part:
    decision = draft.decision
    stopped = work.failure is not None or work.blocker is not None
    if work.observed is None or decision is None or stopped:
        return _not_known(work, draft)
    if draft.blocker is not None and draft.blocker.reason is Reason.METADATA_ALTERNATES:
        return unknown(draft.blocker.reason, draft.blocker.message)
    pending = decision.change or decision.planned
    if pending is not None and pending.kind is ChangeKind.REMOVE:
        # That it is to go is no difference of what is there.
        pending = None
    if decision.entry is not None and pending is None:
        return true(Reason.REGISTERED, _registered_message(work, draft))
    if draft.blocker is not None and decision.entry is None and not decision.absent:
        return unknown(draft.blocker.reason, draft.blocker.message)
    if decision.entry is None:
        reason = draft.failure.reason if draft.failure else Reason.NOT_REGISTERED
        message = (
            draft.failure.message if draft.failure else "No such partner application is there."
        )
        return false(reason, message)
    if pending is not None:
        names = ", ".join(sorted(pending.fields))
        return false(Reason.DRIFT_OBSERVED, f"Differs from the declaration: {names}.")
    return _not_known(work, draft)


def _registered_message(work: Pass, draft: Draft) -> str:
    registration = draft.status.registration
    name = registration.identity if registration else ""
    message = f"{work.server.product} has the partner application {name}."
    if work.server.product is Product.LYNC:
        message += " Lync does not show the certificates it stored; what it read from the metadata URL last counts."
    return message


def _activated(work: Pass, draft: Draft) -> Part | None:
    if work.server.product is Product.EXCHANGE:
        return _activated_by_restart(work, draft)
    if work.server.product is Product.LYNC:
        return _replicated(work, draft)
    return None


def _activated_by_restart(work: Pass, draft: Draft) -> Part:
    if work.round is None or draft.status.registration is None:
        old = find(draft.status.conditions, ConditionType.ACTIVATED)
        if old is not None and draft.status.registration is not None:
            return Part(old.status, old.reason, old.message)
        return _not_known(work, draft)
    young = _young(work, draft)
    if young is not None:
        return young
    counterpart = draft.declared.counterpart
    return activated(
        work.round,
        test_passed_at=counterpart.test_passed_at if counterpart else None,
        rules=work.server.restart,
        step=work.step or ALL_QUIET,
    )


def _young(work: Pass, draft: Draft) -> Part | None:
    """An adopted entry that somebody changed lately: its age is all that tells whether it is active."""
    entry = draft.decision.entry if draft.decision else None
    if work.iis.restart_required_since is not None or entry is None or entry.changed_at is None:
        return None
    assert work.observed is not None
    active_at = entry.changed_at + SELF_REFRESH
    passed = _by_the_servers_clock(work, draft)
    if active_at <= work.observed.clock or (passed is not None and passed > entry.changed_at):
        return None
    work.wake_at(work.now() + (active_at - work.observed.clock))
    return unknown(
        Reason.ACTIVATION_UNKNOWN,
        "Somebody else changed this partner application lately. Exchange reads it by itself within half an "
        "hour, or at once with iisreset; the operator restarts IIS only for its own changes.",
    )


def _by_the_servers_clock(work: Pass, draft: Draft) -> datetime | None:
    """When the counterpart's test last passed: our clock wrote it down, hosts are judged by theirs."""
    counterpart = draft.declared.counterpart
    passed = counterpart.test_passed_at if counterpart else None
    if passed is None or work.observed is None:
        return None
    return work.by_the_servers_clock(passed)


def _replicated(work: Pass, draft: Draft) -> Part:
    stopped = work.blocker is not None or work.failure is not None
    if stopped or work.observed is None or draft.status.registration is None:
        # Nobody looked at machines of ours, so nothing is claimed of them.
        return _not_known(work, draft)
    if any(host.lower() in work.up_to_date for host in work.server.hosts):
        return true(Reason.ACTIVATED, "The Front Ends in spec.hosts have this configuration.")
    return unknown(Reason.WAITING_FOR_REPLICATION, WAITS_FOR_REPLICATION)


WAITS_FOR_REPLICATION = (
    "No host in spec.hosts is reported up to date by Get-CsManagementStoreReplicationStatus yet. If this "
    "stays, run Invoke-CsManagementStoreReplication and look at the replica service of the Front Ends."
)


def _connected(draft: Draft) -> Part | None:
    if draft.desired.connectivity_test is None:
        return None
    last = draft.status.connectivity
    if last is None:
        return unknown(Reason.NOT_TESTED, "The connectivity test has not run yet.")
    if last.passed:
        return true(Reason.CONNECTIVITY_TEST_PASSED, last.message)
    return false(Reason.CONNECTIVITY_TEST_FAILED, last.message)


def _tolerated(work: Pass, draft: Draft) -> bool:
    test, last = draft.desired.connectivity_test, draft.status.connectivity
    if test is None or last is None or last.passed or last.last_succeeded_at is None:
        return False
    registration = draft.status.registration
    changed = registration.last_changed_at if registration else None
    after_success = changed is None or last.last_succeeded_at >= changed
    return after_success and last.failures < test.failure_threshold


def _waiting(work: Pass, draft: Draft) -> Waiting | None:
    if draft.status.registration is None or draft.desired.mode is not Mode.ENFORCE:
        return None
    if work.server.product is Product.EXCHANGE:
        young = _young(work, draft)
        if young is not None:
            return Waiting(young.reason, young.message)
        waiting = waiting_for_restart(work)
        # What only a human would begin is not waited for once a test has proven the change.
        asks = waiting is not None and waiting.reason is Reason.RESTART_APPROVAL_NEEDED
        proven = _activated_by_restart(work, draft).status is ConditionStatus.TRUE
        return None if asks and proven else waiting
    replicated = _activated(work, draft)
    if replicated is not None and replicated.reason is Reason.WAITING_FOR_REPLICATION:
        return Waiting(replicated.reason, replicated.message)
    counterpart = draft.declared.counterpart
    if draft.desired.connectivity_test and counterpart and waits_for_counterpart(work, draft):
        return Waiting(
            Reason.WAITING_FOR_COUNTERPART,
            f"This side is done. The test runs when PartnerApplication {counterpart.name} is Ready, or half an hour "
            "after its last change, when Exchange has read it by itself.",
        )
    return None


def waiting_for_restart(work: Pass) -> Waiting | None:
    """What the next restart waits for, where nothing is wrong."""
    step = work.step
    if step is None or step.action in {RestartAction.NOTHING, RestartAction.RESTART}:
        return None
    if work.server.restart.policy is RestartPolicy.NEVER or restart_failed(step):
        return None
    return Waiting(step.reason or Reason.RESTART_PENDING, step.message)


def restart_failed(step: RestartStep | None) -> bool:
    """A host did not come back, and a human is asked."""
    return step is not None and step.reason is Reason.RESTART_FAILED
