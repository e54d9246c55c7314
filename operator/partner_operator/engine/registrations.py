"""What is remembered of the entries that stand for our objects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from partner_operator.engine import evidence
from partner_operator.engine.ports import Severity
from partner_operator.engine.refused_writes import confined
from partner_operator.engine.state import Draft, Pass, Reached
from partner_operator.engine.together import together
from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.trust import permission
from partner_operator.trust.deletion import must_be_held
from partner_operator.trust.match import is_of, is_registered
from partner_operator.trust.model import Entry, Mode, ObjectKey, Observed
from partner_operator.trust.plan import ApplicationView
from partner_operator.trust.reasons import Reason
from partner_operator.trust.registration import registration_of
from partner_operator.trust.search import find_entry

Givers: TypeAlias = Mapping[ObjectKey, Sequence[Draft]]
"""By heir: deleted objects that give their entry to it, and what they know of it."""


def document_in(observed: Observed, draft: Draft) -> AuthMetadata | None:
    """The partner's document as it was read; another product's is not the partner's, nor is its token server's."""
    partner = draft.desired.partner
    reading = observed.documents.get(partner.auth_metadata_url)
    document = reading.document if reading is not None else None
    if document is None or partner.behind_token_server:
        return None
    identifier = partner.identifier
    return document if document.application_identifier.lower() == identifier else None


def own_entries(work: Reached, draft: Draft) -> tuple[Entry, ...]:
    """What stands for an application in the last read, or may do so: by its content, or as its partner's of its name.

    Other entries of the partner's product are no sign of this application.
    """
    document = document_in(work.observed, draft)
    found = find_entry(draft.desired, draft.status.registration, document, work.entries)
    there = (found.entry, found.squatter, *found.candidates)
    return tuple(each for each in there if each is not None and is_of(each, draft.desired))


def remember_registration(
    work: Pass,
    draft: Draft,
    *,
    witnessed: bool = True,
    document_read: bool = False,
    changed_at: datetime | None = None,
    givers: Givers | None = None,
) -> None:
    """Put the entry that stands for this object, as read, into its status.

    Not `witnessed`: made by an operator that was killed, nobody knows from which document.
    `document_read` and `changed_at`: of a change of ours right now, see `registration_of`.
    `givers`: where somebody has looked who hands over what.
    """
    decision = draft.decision
    if decision is None:
        return
    if decision.entry is None:
        if decision.absent and draft.failure is None and not draft.desired.deleting:
            draft.status = replace(draft.status, registration=None, intent=None)
        return
    previous, given = draft.status.registration, draft.status.given_permission
    if previous is None:
        handing_over = givers if givers is not None else _givers(work)
        for giver in handing_over.get(draft.desired.key, ()):
            previous = previous or giver.status.registration
            given = given or giver.status.given_permission
            witnessed = witnessed and giver.status.intent is None
    if not is_registered(decision.entry, previous):
        # What is known of another entry says nothing about this one.
        previous = None
    registration = registration_of(
        decision.entry,
        draft.document if witnessed else None,
        previous,
        created_by_us=decision.created_by_us,
        document_was_read=document_read,
        changed_at=changed_at,
    )
    given = permission.remembered(given, draft.desired.permission, decision.entry)
    draft.status = replace(draft.status, registration=registration, given_permission=given)


async def notice_vanished(work: Pass) -> None:
    """Tell of each registered entry that is gone without us, and forget it: what comes next is another one.

    An entry that was adopted in its place is told by its adoption.
    """
    for draft in work.live:
        decision, registration = draft.decision, draft.status.registration
        if decision is None or registration is None or draft.desired.deleting:
            continue
        if not decision.absent or draft.status.intent is not None:
            continue
        draft.status = replace(draft.status, registration=None)
        gone = evidence.dropped(work, registration)
        work.status = replace(work.status, dropped=gone)
        ours = "This object had registered it" if registration.created_by_us else "It was adopted"
        next_step = (
            "Mode is Observe, so nothing is made again."
            if draft.desired.mode is Mode.OBSERVE
            else "It is registered again."
        )
        message = (
            f"Partner application {registration.identity} is gone from {work.called}, and not by the "
            f"operator. {ours}. {next_step} If it is meant to go, delete this object."
        )
        await work.tell(draft, Reason.VANISHED, message, Severity.WARNING)


def _givers(work: Pass) -> Givers:
    found: dict[ObjectKey, list[Draft]] = defaultdict(list)
    for draft in work.leaving:
        heir = draft.decision.handed_over_to if draft.decision is not None else None
        if heir is not None and not draft.gone:
            found[heir].append(draft)
    return found


async def take_charge(work: Pass, draft: Draft, givers: Givers | None = None) -> None:
    """Remember the entry; put our finalizer on if it must be removed when the object goes."""
    remember_registration(work, draft, givers=givers)
    held = draft.desired.has_finalizer
    if not held and must_be_held(ApplicationView(draft.desired, draft.status)):
        await work.hold(draft)


async def bequeath(work: Pass, giver: Draft, key: ObjectKey) -> None:
    """The heir remembers the entry before the giver goes. It may stand for another name of this server."""
    heir = next((draft for draft in work.drafts if draft.desired.key == key), None)
    if heir is not None:
        await take_charge(work, heir)
        await work.save(heir, heir.status)
        return
    decision = giver.decision
    neighbour = next(found for found in work.declared.neighbours if found.desired.key == key)
    if decision is None or decision.entry is None or neighbour.status.registration is not None:
        return
    registration = registration_of(
        decision.entry,
        None,
        giver.status.registration,
        created_by_us=decision.created_by_us,
        document_was_read=False,
        changed_at=None,
    )
    await work.ports.writer.add_finalizer(neighbour.desired)
    given = giver.status.given_permission
    status = replace(neighbour.status, registration=registration, given_permission=given)
    await work.ports.writer.application_status(neighbour.desired, status)


async def remember_entries(work: Pass) -> None:
    """Remember every entry that was found; say so when one was adopted."""
    givers = _givers(work)

    async def remember(draft: Draft) -> None:
        before = draft.status.registration
        with confined(work, draft):
            await take_charge(work, draft, givers)
        registration = draft.status.registration
        if registration is None or registration.created_by_us:
            return
        if before is None or before.created_by_us or before.reference != registration.reference:
            kept = "watched" if draft.desired.mode is Mode.OBSERVE else "kept true"
            message = (
                f"{work.called} already has this trust as {registration.identity}. It is {kept} from "
                "now on and stays when this object is deleted, unless deletionPolicy is Remove."
            )
            await work.tell(draft, Reason.ADOPTED, message)

    await together(remember, filter(_may_be_remembered, work.live))


def _may_be_remembered(draft: Draft) -> bool:
    if draft.desired.mode is Mode.SUSPEND or draft.desired.deleting:
        return False
    # With an intent nobody knows yet what becomes of it.
    return draft.status.intent is None
