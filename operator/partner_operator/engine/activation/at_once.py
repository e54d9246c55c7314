"""Changes that are active when they are made, and what every way of becoming active must answer."""

from __future__ import annotations

from partner_operator.engine import connectivity, restarts
from partner_operator.engine.state import Draft, Pass, Reached
from partner_operator.trust.conditions import Part
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import Reason


class AtOnce:
    """Nothing is to be done."""

    async def run(self, work: Reached) -> None:
        """Do what makes changes active, then test. Raises OperationFailed and LogonRefused."""
        await connectivity.run_tests(work)
        await restarts.refuse_approval(work)

    def activated(self, work: Pass, draft: Draft) -> Part | None:
        """The condition Activated; None: an application there has none."""
        return None

    def waiting(self, work: Pass, draft: Draft) -> Obstacle | None:
        """What a registered application that is enforced waits for, where nothing is wrong."""
        counterpart = draft.declared.counterpart
        if not draft.desired.connectivity_test or counterpart is None:
            return None
        if not connectivity.waits_for_counterpart(work, draft):
            return None
        partner = draft.desired.partner.name
        when = (
            "is registered, and again until it passes"
            if counterpart.gradual
            else f"is Ready, or half an hour after its last change, when {partner} has read it by itself"
        )
        return Obstacle(
            Reason.WAITING_FOR_COUNTERPART,
            f"This side is done. The test runs when PartnerApplication {counterpart.name} {when}.",
            Next.WAITS,
        )
