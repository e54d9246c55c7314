"""What must hold for every status that any test ever sees (P-K8S-1, and Flux's ten checks: P-K8S-2).

Flux's checks are taken over with two deliberate changes, because we say Unknown where
Flux says False: `Ready` is not True (rather than False) beside Reconciling, and a drift repair of a
generation that was settled before is Reconciling at that same generation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

ORDER = (
    "Stalled",
    "Reconciling",
    "Ready",
    "MetadataValid",
    "Registered",
    "Activated",
    "Connected",
    "CertificateValid",
    "CertificateExpiring",
    "UnlistedHosts",
    "Suspended",
)
ONLY_WHILE_TRUE = frozenset(
    {"Stalled", "Reconciling", "CertificateExpiring", "UnlistedHosts", "Suspended"}
)
NEGATIVE = frozenset({"Stalled", "Reconciling"})
FIELDS = frozenset(
    {"type", "status", "reason", "message", "observedGeneration", "lastTransitionTime"}
)
LONGEST_MESSAGE = 1024
REASON = re.compile(r"^[A-Z][A-Za-z0-9]*$")
MOVING = re.compile(r"RequestId=|\bin \d+ (?:second|minute)s?\b|\bfor \d+ (?:second|minute)s?\b")
"""Request ids and countdowns: each change of a message is a write, an event and an Argo refresh."""


def check_status(status: Mapping[str, Any], generation: int | None = None) -> None:
    """Raise AssertionError naming every broken rule. `generation`: of the object, where known."""
    broken = list(violations(status, generation))
    assert not broken, "broken condition rules:\n  " + "\n  ".join(broken)


def violations(status: Mapping[str, Any], generation: int | None = None) -> Iterator[str]:
    """Sentences for all rules that this `.status` breaks; nothing for an object not yet seen."""
    conditions: list[Mapping[str, Any]] = list(status.get("conditions") or [])
    observed = status.get("observedGeneration")
    if not conditions:
        if observed not in (None, -1):
            yield "a status that observed a generation has no conditions"
        return
    for condition in conditions:
        yield from _of_one(condition, generation)
    if any(set(condition) != FIELDS for condition in conditions):
        return
    types = [str(condition.get("type")) for condition in conditions]
    if len(set(types)) != len(types):
        yield f"a type stands twice: {types}"
    if types != sorted(types, key=lambda name: ORDER.index(name) if name in ORDER else 99):
        yield f"not in the fixed order: {types}"
    by_type = {str(condition.get("type")): condition for condition in conditions}
    yield from _of_summary(by_type)
    yield from _of_generations(by_type, observed, generation)


def check_transition(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> None:
    """`lastTransitionTime` moves exactly when a condition's status moves."""
    before = {condition["type"]: condition for condition in (old or {}).get("conditions") or []}
    for condition in new.get("conditions") or []:
        was = before.get(condition["type"])
        if was is None:
            continue
        moved = was["status"] != condition["status"]
        if not moved:
            assert was["lastTransitionTime"] == condition["lastTransitionTime"], (
                f"{condition['type']}: lastTransitionTime moved without the status"
            )
        else:
            assert was["lastTransitionTime"] <= condition["lastTransitionTime"], (
                f"{condition['type']}: lastTransitionTime went back"
            )


def _of_one(condition: Mapping[str, Any], generation: int | None) -> Iterator[str]:
    name = condition.get("type")
    if set(condition) != FIELDS:
        yield f"{name}: fields are {sorted(condition)}"
        return
    if name not in ORDER:
        yield f"{name}: not one of our types"
    if condition["status"] not in {"True", "False", "Unknown"}:
        yield f"{name}: status {condition['status']!r}"
    if name in ONLY_WHILE_TRUE and condition["status"] != "True":
        yield f"{name}: present though not True"
    if not REASON.match(str(condition["reason"])):
        yield f"{name}: reason {condition['reason']!r} is not CamelCase"
    message = str(condition["message"])
    if len(message) > LONGEST_MESSAGE or not message.strip():
        yield f"{name}: message is empty or longer than {LONGEST_MESSAGE}"
    if MOVING.search(message):
        yield f"{name}: message holds something that moves: {message}"
    if condition["observedGeneration"] < 1:
        yield f"{name}: observedGeneration is missing"
    if generation is not None and condition["observedGeneration"] > generation:
        yield f"{name}: observedGeneration is ahead of the object"
    if not _is_time(str(condition["lastTransitionTime"])):
        yield f"{name}: lastTransitionTime {condition['lastTransitionTime']!r} is no RFC 3339 time"


@cache
def _is_time(text: str) -> bool:
    """Whether this is an RFC 3339 time of whole seconds. Statuses say the same few again and again."""
    try:
        datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return False
    return True


def _of_summary(by_type: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    ready = by_type.get("Ready")
    if "Suspended" in by_type:
        if NEGATIVE & set(by_type) or (ready is not None and ready["status"] != "True"):
            yield f"at rest, and something is to be done: {sorted(by_type)}"
        return
    if ready is None:
        yield "Ready is missing"
        return
    present = NEGATIVE & set(by_type)
    if len(present) > 1:
        yield "Reconciling and Stalled stand together"
    if ready["status"] == "True" and present:
        yield f"Ready is True beside {sorted(present)}"
    if "Stalled" in by_type and ready["status"] != "False":
        yield f"Stalled, but Ready is {ready['status']}"
    if "Stalled" in by_type and by_type["Stalled"]["reason"] != ready["reason"]:
        yield "Stalled and Ready give different reasons"


def _of_generations(
    by_type: Mapping[str, Mapping[str, Any]], observed: Any, generation: int | None
) -> Iterator[str]:
    ready = by_type.get("Ready")
    if observed is None:
        yield "status.observedGeneration is missing"
        return
    if generation is not None and observed > generation:
        yield "status.observedGeneration is ahead of the object"
    if "Suspended" in by_type:
        if by_type["Suspended"]["observedGeneration"] != observed:
            yield "at rest, and status.observedGeneration is another one"
        return
    settled = (ready is not None and ready["status"] == "True") or "Stalled" in by_type
    if settled:
        others = {name for name, one in by_type.items() if one["observedGeneration"] != observed}
        if others:
            yield f"settled, but {sorted(others)} are of another generation than the status"
    reconciling = by_type.get("Reconciling")
    if reconciling is not None and observed > reconciling["observedGeneration"]:
        yield "status.observedGeneration is ahead of Reconciling"
