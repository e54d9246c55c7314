"""What a pass makes of entries that it does not see any more, and how it remembers those that it saw (rule 25)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from partner_operator.engine import registrations
from partner_operator.engine.aside import aside
from partner_operator.engine.state import Draft, Pass, Reached
from partner_operator.trust.absence import (
    BELIEVED_AFTER,
    Missing,
    strangers,
    unproven,
    vanished_together,
)
from partner_operator.trust.conditions import find, ready_reason
from partner_operator.trust.declarable import undeclared
from partner_operator.trust.inventory import bounded
from partner_operator.trust.match import effective_identity, is_registered, plain, same
from partner_operator.trust.model import Entry, EntryKind, Observed
from partner_operator.trust.reasons import ConditionType, Reason
from partner_operator.trust.status import ChangeKind, Condition, Undeclared

MADE_ANEW = frozenset({ChangeKind.REGISTER, ChangeKind.RECREATE})


async def doubts(work: Reached) -> bool:
    """After the decisions of a read: remember what is there, and say whether those must be made again.

    Then the read counts as incomplete from now on.
    """
    observed = work.observed
    work.whole = False
    if observed.incomplete is not None:
        await _remember(work, observed, None)
        return False
    if _is_another_organization(work, observed):
        # What was seen elsewhere says nothing of this one.
        work.status = replace(work.status, undeclared=(), undeclared_cut=None)
        await _remember(work, observed, None)
        return False
    await _remember(work, observed, work.now())
    together = vanished_together(tuple(_missing(work)), work.now())
    if together:
        why = unproven(observed, together, work.server.key)
        if not (_meant(work, why) or _seen_elsewhere(work, observed, together)):
            work.observed = replace(observed, incomplete=why)
            return True
    _forget(work, all_of_it=bool(together))
    work.whole = True
    return False


def asks_elsewhere(work: Pass) -> bool:
    """While absence is doubted no controller is named, so that another one may answer and show the same."""
    if isinstance(work, Reached) or work.status.domain_controller is None:
        return False
    if ready_reason(work.declared.status.conditions) is not Reason.INCOMPLETE_READ:
        return False
    remembered = [each.status.registration for each in work.declared.applications]
    return any(
        each is not None and each.missing_since is not None
        for each in (*work.declared.status.undeclared, *remembered)
    )


def _is_another_organization(work: Reached, observed: Observed) -> bool:
    known = work.declared.status.organization
    return (
        known is not None
        and not same(known, observed.organization)
        and not work.rules.same_organization(work.declared.status.metadata, observed)
    )


async def _remember(work: Reached, observed: Observed, missing_since: datetime | None) -> None:
    claimed = frozenset(
        draft.decision.entry.reference
        for draft in work.drafts
        if draft.decision is not None and draft.decision.entry is not None
    )
    product, all_rules = work.server.product, work.ports.rules
    before, entries = work.status.undeclared, work.entries

    def inventory() -> tuple[tuple[Undeclared, ...], int]:
        def told(entry: Entry) -> Undeclared:
            return undeclared(entry, product, all_rules, observed)

        return bounded(strangers(before, entries, claimed, missing_since, told))

    told, cut = await aside(inventory, len(observed.entries))
    work.status = replace(work.status, undeclared=told, undeclared_cut=cut or None)
    for draft in work.live:
        registration = draft.status.registration
        if registration is None:
            continue
        visible = any(
            entry.warning or is_registered(entry, registration)
            for entry in work.entries.referenced(registration.reference)
        )
        since = None if visible else registration.missing_since or missing_since
        if since != registration.missing_since:
            marked = replace(registration, missing_since=since)
            draft.status = replace(draft.status, registration=marked)


def _missing(work: Reached) -> Iterator[Missing]:
    made = frozenset(_would_make(work))
    for known in work.status.undeclared:
        if known.missing_since is not None:
            kind, content = known.kind, (plain(known.application_identifier), plain(known.realm))
            ours = (None, *content) in made or (kind, *content) in made
            yield Missing(known.identity, known.missing_since, ours)
    entries: dict[str, Missing] = {}
    for draft in work.live:
        decision, registration = draft.decision, draft.status.registration
        intent = draft.status.intent
        if decision is None or decision.entry is not None:
            continue
        if intent is not None:
            if _should_show(work, draft):
                name, unheard = effective_identity(draft.desired), not _heard(work, draft)
                yield Missing(name, intent.started_at, ours=True, unheard=unheard)
            continue
        if registration is None or registration.missing_since is None:
            continue
        # An heir and its giver remember one entry.
        name, since = registration.reference.casefold(), registration.missing_since
        ours = decision.absent or (name in entries and entries[name].ours)
        entries[name] = Missing(registration.identity, since, ours)
    yield from entries.values()


def _would_make(work: Reached) -> Iterator[tuple[EntryKind | None, str, str]]:
    """Kind (None: whatever it was), identifier and realm of what objects would make anew, if somebody else had made
    it and it is missing."""
    for draft in work.live:
        decision, partner = draft.decision, draft.desired.partner
        if decision is None or not decision.absent or draft.status.registration is not None:
            continue
        if partner.behind_token_server:
            yield partner.kind, plain(partner.identifier), plain(partner.realm)
        elif draft.document is not None:
            yield None, plain(partner.identifier), plain(draft.document.realm)


def _should_show(work: Reached, draft: Draft) -> bool:
    """Whether a change was begun that makes an entry, and none of its own has come."""
    intent = draft.status.intent
    if intent is None or intent.kind not in MADE_ANEW:
        return False
    before = frozenset(intent.before)
    return all(entry.reference in before for entry in registrations.own_entries(work, draft))


def _heard(work: Reached, draft: Draft) -> bool:
    """Whether its run said that it made an entry: in this pass, or before an earlier read was doubted for it."""
    intent = draft.status.intent
    doubted = ready_reason(work.declared.status.conditions) is Reason.INCOMPLETE_READ
    return draft.made is not None or (doubted and intent is not None and intent.over)


def _meant(work: Pass, why: str) -> bool:
    """A request after a human could read this very sentence. One that is older was for something else."""
    status = work.declared.status
    asked = [
        (work.server.reconcile_requested_at, status.last_handled_reconcile_at, status.conditions)
    ]
    asked += [
        (
            each.desired.reconcile_requested_at,
            each.status.last_handled_reconcile_at,
            each.status.conditions,
        )
        for each in work.declared.applications
    ]
    return any(
        requested not in {None, handled} and _says(conditions, why)
        for requested, handled, conditions in asked
    )


def _says(conditions: tuple[Condition, ...], why: str) -> bool:
    told = find(conditions, ConditionType.READY)
    return told is not None and told.reason is Reason.INCOMPLETE_READ and why in told.message


def _seen_elsewhere(work: Pass, observed: Observed, together: tuple[Missing, ...]) -> bool:
    """Another controller shows the same as the one before: all of this was missing there already."""
    before, answered = work.declared.status.domain_controller, observed.domain_controller
    if before is None or answered is None or same(before, answered):
        return False
    known = {each.missing_since for each in work.declared.status.undeclared}
    for each in work.declared.applications:
        registration, intent = each.status.registration, each.status.intent
        known.add(registration.missing_since if registration is not None else None)
        known.add(intent.started_at if intent is not None else None)
    return all(each.since in known for each in together)


def _forget(work: Pass, *, all_of_it: bool) -> None:
    """What is believed to be gone need not be remembered: all of it, or what has been missing for long."""
    long_ago = work.now() - BELIEVED_AFTER
    kept = tuple(
        each
        for each in work.status.undeclared
        if each.missing_since is None or not (all_of_it or each.missing_since <= long_ago)
    )
    work.status = replace(work.status, undeclared=kept)
