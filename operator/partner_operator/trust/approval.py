"""A human's word on a round of restarts: it is for what the condition named, and for nothing else (rule 24)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from partner_operator.trust.activation import (
    Look,
    Round,
    host_of,
    is_one_of,
    is_young,
    lower,
)
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import HostRestartState, HostStatus, IISStatus, RoundStatus

_OF_HEALTH = frozenset({Reason.RESTART_FAILED, Reason.WAITING_FOR_HOSTS})
"""Questions whose messages list what is missing, so that the answer lowers the measure."""

_STOPPED = frozenset(
    {HostRestartState.RESTARTING, HostRestartState.FAILED, HostRestartState.REFUSED}
)


def approved(view: Round, told: IISStatus | None, looks: Mapping[str, Look]) -> IISStatus | None:
    """The bookkeeping after an approval; None: what it was for is over.

    `told`: the bookkeeping as it stood when a human could read the condition.
    """
    question = told.question if told is not None else None
    since = view.iis.restart_required_since
    if told is None or question is None or since is None or question.since != since:
        return None
    waiting = (*view.pending, *view.failed, *view.refused, *view.unseen)
    named = tuple(name for name in waiting if is_one_of(name, question.hosts))
    if not named:
        return None
    lines = view.iis.hosts
    if question.reason in _OF_HEALTH:
        # What is missing on others than those that did not come back was not listed then.
        listed = (
            _STOPPED if question.reason is Reason.RESTART_FAILED else frozenset(HostRestartState)
        )
        lines = tuple(
            _accepted(line, told, looks.get(line.name)) if line.state in listed else line
            for line in lines
        )
    return replace(
        view.iis, hosts=lines, round=RoundStatus(since, named, approved=True), question=None
    )


def _accepted(line: HostStatus, told: IISStatus, seen: Look | None) -> HostStatus:
    """What was listed as missing is not waited for any more. What is missing beside it was not approved."""
    known = host_of(told, line.name)
    listed = known.missing if known is not None else ()
    if not {*line.missing} <= {*listed}:
        return line
    if line.missing:
        line = lower(line, seen.state if seen is not None else None)
    if line.state in {HostRestartState.PENDING, HostRestartState.CURRENT}:
        return line
    started = seen.state.workers_started_at if seen is not None else line.workers_started_at
    young = seen is not None and is_young(line, started)
    state = HostRestartState.CURRENT if young else HostRestartState.PENDING
    return replace(line, workers_started_at=started, state=state, said="")
