"""What the API server refuses to write stops the object that it is about, and no other (rules 21 and 23).

An application whose status or finalizer is refused is left alone for the rest of the pass. A server whose
status is refused is not contacted any more: nothing of what would happen there could be remembered.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime

from partner_operator.engine.ports import Kind, NotWritten, Severity
from partner_operator.engine.schedule import back_off, next_attempt
from partner_operator.engine.state import Draft, Pass
from partner_operator.trust.conditions import LONGEST_MESSAGE, ready_reason, shortened
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import Reason

WAY_OUT = (
    " Nothing more is done for it until that is written; the operator tries again. Change what refuses it: an "
    "admission policy or webhook, a quota, a right of the operator, or an older CRD."
)


@contextlib.contextmanager
def confined(work: Pass, draft: Draft) -> Iterator[None]:
    """Around what is done for one application: a refused write ends this, and the next one has its turn."""
    try:
        yield
    except NotWritten as refused:
        if refused.kind is Kind.SERVER:
            raise
        _set_aside(work, draft, refused)


def _set_aside(work: Pass, draft: Draft, refused: NotWritten) -> None:
    """Leave it alone in this pass. It may be about another one: the heir of what `draft` stands for."""
    work.refused.append(refused)
    # Nothing was begun for it after its last write, so nothing is counted or remembered of it.
    draft.status = draft.stored
    for each in work.drafts:
        free = each.blocker is None or each.blocker.then is Next.WAITS
        if free and (each is draft or each.desired.key == refused.key):
            each.blocker = not_written(refused)


def is_set_aside(draft: Draft) -> bool:
    """Something of it was refused in this pass."""
    return draft.blocker is not None and draft.blocker.reason is Reason.NOT_WRITTEN


def break_off(work: Pass, refused: NotWritten) -> None:
    """A refusal that stops the whole pass: of the server, or where nobody could go on with the next object."""
    if refused.kind is Kind.APPLICATION:
        work.refused.append(refused)
    work.failure = not_written(refused)


def not_written(refused: NotWritten) -> Obstacle:
    """What is told of it."""
    return Obstacle(Reason.NOT_WRITTEN, with_way_out(refused.message), Next.RETRIED)


def trouble(work: Pass) -> Obstacle | None:
    """What the condition of the server says of applications that cannot be written."""
    if not work.refused:
        return None
    first = min(work.refused, key=lambda refused: (refused.key.name, refused.message))
    others = {refused.key.name for refused in work.refused} - {first.key.name}
    also = f" So it is with {', '.join(sorted(others))}." if others else ""
    message = with_way_out(first.message, shortened(also, 300))
    return Obstacle(Reason.NOT_WRITTEN, message, Next.RETRIED)


def with_way_out(message: str, also: str = "") -> str:
    """The API server's words, and what people can do."""
    # A condition is cut at its end, where the way out stands.
    end = also + WAY_OUT
    return shortened(message, LONGEST_MESSAGE - len(end) - 1).rstrip(".") + "." + end


async def tell_applications(work: Pass) -> None:
    """An Event on each object that cannot tell of itself."""
    for refused in work.refused:
        drafts = (draft for draft in work.drafts if draft.desired.key == refused.key)
        if any(ready_reason(each.stored.conditions) is Reason.NOT_WRITTEN for each in drafts):
            # An Event came with the condition.
            continue
        if work.memory.is_news(refused.key.uid, refused.message):
            message = with_way_out(refused.message)
            await work.ports.announcer.announce(
                Kind.APPLICATION, refused.key, Severity.WARNING, Reason.NOT_WRITTEN, message
            )


async def end_without_status(work: Pass, refused: NotWritten) -> datetime:
    """The end of a pass over a server whose status is refused: an Event, and a pause that only we remember."""
    if work.memory.is_news(refused.key.uid, refused.message):
        message = with_way_out(refused.message)
        await work.tell_server(Reason.NOT_WRITTEN, message, Severity.WARNING)
    retry = back_off(work.memory.retry or work.declared.status.retry, work.now(), work.ports.chance)
    work.memory.retry = retry
    return next_attempt(retry, work.now(), work.now())


async def prove_writable(work: Pass, draft: Draft) -> None:
    """Before an effect of which nothing is written beforehand: its outcome can be. Raises NotWritten.

    Asked of the API server once per process, and again after a refusal; a rehearsal writes nothing.
    """
    uid = draft.desired.key.uid
    if uid not in work.memory.writable:
        await work.ports.writer.rehearse_application_status(draft.desired, draft.status)
        work.memory.taken(uid)
