"""What a round of restarts does next, and what it says while it waits (rules 7, 18, 20; C18)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from partner_operator.trust.activation import DAY, Round, is_one_of, recent
from partner_operator.trust.conditions import LONGEST_MESSAGE, shortened
from partner_operator.trust.model import RestartPolicy, RestartRules
from partner_operator.trust.reasons import Reason
from partner_operator.trust.restart_sentences import APPROVE, failed, hours, ills, listed, unseen
from partner_operator.trust.status import HostStatus, Question
from partner_operator.trust.windows import RESTART_TIME, WindowError, may_begin, next_opening


class RestartAction(StrEnum):
    """What a round does next."""

    NOTHING = "Nothing"
    RESTART = "Restart"
    WAIT = "Wait"
    ASK = "Ask"


@dataclass(frozen=True, slots=True)
class RestartStep:
    """The next step of a round."""

    action: RestartAction
    host: str | None = None
    """Set for RESTART."""
    reason: Reason | None = None
    """Set for WAIT and ASK."""
    message: str = ""
    not_before: datetime | None = None
    """When waiting may end by itself (operator's clock); None: only something else ends it."""


_ASKABLE = frozenset(
    {
        Reason.RESTART_APPROVAL_NEEDED,
        Reason.RESTART_BUDGET_SPENT,
        Reason.RESTART_FAILED,
        Reason.WAITING_FOR_HOSTS,
        Reason.WAITING_FOR_WINDOW,
    }
)
"""Reasons that an approval answers."""


def question_of(step: RestartStep, view: Round) -> Question | None:
    """What a human may approve while the round stands at this step."""
    since = view.iis.restart_required_since
    if step.reason not in _ASKABLE or since is None:
        return None
    return Question(step.reason, since, (*view.pending, *view.failed, *view.refused, *view.unseen))


def next_step(
    rules: RestartRules,
    view: Round,
    *,
    product: str,
    now: datetime,
    why: Mapping[str, str] | None = None,
    within: timedelta | None = None,
) -> RestartStep:
    """What to do now. RESTART names one host; call again after it came back.

    No host goes down while one is less healthy than it was, whatever the reason: somebody may be at work there.
    `product`: for people. `why`: by host that could not be looked at, what was in the way.
    `within`: how long hosts need at most to take a change over by themselves, where that is known.
    """
    if view.failed or view.refused:
        return _ask(Reason.RESTART_FAILED, failed(view))
    if not view.pending:
        if not view.unseen:
            return RestartStep(RestartAction.NOTHING)
        return _wait(Reason.ACTIVATION_UNKNOWN, unseen(view, why or {}))
    text = f"IIS on {listed(view.pending)} started before the last change."
    host = _candidate(view)
    approved = _is_approved(view, host)
    if rules.policy is RestartPolicy.NEVER and within is not None:
        return _by_itself(view, product, within, text)
    if rules.policy is RestartPolicy.NEVER:
        text += (
            f" restart.policy is Never: {product} reads the change by itself some minutes later."
        )
        return _beside(_wait(Reason.RESTART_PENDING, text), why)
    if rules.policy is RestartPolicy.MANUAL and not approved:
        text += (
            f" restart.policy is Manual: run iisreset on each of them, one at a time, or {APPROVE}."
        )
        return _beside(_ask(Reason.RESTART_APPROVAL_NEEDED, text), why)
    since = view.iis.restart_required_since
    if since is not None and since + rules.settle > now:
        text += " The operator restarts it when no change was made for the time in restart.settle."
        return _wait(Reason.WAITING_FOR_SETTLE, text, since + rules.settle)
    closed = None if approved else _out_of_window(rules, now, text)
    spent = None if approved else _spent(rules, view, host, now, text)
    held = closed or spent
    return _beside(held, why) if held else _when_all_are_well(view, host, why or {}, text)


def _beside(step: RestartStep, why: Mapping[str, str] | None) -> RestartStep:
    """A step that waits for something else, with the hosts that could not be looked at, and their causes."""
    silent = [
        f" {name} cannot be looked at ({cause})." for name, cause in sorted((why or {}).items())
    ]
    return replace(step, message=shortened(step.message + "".join(silent)))


def _by_itself(view: Round, product: str, within: timedelta, text: str) -> RestartStep:
    text += (
        f" restart.policy is Never: {product} takes the change over by itself within {hours(within)}, or at once with "
        "iisreset on each of them."
    )
    since = view.iis.restart_required_since
    return _wait(Reason.WAITING_FOR_ACTIVATION, text, since + within if since is not None else None)


def _candidate(view: Round) -> str:
    """Whose turn it is: hosts of the round that has begun come first."""
    begun = view.iis.round.hosts if view.iis.round is not None else ()
    return next(
        (name for name in view.pending if is_one_of(name, begun)),
        view.pending[0],
    )


def _is_approved(view: Round, host: str) -> bool:
    """A human approved this host's restart for this very requirement."""
    begun = view.iis.round
    return (
        begun is not None
        and begun.approved
        and begun.since == view.iis.restart_required_since
        and is_one_of(host, begun.hosts)
    )


def _out_of_window(rules: RestartRules, now: datetime, text: str) -> RestartStep | None:
    try:
        if may_begin(rules.windows, now, RESTART_TIME):
            return None
        opening = next_opening(rules.windows, now)
    except WindowError as error:
        return _ask(Reason.INVALID_OBJECT, str(error))
    if opening is None:
        text += " No window in restart.windows ever opens: their schedules name no existing day."
        return _ask(Reason.INVALID_OBJECT, text)
    text += f" The operator restarts it in the next window of restart.windows. To restart it now, {APPROVE}."
    return _wait(Reason.WAITING_FOR_WINDOW, text, opening)


def _spent(
    rules: RestartRules, view: Round, host: str, now: datetime, text: str
) -> RestartStep | None:
    """A round that would restart a host too often does not begin; one that has begun is finished."""
    if view.iis.round is not None and is_one_of(host, view.iis.round.hosts):
        return None
    free = {
        line.name: at
        for line in view.iis.hosts
        if is_one_of(line.name, view.pending) and (at := _free_at(line, rules, now)) is not None
    }
    if not free:
        return None
    at = max(free.values())
    text += (
        f" {listed(list(free))} was restarted as often as restart.maxPerDay allows within 24 hours. The round begins "
        f"after {at:%Y-%m-%d %H:%M} UTC. Find out why so many changes need a restart. To restart now, {APPROVE}."
    )
    return _wait(Reason.RESTART_BUDGET_SPENT, text, at)


def _free_at(line: HostStatus, rules: RestartRules, now: datetime) -> datetime | None:
    """When the budget of a host allows one more restart; None: now."""
    lately = recent(line.restarted_at, now)
    if len(lately) < rules.max_per_day:
        return None
    freed: datetime = lately[-rules.max_per_day] + DAY
    return freed


def _when_all_are_well(view: Round, host: str, why: Mapping[str, str], text: str) -> RestartStep:
    ill = view.unwell
    if not ill:
        return RestartStep(RestartAction.RESTART, host=host)
    tail = (
        " Bring it back, or take it out of spec.hosts; the operator notices. To restart all the same, and to count "
        f"what it shows now as healthy, {APPROVE}."
    )
    head = f"{text} The operator restarts nothing while a host is less healthy than it was. {ills(ill, why)}"
    message = shortened(head, LONGEST_MESSAGE - len(tail)) + tail
    return _wait(Reason.WAITING_FOR_HOSTS, message)


def _wait(reason: Reason, message: str, not_before: datetime | None = None) -> RestartStep:
    return RestartStep(RestartAction.WAIT, reason=reason, message=message, not_before=not_before)


def _ask(reason: Reason, message: str) -> RestartStep:
    return RestartStep(RestartAction.ASK, reason=reason, message=message)
