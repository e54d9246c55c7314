"""The step that a long pass is in, for people who look meanwhile. It names no time, and moves with the step only.

Only an object says it that is being worked on. A pass over what is as declared has no steps to tell, so it
writes nothing; and one that is tried again and again does not flip to and fro.
"""

from __future__ import annotations

from dataclasses import replace

from partner_operator.engine.state import Draft, Pass
from partner_operator.trust.conditions import find, ready_reason
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import ApplicationStatus, Condition
from partner_operator.trust.verdict import at_step, is_under_way


def server_at(work: Pass, sentence: str) -> tuple[Condition, ...]:
    """The server's conditions for a step that keeps it from being as declared.

    What is wrong with it stays told until a pass has come to its end.
    """
    told = work.status.conditions
    ready = find(told, ConditionType.READY)
    failed = ready is not None and ready.status is ConditionStatus.FALSE
    if failed or ready_reason(told) is Reason.INTERNAL_ERROR:
        return told
    return at_step(told, sentence, work.server.generation, work.now())


def application_at(work: Pass, draft: Draft, sentence: str) -> ApplicationStatus:
    """The application's status for this step; as it was where nothing is under way."""
    status = draft.status
    if not is_under_way(status.conditions):
        return status
    conditions = at_step(status.conditions, sentence, draft.desired.generation, work.now())
    return replace(status, conditions=conditions)
