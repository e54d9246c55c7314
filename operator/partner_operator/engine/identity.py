"""Who answered: the organisation that is known, another one, or one that an older PartnerServer has."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from partner_operator.engine import report, server_facts
from partner_operator.engine.believed import is_believed
from partner_operator.engine.ports import OperationFailed, OtherServer
from partner_operator.engine.schedule import patient
from partner_operator.engine.state import Pass, Reached
from partner_operator.trust.conditions import find, shortened, stands_back
from partner_operator.trust.inventory import listed
from partner_operator.trust.match import same
from partner_operator.trust.model import Observed
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import ConditionType, Reason
from partner_operator.trust.verdict import server_verdict

LONGEST_NAME = 300
"""Characters. Behind the names stands what to do, which must not be cut off."""


def another(work: Reached) -> Obstacle | None:
    """Under the same names, somebody else answers than before: nothing known fits, so nothing may be done.

    None: it is who is known, or a human was told of this very organisation and said that it is meant.
    """
    known, seen = work.status.organization, work.observed.organization
    if not known or not seen or same(known, seen) or _goes_on_under_another_name(work):
        return None
    message = _message(known, seen)
    if _meant(work, message):
        return None
    return Obstacle(Reason.OTHER_ORGANIZATION, message, Next.HUMAN)


def _goes_on_under_another_name(work: Reached) -> bool:
    """Whether the host that is known shows what the product counts as a sign that it is still the same.

    Such a sign is public, like a certificate: of a host that is not known it proves nothing.
    """
    known = same(work.status.answered_by or "", work.observed.host)
    return known and work.rules.same_organization(work.status.metadata, work.observed)


def must_be(before: Observed, after: Observed) -> None:
    """Raises OperationFailed when a read-back is of somebody else: it proves nothing of a change."""
    known, seen = before.organization, after.organization
    if known and seen and not same(known, seen):
        raise OperationFailed(Reason.OTHER_ORGANIZATION, _message(known, seen), Next.HUMAN)


def _message(known: str, seen: str) -> str:
    here, before = shortened(seen, LONGEST_NAME), shortened(known, LONGEST_NAME)
    return (
        f"The hosts answer for {here}, and until now they answered for {before}. The operator changes nothing there. "
        "Find out what stands behind their names. If it is meant, set the annotation "
        "partner-operator.io/reconcile-requested-at on this PartnerServer."
    )


def _meant(work: Pass, message: str) -> bool:
    """A request after a human could read this message. One that is older was for something else."""
    requested, status = work.server.reconcile_requested_at, work.declared.status
    told = find(status.conditions, ConditionType.READY)
    if requested in {None, status.last_handled_reconcile_at} or told is None:
        return False
    return told.reason is Reason.OTHER_ORGANIZATION and told.message == message


def learn(work: Reached) -> None:
    """Remember who answered."""
    observed = work.observed
    work.status = replace(
        work.status,
        organization=observed.organization or work.status.organization,
        answered_by=observed.host if observed.organization else work.status.answered_by,
        product_version=observed.product_version,
        settings=observed.settings,
        token_servers=work.status.token_servers
        if observed.token_servers_fault
        else listed(observed.token_servers),
        domain_controller=_controller(work, observed),
        metadata=report.metadata_status(work, observed) or work.status.metadata,
    )


def _controller(work: Pass, observed: Observed) -> str | None:
    """The controller to ask next time; the known one as long as its changes may be under way."""
    known, answered = work.status.domain_controller, observed.domain_controller
    if known is not None and (observed.incomplete is not None or same(known, answered or "")):
        return known
    return answered


async def claim(work: Reached) -> Obstacle | None:
    """Make known that this server has its organisation. Returns who else has it and goes first, or None.

    Two PartnerServers for one organisation: one works, the older one; the other one says so.

    Each writes down which organisation it has, and that it does not stand back, before it looks who else has
    it: so of two that come at once, at least one sees the other. The older one waits until the younger one has
    said that it stands back, because that one may not have seen it and be at work.
    """
    organizations = _organizations(work)
    older = _older(work, organizations)
    if older is None and not _is_known(work):
        await _make_known(work)
        now = await work.ports.reader.again(work.server)
        work.declared = replace(work.declared, others=now.others)
        older = _older(work, organizations)
    if older is not None:
        return older
    younger = _younger(work, organizations)
    if younger is not None:
        work.wake_at(work.now() + patient(work.ports.patience.retest, _waited(work)))
    return younger


def _waited(work: Pass) -> timedelta:
    """For how long the younger one has not said that it stands back; nobody may serve it."""
    told = find(work.declared.status.conditions, ConditionType.READY)
    if told is None or told.reason is not Reason.DUPLICATE_SERVER:
        return timedelta(0)
    return work.now() - told.last_transition


def stand_back_unseen(work: Pass) -> None:
    """Whoever cannot be reached stands back too, by what is known of it: the older one waits for that word."""
    known = work.status.organization
    older = _older(work, (known,)) if known is not None else None
    if older is not None:
        work.failure, work.blocker = None, older


def _organizations(work: Reached) -> tuple[str, ...]:
    """The names of the organisation. One that goes on under a new name is known to others by its old one."""
    known, seen = work.declared.status.organization, work.observed.organization
    if not known or _meant(work, _message(known, seen)):
        return (seen,)
    return (seen, known)


def _is_known(work: Reached) -> bool:
    """Whether the others could read that this server has this organisation, and does not stand back."""
    status = work.declared.status
    known = status.organization is not None and same(
        status.organization, work.observed.organization
    )
    return known and status.answered_by is not None and not stands_back(status.conditions)


async def _make_known(work: Pass) -> None:
    conditions = work.status.conditions
    if stands_back(conditions):
        facts = server_facts.server_working(work)
        conditions = server_verdict(conditions, facts, work.now()).conditions
    await work.save_server(conditions=conditions)


def _older(work: Pass, organizations: tuple[str, ...]) -> Obstacle | None:
    older = next((o for o in _rivals(work, organizations) if _age(o) < _my_age(work)), None)
    if older is None:
        return None
    way_out = (
        "It is being deleted; this one begins when it is gone."
        if older.deleting
        else "Delete one of the two."
    )
    message = f"{_named(work, older)} and is older. {way_out}"
    return Obstacle(Reason.DUPLICATE_SERVER, message, Next.HUMAN)


def _younger(work: Pass, organizations: tuple[str, ...]) -> Obstacle | None:
    younger = next((o for o in _rivals(work, organizations) if not o.stands_back), None)
    if younger is None:
        return None
    return Obstacle(
        Reason.DUPLICATE_SERVER,
        f"{_named(work, younger)}, is younger, and may be at work there. This one begins when the other one "
        "says DuplicateServer or is gone. Delete one of the two.",
        Next.RETRIED,
    )


def _rivals(work: Pass, organizations: tuple[str, ...]) -> list[OtherServer]:
    """Other servers that are believed to be of the same organisation, the oldest first."""
    mine = work.server
    alike = [
        other
        for other in work.declared.others
        if other.product is mine.product
        and other.key.uid != mine.key.uid
        and any(same(other.organization or "", name) for name in organizations if name)
        and is_believed(work, other)
    ]
    return sorted(alike, key=_age)


def _age(other: OtherServer) -> tuple[datetime, str]:
    return other.created_at, other.key.uid


def _my_age(work: Pass) -> tuple[datetime, str]:
    return work.server.created_at, work.server.key.uid


def _named(work: Pass, other: OtherServer) -> str:
    return (
        f"PartnerServer {other.key.namespace}/{other.key.name} is the same {work.called} organisation "
        f"({shortened(other.organization or '', LONGEST_NAME)})"
    )
