"""One change: what is about to happen is written down, then it is done."""

from __future__ import annotations

from dataclasses import replace

from partner_operator.engine import audit, evidence, reach, removal, report
from partner_operator.engine.ports import LogonRefused, RunFailed, Severity
from partner_operator.engine.reread import still_as_declared
from partner_operator.engine.state import Draft, Reached
from partner_operator.trust import repair
from partner_operator.trust.activation import raise_requirement
from partner_operator.trust.match import find_of_partner
from partner_operator.trust.obstacle import Obstacle
from partner_operator.trust.plan import Change, Field
from partner_operator.trust.reasons import Reason
from partner_operator.trust.repair import Allowance
from partner_operator.trust.status import ChangeKind, IISStatus, Intent, Repair

IRREVOCABLE = frozenset({ChangeKind.REMOVE, ChangeKind.RECREATE})
"""Changes that cannot be taken back."""


async def make(work: Reached, draft: Draft, change: Change, *, completing: bool) -> bool:
    """Write down what is about to happen, then do it. False: it was not begun.

    `completing`: it completes an entry of this pass, so that nothing has drifted.
    """
    if change.kind is not ChangeKind.REMOVE:
        attempt = _attempt(work, draft, change)
        if isinstance(attempt, Obstacle):
            draft.blocker = attempt
            return False
        draft.status = replace(draft.status, repair=attempt)
    if not draft.desired.has_finalizer and not draft.desired.deleting:
        await work.ports.writer.add_finalizer(draft.desired)
    # The intent first: where it cannot be written, nothing moves with each try, and no Event tells of a repair.
    draft.status = replace(
        draft.status,
        intent=_intent(work, draft, change),
        given_permission=change.giving or draft.status.given_permission,
    )
    await report.show_change(work, draft, change)
    if not completing:
        await _announce_drift(work, draft, change)
    before = work.status.iis
    iis = raise_requirement(before, work.now()) if change.needs_restart else before
    removals = work.status.removals
    if change.kind is ChangeKind.REMOVE:
        removals = removal.remember_removal(work, draft)
    dropped = evidence.dropped(work, change.entry) if change.kind in IRREVOCABLE else None
    # With it the domain controller is remembered, which a crash must not forget either.
    await work.save_server(iis=iis, removals=removals, dropped=dropped or work.status.dropped)
    announced = audit.of_change(work, draft, change)
    await work.tell(draft, Reason.CHANGE_BEGINS, announced.message)
    judged_anew = _is_judged_anew(draft, change)
    work.overtaken = judged_anew and not await still_as_declared(work)
    if work.overtaken:
        await _take_back(work, draft, before)
        return False
    announced.log()
    try:
        draft.made = await work.on(work.observed.host).apply(work.observed, change, draft.desired)
    except RunFailed as failure:
        if failure.nothing_ran:
            # The network's troubles are no attempts at a repair, and ask for no restart.
            await _take_back(work, draft, before)
        if isinstance(failure, LogonRefused):
            raise
        # The write threw. It may have happened all the same (C06): the read-back tells.
        draft.failure = failure.obstacle
        if failure.obstacle.reason is Reason.FARM_BUSY:
            # Others at work there are no proof that it cannot be done: it is tried until it is.
            draft.status = replace(draft.status, repair=draft.declared.status.repair)
        if failure.outcome_unknown or failure.obstacle.reason in reach.NEXT_HOST:
            work.failure = failure.obstacle
    return True


def _is_judged_anew(draft: Draft, change: Change) -> bool:
    """Whether the declarations are read once more: whom the owner of a server no longer allows, nobody registers,
    and what he no longer allows, nobody gives."""
    by_url = draft.desired.partner.server_name is None
    return change.kind in IRREVOCABLE or by_url or Field.PERMISSION in change.fields


def _intent(work: Reached, draft: Draft, change: Change) -> Intent:
    before = find_of_partner(draft.desired, work.observed)
    return Intent(
        kind=change.kind,
        started_at=work.now(),
        host=work.observed.host,
        needs_restart=change.needs_restart,
        before=tuple(
            sorted(entry.reference for entry in before if not work.rules.unfinished(entry))
        ),
        fresh=change.kind is not ChangeKind.UPDATE and evidence.is_new(work, draft),
    )


async def _take_back(work: Reached, draft: Draft, iis: IISStatus | None) -> None:
    """The change was not begun, so it leaves neither an intent nor a requirement nor an attempt."""
    before = draft.declared.status
    draft.status = replace(
        draft.status, repair=before.repair, intent=None, given_permission=before.given_permission
    )
    await work.save_server(iis=iis)


def _attempt(work: Reached, draft: Draft, change: Change) -> Repair | Obstacle:
    """The record with one more attempt, or why this difference is not repaired once more: rule 5, C01."""
    document = repair.document_digest(draft.document)
    digest = repair.change_digest(change, document, draft.desired.generation)
    record = None if asked_again(draft) else draft.status.repair
    allowance = repair.may_repair(record, digest)
    if allowance is Allowance.ALTERNATES:
        return repair.alternating(draft.desired.partner.auth_metadata_url)
    if allowance is not Allowance.ALLOWED and record is not None:
        return repair.refusal(allowance, change, record)
    return repair.attempted(record, digest, work.now())


def asked_again(draft: Draft) -> bool:
    """A human set a new reconcile request: counting starts anew."""
    requested = draft.desired.reconcile_requested_at
    return requested is not None and requested != draft.status.last_handled_reconcile_at


async def _announce_drift(work: Reached, draft: Draft, change: Change) -> None:
    if change.kind is ChangeKind.REGISTER or change.asked or draft.desired.deleting:
        return
    names = ", ".join(sorted(change.fields))
    message = f"Differs from the declaration and is being repaired: {names}. {change.remark}"
    await work.tell(draft, Reason.DRIFT_DETECTED, message.rstrip(), Severity.WARNING)
