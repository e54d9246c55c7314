"""What shall be done for each application, asked of the rules for all of them at once."""

from __future__ import annotations

from collections.abc import Collection

from partner_operator.engine import absence, registrations, removal
from partner_operator.engine.aside import aside
from partner_operator.engine.refused_writes import is_set_aside
from partner_operator.engine.state import Reached
from partner_operator.trust.decide import decide
from partner_operator.trust.model import ObjectKey
from partner_operator.trust.plan import ApplicationView


async def decide_all(work: Reached, read: Collection[ObjectKey] = ()) -> None:
    """Ask for a decision on every application; again where what is missing makes the read incomplete.

    `read`: applications for which a change of this pass made the server read the partner's document.
    """
    await _decide(work, read)
    if await absence.doubts(work):
        await _decide(work, read)


async def _decide(work: Reached, read: Collection[ObjectKey]) -> None:
    views = [
        ApplicationView(
            draft.desired,
            draft.status,
            draft.declared.blocker,
            read_again=draft.desired.key in read,
            made=draft.made,
        )
        for draft in work.live
    ]
    elsewhere = [
        ApplicationView(found.desired, found.status, found.blocker)
        for found in removal.claims_elsewhere(work)
    ]
    decisions = await aside(
        lambda: decide(work.rules, work.server, views, work.observed, elsewhere, work.entries),
        len(views) + len(work.observed.entries),
    )
    for draft, decision in zip(work.live, decisions, strict=True):
        draft.decision = decision
        draft.document = registrations.document_in(work.observed, draft)
        if decision.blocker is not None and not is_set_aside(draft):
            draft.blocker = decision.blocker
