"""IIS restarts as pure planning: who is pending, who is next, who came back (design rule 7, C04, C05).

A host is pending while its oldest worker process started before `restart_required_since`; both are
the server's clock. So an administrator's own iisreset counts, and a crash repeats nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from partner_operator.trust.conditions import Part, false, true, unknown
from partner_operator.trust.model import HostState, RestartPolicy, RestartRules
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import HostRestartState, HostStatus, IISStatus

_UNSETTLED = frozenset(HostRestartState) - {HostRestartState.CURRENT}


def raise_requirement(current: datetime | None, at: datetime) -> datetime:
    """Demand that workers started no earlier than `at` (server's clock). Never goes back.

    Raise it before a change (a crash must not forget it) and again after it: a worker that started
    between the two has not seen the change.
    """
    return at if current is None else max(current, at)


def host_named(iis: IISStatus, name: str) -> HostStatus:
    """What is remembered of a host; a host not seen before counts as pending."""
    for host in iis.hosts:
        if host.name.casefold() == name.casefold():
            return host
    return HostStatus(name=name, workers_started_at=None, state=HostRestartState.PENDING)


def judge_host(iis: IISStatus, state: HostState, name: str, since: datetime) -> HostStatus:
    """Where a host stands, by what it shows now.

    A host that was being restarted and still has its old workers was not restarted after all (the
    operator was killed before the command): it is pending again. A host that failed stays failed
    until it shows new workers, and is never restarted twice.
    """
    known = host_named(iis, name).state
    started = state.workers_started_at
    if started is None:
        # No worker, nothing cached; but one that was being restarted is not back yet.
        waiting = known in {HostRestartState.RESTARTING, HostRestartState.FAILED}
        return HostStatus(name, None, known if waiting else HostRestartState.CURRENT)
    if started >= since:
        return HostStatus(name, started, HostRestartState.CURRENT)
    failed = known is HostRestartState.FAILED
    return HostStatus(name, started, known if failed else HostRestartState.PENDING)


def pending_hosts(
    iis: IISStatus, states: Mapping[str, HostState], declared_hosts: Sequence[str]
) -> tuple[str, ...]:
    """Declared hosts that wait for a restart. `states`: by host name as declared; others by memory."""
    since = iis.restart_required_since
    if since is None:
        return ()
    return tuple(
        name for name in declared_hosts if _state(iis, states.get(name), name, since) in _UNSETTLED
    )


def _state(iis: IISStatus, state: HostState | None, name: str, since: datetime) -> HostRestartState:
    if state is None:
        return _remembered(iis, name)
    return judge_host(iis, state, name, since).state


def _remembered(iis: IISStatus, name: str) -> HostRestartState:
    """The remembered state, unless the requirement was raised above what was seen then."""
    host = host_named(iis, name)
    since = iis.restart_required_since
    started = host.workers_started_at
    outdated = since is not None and (started is None or started < since)
    if host.state is HostRestartState.CURRENT and outdated:
        return HostRestartState.PENDING
    return host.state


def unsettled_hosts(iis: IISStatus, declared_hosts: Sequence[str]) -> tuple[str, ...]:
    """Declared hosts of which it is not known that their workers are new enough."""
    return pending_hosts(iis, {}, declared_hosts)


def next_host(iis: IISStatus, declared_hosts: Sequence[str]) -> str | None:
    """The host to restart next, in declared order; None: none waits, or one did not come back.

    A host that cannot be reached is passed over and does not stop the others (C05).
    """
    states = {name: _remembered(iis, name) for name in declared_hosts}
    if iis.restart_required_since is None or HostRestartState.FAILED in states.values():
        return None
    ready = {HostRestartState.PENDING, HostRestartState.RESTARTING}
    return next((name for name in declared_hosts if states[name] in ready), None)


def hosts_that_left(iis: IISStatus, declared_hosts: Sequence[str]) -> tuple[str, ...]:
    """Remembered hosts that are no longer declared: they leave the round (C04)."""
    declared = {name.casefold() for name in declared_hosts}
    return tuple(host.name for host in iis.hosts if host.name.casefold() not in declared)


def with_host(iis: IISStatus, host: HostStatus, declared_hosts: Sequence[str]) -> IISStatus:
    """The bookkeeping with one host noted, in declared order, without hosts that left."""
    known = {entry.name.casefold(): entry for entry in iis.hosts}
    known[host.name.casefold()] = host
    ordered = (known.get(name.casefold()) for name in declared_hosts)
    return replace(iis, hosts=tuple(entry for entry in ordered if entry is not None))


def settle_left(rules: RestartRules, since: datetime, server_clock: datetime) -> timedelta:
    """How much of the silence after the last change is still to come; zero or less: none."""
    return since + rules.settle - server_clock


def as_healthy_as_before(before: HostState | None, after: HostState) -> bool:
    """Whether the host serves and runs what it did before its restart."""
    return not missing_after_restart(before, after)


def missing_after_restart(before: HostState | None, after: HostState) -> tuple[str, ...]:
    """What the host served or ran before its restart and does not now; empty: it is back.

    Hosts differ in roles, so each is compared with itself. `before` None (the operator was killed in
    between): then something must be served.
    """
    if before is None:
        served = any(_serves(answer) for answer in after.answers.values())
        return () if served or not after.answers else ("no probe is answered",)
    services = sorted(before.running_services - after.running_services)
    missing = [f"service {service} does not run" for service in services]
    for path, answer in before.answers.items():
        now = after.answers.get(path, "")
        if _serves(answer) and not (_serves(now) and _code(now) == _code(answer)):
            missing.append(f"{path} answered {answer} and now {now or 'nothing'}")
    if before.workers_started_at is not None and after.workers_started_at is None:
        missing.append("no worker process runs")
    return tuple(missing)


def _serves(answer: str) -> bool:
    """Whether a status line is an answer of the application: not a 5xx and not silence."""
    code = _code(answer)
    return code.isdigit() and not code.startswith("5")


def _code(answer: str) -> str:
    words = answer.split()
    return next((word for word in words if len(word) == 3 and word.isdigit()), "")


def activated(
    iis: IISStatus,
    declared_hosts: Sequence[str],
    rules: RestartRules,
    *,
    test_passed_at: datetime | None = None,
) -> Part:
    """The Activated condition (rule 8): all workers are new, or a test passed after the change.

    `test_passed_at`: when a test that proves this server's side passed, by the server's clock.
    """
    if not declared_hosts:
        return unknown(
            Reason.NO_HOST_FOUND, "No host is known, so nothing proves that it is active."
        )
    since = iis.restart_required_since
    if since is None:
        return true(Reason.RESTART_NOT_NEEDED, "No change waits for a restart.")
    states = {name: _remembered(iis, name) for name in declared_hosts}
    waiting = [name for name, state in states.items() if state in _UNSETTLED]
    if not waiting:
        return true(Reason.ACTIVATED, "IIS on every listed host started after the last change.")
    if test_passed_at is not None and test_passed_at > since:
        return true(Reason.ACTIVATED, "A connectivity test passed after the last change.")
    failed = [name for name in waiting if states[name] is HostRestartState.FAILED]
    if failed:
        return false(
            Reason.RESTART_FAILED,
            f"{_listed(failed)} did not come back from a restart as before. No further host is restarted. "
            "Bring it back; the operator notices and goes on.",
        )
    return _not_yet(waiting, states, rules)


def _not_yet(
    waiting: list[str], states: Mapping[str, HostRestartState], rules: RestartRules
) -> Part:
    unreachable = [name for name in waiting if states[name] is HostRestartState.UNREACHABLE]
    if unreachable == waiting:
        return unknown(
            Reason.ACTIVATION_UNKNOWN,
            f"{_listed(unreachable)} cannot be looked at, so it is not known whether IIS there has the last "
            "change. Bring it back, or take it out of spec.hosts.",
        )
    text = f"IIS on {_listed(waiting)} started before the last change."
    match rules.policy:
        case RestartPolicy.MANUAL:
            text += " Run iisreset there; restart.policy is Manual."
            return unknown(Reason.RESTART_APPROVAL_NEEDED, text)
        case RestartPolicy.NEVER:
            text += (
                " restart.policy is Never: Exchange reads the change by itself some minutes later."
            )
        case RestartPolicy.AUTOMATIC:
            text += " It is restarted when the settle time is over and a window is open."
    return unknown(Reason.RESTART_PENDING, text)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
