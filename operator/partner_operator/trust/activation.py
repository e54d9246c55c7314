"""IIS restarts as pure planning: who is pending, who is next, who came back (design rule 7, C04, C05).

A host is pending while its oldest worker process started before `restart_required_since`; both are
the server's clock. So an administrator's own iisreset counts, and a crash repeats nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from partner_operator.trust.conditions import Part, false, true, unknown
from partner_operator.trust.health import missing_after_restart
from partner_operator.trust.model import HostState, RestartPolicy, RestartRules
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import HostRestartState, HostStatus, IISStatus
from partner_operator.trust.windows import RESTART_TIME, WindowError, may_begin, next_opening

__all__ = [
    "RESTART_TIME",
    "RestartAction",
    "RestartStep",
    "Round",
    "activated",
    "look",
    "mark_back",
    "mark_failed",
    "mark_restarting",
    "missing_after_restart",
    "next_step",
    "pending_hosts",
    "raise_requirement",
]


def raise_requirement(current: IISStatus | None, at: datetime) -> IISStatus:
    """Demand that workers started no earlier than `at` (server's clock). Never goes back.

    Raise it before a change (a crash must not forget it) and again after it: a worker that started
    between the two has not seen the change.
    """
    iis = current or IISStatus()
    since = iis.restart_required_since
    return replace(iis, restart_required_since=at if since is None else max(since, at))


@dataclass(frozen=True, slots=True)
class Round:
    """The restart round as the hosts themselves tell it, after looking at them."""

    iis: IISStatus
    """Bookkeeping to write: one line per declared host, in declared order."""
    pending: tuple[str, ...]
    """Hosts that were seen with an oldest worker from before the requirement."""
    failed: tuple[str, ...]
    """Hosts that did not come back from a restart: a human must look; never restarted again."""
    unseen: tuple[str, ...]
    """Declared hosts that were not looked at and are not known to be current."""
    left: tuple[str, ...]
    """Hosts of the last round that are no longer declared (C04): tell it once."""


def look(
    iis: IISStatus | None, states: Mapping[str, HostState], declared_hosts: Sequence[str]
) -> Round:
    """Join what is remembered with what the hosts show. `states`: by host name as declared."""
    remembered = iis or IISStatus()
    declared = {name.casefold() for name in declared_hosts}
    hosts = tuple(
        host
        for name in declared_hosts
        if (host := _judge(remembered, states.get(name), name)) is not None
    )
    view = replace(remembered, hosts=hosts)
    if view.restart_required_since is None:
        waiting: dict[str, HostRestartState] = {}
    else:
        waiting = {
            host.name: host.state for host in hosts if host.state is not HostRestartState.CURRENT
        }
    failed = tuple(
        name
        for name, state in waiting.items()
        if state in {HostRestartState.FAILED, HostRestartState.RESTARTING}
    )
    others = [name for name in waiting if name not in failed]
    return Round(
        iis=view,
        pending=tuple(name for name in others if name in states),
        failed=failed,
        unseen=tuple(name for name in others if name not in states),
        left=tuple(host.name for host in remembered.hosts if host.name.casefold() not in declared),
    )


def pending_hosts(
    iis: IISStatus | None, states: Mapping[str, HostState], declared_hosts: Sequence[str]
) -> tuple[str, ...]:
    """Names of `look(...).pending`, for callers that need nothing else."""
    return look(iis, states, declared_hosts).pending


def _judge(iis: IISStatus, state: HostState | None, name: str) -> HostStatus | None:
    """Where a host stands: by what it shows now, else by what is remembered of it."""
    known = _host(iis, name)
    since = iis.restart_required_since
    if state is None:
        if known is None:
            return HostStatus(name, None, HostRestartState.PENDING) if since else None
        current = known.state is HostRestartState.CURRENT
        if current and since is not None and not _started_after(known.workers_started_at, since):
            return replace(known, name=name, state=HostRestartState.PENDING)
        return replace(known, name=name)
    return HostStatus(name, state.workers_started_at, _state(known, state, since))


def _state(known: HostStatus | None, seen: HostState, since: datetime | None) -> HostRestartState:
    """A host that was being restarted and still has its old workers was not restarted after all
    (the operator was killed before the command): it is pending again. A failed one stays failed
    until it shows newer workers than it had then, and is never restarted twice.
    """
    if since is None:
        return HostRestartState.CURRENT
    before = known.state if known is not None else HostRestartState.PENDING
    started = seen.workers_started_at
    if started is None:
        # No worker, nothing cached; but one that was being restarted is not back yet.
        unfinished = before in {HostRestartState.RESTARTING, HostRestartState.FAILED}
        return before if unfinished else HostRestartState.CURRENT
    if started >= since:
        return HostRestartState.CURRENT
    # A human may have brought it back before the change that is now waited for.
    old = known.workers_started_at if known is not None else None
    still_failed = before is HostRestartState.FAILED and old is not None and started <= old
    return HostRestartState.FAILED if still_failed else HostRestartState.PENDING


def _started_after(started: datetime | None, since: datetime) -> bool:
    return started is not None and started >= since


def _host(iis: IISStatus, name: str) -> HostStatus | None:
    return next((host for host in iis.hosts if host.name.casefold() == name.casefold()), None)


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


def next_step(
    rules: RestartRules, view: Round, *, now: datetime, last_change_at: datetime | None
) -> RestartStep:
    """What to do now. `last_change_at`: operator's clock, of the last change on the organisation.

    RESTART names one host; call again after it came back. A host that cannot be looked at does not
    stop the others (C05); one that did not come back does.
    """
    if view.failed:
        return RestartStep(RestartAction.ASK, reason=Reason.RESTART_FAILED, message=_failed(view))
    if not view.pending:
        if not view.unseen:
            return RestartStep(RestartAction.NOTHING)
        return _wait(Reason.ACTIVATION_UNKNOWN, _unseen(view))
    text = f"IIS on {_listed(view.pending)} started before the last change."
    if rules.policy is RestartPolicy.MANUAL:
        text += " restart.policy is Manual: run iisreset on each of them, one at a time."
        return RestartStep(RestartAction.ASK, reason=Reason.RESTART_APPROVAL_NEEDED, message=text)
    if rules.policy is RestartPolicy.NEVER:
        text += " restart.policy is Never: Exchange reads the change by itself some minutes later."
        return _wait(Reason.RESTART_PENDING, text)
    if last_change_at is not None and last_change_at + rules.settle > now:
        text += " It is restarted when no change was made for the time in restart.settle."
        return _wait(Reason.WAITING_FOR_SETTLE, text, last_change_at + rules.settle)
    return _in_window(rules, view, now, text)


def _in_window(rules: RestartRules, view: Round, now: datetime, text: str) -> RestartStep:
    try:
        if may_begin(rules.windows, now, RESTART_TIME):
            return RestartStep(RestartAction.RESTART, host=view.pending[0])
        opening = next_opening(rules.windows, now)
    except WindowError as error:
        return RestartStep(RestartAction.ASK, reason=Reason.INVALID_OBJECT, message=str(error))
    if opening is None:
        text += " No window in restart.windows ever opens: their schedules name no existing day."
        return RestartStep(RestartAction.ASK, reason=Reason.INVALID_OBJECT, message=text)
    text += " It is restarted in the next window of restart.windows."
    return _wait(Reason.WAITING_FOR_WINDOW, text, opening)


def _wait(reason: Reason, message: str, not_before: datetime | None = None) -> RestartStep:
    return RestartStep(RestartAction.WAIT, reason=reason, message=message, not_before=not_before)


def mark_restarting(iis: IISStatus, host: str) -> IISStatus:
    """Bookkeeping to write before a host is restarted."""
    return _marked(iis, host, HostRestartState.RESTARTING)


def mark_failed(iis: IISStatus, host: str) -> IISStatus:
    """Bookkeeping for a host that did not come back as it was."""
    return _marked(iis, host, HostRestartState.FAILED)


def mark_back(iis: IISStatus, host: str, after: HostState) -> IISStatus:
    """Bookkeeping for a host that came back."""
    known = HostStatus(host, after.workers_started_at, HostRestartState.CURRENT)
    return replace(iis, hosts=tuple(known if _is(line, host) else line for line in iis.hosts))


def _marked(iis: IISStatus, host: str, state: HostRestartState) -> IISStatus:
    lines = (replace(line, state=state) if _is(line, host) else line for line in iis.hosts)
    return replace(iis, hosts=tuple(lines))


def _is(line: HostStatus, host: str) -> bool:
    return line.name.casefold() == host.casefold()


def activated(
    view: Round, *, test_passed_at: datetime | None, rules: RestartRules, step: RestartStep
) -> Part:
    """The Activated condition (rule 8): all workers are new, or a test passed after the change.

    `test_passed_at`: server's clock, or None.
    """
    since = view.iis.restart_required_since
    if since is None:
        return true(Reason.RESTART_NOT_NEEDED, "No change waits for a restart.")
    if not view.iis.hosts:
        return unknown(
            Reason.NO_HOST_FOUND, "No host is known, so nothing proves that it is active."
        )
    if not (view.pending or view.failed or view.unseen):
        return true(Reason.ACTIVATED, "IIS on every listed host started after the last change.")
    if test_passed_at is not None and test_passed_at > since:
        return true(Reason.ACTIVATED, "A connectivity test passed after the last change.")
    if view.failed:
        return false(Reason.RESTART_FAILED, _failed(view))
    if step.reason is not None:
        return unknown(step.reason, step.message)
    if not view.pending:
        return unknown(Reason.ACTIVATION_UNKNOWN, _unseen(view))
    text = f"IIS on {_listed(view.pending)} started before the last change; restart.policy is {rules.policy}."
    return unknown(Reason.RESTART_PENDING, text)


def _failed(view: Round) -> str:
    return (
        f"{_listed(view.failed)} did not come back from a restart as before. No further host is restarted. "
        "Bring it back, or take it out of spec.hosts; the operator notices and goes on."
    )


def _unseen(view: Round) -> str:
    return (
        f"{_listed(view.unseen)} cannot be looked at, so it is not known whether IIS there has the last "
        "change. Bring it back, or take it out of spec.hosts."
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
