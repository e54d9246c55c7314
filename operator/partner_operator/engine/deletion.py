"""Letting objects go: what we made is removed, what we adopted stays, and unknown is never gone."""

from __future__ import annotations

import itertools

from partner_operator.engine import registrations, removal
from partner_operator.engine.ports import Severity
from partner_operator.engine.refused_writes import confined
from partner_operator.engine.state import Draft, Pass
from partner_operator.engine.together import together
from partner_operator.trust.conditions import shortened
from partner_operator.trust.deletion import RETAIN
from partner_operator.trust.model import DeletionPolicy
from partner_operator.trust.plan import Decision
from partner_operator.trust.reasons import Reason

LONGEST_NAMES = 500
"""Characters of a list of names in an Event."""


async def release_without_contact(work: Pass) -> None:
    """Let go of the objects for which no server need be asked."""

    async def release(draft: Draft) -> None:
        with confined(work, draft):
            await _release_if_asked_of_nobody(work, draft)

    await together(release, [draft for draft in work.live if draft.desired.deleting])
    await removal.see_deletions(work)


async def _release_if_asked_of_nobody(work: Pass, draft: Draft) -> None:
    if not draft.desired.has_finalizer:
        draft.gone = True
    elif draft.desired.release_requested == draft.desired.key.uid:
        await _release(work, draft, Reason.RELEASED, "Released by annotation; servers untouched.")
    elif work.declared.crd_deleting:
        message = "The kind itself is being deleted, so the registration stays on the server."
        await _release(work, draft, Reason.RETAINED, message)
    elif draft.desired.deletion_policy is DeletionPolicy.RETAIN:
        await _release(work, draft, Reason.RETAINED, RETAIN)


async def release_settled(work: Pass) -> None:
    """After a complete read: take the finalizer off what is gone, retained or handed over."""

    async def release(draft: Draft) -> None:
        if draft.decision is not None and draft.blocker is None:
            with confined(work, draft):
                await _release_as_decided(work, draft, draft.decision)

    leaving = [draft for draft in work.live if draft.desired.deleting and draft.decision]
    # Several may give what they have to one heir, which each of them writes to: one after the other.
    await together(release, filter(_has_an_heir, leaving), at_once=1)
    await together(release, itertools.filterfalse(_has_an_heir, leaving))


def _has_an_heir(draft: Draft) -> bool:
    return draft.decision is not None and draft.decision.handed_over_to is not None


async def _release_as_decided(work: Pass, draft: Draft, decision: Decision) -> None:
    if decision.handed_over_to is not None:
        # The heir first: should we die in between, somebody still owns the entry.
        await registrations.bequeath(work, draft, decision.handed_over_to)
        message = f"PartnerApplication {decision.handed_over_to.name} now stands for this trust."
        await _release(work, draft, Reason.HANDED_OVER, message)
    elif decision.retained:
        await _release(work, draft, Reason.RETAINED, decision.retained)
    elif decision.absent:
        message = _gone(decision)
        await _release(work, draft, Reason.REMOVED, message)


def _gone(decision: Decision) -> str:
    message = "No partner application that this object registered is on the server any more."
    if not decision.left:
        return message
    names = shortened(", ".join(decision.left), LONGEST_NAMES)
    return f"{message} What somebody else made for the same partner stays: {names}."


async def _release(work: Pass, draft: Draft, reason: Reason, message: str) -> None:
    await work.ports.writer.remove_finalizer(draft.desired)
    draft.gone = True
    # Afterwards: it may be refused, and then the object has not left.
    await work.tell(draft, reason, message, Severity.NORMAL)
