"""The restart round: one host at a time, level-triggered, never twice (design rule 7)."""

from __future__ import annotations

import asyncio
from datetime import datetime

from partner_operator.engine.ports import OperationFailed, Severity
from partner_operator.engine.state import Pass
from partner_operator.trust import activation
from partner_operator.trust.activation import RestartAction, RestartStep, Round
from partner_operator.trust.model import HostState
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import HostRestartState


async def run_round(work: Pass, *, allowed: bool) -> None:
    """Restart what is pending, if now is the time; else remember when to look again.

    Not `allowed` (nobody enforces anything here, or the read is in doubt): hosts are looked at, never
    restarted (rules 1 and 15).
    """
    view = activation.look(work.status.iis, work.host_states, work.server.hosts)
    await _forget(work, view)
    if work.iis.restart_required_since is None or _all_current(work):
        work.round = activation.look(work.status.iis, work.host_states, work.server.hosts)
        return
    await _look_at_hosts(work)
    while True:
        view = activation.look(work.status.iis, work.host_states, work.server.hosts)
        await work.save_server(iis=view.iis)
        step = activation.next_step(
            work.server.restart, view, now=work.now(), last_change_at=_last_change(work)
        )
        work.round, work.step = view, step
        if not allowed:
            # The resync looks again: nothing that this round waits for makes it go on.
            return
        if step.action is not RestartAction.RESTART:
            _look_again(work, step)
            return
        assert step.host is not None
        # A host that does not come back is marked so: the next step then asks a human.
        await _restart_one(work, step.host)


def _all_current(work: Pass) -> bool:
    known = {host.name.lower(): host.state for host in work.iis.hosts}
    return all(
        known.get(name.lower()) is HostRestartState.CURRENT for name in work.server.hosts
    ) and all(
        host.workers_started_at is None
        or work.iis.restart_required_since is None
        or host.workers_started_at >= work.iis.restart_required_since
        for host in work.iis.hosts
    )


def _last_change(work: Pass) -> datetime | None:
    """The requirement, which is the server's clock, as our clock would have shown it."""
    since = work.iis.restart_required_since
    return None if since is None else work.by_our_clock(since)


def _look_again(work: Pass, step: RestartStep) -> None:
    if step.not_before is not None:
        work.wake_at(step.not_before)
    elif step.action is not RestartAction.NOTHING:
        work.wake_at(work.now() + work.ports.patience.retest)


async def _forget(work: Pass, view: Round) -> None:
    """A host that is no longer listed leaves the round with an Event (C04)."""
    if not view.left:
        return
    await work.save_server(iis=view.iis)
    for name in view.left:
        message = f"{name} is no longer in spec.hosts and is not waited for."
        await work.tell_server(Reason.HOST_LEFT, message)


async def _look_at_hosts(work: Pass) -> None:
    """See when each host's workers started. An admin's own iisreset counts."""
    assert work.credentials is not None
    for name in work.server.hosts:
        try:
            state = await work.operations.host_state(work.server, work.credentials, name)
        except OperationFailed as failure:
            if failure.credentials_rejected:
                raise
            message = (
                f"{name} cannot be looked at, so it may still need a restart: {failure.message}"
            )
            await work.tell_server(failure.reason, message, Severity.WARNING)
            continue
        if not _still_unwell(work, name, state):
            work.host_states[name] = state


def _still_unwell(work: Pass, name: str, state: HostState) -> bool:
    """A host that was restarted, and serves nothing: new workers alone do not make it healthy."""
    unfinished = {HostRestartState.RESTARTING, HostRestartState.FAILED}
    known = {host.name.lower(): host.state for host in work.iis.hosts}
    if known.get(name.lower()) not in unfinished:
        return False
    return bool(activation.missing_after_restart(None, state))


async def _restart_one(work: Pass, name: str) -> None:
    """Restart one host and wait until it is as healthy as before. It is marked back or failed.

    Raises OperationFailed when the host itself proves that it was not restarted.
    """
    assert work.credentials is not None
    before = work.host_states[name]
    await work.save_server(iis=activation.mark_restarting(work.iis, name))
    lost: OperationFailed | None = None
    try:
        await work.operations.restart(work.server, work.credentials, name)
    except OperationFailed as failure:
        if failure.credentials_rejected or failure.nothing_ran:
            raise
        # The answer was lost, or iisreset complained: what the host says of itself decides below.
        lost = failure
    after = await _wait_for_health(work, name, before)
    if after is None and lost is not None and lost.outcome_unknown:
        await _prove_untouched(work, name, before, lost)
    if after is None:
        await work.save_server(iis=activation.mark_failed(work.iis, name))
        message = (
            f"{name} is not as healthy as before its restart. No further host is restarted. "
            "Bring it back; the operator notices and goes on."
        )
        await work.tell_server(Reason.RESTART_FAILED, message, Severity.WARNING)
        return
    work.host_states[name] = after
    await work.save_server(iis=activation.mark_back(work.iis, name, after))
    await work.tell_server(Reason.RESTARTED, f"IIS was restarted on {name}.")


async def _prove_untouched(work: Pass, name: str, before: HostState, lost: OperationFailed) -> None:
    """Raise when the host still runs its old workers, healthy: the lost command never began."""
    assert work.credentials is not None
    try:
        state = await work.operations.host_state(work.server, work.credentials, name)
    except OperationFailed as failure:
        if failure.credentials_rejected:
            raise
        return
    untouched = state.workers_started_at == before.workers_started_at
    if untouched and not activation.missing_after_restart(before, state):
        message = f"IIS on {name} was not restarted: {lost.message}"
        raise OperationFailed(lost.reason, message, nothing_ran=True) from lost


async def _wait_for_health(work: Pass, name: str, before: HostState) -> HostState | None:
    """Until the host serves what it served before, with workers that are new enough."""
    assert work.credentials is not None
    patience = work.ports.patience
    deadline = work.ports.clock.monotonic() + patience.host_return.total_seconds()
    while True:
        try:
            after = await work.operations.host_state(work.server, work.credentials, name)
        except OperationFailed as failure:
            if failure.credentials_rejected:
                raise
        else:
            if _restarted(work, after) and not activation.missing_after_restart(before, after):
                return after
        if work.ports.clock.monotonic() >= deadline:
            return None
        await asyncio.sleep(patience.poll.total_seconds())


def _restarted(work: Pass, after: HostState) -> bool:
    since = work.iis.restart_required_since
    started = after.workers_started_at
    return since is None or started is None or started >= since
