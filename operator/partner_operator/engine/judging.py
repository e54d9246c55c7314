"""What the read-back says of changes that were made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from partner_operator.engine import identity, reach, registrations
from partner_operator.engine.deciding import decide_all
from partner_operator.engine.intending import Making
from partner_operator.engine.refused_writes import confined
from partner_operator.engine.settling import close_intent, conclude
from partner_operator.engine.state import Draft, Reached
from partner_operator.trust import repair
from partner_operator.trust.model import Entry, Observed
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.plan import OF_TOKEN_SERVERS, Change, Field
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind, IISStatus

READS_DOCUMENT = frozenset(
    {
        Field.ENTRY,
        Field.METADATA_URL,
        Field.CERTIFICATES,
        Field.REALM,
        Field.ISSUER,
        Field.APPLICATION_IDENTIFIER,
    }
)
"""Repairs of these fields make the server read the partner's document anew."""


def completes(draft: Draft, made: Change) -> bool:
    """Whether all that is left to do for an entry that was just made is its permission."""
    change = draft.decision.change if draft.decision else None
    if change is None or made.kind not in {ChangeKind.REGISTER, ChangeKind.RECREATE}:
        return False
    return change.kind is ChangeKind.UPDATE and change.fields == {Field.PERMISSION}


async def read_back(work: Reached, made: Sequence[Making], iis_before: IISStatus | None) -> None:
    """Read everything once more, and judge each change by what is there now."""
    before = work.observed
    after, ahead = await reach.observe_on(work, work.logon, before.host)
    identity.must_be(before, after)
    work.observed, work.ahead = after, ahead
    effective = _took_effect(work, made, before)
    if not any(
        took and each.change.needs_restart for took, each in zip(effective, made, strict=True)
    ):
        # A write that changed nothing asks for no restart: the requirement is as it was before.
        await work.save_server(iis=iis_before)
    read = [_believe(work, each.draft, each.change, before, after) for each in made]
    keys = [each.draft.desired.key for each in made]
    await decide_all(work, [key for key, done in zip(keys, read, strict=True) if done])
    for each, took, document_read in zip(made, effective, read, strict=True):
        with confined(work, each.draft):
            await _judge(work, each.draft, each.change, took=took, document_read=document_read)
            close_intent(each.draft)


def _took_effect(work: Reached, made: Sequence[Making], before: Observed) -> list[bool]:
    """Of each change: whether the server shows the entry otherwise than before it, or cannot show it."""
    after, known = work.observed, {entry.reference for entry in before.entries}
    others_are_served = before.token_servers != after.token_servers
    shown = {_without_time(entry) for entry in after.entries}

    def took(each: Making) -> bool:
        change = each.change
        if change.fields & OF_TOKEN_SERVERS and others_are_served:
            return True
        if change.entry is None:
            # Other entries of the product may be new as well: of others in the run, or made by hand meanwhile.
            own = registrations.own_entries(work, each.draft)
            return any(entry.reference not in known for entry in own)
        if change.entry.thumbprints is None and change.fields == {Field.CERTIFICATES}:
            # Lync shows no certificates: a refresh of them changes nothing that can be read.
            return True
        return _without_time(change.entry) not in shown

    return [took(each) for each in made]


def _without_time(entry: Entry) -> Entry:
    """An entry without its time stamp, which a write moves even when it changes nothing."""
    return replace(entry, changed_at=None)


def _believe(
    work: Reached, draft: Draft, change: Change, before: Observed, after: Observed
) -> bool:
    """What our last read of the document got counts on products that show no certificates.

    False: the change made the server read no document, or nobody knows which: another one was published meanwhile.
    """
    reads = change.kind is not ChangeKind.UPDATE or bool(change.fields & READS_DOCUMENT)
    if draft.failure is not None or not reads:
        return False
    registration, document = draft.status.registration, registrations.document_in(after, draft)
    if registrations.document_in(before, draft) != document:
        work.wake_at(work.now())
        return False
    if registration is not None and document is not None:
        believed = replace(registration, thumbprints=document.thumbprints)
        draft.status = replace(draft.status, registration=believed)
    return True


async def _judge(
    work: Reached, draft: Draft, change: Change, *, took: bool, document_read: bool
) -> None:
    """What the read-back says of a change that was made. `took`: it took effect."""
    decision = draft.decision
    if decision is None or draft.desired.deleting:
        return
    _note_document(work, draft)
    if (decision.change is None or completes(draft, change)) and draft.blocker is None:
        draft.failure = None
        record = draft.status.repair
        if record is not None:
            first = draft.declared.status.registration is None
            count = repair.made if first or change.asked else repair.proven
            draft.status = replace(draft.status, repair=count(record))
        await _announce_success(work, draft, change)
    elif decision.absent and draft.failure is None:
        draft.failure = Obstacle(
            Reason.CREATED_NOTHING,
            f"{work.called} reported no error, yet no partner application is there. The operator tries again; look "
            "at the server's event log if this stays.",
            Next.RETRIED,
        )
    if decision.entry is not None:
        await conclude(work, draft, changed=took, document_read=document_read)


def _note_document(work: Reached, draft: Draft) -> None:
    """The read-back may have got another document than the pass began with."""
    record = draft.status.repair
    if record is not None:
        document = repair.document_digest(draft.document)
        noted = repair.with_document(record, document, work.now())
        draft.status = replace(draft.status, repair=noted)


async def _announce_success(work: Reached, draft: Draft, change: Change) -> None:
    if change.kind is ChangeKind.REGISTER:
        was = draft.declared.status
        vanished = was.registration is not None and was.intent is None
        word = "again" if vanished else "now"
        message = f"{work.called} {word} trusts {draft.desired.partner.name}."
        await work.tell(draft, Reason.REGISTERED, message)
    elif change.asked:
        message = f"{work.called} has read the partner's document again, as asked."
        await work.tell(draft, Reason.REPAIRED, message)
    else:
        names = ", ".join(sorted(change.fields))
        message = f"Repaired: {names}."
        if change.permission is not None and change.kind is ChangeKind.UPDATE:
            partner = draft.desired.partner.name
            message += f" {partner} has the permission {change.permission} now."
        await work.tell(draft, Reason.REPAIRED, message)
