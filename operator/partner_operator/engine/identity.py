"""Who answered: the organisation that is known, another one, or one that an older PartnerServer has."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from partner_operator.engine import report, server_facts
from partner_operator.engine.ports import OperationFailed, OtherServer
from partner_operator.engine.state import Pass
from partner_operator.trust.conditions import find, shortened, stands_back
from partner_operator.trust.match import same
from partner_operator.trust.model import Observed
from partner_operator.trust.plan import Blocker
from partner_operator.trust.reasons import ConditionType, Reason
from partner_operator.trust.verdict import server_verdict

LONGEST_NAME = 300
"""Characters. Behind the names stands what to do, which must not be cut off."""


def is_another(work: Pass, observed: Observed) -> bool:
    """Under the same names, somebody else answers than before: nothing known fits, so nothing is done.

    Then the pass has a blocker, unless a human was told of this very organisation and said that it is meant.
    """
    known, seen = work.status.organization, observed.organization
    if (
        not known
        or not seen
        or same(known, seen)
        or work.rules.same_organization(work.status.metadata, observed)
    ):
        return False
    message = _message(known, seen)
    if _meant(work, message):
        return False
    work.blocker = Blocker(Reason.OTHER_ORGANIZATION, message, stalled=True)
    return True


def must_be(before: Observed, after: Observed) -> None:
    """Raises OperationFailed when a read-back is of somebody else: it proves nothing of a change."""
    known, seen = before.organization, after.organization
    if known and seen and not same(known, seen):
        raise OperationFailed(Reason.OTHER_ORGANIZATION, _message(known, seen), stalled=True)


def _message(known: str, seen: str) -> str:
    here, before = shortened(seen, LONGEST_NAME), shortened(known, LONGEST_NAME)
    return (
        f"The hosts answer for {here}, and until now they answered for {before}. Nothing is changed there. Find "
        "out what stands behind their names. If it is meant, set the annotation "
        "partner-operator.io/reconcile-requested-at on this PartnerServer."
    )


def _meant(work: Pass, message: str) -> bool:
    """A request after a human could read this message. One that is older was for something else."""
    requested, status = work.server.reconcile_requested_at, work.declared.status
    told = find(status.conditions, ConditionType.READY)
    if requested in {None, status.last_handled_reconcile_at} or told is None:
        return False
    return told.reason is Reason.OTHER_ORGANIZATION and told.message == message


def learn(work: Pass, observed: Observed) -> None:
    """Remember who answered."""
    work.status = replace(
        work.status,
        organization=observed.organization or work.status.organization,
        product_version=observed.product_version,
        domain_controller=_controller(work, observed),
        metadata=report.metadata_status(work, observed) or work.status.metadata,
    )


def _controller(work: Pass, observed: Observed) -> str | None:
    """The controller to ask next time; the known one as long as its changes may be under way."""
    known, answered = work.status.domain_controller, observed.domain_controller
    if known is not None and (observed.incomplete is not None or same(known, answered or "")):
        return known
    return answered


async def may_work(work: Pass, observed: Observed) -> bool:
    """Two PartnerServers for one organisation: one works, the older one; the other one says so.

    Each writes down which organisation it has, and that it does not stand back, before it looks who else has
    it: so of two that come at once, at least one sees the other. The older one waits until the younger one has
    said that it stands back, because that one may not have seen it and be at work. Otherwise the pass has a
    blocker.
    """
    organizations = _organizations(work, observed)
    if _stand_back(work, organizations):
        return False
    if not _is_known(work, observed):
        await _make_known(work)
        now = await work.ports.reader.again(work.server)
        work.declared = replace(work.declared, others=now.others)
        if _stand_back(work, organizations):
            return False
    return not _wait_for_younger(work, organizations)


def stand_back_unseen(work: Pass) -> None:
    """Whoever cannot be reached stands back too, by what is known of it: the older one waits for that word."""
    if work.observed is None and work.status.organization is not None:
        _stand_back(work, (work.status.organization,))


def _organizations(work: Pass, observed: Observed) -> tuple[str, ...]:
    """The names of the organisation. One that goes on under a new name is known to others by its old one."""
    known, seen = work.declared.status.organization, observed.organization
    if not known or _meant(work, _message(known, seen)):
        return (seen,)
    return (seen, known)


def _is_known(work: Pass, observed: Observed) -> bool:
    """Whether the others could read that this server has this organisation, and does not stand back."""
    status = work.declared.status
    known = status.organization is not None and same(status.organization, observed.organization)
    return known and not stands_back(status.conditions)


async def _make_known(work: Pass) -> None:
    conditions = work.status.conditions
    if stands_back(conditions):
        facts = server_facts.server_working(work)
        conditions = server_verdict(conditions, facts, work.now()).conditions
    await work.save_server(conditions=conditions)


def _stand_back(work: Pass, organizations: tuple[str, ...]) -> bool:
    older = next((o for o in _rivals(work, organizations) if _age(o) < _my_age(work)), None)
    if older is None:
        return False
    way_out = (
        "It is being deleted; this one begins when it is gone."
        if older.deleting
        else "Delete one of the two."
    )
    work.failure = None
    work.blocker = Blocker(
        Reason.DUPLICATE_SERVER,
        f"{_named(work, older)} and is older. {way_out}",
        stalled=True,
    )
    return True


def _wait_for_younger(work: Pass, organizations: tuple[str, ...]) -> bool:
    younger = next((o for o in _rivals(work, organizations) if not o.stands_back), None)
    if younger is None:
        return False
    work.blocker = Blocker(
        Reason.DUPLICATE_SERVER,
        f"{_named(work, younger)}, is younger, and may be at work there. This one begins when the other one "
        "says DuplicateServer or is gone. Delete one of the two.",
        stalled=False,
    )
    work.wake_at(work.now() + work.ports.patience.retest)
    return True


def _rivals(work: Pass, organizations: tuple[str, ...]) -> list[OtherServer]:
    """Other servers of the same organisation, the oldest first."""
    mine = work.server
    alike = [
        other
        for other in work.declared.others
        if other.product is mine.product
        and other.key.uid != mine.key.uid
        and any(same(other.organization or "", name) for name in organizations if name)
    ]
    return sorted(alike, key=_age)


def _age(other: OtherServer) -> tuple[datetime, str]:
    return other.created_at, other.key.uid


def _my_age(work: Pass) -> tuple[datetime, str]:
    return work.server.created_at, work.server.key.uid


def _named(work: Pass, other: OtherServer) -> str:
    return (
        f"PartnerServer {other.key.namespace}/{other.key.name} is the same {work.server.product} organisation "
        f"({shortened(other.organization or '', LONGEST_NAME)})"
    )
