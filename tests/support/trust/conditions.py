"""Verdicts in the form in which they stand in YAML, for the condition invariants."""

from __future__ import annotations

from typing import Any

from partner_operator.trust.status import Condition


def as_status(conditions: tuple[Condition, ...], observed_generation: int) -> dict[str, Any]:
    """A `.status` with these conditions."""
    return {
        "observedGeneration": observed_generation,
        "conditions": [
            {
                "type": str(condition.type),
                "status": str(condition.status),
                "reason": str(condition.reason),
                "message": condition.message,
                "observedGeneration": condition.observed_generation,
                "lastTransitionTime": condition.last_transition.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
            for condition in conditions
        ],
    }
