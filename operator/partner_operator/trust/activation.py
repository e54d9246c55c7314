"""Which hosts run old workers, which are less healthy than they were (rules 7, 19, 20; C04, C05, C24, C25).

A host is pending while its oldest worker process started before the last change was over. The change is known by
the operator's clock and the worker's start by the host's, and clocks differ. So each host gets a threshold in its
own clock, from the first look after the change; it lies too late rather than too early.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from partner_operator.trust.health import NO_ANSWER, NOTHING, health_of, missing, raised
from partner_operator.trust.model import HostState, RestartReport
from partner_operator.trust.status import (
    HostHealth,
    HostRestartState,
    HostStatus,
    IISStatus,
    RoundStatus,
)

DAY = timedelta(days=1)
"""How long a host must show the same lesser health before that becomes its measure."""
SELF_REFRESH = timedelta(minutes=30)
"""Twice the time in which Exchange picks up changes by itself (P-EX-8)."""
MOST_PER_DAY = 24
"""The highest budget that can be declared; more restarts than that need not be remembered."""
_SECOND = timedelta(seconds=1)
"""Scripts tell instants in whole seconds."""
_UNFINISHED = frozenset({HostRestartState.RESTARTING, HostRestartState.FAILED})


def raise_requirement(current: IISStatus | None, at: datetime) -> IISStatus:
    """Demand that workers started after `at` (operator's clock). Never goes back.

    Raise it before a change (a crash must not forget it) and again after it: a worker that started
    between the two has not seen the change. What each host was judged by is void then.
    """
    iis = current or IISStatus()
    since = iis.restart_required_since
    at = whole(at)
    return replace(
        iis,
        restart_required_since=at if since is None else max(since, at),
        hosts=tuple(_not_judged(host) for host in iis.hosts),
    )


def _not_judged(host: HostStatus) -> HostStatus:
    """A host after a new demand: its workers are older than that until a look shows otherwise."""
    current = host.state is HostRestartState.CURRENT
    return replace(
        host,
        required_since=None,
        state=HostRestartState.PENDING if current else host.state,
    )


@dataclass(frozen=True, slots=True)
class Look:
    """A look at a host, and the operator's clock before it began and after it ended."""

    state: HostState
    began: datetime
    ended: datetime


@dataclass(frozen=True, slots=True)
class Round:
    """The restart round as the hosts themselves tell it, after looking at them."""

    iis: IISStatus
    """Bookkeeping to write: one line per declared host, in declared order."""
    pending: tuple[str, ...]
    """Hosts that were seen with an oldest worker from before the requirement."""
    failed: tuple[str, ...]
    """Hosts that did not come back from a restart: a human must look; never restarted again."""
    refused: tuple[str, ...]
    """Hosts on which iisreset restarted nothing: a human must look."""
    unseen: tuple[str, ...]
    """Declared hosts that were not looked at and are not known to be current."""
    left: tuple[str, ...]
    """Hosts of the last round that are no longer declared (C04): tell it once."""

    @property
    def unwell(self) -> tuple[HostStatus, ...]:
        """Hosts that are less healthy than they were."""
        return tuple(host for host in self.iis.hosts if host.missing)

    @property
    def open(self) -> bool:
        """Whether anything is left to be waited for."""
        return bool(self.pending or self.failed or self.refused or self.unseen)


def look(
    iis: IISStatus | None,
    looks: Mapping[str, Look],
    declared_hosts: Sequence[str],
    *,
    now: datetime,
    unanswered: Iterable[str] = (),
) -> Round:
    """Join what is remembered with what the hosts show.

    `looks`: by host name as declared. `unanswered`: hosts that could not be looked at.
    """
    remembered = iis or IISStatus()
    silent = frozenset(unanswered)
    hosts = tuple(
        _judge(remembered, name, looks.get(name), now, silent=name in silent)
        for name in declared_hosts
        if remembered.restart_required_since is not None or host_of(remembered, name) is not None
    )
    view = replace(remembered, hosts=hosts, round=_still_to_come(remembered, hosts))
    waiting = [] if view.restart_required_since is None else [h for h in hosts if not _current(h)]
    declared = {name.casefold() for name in declared_hosts}
    pending = [host.name for host in waiting if host.state is HostRestartState.PENDING]
    return Round(
        iis=view,
        pending=tuple(name for name in pending if name in looks),
        failed=tuple(host.name for host in waiting if host.state in _UNFINISHED),
        refused=tuple(host.name for host in waiting if host.state is HostRestartState.REFUSED),
        unseen=tuple(name for name in pending if name not in looks),
        left=tuple(host.name for host in remembered.hosts if host.name.casefold() not in declared),
    )


def _still_to_come(before: IISStatus, hosts: Sequence[HostStatus]) -> RoundStatus | None:
    """The round that has begun, without the hosts that had their turn; None once it is over."""
    if before.round is None:
        return None
    left = []
    for host in hosts:
        was = host_of(before, host.name)
        turned = was is not None and was.state in _UNFINISHED and _other_workers(was, host)
        if is_one_of(host.name, before.round.hosts) and not _current(host) and not turned:
            left.append(host.name)
    return replace(before.round, hosts=tuple(left)) if left else None


def _other_workers(was: HostStatus, now: HostStatus) -> bool:
    """While a host is not back from its restart, its line keeps the workers of before."""
    return now.state not in _UNFINISHED and was.workers_started_at != now.workers_started_at


def is_settled(iis: IISStatus, declared_hosts: Sequence[str]) -> bool:
    """No restart is required, or every declared host is known to run young workers."""
    if iis.restart_required_since is None:
        return True
    known = {host.name.casefold(): host for host in iis.hosts}
    return bool(declared_hosts) and all(
        (host := known.get(name.casefold())) is not None and _current(host)
        for name in declared_hosts
    )


def _current(host: HostStatus) -> bool:
    """Judged by the present requirement, and not by one before it."""
    return host.state is HostRestartState.CURRENT and host.required_since is not None


def _judge(
    iis: IISStatus, name: str, seen: Look | None, now: datetime, *, silent: bool
) -> HostStatus:
    """Where a host stands: by what it shows now, else by what is remembered of it."""
    known = host_of(iis, name) or HostStatus(name, None, HostRestartState.PENDING)
    known = replace(known, name=name)
    since = iis.restart_required_since
    if since is None:
        return known
    if seen is None:
        if silent:
            known = _with_missing(known, (NO_ANSWER,) if known.measure != NOTHING else (), now)
        stale = known.state is HostRestartState.CURRENT and known.required_since is None
        return replace(known, state=HostRestartState.PENDING) if stale else known
    started = seen.state.workers_started_at
    line = _measured(known, health_of(seen.state), now)
    line = replace(line, required_since=known.required_since or threshold(since, seen))
    state = _state(line, started)
    if state in _UNFINISHED:
        return line
    untouched = line.state in _UNFINISHED and started == line.workers_started_at
    return replace(
        line,
        workers_started_at=started,
        state=state,
        restarted_at=line.restarted_at[:-1] if untouched else line.restarted_at,
        said=line.said if state is HostRestartState.REFUSED else "",
    )


def threshold(since: datetime, seen: Look) -> datetime:
    """The instant of the host's own clock since which its workers are young for sure.

    The host's clock was read after the look began, so it is ahead of ours by no more than the difference.
    A look after the change is itself such an instant, however slow it was. Hosts tell whole seconds, cut off:
    a worker that started in the second of the look may be the older one.
    """
    read = seen.state.clock + _SECOND
    return whole(min(since + (read - seen.began), read))


def _measured(known: HostStatus, shown: HostHealth, now: datetime) -> HostStatus:
    """The host's measure after a look, and what is missing of it. A day of the same lesser health is normal."""
    measure = raised(known.measure, shown)
    line = _with_missing(replace(known, measure=measure), missing(measure, shown), now)
    if line.missing_since is not None and line.missing_since + DAY <= now:
        return replace(line, measure=shown, missing=(), missing_since=None)
    return line


def _with_missing(line: HostStatus, gone: tuple[str, ...], now: datetime) -> HostStatus:
    same = gone == line.missing and line.missing_since is not None
    since = (line.missing_since if same else whole(now)) if gone else None
    return replace(line, missing=gone, missing_since=since)


def _state(line: HostStatus, started: datetime | None) -> HostRestartState:
    """A host that was being restarted, is well and has its old workers was not restarted after all (the operator
    was killed before the command): it is pending again, and that does not count as a restart.
    `line`: with the workers of before.
    """
    if line.state in _UNFINISHED and line.missing:
        return line.state
    if is_young(line, started):
        return HostRestartState.CURRENT
    refused = line.state is HostRestartState.REFUSED and started == line.workers_started_at
    return HostRestartState.REFUSED if refused else HostRestartState.PENDING


def is_young(line: HostStatus, started: datetime | None) -> bool:
    """Whether workers that started then have read the last change. No worker, nothing cached."""
    return started is None or (line.required_since is not None and started >= line.required_since)


def lower(line: HostStatus, shown: HostState | None) -> HostStatus:
    """A human approved that the host is measured by what it shows now. What it can do later raises it again."""
    measure = NOTHING if shown is None else health_of(shown)
    return replace(line, measure=measure, missing=(), missing_since=None)


def mark_restarting(view: Round, host: str, *, now: datetime) -> IISStatus:
    """Bookkeeping to write before a host is restarted: it counts, and the round has begun."""

    def begun(line: HostStatus) -> HostStatus:
        restarts = (*recent(line.restarted_at, now), whole(now))[-MOST_PER_DAY:]
        return replace(line, state=HostRestartState.RESTARTING, restarted_at=restarts, said="")

    iis, since = view.iis, view.iis.restart_required_since
    if since is not None and (iis.round is None or not is_one_of(host, iis.round.hosts)):
        iis = replace(iis, round=RoundStatus(since, view.pending))
    return _marked(iis, host, begun)


def mark_not_restarted(iis: IISStatus, host: str) -> IISStatus:
    """Bookkeeping for a host on which nothing was done: it does not count."""
    return _marked(
        iis,
        host,
        lambda line: replace(
            line, state=HostRestartState.PENDING, restarted_at=line.restarted_at[:-1]
        ),
    )


def mark_restarted(iis: IISStatus, host: str, report: RestartReport) -> IISStatus:
    """Bookkeeping once a host says that it restarted IIS: workers that started after that are young.

    This matters where the clock was set back since the threshold was taken.
    """

    def judged(line: HostStatus) -> HostStatus:
        since = line.required_since
        earlier = report.clock if since is None else min(since, report.clock)
        return replace(line, required_since=earlier)

    return _marked(iis, host, judged)


def mark_failed(iis: IISStatus, host: str, said: str) -> IISStatus:
    """Bookkeeping for a host that did not come back as it was."""
    return _marked(iis, host, lambda line: replace(line, state=HostRestartState.FAILED, said=said))


def mark_refused(iis: IISStatus, host: str, said: str) -> IISStatus:
    """Bookkeeping for a host on which iisreset left the workers as they were."""
    return _marked(iis, host, lambda line: replace(line, state=HostRestartState.REFUSED, said=said))


def recent(restarts: Sequence[datetime], now: datetime) -> tuple[datetime, ...]:
    """Restarts of the last 24 hours."""
    return tuple(at for at in restarts if at + DAY > now)


def host_of(iis: IISStatus, name: str) -> HostStatus | None:
    """The line of a host; letter case makes no other host."""
    return next((host for host in iis.hosts if is_one_of(host.name, (name,))), None)


def is_one_of(name: str, names: Sequence[str]) -> bool:
    """Whether a host is among these; letter case makes no other host."""
    return any(name.casefold() == other.casefold() for other in names)


def with_line(iis: IISStatus, line: HostStatus) -> IISStatus:
    """The bookkeeping with this line in place of the host's old one."""
    return _marked(iis, line.name, lambda _: line)


def _marked(iis: IISStatus, host: str, change: Callable[[HostStatus], HostStatus]) -> IISStatus:
    lines = (change(line) if is_one_of(line.name, (host,)) else line for line in iis.hosts)
    return replace(iis, hosts=tuple(lines))


def whole(instant: datetime) -> datetime:
    """The next whole second: a requirement that is a moment too late is on the safe side."""
    return instant if not instant.microsecond else instant.replace(microsecond=0) + _SECOND
