"""The end of a change: what it asks for is raised, what it made is remembered, its intent is closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from partner_operator.engine import evidence, registrations, steps
from partner_operator.engine.deciding import decide_all
from partner_operator.engine.refused_writes import confined
from partner_operator.engine.state import Draft, Reached
from partner_operator.trust.activation import raise_requirement
from partner_operator.trust.model import Mode
from partner_operator.trust.status import Intent


async def settle_open_intents(work: Reached) -> None:
    """Finish what a killed operator left: the entry is there, so the change was made.

    What the server read of the partner's document then is not known: a product that does not show
    it is made to read the document again.
    """
    settled = False
    for draft in work.live:
        if draft.desired.mode is Mode.SUSPEND:
            # Nothing of it moves while it is suspended; the intent is settled afterwards.
            continue
        if draft.status.intent is None or draft.decision is None:
            continue
        if draft.decision.entry is not None:
            # What is about to go needs no restart for having come.
            with confined(work, draft):
                await conclude(work, draft, changed=not draft.desired.deleting, witnessed=False)
                settled = True
        elif draft.decision.absent:
            draft.status = replace(draft.status, intent=None)
    if settled:
        await decide_all(work)


async def conclude(
    work: Reached,
    draft: Draft,
    *,
    changed: bool,
    witnessed: bool = True,
    document_read: bool = False,
) -> None:
    """The change is over. Its requirement is raised to after it, then the intent is closed."""
    intent = draft.status.intent
    changed_at = work.now() if changed else None
    if changed and intent is not None and intent.needs_restart:
        after = work.now() if witnessed else await _settled_at(work, draft, intent)
        await work.save_server(iis=raise_requirement(work.status.iis, after))
    # Where the run read a document that nobody knows, it is as if nobody had seen it.
    known = draft.status.registration is not None or document_read
    registrations.remember_registration(
        work,
        draft,
        witnessed=witnessed and known,
        document_read=document_read,
        changed_at=changed_at,
    )
    if changed and intent is not None and intent.needs_restart:
        evidence.begin(draft, fresh=intent.fresh)
    partner, product = draft.desired.partner.name, work.called
    step = f"{product} has {partner} as declared. Next, this becomes active there."
    await work.save(draft, replace(steps.application_at(work, draft, step), intent=None))


async def _settled_at(work: Reached, draft: Draft, intent: Intent) -> datetime:
    """When the change was found made, written down first: a refused write asks for no later restart each time."""
    if intent.settled_at is not None:
        return intent.settled_at
    settled = replace(intent, settled_at=work.now())
    await work.save(draft, replace(draft.status, intent=settled))
    return work.now()


def close_intent(draft: Draft) -> None:
    """The host has answered since, so the run is over. What it made may show later, and is ours then."""
    intent = draft.status.intent
    if intent is not None:
        intent = None if draft.desired.deleting else replace(intent, over=True)
        draft.status = replace(draft.status, intent=intent)
