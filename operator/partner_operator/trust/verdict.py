"""The only summarizer: facts of a pass become conditions (docs/partnerapplication.md#by-state)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from partner_operator.trust.conditions import Part, find, replace_conditions, set_condition, true
from partner_operator.trust.facts import ApplicationFacts, ServerFacts
from partner_operator.trust.model import Mode
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import Condition
from partner_operator.trust.summary import Summary, application_summary, server_summary, under_way


@dataclass(frozen=True, slots=True)
class Verdict:
    """What goes into a status."""

    conditions: tuple[Condition, ...]
    settled: bool
    """True: `status.observedGeneration` moves to this generation (success, Stalled or at rest)."""

    @property
    def ready(self) -> Condition:
        """The sum, which every verdict has."""
        return next(found for found in self.conditions if found.type is ConditionType.READY)

    def observed_generation(self, previous: int, generation: int) -> int:
        """The value for `status.observedGeneration`."""
        return generation if self.settled else previous


def application_verdict(
    old: tuple[Condition, ...], facts: ApplicationFacts, now: datetime
) -> Verdict:
    """Conditions of a PartnerApplication."""
    if facts.mode is Mode.SUSPEND:
        return _at_rest(old, facts.generation, now)
    parts = {
        ConditionType.METADATA_VALID: facts.metadata,
        ConditionType.REGISTERED: facts.registered,
    }
    if facts.activated is not None:
        parts[ConditionType.ACTIVATED] = facts.activated
    if facts.connected is not None:
        parts[ConditionType.CONNECTED] = facts.connected
    if facts.expiring is not None:
        parts[ConditionType.CERTIFICATE_EXPIRING] = facts.expiring.part
    return _conclude(old, parts, application_summary(facts), facts.generation, now)


def server_verdict(old: tuple[Condition, ...], facts: ServerFacts, now: datetime) -> Verdict:
    """Conditions of a PartnerServer."""
    parts = {
        ConditionType.METADATA_VALID: facts.metadata,
        ConditionType.CERTIFICATE_VALID: facts.certificate,
    }
    if facts.expiring is not None:
        parts[ConditionType.CERTIFICATE_EXPIRING] = facts.expiring.part
    if facts.unlisted_hosts:
        names = ", ".join(sorted(facts.unlisted_hosts))
        parts[ConditionType.UNLISTED_HOSTS] = true(
            Reason.HOSTS_UNLISTED,
            f"The organisation also has {names}, which spec.hosts does not list. The operator never touches them, so "
            "IIS there reads changes by itself some minutes later.",
        )
    return _conclude(old, parts, server_summary(facts), facts.generation, now)


def _at_rest(old: tuple[Condition, ...], generation: int, now: datetime) -> Verdict:
    """An object that rests is as declared: nobody is at work for it, and nothing is asked of anybody.

    So neither Reconciling nor Stalled stands there, and Ready only while it is True: otherwise it says that something
    is still to be done, and whoever waits by kstatus would wait for ever. What was told last keeps its generation.
    """
    rests = find(old, ConditionType.SUSPENDED)
    message = rests.message if rests is not None else _last_word(find(old, ConditionType.READY))
    told = tuple(found for found in old if not _says_to_be_done(found))
    part = true(Reason.SUSPENDED, message)
    conditions = set_condition(told, ConditionType.SUSPENDED, part, now=now, generation=generation)
    return Verdict(conditions, settled=True)


def _says_to_be_done(condition: Condition) -> bool:
    if condition.type is ConditionType.READY:
        return condition.status is not ConditionStatus.TRUE
    return condition.type in {ConditionType.STALLED, ConditionType.RECONCILING}


def _last_word(ready: Condition | None) -> str:
    rests = "mode is Suspend: the operator does nothing for this object. Set mode to Enforce or Observe to go on."
    if ready is None:
        return f"{rests} Nothing was read for it yet."
    if ready.status is ConditionStatus.TRUE:
        return f"{rests} What the other conditions say is from before."
    return f"{rests} Before, Ready was {ready.status} ({ready.reason}): {ready.message}"


def broken_off(
    old: tuple[Condition, ...], message: str, generation: int, now: datetime
) -> tuple[Condition, ...]:
    """Conditions of any object after a pass of which nobody knows how far it came: the details stay as told."""
    return _summed_up(old, under_way(Reason.INTERNAL_ERROR, message), generation, now)


def at_step(
    old: tuple[Condition, ...], message: str, generation: int, now: datetime
) -> tuple[Condition, ...]:
    """Conditions of any object while a pass is at this step: the details stay as told."""
    ready = find(old, ConditionType.READY)
    drift = ready is not None and ready.reason is Reason.DRIFT_DETECTED
    reason = Reason.DRIFT_DETECTED if drift else Reason.PROGRESSING
    return _summed_up(old, under_way(reason, message), generation, now)


def is_under_way(conditions: tuple[Condition, ...]) -> bool:
    """Whether they say that a pass is at work on the object, and not that it waits or fails."""
    ready = find(conditions, ConditionType.READY)
    return ready is not None and ready.reason in {Reason.PROGRESSING, Reason.DRIFT_DETECTED}


def _summed_up(
    old: tuple[Condition, ...], told: Summary, generation: int, now: datetime
) -> tuple[Condition, ...]:
    summaries = {
        ConditionType.READY,
        ConditionType.RECONCILING,
        ConditionType.STALLED,
        ConditionType.SUSPENDED,
    }
    parts = {
        found.type: Part(found.status, found.reason, found.message)
        for found in old
        if found.type not in summaries
    }
    return _conclude(old, parts, told, generation, now).conditions


def _conclude(
    old: tuple[Condition, ...],
    parts: dict[ConditionType, Part],
    summary: Summary,
    generation: int,
    now: datetime,
) -> Verdict:
    parts[ConditionType.READY] = summary.ready
    if summary.beside is ConditionType.STALLED:
        parts[ConditionType.STALLED] = true(summary.ready.reason, summary.ready.message)
    elif summary.beside is ConditionType.RECONCILING:
        failed = summary.ready.status is ConditionStatus.FALSE
        reason = Reason.PROGRESSING_WITH_RETRY if failed else Reason.PROGRESSING
        parts[ConditionType.RECONCILING] = true(reason, summary.ready.message)
    conditions = replace_conditions(old, parts, now=now, generation=generation)
    return Verdict(conditions=conditions, settled=summary.settled)
