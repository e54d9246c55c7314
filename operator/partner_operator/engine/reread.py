"""The declarations once more, right before an effect that cannot be taken back.

A pass may be minutes old when it removes, recreates or restarts something: an observe run waits for slow
documents, a round waits for hosts. What people declared meanwhile decides, not what they declared before.
"""

from __future__ import annotations

from dataclasses import replace

from partner_operator.engine.ports import DeclaredServer
from partner_operator.engine.state import Pass
from partner_operator.trust.model import DesiredApplication
from partner_operator.trust.reasons import Reason


async def still_as_declared(work: Pass) -> bool:
    """Read everything declared again. False: something that bears on the effect is not as this pass read it.

    Then this pass begins nothing more, and the next one begins at once.
    """
    now = await work.ports.reader.again(work.server)
    left = frozenset(draft.desired.key.uid for draft in work.drafts if draft.gone)
    return _bearing(now, left) == _bearing(work.declared, left)


def _bearing(declared: DeclaredServer, left: frozenset[str]) -> tuple[object, ...]:
    """What decisions rest on, without the statuses, which this very pass writes.

    References are resolved in it, so another server's new address counts. Our own finalizer is no declaration,
    and what this pass let go (`left`, by uid) is no longer its matter.
    """
    rivals = {
        (other.key.uid, other.organization)
        for other in declared.others
        if other.product is declared.desired.product
    }
    claims = {
        found.desired.key.uid: (_without_finalizer(found.desired), found.blocker)
        for found in declared.applications
        if found.desired.key.uid not in left
    }
    going = any(
        found.desired.deleting and found.desired.key.uid not in left
        for found in declared.applications
    )
    # Read only while something goes.
    elsewhere = {
        found.desired.key.uid: (_without_finalizer(found.desired), found.blocker)
        for found in declared.neighbours
        if going
    }
    # A namespace that goes takes the bundle along; the pass goes on with what it has.
    server = replace(declared.desired, ca_bundle=None)
    problem = declared.problem
    if problem is not None and problem.reason is Reason.CA_BUNDLE_MISSING:
        problem = None
    return server, problem, declared.crd_deleting, rivals, claims, elsewhere


def _without_finalizer(desired: DesiredApplication) -> DesiredApplication:
    return replace(desired, has_finalizer=False)
