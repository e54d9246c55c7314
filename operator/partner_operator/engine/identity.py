"""Who answered: the organisation that is known, another one, or one that an older PartnerServer has."""

from __future__ import annotations

from dataclasses import replace

from partner_operator.engine import closing
from partner_operator.engine.ports import OperationFailed
from partner_operator.engine.state import Pass
from partner_operator.trust.conditions import find, shortened
from partner_operator.trust.match import same
from partner_operator.trust.model import Observed, Product
from partner_operator.trust.plan import Blocker
from partner_operator.trust.reasons import ConditionType, Reason

LONGEST_NAME = 300
"""Characters. Behind the names stands what to do, which must not be cut off."""


def is_another(work: Pass, observed: Observed) -> bool:
    """Under the same names, somebody else answers than before: nothing known fits, so nothing is done.

    Then the pass has a blocker, unless a human was told of this very organisation and said that it is meant.
    """
    known, seen = work.status.organization, observed.organization
    if not known or not seen or same(known, seen) or _signs_as_before(work, observed):
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


def _signs_as_before(work: Pass, observed: Observed) -> bool:
    """Lync is known by where its Central Management store is. That moves (Move-CsManagementServer, failover)
    and may be written otherwise after an update; the certificate that signs its tokens goes with it.
    """
    metadata = work.status.metadata
    if work.server.product is not Product.LYNC or metadata is None:
        return False
    published = {certificate.thumbprint.upper() for certificate in metadata.certificates}
    return any(own.thumbprint.upper() in published for own in observed.own_certificates)


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
        metadata=closing.metadata_status(work, observed) or work.status.metadata,
    )


def _controller(work: Pass, observed: Observed) -> str | None:
    """The controller to ask next time; the known one as long as its changes may be under way."""
    known, answered = work.status.domain_controller, observed.domain_controller
    if known is not None and (observed.incomplete is not None or same(known, answered or "")):
        return known
    return answered


def is_duplicate(work: Pass, observed: Observed) -> bool:
    """Two PartnerServers for one organisation: the older one works, the younger one says so."""
    mine = (work.server.created_at, work.server.key.uid)
    for other in work.declared.others:
        alike = (
            other.product is work.server.product
            and bool(other.organization and observed.organization)
            and same(other.organization or "", observed.organization)
            and other.key.uid != work.server.key.uid
        )
        if alike and (other.created_at, other.key.uid) < mine:
            work.blocker = Blocker(
                Reason.DUPLICATE_SERVER,
                f"PartnerServer {other.key.namespace}/{other.key.name} is the same {work.server.product} "
                f"organisation ({observed.organization}) and is older. Delete one of the two.",
                stalled=True,
            )
            return True
    return False
