"""The declared other direction, as its own status tells (case C28)."""

from __future__ import annotations

from partner_operator.engine.ports import CounterpartView
from partner_operator.trust.activation import SELF_REFRESH
from partner_operator.trust.conditions import find
from partner_operator.trust.model import Mode
from partner_operator.trust.reasons import ConditionStatus, ConditionType
from partner_operator.trust.status import ApplicationStatus, Condition


def view_of(
    name: str,
    status: ApplicationStatus,
    *,
    generation: int,
    mode: Mode,
    deleting: bool,
    gradual: bool = False,
) -> CounterpartView:
    """What this side needs to know of the other one. `gradual`: see there, it is the product's.

    In mode Suspend nothing is told any more, so what was told last counts, for whichever generation it was.
    """

    def told(
        condition_type: ConditionType, wanted: ConditionStatus = ConditionStatus.TRUE
    ) -> Condition | None:
        found = find(status.conditions, condition_type)
        if found is None or found.status is not wanted or deleting:
            return None
        return found if mode is Mode.SUSPEND or found.observed_generation == generation else None

    registered, activated = told(ConditionType.REGISTERED), told(ConditionType.ACTIVATED)
    changed = status.registration.last_changed_at if status.registration else None
    testable = None
    if registered is not None:
        # The other side waits for the test, where nobody restarts anything: by then Exchange has read its change.
        at = changed or registered.last_transition
        testable = at if activated is not None else at + SELF_REFRESH
    changes = [changed, activated.last_transition if activated else None]
    return CounterpartView(
        name=name,
        ready=told(ConditionType.READY) is not None,
        last_changed_at=max((change for change in changes if change is not None), default=None),
        testable_at=testable,
        test_passed_at=status.connectivity.last_succeeded_at if status.connectivity else None,
        settling=registered is not None
        and told(ConditionType.ACTIVATED, ConditionStatus.UNKNOWN) is not None,
        gradual=gradual,
    )
