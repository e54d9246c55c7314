"""What a deleted object does to its entry: hand over, leave, or remove (rule 13)."""

from __future__ import annotations

from dataclasses import replace

from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.trust import permission
from partner_operator.trust.absence import warned
from partner_operator.trust.claims import Claims
from partner_operator.trust.entries import Entries
from partner_operator.trust.match import is_of
from partner_operator.trust.model import DeletionPolicy, Entry, Mode, Observed, Right
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.plan import (
    ApplicationView,
    Change,
    Decision,
    Difference,
    Field,
    has_made_something,
    made_by_us,
    of_open_intent,
)
from partner_operator.trust.reasons import Reason
from partner_operator.trust.search import Match, find_alike, find_registered, find_unreadable
from partner_operator.trust.status import ChangeKind

UNUSABLE_DECLARATION = frozenset(
    {Reason.PARTNER_NOT_FOUND, Reason.PRODUCT_MISMATCH, Reason.UNSUPPORTED_PAIR}
)
"""The reader's reasons against registering that do not speak against removing."""
RETAIN = "deletionPolicy is Retain: the registration stays on the server."


def find_own(view: ApplicationView, document: AuthMetadata | None, entries: Entries) -> Match:
    """The entry that this object registered, and no other: content is for adopting, never for removing.

    Of a registration whose end nobody saw it is the one that was not there before.
    """
    registered = find_registered(view.status.registration, entries)
    if view.blocker is not None:
        return registered
    if registered.entry is not None and is_of(registered.entry, view.desired):
        return registered
    alike = find_alike(view.desired, view.status.registration, document, entries)
    made = tuple(entry for entry in alike if of_open_intent(view, entry))
    return Match(entry=made[0]) if len(made) == 1 else Match(candidates=made)


def decide_deletion(
    view: ApplicationView,
    match: Match,
    entries: Entries,
    claims: Claims,
    document: AuthMetadata | None,
    *,
    owner: str = "",
) -> Decision:
    """The decision for an object that is being deleted; `match` is its own entry.

    `owner`: to whom that entry belongs, where it is never touched.
    """
    observed = entries.observed
    decision = Decision(
        application=view.desired.key,
        entry=match.entry,
        created_by_us=made_by_us(view, match.entry),
    )
    heir = claims.heir_of(view, match.entry)
    if heir is not None:
        return replace(decision, handed_over_to=heir)
    retained = why_it_stays(view)
    if match.entry is not None and owner:
        told = f"{match.entry.identity} belongs to {owner} and stays on the server."
        return replace(decision, retained=told)
    if retained and not _leaves_a_permission(view, match.entry):
        return replace(decision, retained=retained)
    if view.blocker is not None and not _removable_all_the_same(view, view.blocker):
        return replace(decision, blocker=view.blocker)
    if match.candidates:
        return replace(decision, blocker=_unclear(match))
    if observed.incomplete is not None:
        return replace(decision, blocker=_unproven(observed))
    registration = view.status.registration
    unreadable = find_unreadable(view.desired, registration, match, entries)
    if match.entry is None and unreadable is not None:
        return replace(decision, blocker=warned(observed, unreadable))
    if match.entry is None:
        alike = find_alike(view.desired, view.status.registration, document, entries)
        names = tuple(entry.identity for entry in alike)
        return replace(decision, absent=True, left=() if view.blocker else names)
    remover = claims.remover_before(view, match.entry)
    if remover is not None and remover != view.desired.key:
        return replace(decision, handed_over_to=remover)
    unknown = permission.unreadable(match.entry, Right.NONE, view.status.given_permission)
    if unknown is not None:
        return replace(decision, blocker=unknown)
    return replace(decision, change=_removal(view, match.entry, stays=bool(retained)))


def stays(view: ApplicationView) -> bool:
    """True: what stands on the server is not this deleted object's to remove."""
    return bool(why_it_stays(view))


def why_it_stays(view: ApplicationView) -> str:
    """A sentence for people, one per cause; empty: it is removed."""
    desired = view.desired
    if desired.deletion_policy is DeletionPolicy.RETAIN:
        return RETAIN
    if desired.mode is not Mode.ENFORCE:
        return (
            f"mode was {desired.mode} when the object was deleted, so nothing was changed: the registration stays on "
            "the server."
        )
    if desired.deletion_policy is None and not has_made_something(view):
        return "The registration was not made by this object and stays on the server."
    return ""


def must_be_held(view: ApplicationView) -> bool:
    """True: without our finalizer this object could go, and leave something on a server that is its to remove.

    So in every mode: what it once made must find an heir when it goes, and its mode may change again.
    """
    desired, status = view.desired, view.status
    if desired.deleting:
        return False
    removes = desired.deletion_policy is DeletionPolicy.REMOVE and desired.mode is Mode.ENFORCE
    adopted = status.registration is not None and removes
    gave = status.given_permission is not None
    return has_made_something(view) or status.intent is not None or adopted or gave


def _removable_all_the_same(view: ApplicationView, blocker: Obstacle) -> bool:
    """The registration says what to remove, even when the partner's object went first."""
    return blocker.reason in UNUSABLE_DECLARATION and view.status.registration is not None


def _leaves_a_permission(view: ApplicationView, entry: Entry | None) -> bool:
    """Whether an entry that stays has, as far as is known, a permission that this object gave and should take."""
    desired, given = view.desired, view.status.given_permission
    if entry is None or desired.mode is not Mode.ENFORCE:
        return False
    if desired.deletion_policy is DeletionPolicy.RETAIN:
        return False
    back = permission.taken_back(entry, given)
    return back is not None or permission.unreadable(entry, Right.NONE, given) is not None


def _removal(view: ApplicationView, entry: Entry, *, stays: bool) -> Change:
    """What this object made and gave goes; where the entry `stays`, only what it gave."""
    back = permission.taken_back(entry, view.status.given_permission)
    given = Difference(Field.PERMISSION, str(entry.permission), str(back))
    return Change(
        kind=ChangeKind.UPDATE if stays else ChangeKind.REMOVE,
        application=view.desired.key,
        entry=entry,
        differences=(given if stays else Difference(Field.ENTRY, entry.identity, ""),),
        # Exchange forgets a removed trust within some 15 minutes by itself: no downtime for that.
        needs_restart=False,
        permission=back,
    )


def _unclear(match: Match) -> Obstacle:
    names = ", ".join(entry.identity for entry in match.candidates)
    message = (
        f"Several partner applications could be the one to remove: {names}. The operator removes nothing. Remove the "
        "right one by hand, or set deletionPolicy to Retain."
    )
    return Obstacle(Reason.DELETION_BLOCKED, message, Next.HUMAN)


def _unproven(observed: Observed) -> Obstacle:
    message = (
        f"The list of partner applications on {observed.called} is not proven whole, so the operator removes "
        f"nothing: {observed.incomplete}"
    )
    return Obstacle(Reason.INCOMPLETE_READ, message, Next.RETRIED)
