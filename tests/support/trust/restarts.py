"""Hosts as looks show them, and what a status remembers of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from partner_operator.trust.activation import Look, Round, host_of, look
from partner_operator.trust.model import HostState
from partner_operator.trust.status import HostHealth, HostRestartState, HostStatus, IISStatus
from support.trust.worlds import NOW

HOSTS = ("ex1", "ex2", "ex3")
MINUTE = timedelta(minutes=1)
BEFORE, AFTER = NOW - timedelta(hours=1), NOW + timedelta(minutes=1)
SINCE = IISStatus(restart_required_since=NOW)
LATER = NOW + timedelta(minutes=2)
CURRENT, PENDING = HostRestartState.CURRENT, HostRestartState.PENDING
RESTARTING, FAILED = HostRestartState.RESTARTING, HostRestartState.FAILED
REFUSED = HostRestartState.REFUSED


def seen(
    name: str,
    started: datetime | None = BEFORE,
    answer: str = "401",
    *,
    at: datetime = LATER,
    ahead: timedelta = timedelta(0),
    slow: timedelta = timedelta(0),
) -> Look:
    """A look that begins at `at` at a host whose clock is ahead; `started`: in real time, which is ours.

    Scripts tell instants in whole seconds, cut off.
    """
    clock = (at + slow + ahead).replace(microsecond=0)
    by_its_clock = None if started is None else (started + ahead).replace(microsecond=0)
    state = HostState(name, by_its_clock, clock, answers={"/ews": answer})
    return Look(state, at, at + slow)


def joined(
    iis: IISStatus | None,
    *looks: Look,
    hosts: Sequence[str] = HOSTS,
    now: datetime = LATER,
    silent: Sequence[str] = (),
) -> Round:
    found = {one.state.fqdn: one for one in looks}
    return look(iis, found, hosts, now=now, unanswered=silent)


def state(view: Round, name: str) -> HostRestartState:
    line = host_of(view.iis, name)
    assert line is not None
    return line.state


def remembered(**states: HostRestartState) -> IISStatus:
    lines = tuple(
        HostStatus(name, BEFORE, state, NOW, HostHealth(answers={"/ews": "401"}, workers=True))
        for name, state in states.items()
    )
    return IISStatus(NOW, lines)
