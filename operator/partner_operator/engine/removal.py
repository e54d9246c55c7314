"""When a removal may begin: it settles first, so that renames, prunes and crowds are seen whole (C22).

Argo CD deletes the old object before it creates the new one, and `kubectl delete -f` deletes one object after
the other. So nothing is removed at first sight of a deletion; an heir that comes meanwhile is handed the entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from partner_operator.engine.believed import is_believed
from partner_operator.engine.ports import DeclaredApplication, OtherServer
from partner_operator.engine.refused_writes import confined
from partner_operator.engine.state import Draft, Pass, Reached
from partner_operator.engine.together import together
from partner_operator.trust.conditions import ready_reason
from partner_operator.trust.deletion import stays
from partner_operator.trust.match import same
from partner_operator.trust.model import DesiredApplication
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.plan import ApplicationView
from partner_operator.trust.reasons import Reason
from partner_operator.trust.removal import TOGETHER, Crowd
from partner_operator.trust.status import ChangeKind, Deletion, Removal

REMEMBERED = 50
"""Removals at most in a status."""
NOT_ALLOWED = frozenset({Reason.PARTNER_NOT_ALLOWED, Reason.PERMISSION_NOT_ALLOWED})
"""What an object says that is understood, and that its server's owner does not want."""
LOOK_AGAIN = timedelta(minutes=1)
OTHER_QUESTIONS = frozenset(
    {Reason.OTHER_ORGANIZATION, Reason.OUTCOME_UNKNOWN, Reason.INCOMPLETE_READ}
)
"""While the server says one of these, a request on it answers that and confirms no removal."""


async def see_deletions(work: Pass) -> None:
    """Write down when each deletion was first seen: a restart of the operator begins no new settling."""

    async def see(draft: Draft) -> None:
        seen = replace(draft.status, deletion=Deletion(seen_at=work.now()))
        with confined(work, draft):
            await work.save(draft, seen)

    await together(
        see, [each for each in work.live if each.desired.deleting and not each.status.deletion]
    )


def hold_removals(work: Pass) -> None:
    """Hold each decided removal that may not begin yet, or not without a human's word."""
    going = [draft for draft in work.live if _removes(draft)]
    if not going:
        return
    heirs, crowds = tuple(_possible_heirs(work)), _crowds(work, going)
    for draft in going:
        later = _settles(work, draft) or _awaits_heir(work, draft, heirs)
        if later is not None:
            draft.blocker, look_again = later
            work.wake_at(look_again)
            continue
        whose = next(
            (whose for whose, crowd in crowds if crowd.has(_deleted_at(work, draft))), None
        )
        if whose is not None or _is_held(draft):
            _hold(work, draft, whose or f"PartnerServer {work.server.key.name}")


def remember_removal(work: Pass, draft: Draft) -> tuple[Removal, ...]:
    """The removals of this server with one more."""
    uid = draft.desired.key.uid
    others = tuple(found for found in work.status.removals if found.uid != uid)
    recent = (found for found in others if found.deleted_at > work.now() - 6 * TOGETHER)
    return (*recent, Removal(uid, _deleted_at(work, draft)))[-REMEMBERED:]


def _removes(draft: Draft) -> bool:
    """Whether something is taken from the server for an object that goes: its entry, or what it gave."""
    change = draft.decision.change if draft.decision else None
    return change is not None and draft.desired.deleting and draft.blocker is None


def _deleted_at(work: Pass, draft: Draft) -> datetime:
    return draft.desired.deleted_at or _seen_at(work, draft)


def _seen_at(work: Pass, draft: Draft) -> datetime:
    return draft.status.deletion.seen_at if draft.status.deletion else work.now()


def _settling_began(work: Pass, draft: Draft) -> datetime:
    return max(_deleted_at(work, draft), _seen_at(work, draft))


def _settles(work: Pass, draft: Draft) -> tuple[Obstacle, datetime] | None:
    """What the removal waits for, and until when."""
    over = _settling_began(work, draft) + work.server.removal_settle
    if work.now() >= over:
        return None
    change = draft.decision.change if draft.decision else None
    adopted = change is not None and change.kind is ChangeKind.UPDATE
    what = "What this object gave is taken" if adopted else "The registration is removed"
    obstacle = Obstacle(
        Reason.WAITING_FOR_SETTLE,
        f"{what} from {work.called} when it has settled "
        f"(spec.removal.settle of PartnerServer {work.server.key.name}), unless another object has come for "
        "the same partner by then.",
        Next.WAITS,
    )
    return obstacle, over


def _awaits_heir(
    work: Pass, draft: Draft, heirs: Sequence[DesiredApplication]
) -> tuple[Obstacle, datetime] | None:
    """An object that came with this deletion and cannot be understood yet may be the heir.

    It is waited for ten minutes: a PartnerServer that is renamed or made with it comes within seconds, and a
    wrong name must not hold a deletion for ever.
    """
    began = _settling_began(work, draft)
    over = began + TOGETHER
    if work.now() >= over:
        return None
    heir = next((h for h in heirs if h.created_at > began - TOGETHER), None)
    if heir is None:
        return None
    obstacle = Obstacle(
        Reason.WAITING_FOR_SETTLE,
        f"PartnerApplication {heir.key.name} may be for the same partner, and what it names is not known yet. The "
        "operator waits ten minutes for that before it removes the registration. Create the PartnerServer that it "
        "names, or delete it.",
        Next.WAITS,
    )
    return obstacle, min(over, work.now() + LOOK_AGAIN)


def _possible_heirs(work: Pass) -> Iterator[DesiredApplication]:
    for other in work.live:
        blocker = other.declared.blocker
        unknown = blocker is not None and blocker.reason not in NOT_ALLOWED
        if unknown and other.status.registration is None and not other.desired.deleting:
            yield other.desired
    servers = _others(work)
    for neighbour in work.declared.neighbours:
        namespace = neighbour.desired.key.namespace
        if neighbour.desired.deleting or namespace != work.server.key.namespace:
            continue
        server = servers.get((namespace, neighbour.desired.server_name))
        if server is None or _may_be_ours(work, server, neighbour):
            yield neighbour.desired


def _may_be_ours(work: Pass, server: OtherServer, neighbour: DeclaredApplication) -> bool:
    if server.product is not work.server.product:
        return False
    if server.organization is None:
        return True
    return neighbour.blocker is not None and same(
        server.organization, work.status.organization or ""
    )


def _others(work: Pass) -> dict[tuple[str, str], OtherServer]:
    """The other PartnerServers by namespace and name."""
    return {(other.key.namespace, other.key.name): other for other in work.declared.others}


def claims_elsewhere(work: Reached) -> list[DeclaredApplication]:
    """Live applications of another PartnerServer for the organisation that has answered."""
    found = []
    servers = _others(work)
    for neighbour in work.declared.neighbours:
        desired = neighbour.desired
        server = servers.get((desired.key.namespace, desired.server_name))
        if server is None or neighbour.desired.deleting:
            continue
        alike = server.product is work.server.product and server.organization is not None
        if not alike or not is_believed(work, server):
            continue
        if same(server.organization or "", work.observed.organization):
            found.append(neighbour)
    return found


def _crowds(work: Pass, going: Sequence[Draft]) -> tuple[tuple[str, Crowd], ...]:
    """The deletions that may be too many, and of whose applications they are."""
    here = {each.desired.key.uid: _deleted_at(work, each) for each in going}
    left = {removal.uid: removal.deleted_at for removal in work.status.removals}
    staying = len(work.drafts) - len(going)
    own = Crowd((left | here).values(), staying)
    near = [
        neighbour
        for neighbour in work.declared.neighbours
        if neighbour.desired.key.namespace == work.server.key.namespace
    ]
    leaving = [neighbour for neighbour in near if _is_removed(neighbour)]
    elsewhere = {each.desired.key.uid: each.desired.deleted_at or work.now() for each in leaving}
    for other in work.declared.others:
        if other.key.namespace == work.server.key.namespace:
            left |= {removal.uid: removal.deleted_at for removal in other.removals}
    staying += len(near) - len(leaving)
    everywhere = Crowd((left | here | elsewhere).values(), staying)
    return (
        (f"PartnerServer {work.server.key.name}", own),
        (f"namespace {work.server.key.namespace}", everywhere),
    )


def _is_removed(neighbour: DeclaredApplication) -> bool:
    """As far as can be told without asking its server."""
    desired = neighbour.desired
    if not desired.deleting or not desired.has_finalizer:
        return False
    return not stays(ApplicationView(desired, neighbour.status))


def _is_held(draft: Draft) -> bool:
    return draft.status.deletion is not None and draft.status.deletion.held is not None


def _hold(work: Pass, draft: Draft, whose: str) -> None:
    """Held until a human confirms: also while the others of the crowd leave one by one."""
    if _confirmed(work, draft):
        return
    if not _is_held(draft):
        request = work.server.reconcile_requested_at or ""
        deletion = Deletion(seen_at=_seen_at(work, draft), held=request)
        draft.status = replace(draft.status, deletion=deletion)
    draft.blocker = Obstacle(
        Reason.DELETION_BLOCKED,
        f"Most applications of {whose} are being deleted at once, so the operator removes nothing from the server. "
        "To remove the registrations all the same, set the annotation partner-operator.io/reconcile-requested-at on "
        f"PartnerServer {work.server.key.name}; to leave them, set partner-operator.io/release: "
        f"{draft.desired.key.uid} here.",
        Next.HUMAN,
    )


def _confirmed(work: Pass, draft: Draft) -> bool:
    """A request speaks for a removal only if it came after the removal was held, and was asked for this."""
    deletion, requested = draft.status.deletion, work.server.reconcile_requested_at
    if deletion is None or deletion.held is None or requested is None:
        return False
    if ready_reason(work.declared.status.conditions) in OTHER_QUESTIONS:
        return False
    return requested not in {deletion.held, work.status.last_handled_reconcile_at}
