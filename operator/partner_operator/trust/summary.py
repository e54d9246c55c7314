"""Ready sums up the facts of a pass: the first that is not as it should be decides what it says."""

from __future__ import annotations

from dataclasses import dataclass, replace

from partner_operator.trust.certificate_check import HUMAN_ONLY
from partner_operator.trust.conditions import Part, false, true, unknown
from partner_operator.trust.expiry import Expiring
from partner_operator.trust.facts import ApplicationFacts, ServerFacts
from partner_operator.trust.model import Mode
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.plan import Change
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason


@dataclass(frozen=True, slots=True)
class Summary:
    """The Ready condition, and which of Reconciling and Stalled goes with it."""

    ready: Part
    beside: ConditionType | None = None
    settled: bool = False


def _succeeded(message: str) -> Summary:
    return Summary(true(Reason.SUCCEEDED, message), settled=True)


def _stalled(reason: Reason, message: str) -> Summary:
    return Summary(false(reason, message), ConditionType.STALLED, settled=True)


def _retrying(reason: Reason, message: str) -> Summary:
    return Summary(false(reason, message), ConditionType.RECONCILING)


def under_way(reason: Reason, message: str) -> Summary:
    """Nothing is known yet, and the operator is at work."""
    return Summary(unknown(reason, message), ConditionType.RECONCILING)


_CONCLUDE = {Next.HUMAN: _stalled, Next.RETRIED: _retrying, Next.WAITS: under_way}


def application_summary(facts: ApplicationFacts) -> Summary:
    """Ready of a PartnerApplication (docs/partnerapplication.md#by-state)."""
    return _with_expiry(_of_application(facts), facts.expiring)


def _of_application(facts: ApplicationFacts) -> Summary:
    """The first line of this list that holds decides."""
    if facts.obstacle is not None:
        return _stopped(facts.obstacle)
    if facts.repairing is not None:
        fields = ", ".join(sorted(facts.repairing.fields))
        message = f"Differs from the declaration in {fields}; the operator repairs it. {facts.repairing.remark}"
        return under_way(Reason.DRIFT_DETECTED, message.rstrip())
    if facts.working is not None:
        return under_way(Reason.PROGRESSING, facts.working)
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


def server_summary(facts: ServerFacts) -> Summary:
    """Ready of a PartnerServer."""
    return _with_expiry(_of_server(facts), facts.expiring)


def _of_server(facts: ServerFacts) -> Summary:
    if facts.obstacle is not None:
        return _stopped(facts.obstacle)
    if facts.working is not None:
        return under_way(Reason.PROGRESSING, facts.working)
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


def _with_expiry(summary: Summary, expiring: Expiring | None) -> Summary:
    """Whoever reads nothing but a Ready that is True reads of it there."""
    ready = summary.ready
    if expiring is None or ready.status is not ConditionStatus.TRUE:
        return summary
    return replace(summary, ready=replace(ready, message=f"{ready.message} {expiring.short}"))


def _stopped(obstacle: Obstacle) -> Summary:
    return _CONCLUDE[obstacle.then](obstacle.reason, obstacle.message)


def _observed(planned: Change | None) -> Summary:
    if planned is None:
        return _succeeded("As declared. Mode is Observe: the operator changes and tests nothing.")
    fields = ", ".join(sorted(planned.fields))
    message = (
        f"Differs from the declaration in {fields}. Mode is Observe, so the operator changes nothing; see "
        f"status.plan. {planned.remark}"
    ).rstrip()
    return Summary(false(Reason.DRIFT_OBSERVED, message), settled=True)


def _document(metadata: Part) -> Summary | None:
    if metadata.status is ConditionStatus.TRUE:
        return None
    conclude = _stalled if metadata.reason in HUMAN_ONLY else _retrying
    return conclude(metadata.reason, metadata.message)


def _registration(registered: Part) -> Summary | None:
    if registered.status is ConditionStatus.TRUE:
        return None
    conclude = _retrying if registered.status is ConditionStatus.FALSE else under_way
    return conclude(registered.reason, registered.message)


def _activation(activated: Part | None) -> Summary | None:
    if activated is None or activated.status is ConditionStatus.TRUE:
        return None
    if activated.reason is Reason.RESTART_FAILED:
        return _stalled(activated.reason, activated.message)
    return under_way(activated.reason, activated.message)


def _connection(facts: ApplicationFacts) -> Summary:
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
        return under_way(connected.reason, connected.message)
    return _retrying(connected.reason, connected.message)
