"""The end of a pass: facts become conditions, statuses are written, the next pass gets its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from partner_operator.engine import application_facts, expiry, refused_writes, server_facts
from partner_operator.engine.ports import Severity
from partner_operator.engine.removal import OTHER_QUESTIONS
from partner_operator.engine.schedule import back_off, earliest, next_attempt, resync
from partner_operator.engine.state import Draft, Pass
from partner_operator.engine.together import together
from partner_operator.trust.conditions import find, ready_reason
from partner_operator.trust.foreseen import foreseen
from partner_operator.trust.model import Mode, Observed
from partner_operator.trust.obstacle import Next
from partner_operator.trust.plan import Change
from partner_operator.trust.reasons import ConditionStatus, ConditionType
from partner_operator.trust.status import (
    CertificateStatus,
    Condition,
    Counterpart,
    MetadataStatus,
    ServerStatus,
)
from partner_operator.trust.verdict import Verdict, application_verdict, server_verdict


async def show_progress(work: Pass) -> None:
    """Before the first remote step: say of everything new that it is being worked on."""
    if work.server.generation != work.status.observed_generation and not work.server.deleting:
        verdict = server_verdict(
            work.status.conditions, server_facts.server_working(work), work.now()
        )
        if not _says_so_already(work.status.conditions, work.server.generation):
            await work.save_server(conditions=verdict.conditions)

    async def show(draft: Draft) -> None:
        verdict = application_verdict(
            draft.status.conditions,
            application_facts.application_working(work, draft, None),
            work.now(),
        )
        with refused_writes.confined(work, draft):
            await work.save(draft, replace(draft.status, conditions=verdict.conditions))

    await together(show, filter(_is_new, work.live))


def _is_new(draft: Draft) -> bool:
    """Whether nobody has said yet of what is declared now that it is being worked on, and it is."""
    new = draft.desired.generation != draft.status.observed_generation
    suspended = draft.desired.mode is Mode.SUSPEND
    if not new or suspended or draft.desired.deleting or draft.blocker is not None:
        return False
    return not _says_so_already(draft.status.conditions, draft.desired.generation)


def _says_so_already(conditions: tuple[Condition, ...], generation: int) -> bool:
    """A retry of the same generation need not flip back to Progressing each time."""
    ready = find(conditions, ConditionType.READY)
    return ready is not None and ready.observed_generation == generation


async def show_change(work: Pass, draft: Draft, change: Change) -> None:
    """Before a change: the intent, and Reconciling with what is being done."""
    if draft.desired.deleting:
        await work.save(draft, draft.status)
        return
    verdict = application_verdict(
        draft.status.conditions,
        application_facts.application_working(work, draft, change),
        work.now(),
    )
    await work.save(draft, replace(draft.status, conditions=verdict.conditions))


async def close(work: Pass) -> datetime | None:
    """Write every status that changed and return when the next pass is due. Raises NotWritten of the server."""

    async def conclude(draft: Draft) -> None:
        with refused_writes.confined(work, draft):
            await _close_application(work, draft)

    await together(conclude, work.live)
    await refused_writes.tell_applications(work)
    _plan_retry(work)
    await _close_server(work)
    work.memory.retry = work.status.retry
    now = work.now()
    if work.blocker is not None or work.failure is None:
        work.wake_at(resync(now, work.server.interval, work.ports.chance))
    return earliest(*work.due)


async def keep(work: Pass) -> datetime:
    """The end of a pass that was overtaken: what it learnt is remembered, and nothing is told of it."""

    async def remember(draft: Draft) -> None:
        with refused_writes.confined(work, draft):
            await work.save(draft, draft.status)

    await together(remember, work.live)
    await work.save_server()
    return work.now()


def _plan_retry(work: Pass) -> None:
    """Backoff in the status: a restart of the operator does not hammer the servers (rule 12)."""
    troubled = bool(work.refused or work.failure) or any(
        obstacle is not None and obstacle.then is Next.RETRIED
        for draft in work.live
        for obstacle in (draft.failure, draft.blocker)
    )
    if work.blocker is not None or not troubled:
        work.status = replace(work.status, retry=None)
        return
    retry = back_off(work.memory.retry or work.status.retry, work.now(), work.ports.chance)
    work.status = replace(work.status, retry=retry)
    work.wake_at(next_attempt(retry, work.now(), work.now()))


async def _close_application(work: Pass, draft: Draft) -> None:
    if draft.desired.mode is Mode.SUSPEND and not draft.desired.deleting:
        await _close_suspended(work, draft)
        return
    days = expiry.note_partner(work, draft)
    before = draft.status
    found = application_facts.application_facts(work, draft)
    verdict = application_verdict(before.conditions, found, work.now())
    counterpart = draft.declared.counterpart
    status = replace(
        before,
        conditions=verdict.conditions,
        observed_generation=verdict.observed_generation(
            before.observed_generation, draft.desired.generation
        ),
        plan=foreseen(found.planned, work.server.product, work.rules, work.server.restart)
        if found.planned and draft.desired.mode is Mode.OBSERVE
        else (),
        counterpart=Counterpart(counterpart.name, counterpart.ready) if counterpart else None,
        last_handled_reconcile_at=draft.desired.reconcile_requested_at
        or before.last_handled_reconcile_at,
    )
    await work.save(draft, status)
    await _announce_ready(work, draft, verdict)
    await expiry.tell_partner(work, draft, days, verdict.conditions)


async def _close_suspended(work: Pass, draft: Draft) -> None:
    """Suspend keeps what is known; that the object rests is said, and a request is answered.

    What was inherited in this pass stays, else nobody would remove what we once made.
    """
    found = application_facts.application_working(work, draft, None)
    verdict = application_verdict(draft.status.conditions, found, work.now())
    handled = draft.desired.reconcile_requested_at or draft.status.last_handled_reconcile_at
    status = replace(
        draft.status,
        conditions=verdict.conditions,
        observed_generation=draft.desired.generation,
        last_handled_reconcile_at=handled,
    )
    await work.save(draft, status)


async def _announce_ready(work: Pass, draft: Draft, verdict: Verdict) -> None:
    """A Warning when an object becomes not ready or stalled for another reason than before; and when it is ready
    again, that."""
    old = draft.declared.status.conditions
    if _became_ready(old, verdict):
        ready = verdict.ready
        await work.tell(draft, ready.reason, ready.message)
    for condition_type in (ConditionType.STALLED, ConditionType.READY):
        now = find(verdict.conditions, condition_type)
        bad = (
            ConditionStatus.TRUE
            if condition_type is ConditionType.STALLED
            else ConditionStatus.FALSE
        )
        if now is None or now.status is not bad:
            continue
        was = find(old, condition_type)
        if was is None or was.status is not bad or was.reason is not now.reason:
            await work.tell(draft, now.reason, now.message, Severity.WARNING)
        return


def _became_ready(old: tuple[Condition, ...], verdict: Verdict) -> bool:
    was = find(old, ConditionType.READY)
    before = was is not None and was.status is ConditionStatus.TRUE
    return verdict.ready.status is ConditionStatus.TRUE and not before


async def _close_server(work: Pass) -> None:
    days = expiry.note_server(work)
    verdict = server_verdict(work.status.conditions, server_facts.server_facts(work), work.now())
    handled = None if _unfinished_deletions(work) else work.server.reconcile_requested_at
    status: ServerStatus = replace(
        work.status,
        conditions=verdict.conditions,
        observed_generation=verdict.observed_generation(
            work.status.observed_generation, work.server.generation
        ),
        columns=server_facts.columns(work),
        undeclared_whole=work.whole if work.failure is None else None,
        last_handled_reconcile_at=handled or work.status.last_handled_reconcile_at,
    )
    work.status = status
    await work.save_server()
    await _announce_server(work, verdict)
    await expiry.tell_server(work, days, verdict.conditions)


def _unfinished_deletions(work: Pass) -> bool:
    """A request on the server confirms them, so it is not handled before they are done. Where somebody else
    answers it confirms nothing: it was for those who were known then, or says that the move is meant.
    """
    told = ready_reason(work.declared.status.conditions)
    now = work.blocker.reason if work.blocker is not None else None
    if OTHER_QUESTIONS & {told, now}:
        return False
    return any(draft.desired.deleting for draft in work.live)


async def _announce_server(work: Pass, verdict: Verdict) -> None:
    now = verdict.ready
    was = find(work.declared.status.conditions, ConditionType.READY)
    if _became_ready(work.declared.status.conditions, verdict):
        await work.tell_server(now.reason, now.message)
    if now.status is not ConditionStatus.FALSE:
        return
    if was is None or was.status is not now.status or was.reason is not now.reason:
        await work.tell_server(now.reason, now.message, Severity.WARNING)


def metadata_status(work: Pass, observed: Observed) -> MetadataStatus | None:
    """The server's own document, for the status."""
    reading = observed.documents.get(work.server.auth_metadata_url)
    if reading is None or reading.document is None:
        return None
    document = reading.document
    return MetadataStatus(
        issuer=document.issuer,
        realm=document.realm,
        application_identifier=document.application_identifier,
        certificates=tuple(
            CertificateStatus(
                certificate.thumbprint,
                certificate.subject,
                certificate.not_before,
                certificate.not_after,
            )
            for certificate in document.certificates
        ),
    )
