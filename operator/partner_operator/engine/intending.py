"""What is written down before a change begins, and taken back where it does not begin."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from partner_operator.engine import evidence, removal, report
from partner_operator.engine.ports import (
    Gone,
    NotWritten,
    Severity,
)
from partner_operator.engine.refused_writes import confined
from partner_operator.engine.state import Draft, Reached
from partner_operator.engine.together import together
from partner_operator.trust import repair
from partner_operator.trust.activation import raise_requirement
from partner_operator.trust.obstacle import Obstacle
from partner_operator.trust.plan import Change
from partner_operator.trust.reasons import Reason
from partner_operator.trust.repair import Allowance
from partner_operator.trust.status import ChangeKind, IISStatus, Intent, Repair

IRREVOCABLE = frozenset({ChangeKind.REMOVE, ChangeKind.RECREATE})
"""Changes that cannot be taken back."""


@dataclass(frozen=True, slots=True)
class Making:
    """A change that is being made."""

    draft: Draft
    change: Change

    @property
    def tries(self) -> int:
        """How often it was tried without a proof that it took effect."""
        record = self.draft.status.repair
        return record.attempts if record is not None else 0

    @property
    def was_lost(self) -> bool:
        """Whether nobody heard what became of it in an earlier pass."""
        intent = self.draft.declared.status.intent
        return intent is not None and not intent.over

    def forget(self) -> None:
        """It was not begun after all."""
        before = self.draft.declared.status
        self.draft.status = replace(
            self.draft.status,
            repair=before.repair,
            intent=None,
            given_permission=before.given_permission,
        )


async def write_down(work: Reached, wanted: Sequence[Making], *, completing: bool) -> list[Making]:
    """Write the intents and what the server must remember. Returns those of which everything could be written.

    Where that breaks off, nothing was begun of any: none of them has lost an attempt by it.
    """
    written: list[Making] = []

    async def write(each: Making) -> None:
        with confined(work, each.draft):
            if await _intend(work, each.draft, each.change):
                written.append(each)
                if not completing:
                    await _announce_drift(work, each.draft, each.change)

    try:
        await together(write, wanted)
        if written:
            await _save_server(work, written)
    except (Gone, NotWritten):
        await _take_back_in_writing(work, written)
        raise
    return [each for each in wanted if any(each is done for done in written)]


async def _intend(work: Reached, draft: Draft, change: Change) -> bool:
    """Write down what is about to happen to one. False: it is not tried once more. Raises NotWritten."""
    if change.kind is not ChangeKind.REMOVE:
        attempt = _attempt(work, draft, change)
        if isinstance(attempt, Obstacle):
            draft.blocker = attempt
            return False
        draft.status = replace(draft.status, repair=attempt)
    if not draft.desired.has_finalizer and not draft.desired.deleting:
        await work.hold(draft)
    # The intent first: where it cannot be written, nothing moves with each try, and no Event tells of a repair.
    draft.status = replace(
        draft.status,
        intent=_intent(work, draft, change),
        given_permission=change.giving or draft.status.given_permission,
    )
    await report.show_change(work, draft, change)
    return True


def _intent(work: Reached, draft: Draft, change: Change) -> Intent:
    before = work.entries.of(draft.desired.partner)
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
    message = f"Differs from the declaration, and the operator repairs it: {names}. {change.remark}"
    await work.tell(draft, Reason.DRIFT_DETECTED, message.rstrip(), Severity.WARNING)


async def _save_server(work: Reached, wanted: Sequence[Making]) -> None:
    """What a crash must not forget of the server: the requirement of a restart, what goes, the domain controller."""
    iis, removals, dropped = work.status.iis, work.status.removals, work.status.dropped
    if any(each.change.needs_restart for each in wanted):
        iis = raise_requirement(iis, work.now())
    for each in wanted:
        if each.change.kind is ChangeKind.REMOVE:
            removals = removal.remember_removal(work, each.draft)
        if each.change.kind in IRREVOCABLE:
            dropped = evidence.dropped(work, each.change.entry) or dropped
    await work.save_server(iis=iis, removals=removals, dropped=dropped)


async def take_back(work: Reached, undone: Sequence[Making], iis: IISStatus | None) -> None:
    """Nothing of these was begun, so they leave neither an intent nor a requirement nor an attempt."""
    for each in undone:
        each.forget()
    await work.save_server(iis=iis)


async def _take_back_in_writing(work: Reached, written: Sequence[Making]) -> None:
    """The same where this pass may write nothing at its end. What cannot be written now is settled by the next one."""
    for each in written:
        each.forget()
        with contextlib.suppress(Gone, NotWritten):
            await work.save(each.draft, each.draft.status)
