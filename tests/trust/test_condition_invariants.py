"""The helper that watches all statuses does see what it is there for."""

from __future__ import annotations

from typing import Any

import pytest

from support.trust.condition_invariants import check_status, check_transition, violations


def condition(name: str, status: str = "True", **changes: Any) -> dict[str, Any]:
    return {
        "type": name,
        "status": status,
        "reason": "Succeeded",
        "message": "As declared.",
        "observedGeneration": 2,
        "lastTransitionTime": "2026-11-25T12:00:00Z",
        **changes,
    }


READY = condition("Ready")
NOT_READY = condition("Ready", "False")


def status(*conditions: dict[str, Any], observed: Any = 2) -> dict[str, Any]:
    return {"observedGeneration": observed, "conditions": list(conditions)}


@pytest.mark.parametrize(
    "good",
    [
        {},
        {"observedGeneration": -1},
        status(READY, condition("Registered")),
        status(condition("Stalled"), NOT_READY),
        status(condition("Reconciling"), condition("Ready", "Unknown"), observed=1),
        status(condition("Reconciling"), NOT_READY),
        status(READY, condition("UnlistedHosts")),
    ],
)
def test_good_statuses_pass(good: dict[str, Any]) -> None:
    check_status(good, generation=2)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"observedGeneration": 2}, "has no conditions"),
        (status(condition("Registered")), "Ready is missing"),
        (status(READY, READY), "stands twice"),
        (status(condition("Registered"), READY), "fixed order"),
        (status(READY, condition("Stalled")), "fixed order"),
        (status(condition("Stalled"), condition("Reconciling"), NOT_READY), "together"),
        (status(condition("Reconciling"), READY), "Ready is True beside"),
        (status(condition("Stalled"), condition("Ready", "Unknown")), "Stalled, but Ready"),
        (status(condition("Stalled", reason="Conflict"), NOT_READY), "different reasons"),
        (status(condition("Reconciling", "False"), READY), "present though not True"),
        (status(condition("Ready", "Maybe")), "status 'Maybe'"),
        (status(condition("Ready", reason="not camel")), "CamelCase"),
        (status(condition("Ready", message="")), "empty or longer"),
        (status(condition("Ready", message="x" * 1025)), "empty or longer"),
        (status(condition("Ready", message="next try in 30 seconds")), "moves"),
        (status(condition("Ready", message="[Server=x,RequestId=1]")), "moves"),
        (status(condition("Ready", lastTransitionTime="yesterday")), "RFC 3339"),
        (status(condition("Ready", observedGeneration=0)), "is missing"),
        (status(condition("Ready", observedGeneration=3)), "ahead of the object"),
        (status(READY, observed=3), "ahead of the object"),
        (status(READY, observed=1), "another generation"),
        (status(READY, condition("Registered", observedGeneration=1)), "another generation"),
        (status(condition("Stalled"), NOT_READY, observed=1), "another generation"),
        (status(READY, observed=None), "observedGeneration is missing"),
        (status({"type": "Ready", "status": "True"}), "fields are"),
        (status(condition("Reconciling", observedGeneration=1), NOT_READY), "ahead of Reconciling"),
        (status(READY, condition("Surprise")), "not one of our types"),
    ],
)
def test_each_broken_rule_is_seen(bad: dict[str, Any], words: str) -> None:
    assert any(words in broken for broken in violations(bad, 2)), list(violations(bad, 2))
    with pytest.raises(AssertionError):
        check_status(bad, 2)


def test_a_transition_time_that_moves_alone_is_seen() -> None:
    later = condition("Ready", lastTransitionTime="2026-11-25T12:05:00Z")
    with pytest.raises(AssertionError, match="moved without the status"):
        check_transition(status(READY), status(later))
    check_transition(status(NOT_READY), status(later))
    with pytest.raises(AssertionError, match="went back"):
        check_transition(status(later), status(NOT_READY))
