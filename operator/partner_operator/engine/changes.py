"""Making changes: intent first, then the change, then the read-back that proves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from partner_operator.engine.intending import Making, asked_again
from partner_operator.engine.judging import completes, read_back
from partner_operator.engine.making import make
from partner_operator.engine.state import Draft, Reached
from partner_operator.trust import repair
from partner_operator.trust.model import Mode


async def make_changes(work: Reached) -> None:
    """Make every decided change, then read back once and decide again.

    What an entry that is new now lacks is given after it was seen: only then it is known what it has already.
    """
    changed = await _make_all(work, work.live)
    new = [each.draft for each in changed if completes(each.draft, each.change)]
    if new and work.failure is None and not work.overtaken:
        await _make_all(work, new, completing=True)
    if work.failure is not None or work.overtaken:
        return
    touched = {each.draft.desired.key for each in changed}
    for draft in work.live:
        if draft.desired.key not in touched:
            _rest(work, draft)


async def _make_all(
    work: Reached, drafts: Sequence[Draft], *, completing: bool = False
) -> list[Making]:
    """Make the changes of these, and read back once. Returns what was begun."""
    iis_before = work.status.iis
    made = await make(work, drafts, completing=completing)
    if made and work.failure is None:
        await read_back(work, made, iis_before)
    return made


def _rest(work: Reached, draft: Draft) -> None:
    """An observation without any difference lets the repair counts fade."""
    decision = draft.decision
    equal = decision is not None and decision.entry is not None and decision.change is None
    suspended = draft.desired.mode is Mode.SUSPEND
    if suspended or draft.blocker is not None:
        return
    if equal and draft.status.repair is not None:
        if asked_again(draft):
            draft.status = replace(draft.status, repair=None)
            return
        document = repair.document_digest(draft.document)
        if repair.alternates(draft.status.repair, document):
            # Whichever of the documents is read in a pass: the same is told.
            draft.blocker = repair.alternating(draft.desired.partner.auth_metadata_url)
            return
        record = repair.at_rest(draft.status.repair, work.now())
        draft.status = replace(draft.status, repair=record)
