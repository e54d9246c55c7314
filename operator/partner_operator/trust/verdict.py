"""The only summarizer: facts of a pass become conditions (docs/partnerapplication.md#by-state)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from partner_operator.trust.certificate_check import HUMAN_ONLY
from partner_operator.trust.conditions import (
    Part,
    false,
    find,
    replace_conditions,
    set_condition,
    true,
    unknown,
)
from partner_operator.trust.expiry import Expiring
from partner_operator.trust.model import Mode
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.plan import Change
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import Condition


@dataclass(frozen=True, slots=True)
class ApplicationFacts:
    """What one pass knows of one application."""

    generation: int
    mode: Mode
    metadata: Part
    registered: Part
    metadata_tolerated: bool = field(default=False, kw_only=True)
    """True: a document that cannot be had does not keep the object from being Ready."""
    activated: Part | None = None
    """None: the product needs no activation."""
    connected: Part | None = None
    """None: no test is declared on this object, though one could be run."""
    connected_tolerated: bool = False
    """True: it does not keep the object from being Ready. The test failed fewer than failureThreshold times in a row
    after a success, or no test exists."""
    obstacle: Obstacle | None = None
    """What decides before anything else: what is wrong, or why the registration of a deleted object stays yet."""
    waiting: Obstacle | None = None
    """What is waited for where nothing is wrong with document and entry."""
    working: str | None = None
    """A sentence while the pass is under way (before the first change, between phases)."""
    repairing: Change | None = None
    """Drift that was found and is being repaired."""
    planned: Change | None = None
    """What Enforce would do (mode Observe)."""
    expiring: Expiring | None = None
    """The partner's certificate, where it ends soon."""


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What one pass knows of one server."""

    generation: int
    certificate: Part
    metadata: Part
    expiring: Expiring | None = None
    """The server's own certificate, where it ends soon."""
    unlisted_hosts: tuple[str, ...] = ()
    skewed: str = ""
    """A sentence that names hosts whose clocks are too far from ours."""
    obstacle: Obstacle | None = None
    waiting: Obstacle | None = None
    working: str | None = None


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


def not_known(obstacle: Obstacle | None = None) -> Part:
    """What a condition says that could not be found out, and what was in the way."""
    if obstacle is None:
        return unknown(Reason.PROGRESSING, "Not looked at yet.")
    return unknown(obstacle.reason, obstacle.message)


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
    summary = _with_expiry(_application_summary(facts), facts.expiring)
    return _conclude(old, parts, summary, facts.generation, now)


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
    summary = _with_expiry(_server_summary(facts), facts.expiring)
    return _conclude(old, parts, summary, facts.generation, now)


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
    return _summed_up(old, _under_way(Reason.INTERNAL_ERROR, message), generation, now)


def at_step(
    old: tuple[Condition, ...], message: str, generation: int, now: datetime
) -> tuple[Condition, ...]:
    """Conditions of any object while a pass is at this step: the details stay as told."""
    ready = find(old, ConditionType.READY)
    drift = ready is not None and ready.reason is Reason.DRIFT_DETECTED
    reason = Reason.DRIFT_DETECTED if drift else Reason.PROGRESSING
    return _summed_up(old, _under_way(reason, message), generation, now)


def is_under_way(conditions: tuple[Condition, ...]) -> bool:
    """Whether they say that a pass is at work on the object, and not that it waits or fails."""
    ready = find(conditions, ConditionType.READY)
    return ready is not None and ready.reason in {Reason.PROGRESSING, Reason.DRIFT_DETECTED}


def _summed_up(
    old: tuple[Condition, ...], told: _Summary, generation: int, now: datetime
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


@dataclass(frozen=True, slots=True)
class _Summary:
    """The Ready condition, and which of Reconciling and Stalled goes with it."""

    ready: Part
    beside: ConditionType | None = None
    settled: bool = False


def _succeeded(message: str) -> _Summary:
    return _Summary(true(Reason.SUCCEEDED, message), settled=True)


def _with_expiry(summary: _Summary, expiring: Expiring | None) -> _Summary:
    """Whoever reads nothing but a Ready that is True reads of it there."""
    ready = summary.ready
    if expiring is None or ready.status is not ConditionStatus.TRUE:
        return summary
    return replace(summary, ready=replace(ready, message=f"{ready.message} {expiring.short}"))


def _stalled(reason: Reason, message: str) -> _Summary:
    return _Summary(false(reason, message), ConditionType.STALLED, settled=True)


def _retrying(reason: Reason, message: str) -> _Summary:
    return _Summary(false(reason, message), ConditionType.RECONCILING)


def _under_way(reason: Reason, message: str) -> _Summary:
    return _Summary(unknown(reason, message), ConditionType.RECONCILING)


_CONCLUDE = {Next.HUMAN: _stalled, Next.RETRIED: _retrying, Next.WAITS: _under_way}


def _application_summary(facts: ApplicationFacts) -> _Summary:
    """The first line of this list that holds decides (docs/partnerapplication.md#by-state)."""
    if facts.obstacle is not None:
        return _stopped(facts.obstacle)
    if facts.repairing is not None:
        fields = ", ".join(sorted(facts.repairing.fields))
        message = f"Differs from the declaration in {fields}; the operator repairs it. {facts.repairing.remark}"
        return _under_way(Reason.DRIFT_DETECTED, message.rstrip())
    if facts.working is not None:
        return _under_way(Reason.PROGRESSING, facts.working)
    if facts.mode is Mode.OBSERVE:
        return _observed(facts.planned)
    return (
        (None if _is_tolerated(facts) else _document(facts.metadata))
        or _registration(facts.registered)
        or (_stopped(facts.waiting) if facts.waiting else None)
        or _activation(facts.activated)
        or _connection(facts)
    )


def _is_tolerated(facts: ApplicationFacts) -> bool:
    return facts.metadata_tolerated and facts.metadata.status is ConditionStatus.UNKNOWN


def _server_summary(facts: ServerFacts) -> _Summary:
    if facts.obstacle is not None:
        return _stopped(facts.obstacle)
    if facts.working is not None:
        return _under_way(Reason.PROGRESSING, facts.working)
    certificate = facts.certificate
    if certificate.status is ConditionStatus.FALSE:
        return _stalled(certificate.reason, certificate.message)
    if certificate.status is ConditionStatus.UNKNOWN:
        return _retrying(certificate.reason, certificate.message)
    return (
        _document(facts.metadata)
        or (_stopped(facts.waiting) if facts.waiting else None)
        or _succeeded(f"Reached, and as declared. {facts.skewed}".rstrip())
    )


def _stopped(obstacle: Obstacle) -> _Summary:
    return _CONCLUDE[obstacle.then](obstacle.reason, obstacle.message)


def _observed(planned: Change | None) -> _Summary:
    if planned is None:
        return _succeeded("As declared. Mode is Observe: the operator changes and tests nothing.")
    fields = ", ".join(sorted(planned.fields))
    message = (
        f"Differs from the declaration in {fields}. Mode is Observe, so the operator changes nothing; see "
        f"status.plan. {planned.remark}"
    ).rstrip()
    return _Summary(false(Reason.DRIFT_OBSERVED, message), settled=True)


def _document(metadata: Part) -> _Summary | None:
    if metadata.status is ConditionStatus.TRUE:
        return None
    conclude = _stalled if metadata.reason in HUMAN_ONLY else _retrying
    return conclude(metadata.reason, metadata.message)


def _registration(registered: Part) -> _Summary | None:
    if registered.status is ConditionStatus.TRUE:
        return None
    conclude = _retrying if registered.status is ConditionStatus.FALSE else _under_way
    return conclude(registered.reason, registered.message)


def _activation(activated: Part | None) -> _Summary | None:
    if activated is None or activated.status is ConditionStatus.TRUE:
        return None
    if activated.reason is Reason.RESTART_FAILED:
        return _stalled(activated.reason, activated.message)
    return _under_way(activated.reason, activated.message)


def _connection(facts: ApplicationFacts) -> _Summary:
    connected = facts.connected
    if connected is None:
        return _succeeded("Registered as declared, and active.")
    if connected.status is ConditionStatus.TRUE:
        return _succeeded("Registered as declared, and active. The connectivity test passed.")
    unknown_yet = connected.status is ConditionStatus.UNKNOWN
    if facts.connected_tolerated:
        more = (
            connected.message if unknown_yet else "The last test failed; the operator repeats it."
        )
        return _succeeded(f"Registered as declared, and active. {more}")
    if unknown_yet:
        return _under_way(connected.reason, connected.message)
    return _retrying(connected.reason, connected.message)


def _conclude(
    old: tuple[Condition, ...],
    parts: dict[ConditionType, Part],
    summary: _Summary,
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
