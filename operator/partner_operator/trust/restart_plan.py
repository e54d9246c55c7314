"""What a round of restarts does next, and what it says while it waits (rules 7, 8, 18, 20; C18)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from partner_operator.trust.activation import DAY, Round, host_of, is_one_of, recent, whole
from partner_operator.trust.conditions import LONGEST_MESSAGE, Part, false, shortened, true, unknown
from partner_operator.trust.health import NO_ANSWER
from partner_operator.trust.model import RestartPolicy, RestartRules
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import HostStatus, Question
from partner_operator.trust.windows import RESTART_TIME, WindowError, may_begin, next_opening

APPROVE = (
    "set the annotation partner-operator.io/approve-restart to a new value on this PartnerServer"
)


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
        return _ask(Reason.RESTART_FAILED, _failed(view))
    if not view.pending:
        if not view.unseen:
            return RestartStep(RestartAction.NOTHING)
        return _wait(Reason.ACTIVATION_UNKNOWN, _unseen(view, why or {}))
    text = f"IIS on {_listed(view.pending)} started before the last change."
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
        f" restart.policy is Never: {product} takes the change over by itself within {_hours(within)}, or at once with "
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
        f" {_listed(list(free))} was restarted as often as restart.maxPerDay allows within 24 hours. The round begins "
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
    head = f"{text} The operator restarts nothing while a host is less healthy than it was. {_ills(ill, why)}"
    message = shortened(head, LONGEST_MESSAGE - len(tail)) + tail
    return _wait(Reason.WAITING_FOR_HOSTS, message)


def _ills(lines: Sequence[HostStatus], why: Mapping[str, str]) -> str:
    """What is missing on each host, and what was in the way of a look."""
    said = []
    for line in lines:
        cause = why.get(line.name)
        said.append(
            f"{line.name}: {'; '.join(line.missing) or NO_ANSWER}"
            + (f" ({cause})" if cause else "")
        )
    return ". ".join(said) + "."


def _wait(reason: Reason, message: str, not_before: datetime | None = None) -> RestartStep:
    return RestartStep(RestartAction.WAIT, reason=reason, message=message, not_before=not_before)


def _ask(reason: Reason, message: str) -> RestartStep:
    return RestartStep(RestartAction.ASK, reason=reason, message=message)


@dataclass(frozen=True, slots=True)
class ByItself:
    """What is known of one change where nobody restarts IIS, and hosts take changes over in a known time."""

    product: str
    within: timedelta
    now: datetime
    changed_at: datetime | None
    """When we changed this entry last; None: never, so whatever is waited for is another one's."""
    known_to: Sequence[str] = ()
    """Hosts that name its issuer, which they cannot know from before the change."""
    not_asked: Mapping[str, str] = field(default_factory=dict)
    """Hosts that did not tell whom they trust, and what was in the way."""


def activated(
    view: Round,
    *,
    test_passed_at: datetime | None,
    rules: RestartRules,
    step: RestartStep,
    by_itself: ByItself | None = None,
) -> Part:
    """The Activated condition (rule 8): all workers are new, or a test passed after the change.

    `test_passed_at`: when a test began that passed (operator's clock), or None.
    """
    since = view.iis.restart_required_since
    if by_itself is not None and since is not None:
        # Each entry waits for its own change: what another one waits for may take a day.
        changed = by_itself.changed_at
        since = None if changed is None else min(since, whole(changed))
    if since is None:
        return true(Reason.RESTART_NOT_NEEDED, "No change waits for a restart.")
    if not view.iis.hosts:
        return unknown(
            Reason.NO_HOST_FOUND, "No host is known, so nothing proves that it is active."
        )
    if not view.open:
        return true(Reason.ACTIVATED, "IIS on every listed host started after the last change.")
    if test_passed_at is not None and test_passed_at > since:
        return true(Reason.ACTIVATED, "A connectivity test passed after the last change.")
    if view.failed or view.refused:
        return false(Reason.RESTART_FAILED, _failed(view))
    if by_itself is not None:
        return _taken_over(view, by_itself, since, step)
    if step.reason is not None:
        return unknown(step.reason, step.message)
    if not view.pending:
        return unknown(Reason.ACTIVATION_UNKNOWN, _unseen(view, {}))
    text = f"IIS on {_listed(view.pending)} started before the last change; restart.policy is {rules.policy}."
    return unknown(Reason.RESTART_PENDING, text)


def _taken_over(view: Round, by_itself: ByItself, since: datetime, step: RestartStep) -> Part:
    """Whether hosts have it without a restart: all of them say so, or had the time for it."""
    product, waits = by_itself.product, (*view.pending, *view.unseen)
    if all(is_one_of(name, by_itself.known_to) for name in waits):
        return true(
            Reason.ACTIVATED,
            "Each listed host started IIS after the last change, or names the partner among those whose tokens it "
            "accepts, and could not know it before.",
        )
    if since + by_itself.within <= by_itself.now:
        return true(
            Reason.ACTIVATED,
            f"The {_hours(by_itself.within)} after the last change are over, in which {product} takes it over by "
            "itself.",
        )
    silent = "".join(
        f" {name} does not tell whom it trusts ({cause})."
        for name, cause in sorted(by_itself.not_asked.items())
    )
    reason = step.reason or Reason.WAITING_FOR_ACTIVATION
    return unknown(reason, shortened(step.message + silent))


def _hours(length: timedelta) -> str:
    return f"{round(length.total_seconds() / 3600)} hours"


def _failed(view: Round) -> str:
    """Who did not come back and what is missing there, or who was not restarted, each with iisreset's words."""
    heads, tails = [], []
    for name in view.failed:
        line = host_of(view.iis, name)
        assert line is not None
        heads.append(f"{name} did not come back from its restart as it was: {_ills([line], {})}")
        heads.append(line.said)
    if view.failed:
        tails.append(
            "The operator restarts no further host. Bring it back, or take it out of spec.hosts; the operator "
            f"notices and goes on. To count what it shows now as healthy, {APPROVE}."
        )
    for name in view.refused:
        line = host_of(view.iis, name)
        assert line is not None
        heads.append(
            f"IIS on {name} was not restarted: its workers are those of before. {line.said}"
        )
    if view.refused:
        tails.append(
            f"Run iisreset there as an administrator; the operator notices. To let it try once more, {APPROVE}."
        )
    tail = " ".join(tails)
    head = " ".join(text for text in heads if text)
    return f"{shortened(head, LONGEST_MESSAGE - len(tail) - 1)} {tail}"


def _unseen(view: Round, why: Mapping[str, str]) -> str:
    causes = " ".join(why[name] for name in view.unseen if name in why)
    tail = " Bring it back, or take it out of spec.hosts."
    names = _listed(view.unseen)
    head = f"{names} cannot be looked at, so it is not known whether IIS there has the last change. {causes}"
    return shortened(head.rstrip(), LONGEST_MESSAGE - len(tail)) + tail


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
