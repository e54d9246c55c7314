"""Conditions as a list that behaves: fixed order, transitions only when a status moves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from partner_operator.texts import shown
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import Condition

LONGEST_MESSAGE = 1024
"""Characters. Longer messages are cut; a status is no log."""

ABNORMAL = frozenset(
    {
        ConditionType.STALLED,
        ConditionType.RECONCILING,
        ConditionType.CERTIFICATE_EXPIRING,
        ConditionType.UNLISTED_HOSTS,
        ConditionType.SUSPENDED,
    }
)
"""Conditions that exist only while they are True."""

_ORDER = {condition_type: place for place, condition_type in enumerate(ConditionType)}


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a pass found out: the content of a condition without its bookkeeping."""

    status: ConditionStatus
    reason: Reason
    message: str


def true(reason: Reason, message: str) -> Part:
    """A part that holds."""
    return Part(ConditionStatus.TRUE, reason, message)


def false(reason: Reason, message: str) -> Part:
    """A part that does not hold."""
    return Part(ConditionStatus.FALSE, reason, message)


def unknown(reason: Reason, message: str) -> Part:
    """A part of which nothing is known."""
    return Part(ConditionStatus.UNKNOWN, reason, message)


def find(conditions: Iterable[Condition], condition_type: ConditionType) -> Condition | None:
    """The condition of this type, or None."""
    return next((found for found in conditions if found.type is condition_type), None)


def kept(conditions: Iterable[Condition], condition_type: ConditionType) -> Part:
    """What was told last: it stays while nobody has looked anew."""
    old = find(conditions, condition_type)
    if old is None:
        return unknown(Reason.PROGRESSING, "Not looked at yet.")
    return Part(old.status, old.reason, old.message)


def ready_reason(conditions: Iterable[Condition]) -> Reason | None:
    """What was told last, in a word; None when nothing was."""
    ready = find(conditions, ConditionType.READY)
    return None if ready is None else ready.reason


def stands_back(conditions: Iterable[Condition]) -> bool:
    """Whether the status of a server says that it leaves its organisation alone.

    A pass that wants to work there takes this word back first, and only then looks who else is there.
    """
    stalled = find(conditions, ConditionType.STALLED)
    return stalled is not None and stalled.reason in {
        Reason.DUPLICATE_SERVER,
        Reason.OTHER_ORGANIZATION,
    }


def set_condition(
    conditions: tuple[Condition, ...],
    condition_type: ConditionType,
    part: Part,
    *,
    now: datetime,
    generation: int,
) -> tuple[Condition, ...]:
    """Put a part into the list; `last_transition` moves only when `status` does.

    An abnormal type, such as Stalled, that is not True is taken out instead.
    """
    others = tuple(found for found in conditions if found.type is not condition_type)
    if condition_type in ABNORMAL and part.status is not ConditionStatus.TRUE:
        return others
    old = find(conditions, condition_type)
    moved = old is None or old.status is not part.status
    condition = Condition(
        type=condition_type,
        status=part.status,
        reason=part.reason,
        message=shortened(shown(part.message)),
        observed_generation=generation,
        last_transition=now if old is None or moved else old.last_transition,
    )
    return in_order((*others, condition))


def replace_conditions(
    old: tuple[Condition, ...],
    parts: Mapping[ConditionType, Part],
    *,
    now: datetime,
    generation: int,
) -> tuple[Condition, ...]:
    """Exactly these parts as conditions, with the transition times that `old` remembers."""
    conditions = tuple(found for found in old if found.type in parts)
    for condition_type, part in parts.items():
        conditions = set_condition(conditions, condition_type, part, now=now, generation=generation)
    return conditions


def in_order(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """The fixed order of `ConditionType`: a True Stalled stands first (kstatus reads in order)."""
    return tuple(sorted(conditions, key=lambda condition: _ORDER[condition.type]))


def shortened(message: str, longest: int = LONGEST_MESSAGE) -> str:
    """The beginning of a text of any length. What stands in front of an instruction is shortened before it."""
    if len(message) <= longest:
        return message
    return message[: longest - 1] + "…"
