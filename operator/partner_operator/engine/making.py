"""Changes of one server are begun: one after the other in one run, or in a run of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from partner_operator.engine import audit, reach
from partner_operator.engine.intending import IRREVOCABLE, Making, take_back, write_down
from partner_operator.engine.ports import (
    LogonRefused,
    Outcome,
    RunFailed,
    Wanted,
)
from partner_operator.engine.reread import still_as_declared
from partner_operator.engine.state import Draft, Reached
from partner_operator.engine.together import together
from partner_operator.trust.plan import Change, Field
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import IISStatus

MOST_TOGETHER = 100
"""Changes of one run: its request and answer are far from every limit."""

FEW_TOGETHER = 10
"""The same of changes whose run was lost; where it was lost a second time, each has its own."""


@dataclass(frozen=True, slots=True)
class _Run:
    """What came of one run."""

    begun: list[Making]
    not_begun: list[Making]


async def make(work: Reached, drafts: Sequence[Draft], *, completing: bool) -> list[Making]:
    """Make the changes that are decided for these. Returns what was begun, whatever became of it.

    What cannot be taken back has a run of its own. Registrations and updates share one, since a logon and a
    process cost more than what they do. `completing`: they complete entries of this pass, so that nothing has
    drifted.
    """
    wanted = [
        Making(draft, draft.decision.change)
        for draft in drafts
        if draft.decision is not None
        and draft.decision.change is not None
        and draft.blocker is None
    ]
    made: list[Making] = []
    left = [each for each in wanted if each.change.kind not in IRREVOCABLE]
    # What ends the runs of others, like a change that hangs, has been tried more often than they have.
    left.sort(key=lambda each: (each.was_lost, each.tries))
    while left and not _is_over(work):
        together_now = _of_one_run(left)
        run = await _make_in_one_run(work, together_now, completing=completing)
        made += run.begun
        if run.not_begun and not run.begun:
            break
        left = [*run.not_begun, *left[len(together_now) :]]
    for each in wanted:
        if each.change.kind in IRREVOCABLE and not _is_over(work):
            made += (await _make_in_one_run(work, [each], completing=completing)).begun
    return made


def _of_one_run(left: Sequence[Making]) -> Sequence[Making]:
    """The first of these, as many as may share a run."""
    most = _company(left[0])
    return list(takewhile(lambda each: _company(each) == most, left[:most]))


def _company(each: Making) -> int:
    """How many may share a run with it: one of several whose run told nothing at all may be the reason for that."""
    if not each.was_lost:
        return MOST_TOGETHER
    return FEW_TOGETHER if each.tries == 1 else 1


def _is_over(work: Reached) -> bool:
    return work.failure is not None or work.overtaken


async def _make_in_one_run(work: Reached, wanted: Sequence[Making], *, completing: bool) -> _Run:
    """Write down what is about to happen, then do it."""
    before = work.status.iis
    ready = await write_down(work, wanted, completing=completing)
    if not ready:
        return _Run([], [])
    announced = [audit.of_change(work, each.draft, each.change) for each in ready]
    begins = [(each.draft, told.message) for each, told in zip(ready, announced, strict=True)]
    await together(lambda told: work.tell(told[0], Reason.CHANGE_BEGINS, told[1]), begins)
    judged_anew = any(_is_judged_anew(each.draft, each.change) for each in ready)
    work.overtaken = judged_anew and not await still_as_declared(work)
    work.overtaken = work.overtaken or _waited_too_long(work, ready)
    if work.overtaken:
        await take_back(work, ready, before)
        return _Run([], ready)
    for told in announced:
        told.log()
    outcomes = list(zip(ready, await _outcomes(work, ready, before), strict=True))
    for each, outcome in outcomes:
        if outcome.begun:
            _note(work, each.draft, outcome)
    undone = [each for each, outcome in outcomes if _is_undone(outcome)]
    if undone:
        # The network's troubles are no attempts at a repair, and ask for no restart.
        await take_back(work, undone, before if len(undone) == len(ready) else work.status.iis)
    return _Run(
        [each for each, outcome in outcomes if outcome.begun],
        [each for each, outcome in outcomes if not outcome.begun],
    )


def _is_judged_anew(draft: Draft, change: Change) -> bool:
    """Whether the declarations are read once more: whom the owner of a server no longer allows, nobody registers,
    and what he no longer allows, nobody gives."""
    by_url = draft.desired.partner.server_name is None
    return change.kind in IRREVOCABLE or by_url or Field.PERMISSION in change.fields


def _waited_too_long(work: Reached, ready: Sequence[Making]) -> bool:
    """Whether the API server took so long for all that was written that a run of now may outlive what is reckoned
    from its intents, and is about declarations of long ago."""
    intents = (each.draft.status.intent for each in ready)
    earliest = work.now() - work.ports.patience.intent_age
    return any(intent is not None and intent.started_at < earliest for intent in intents)


async def _outcomes(
    work: Reached, wanted: Sequence[Making], iis: IISStatus | None
) -> Sequence[Outcome]:
    """The run itself. Raises LogonRefused."""
    asked = [Wanted(each.change, each.draft.desired) for each in wanted]
    try:
        return await work.on(work.observed.host).apply_all(work.observed, asked)
    except LogonRefused as refusal:
        if refusal.nothing_ran:
            await take_back(work, wanted, iis)
        raise
    except RunFailed as failure:
        return [Outcome(failure=failure)] * len(asked)


def _is_undone(outcome: Outcome) -> bool:
    """Proven: nothing of it was done."""
    return not outcome.begun or (outcome.failure is not None and outcome.failure.nothing_ran)


def _note(work: Reached, draft: Draft, outcome: Outcome) -> None:
    """What was heard of a change that was begun."""
    draft.made, failure = outcome.made, outcome.failure
    if failure is None:
        return
    # The write threw. It may have happened all the same (C06): the read-back tells.
    draft.failure = failure.obstacle
    if failure.no_attempt:
        draft.status = replace(draft.status, repair=draft.declared.status.repair)
    if failure.outcome_unknown or failure.obstacle.reason in reach.NEXT_HOST:
        work.failure = failure.obstacle
