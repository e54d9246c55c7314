"""Making changes: intent first, then the change, then the read-back that proves it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from partner_operator.engine import (
    absence,
    audit,
    evidence,
    identity,
    reach,
    registrations,
    removal,
    report,
    steps,
)
from partner_operator.engine.aside import aside
from partner_operator.engine.ports import LogonRefused, RunFailed, Severity
from partner_operator.engine.refused_writes import confined, is_set_aside
from partner_operator.engine.reread import still_as_declared
from partner_operator.engine.state import Draft, Reached
from partner_operator.trust import repair
from partner_operator.trust.activation import raise_requirement
from partner_operator.trust.decide import ApplicationView, decide
from partner_operator.trust.model import Entry, Mode, ObjectKey, Observed
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.plan import OF_TOKEN_SERVERS, Change, Field
from partner_operator.trust.reasons import Reason
from partner_operator.trust.repair import Allowance
from partner_operator.trust.status import ChangeKind, IISStatus, Intent, Repair

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

IRREVOCABLE = frozenset({ChangeKind.REMOVE, ChangeKind.RECREATE})
"""Changes that cannot be taken back."""


async def decide_all(work: Reached, read: Collection[ObjectKey] = ()) -> None:
    """Ask for a decision on every application; again where what is missing makes the read incomplete.

    `read`: applications for which a change of this pass made the server read the partner's document.
    """
    await _decide(work, read)
    if absence.doubts(work):
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


async def make_changes(work: Reached) -> None:
    """Make every decided change, then read back once and decide again.

    What an entry that is new now lacks is given after it was seen: only then it is known what it has already.
    """
    changed = await _make_all(work, work.live)
    new = [draft for draft, change in changed if _completes(draft, change)]
    if new and work.failure is None and not work.overtaken:
        await _make_all(work, new, completing=True)
    if work.failure is not None or work.overtaken:
        return
    touched = [draft for draft, _ in changed]
    for draft in work.live:
        if draft not in touched:
            _rest(work, draft)


async def _make_all(
    work: Reached, drafts: Sequence[Draft], *, completing: bool = False
) -> list[tuple[Draft, Change]]:
    """Make the changes of these, and read back once. Returns what was begun."""
    iis_before = work.status.iis
    made: list[tuple[Draft, Change]] = []
    for draft in drafts:
        change = draft.decision.change if draft.decision else None
        if change is None or draft.blocker is not None:
            continue
        with confined(work, draft):
            if await _make(work, draft, change, completing=completing):
                made.append((draft, change))
        if work.failure is not None:
            return made
        if work.overtaken:
            break
    if made:
        await _read_back(work, made, iis_before)
    return made


def _completes(draft: Draft, made: Change) -> bool:
    """Whether all that is left to do for an entry that was just made is its permission."""
    change = draft.decision.change if draft.decision else None
    if change is None or made.kind not in {ChangeKind.REGISTER, ChangeKind.RECREATE}:
        return False
    return change.kind is ChangeKind.UPDATE and change.fields == {Field.PERMISSION}


def _rest(work: Reached, draft: Draft) -> None:
    """An observation without any difference lets the repair counts fade."""
    decision = draft.decision
    equal = decision is not None and decision.entry is not None and decision.change is None
    suspended = draft.desired.mode is Mode.SUSPEND
    if suspended or draft.blocker is not None:
        return
    if equal and draft.status.repair is not None:
        if _asked_again(draft):
            draft.status = replace(draft.status, repair=None)
            return
        document = repair.document_digest(draft.document)
        if repair.alternates(draft.status.repair, document):
            # Whichever of the documents is read in a pass: the same is told.
            draft.blocker = repair.alternating(draft.desired.partner.auth_metadata_url)
            return
        record = repair.at_rest(draft.status.repair, work.now())
        draft.status = replace(draft.status, repair=record)


async def _make(work: Reached, draft: Draft, change: Change, *, completing: bool) -> bool:
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
        await work.hold(draft)
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
    record = None if _asked_again(draft) else draft.status.repair
    allowance = repair.may_repair(record, digest)
    if allowance is Allowance.ALTERNATES:
        return repair.alternating(draft.desired.partner.auth_metadata_url)
    if allowance is not Allowance.ALLOWED and record is not None:
        return repair.refusal(allowance, change, record)
    return repair.attempted(record, digest, work.now())


def _asked_again(draft: Draft) -> bool:
    """A human set a new reconcile request: counting starts anew."""
    requested = draft.desired.reconcile_requested_at
    return requested is not None and requested != draft.status.last_handled_reconcile_at


async def _announce_drift(work: Reached, draft: Draft, change: Change) -> None:
    if change.kind is ChangeKind.REGISTER or change.asked or draft.desired.deleting:
        return
    names = ", ".join(sorted(change.fields))
    message = f"Differs from the declaration and is being repaired: {names}. {change.remark}"
    await work.tell(draft, Reason.DRIFT_DETECTED, message.rstrip(), Severity.WARNING)


async def _read_back(
    work: Reached, made: list[tuple[Draft, Change]], iis_before: IISStatus | None
) -> None:
    before = work.observed
    after, ahead = await reach.observe_on(work, work.logon, before.host)
    identity.must_be(before, after)
    work.observed, work.ahead = after, ahead
    effective = [_took_effect(change, before, after) for _, change in made]
    if not any(
        took and change.needs_restart for took, (_, change) in zip(effective, made, strict=True)
    ):
        # A write that changed nothing asks for no restart: the requirement is as it was before.
        await work.save_server(iis=iis_before)
    read = [_believe(work, draft, change, before, after) for draft, change in made]
    keys = [draft.desired.key for draft, _ in made]
    await decide_all(work, [key for key, done in zip(keys, read, strict=True) if done])
    for (draft, change), took, document_read in zip(made, effective, read, strict=True):
        with confined(work, draft):
            await _judge(work, draft, change, took=took, document_read=document_read)
            _close_intent(draft)


def _close_intent(draft: Draft) -> None:
    """The host has answered since, so the run is over. What it made may show later, and is ours then."""
    intent = draft.status.intent
    if intent is not None:
        intent = None if draft.desired.deleting else replace(intent, over=True)
        draft.status = replace(draft.status, intent=intent)


def _took_effect(change: Change, before: Observed, after: Observed) -> bool:
    """Whether the server shows the entry otherwise than before the change, or cannot show it."""
    if change.fields & OF_TOKEN_SERVERS and before.token_servers != after.token_servers:
        return True
    if change.entry is None:
        known = {entry.reference for entry in before.entries}
        return any(entry.reference not in known for entry in after.entries)
    if change.entry.thumbprints is None and change.fields == {Field.CERTIFICATES}:
        # Lync shows no certificates: a refresh of them changes nothing that can be read.
        return True
    return _without_time(change.entry) not in {_without_time(entry) for entry in after.entries}


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
    if (decision.change is None or _completes(draft, change)) and draft.blocker is None:
        draft.failure = None
        record = draft.status.repair
        if record is not None:
            first = draft.declared.status.registration is None
            count = repair.made if first or change.asked else repair.proven
            draft.status = replace(draft.status, repair=count(record))
        await _announce_success(work, draft, change)
    elif draft.failure is not None and change.permission is not None and not took:
        # It was refused, so that nothing was put right and nobody set it back: whoever lacks the right is given it.
        draft.status = replace(draft.status, repair=draft.declared.status.repair)
    elif decision.absent and draft.failure is None:
        draft.failure = Obstacle(
            Reason.CREATED_NOTHING,
            f"{work.server.product} reported no error, yet no partner application is there. It is "
            "tried again; look at the server's event log if this stays.",
            Next.RETRIED,
        )
    if decision.entry is not None:
        await _conclude(work, draft, changed=took, document_read=document_read)


def _note_document(work: Reached, draft: Draft) -> None:
    """The read-back may have got another document than the pass began with."""
    record = draft.status.repair
    if record is not None:
        document = repair.document_digest(draft.document)
        noted = repair.with_document(record, document, work.now())
        draft.status = replace(draft.status, repair=noted)


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
                await _conclude(work, draft, changed=not draft.desired.deleting, witnessed=False)
                settled = True
        elif draft.decision.absent:
            draft.status = replace(draft.status, intent=None)
    if settled:
        await decide_all(work)


async def _conclude(
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
    partner, product = draft.desired.partner.name, work.server.product
    step = f"{product} has {partner} as declared. Next, this becomes active there."
    await work.save(draft, replace(steps.application_at(work, draft, step), intent=None))


async def _settled_at(work: Reached, draft: Draft, intent: Intent) -> datetime:
    """When the change was found made, written down first: a refused write asks for no later restart each time."""
    if intent.settled_at is not None:
        return intent.settled_at
    settled = replace(intent, settled_at=work.now())
    await work.save(draft, replace(draft.status, intent=settled))
    return work.now()


async def _announce_success(work: Reached, draft: Draft, change: Change) -> None:
    if change.kind is ChangeKind.REGISTER:
        was = draft.declared.status
        vanished = was.registration is not None and was.intent is None
        word = "again" if vanished else "now"
        message = f"{work.server.product} {word} trusts {draft.desired.partner.name}."
        await work.tell(draft, Reason.REGISTERED, message)
    elif change.asked:
        message = f"{work.server.product} has read the partner's document again, as asked."
        await work.tell(draft, Reason.REPAIRED, message)
    else:
        names = ", ".join(sorted(change.fields))
        message = f"Repaired: {names}."
        if change.permission is not None and change.kind is ChangeKind.UPDATE:
            partner = draft.desired.partner.name
            message += f" {partner} has the permission {change.permission} now."
        await work.tell(draft, Reason.REPAIRED, message)
