"""The restart round: one host at a time, level-triggered, never twice (rules 7, 17, 18, 20)."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from partner_operator.engine import audit, steps
from partner_operator.engine.clocks import note_clock
from partner_operator.engine.ports import LogonRefused, OperationFailed, RunFailed, Severity
from partner_operator.engine.reread import still_as_declared
from partner_operator.engine.schedule import patient
from partner_operator.engine.state import Pass, Reached
from partner_operator.engine.together import together
from partner_operator.trust import activation
from partner_operator.trust.activation import Look, Round, host_of
from partner_operator.trust.approval import approved
from partner_operator.trust.health import NO_ANSWER, NOTHING
from partner_operator.trust.model import RestartPolicy, RestartReport
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import Reason
from partner_operator.trust.restart_plan import RestartAction, RestartStep, next_step, question_of
from partner_operator.trust.status import HostRestartState, HostStatus, IISStatus

LOOKS_AT_ONCE = 2
"""Hosts that are looked at together. Where the password was changed a moment ago, each is a logon that fails: few, so
that nobody's account is locked."""


async def run_round(work: Reached, *, allowed: bool) -> None:
    """Restart what is pending, if now is the time; else remember when to look again.

    Not `allowed` (nobody enforces anything here, or the read is in doubt): hosts are looked at, never
    restarted (rules 1 and 15).
    """
    await _forget(work)
    if activation.is_settled(work.iis, work.server.hosts):
        work.round = _join(work)
        await refuse_approval(work)
        return
    told = work.declared.status.iis
    while True:
        await _look_at_hosts(work)
        view = _join(work)
        if allowed:
            view = await _answer_approval(work, view, told)
        step = next_step(
            work.server.restart,
            view,
            product=work.server.product,
            now=work.now(),
            why=work.silent_hosts,
            within=work.rules.takes_over_within,
        )
        work.round, work.step = view, step
        question = question_of(step, view) if allowed else view.iis.question
        await work.save_server(iis=replace(view.iis, question=question))
        if not allowed:
            # The resync looks again: nothing that this round waits for makes it go on.
            return
        if step.host is None:
            _look_again(work, view, step)
            return
        work.overtaken = not await still_as_declared(work)
        if work.overtaken:
            return
        # A host that does not come back is marked so: the next step then asks a human.
        await _restart_one(work, view, step.host)


def _join(work: Reached) -> Round:
    return activation.look(
        work.status.iis,
        work.looks,
        work.server.hosts,
        now=work.now(),
        unanswered=work.silent_hosts,
    )


async def _forget(work: Reached) -> None:
    """A host that is no longer listed leaves the round with an Event (C04)."""
    view = _join(work)
    if not view.left:
        return
    await work.save_server(iis=view.iis)
    for name in view.left:
        message = f"{name} is no longer in spec.hosts and is not waited for."
        await work.tell_server(Reason.HOST_LEFT, message)


def _look_again(work: Reached, view: Round, step: RestartStep) -> None:
    """Soon; ever later the longer this lasts, for each look is a process on each host."""
    if step.not_before is not None:
        work.wake_at(step.not_before)
    elif step.action is not RestartAction.NOTHING:
        ill = [line.missing_since for line in view.unwell if line.missing_since is not None]
        for_long = work.now() - max(ill, default=view.iis.restart_required_since or work.now())
        work.wake_at(work.now() + patient(work.ports.patience.retest, for_long))


async def _answer_approval(work: Reached, view: Round, told: IISStatus | None) -> Round:
    """A new value of the annotation lets the round begin that the condition named; it is answered once."""
    if not _is_asked(work):
        return view
    iis = approved(view, told, work.looks)
    if iis is None:
        await refuse_approval(work)
        return view
    assert iis.round is not None
    await work.save_server(iis=iis, last_handled_approval=work.server.restart_approved)
    names = ", ".join(iis.round.hosts)
    await work.tell_server(
        Reason.RESTART_APPROVED, f"The restart of IIS on {names} was approved by annotation."
    )
    return _join(work)


def _is_asked(work: Pass) -> bool:
    value = work.server.restart_approved
    return value is not None and value != work.status.last_handled_approval


async def refuse_approval(work: Pass) -> None:
    """An approval that fits no question is over: it must not hold for a round that comes later."""
    if not _is_asked(work):
        return
    await work.save_server(last_handled_approval=work.server.restart_approved)
    await work.tell_server(
        Reason.NOTHING_TO_APPROVE,
        "The annotation partner-operator.io/approve-restart approves nothing: the round of restarts that it was for "
        "is over or has changed, or none was waiting. When the condition names hosts again, set another value.",
        Severity.WARNING,
    )


async def _look_at_hosts(work: Reached) -> None:
    """See when each host's workers started and what it serves. An admin's own iisreset counts."""

    async def look(name: str) -> None:
        try:
            await _look_at(work, name)
        except OperationFailed as failure:
            await _tell_silence(work, name, failure)

    due = [name for name in work.server.hosts if name not in work.just_looked_at]
    await together(look, due, LOOKS_AT_ONCE)
    work.just_looked_at.clear()


async def _look_at(work: Reached, name: str) -> None:
    """One look at one host. Raises OperationFailed."""
    began = work.now()
    work.looks.pop(name, None)
    state = await work.restarts_on(name).host_state()
    found = Look(state, began, work.now())
    work.looks[name] = found
    work.silent_hosts.pop(name, None)
    await note_clock(work, name, state.clock, began=began, ended=found.ended)


async def _tell_silence(work: Reached, name: str, failure: OperationFailed) -> None:
    """Once, not with each look."""
    line = host_of(work.iis, name)
    known = line is not None and (line.missing == (NO_ANSWER,) or line.measure == NOTHING)
    told = name in work.silent_hosts or known
    work.silent_hosts[name] = failure.obstacle.message
    if not told:
        message = f"{name} cannot be looked at, so it may still need a restart: {failure.obstacle.message}"
        await work.tell_server(failure.obstacle.reason, message, Severity.WARNING)


async def _restart_one(work: Reached, view: Round, name: str) -> None:
    """Restart one host and wait until it is as healthy as before. It is marked back, failed or refused.

    Raises OperationFailed when the host itself proves that it was not restarted.
    """
    before = host_of(view.iis, name)
    assert before is not None
    # Workers that started since the look are somebody else's work.
    older_than = work.looks[name].state.clock
    iis = activation.mark_restarting(view, name, now=work.now())
    told = steps.server_at(work, f"Restarting IIS on {name}.")
    await work.save_server(iis=iis, conditions=told)
    announced = audit.of_restart(work, before)
    await work.tell_server(Reason.CHANGE_BEGINS, announced.message)
    announced.log()
    lost: RunFailed | None = None
    try:
        report = await work.restarts_on(name).restart(older_than)
    except RunFailed as failure:
        if isinstance(failure, LogonRefused) or failure.nothing_ran:
            await work.save_server(iis=activation.mark_not_restarted(work.iis, name))
            raise
        # The answer was lost, or iisreset complained: what the host says of itself decides below.
        lost = failure
    else:
        await _note(work, name, report)
    await _wait_for_health(work, before, lost)


async def _note(work: Reached, name: str, report: RestartReport) -> None:
    if report.restarted:
        await work.save_server(iis=activation.mark_restarted(work.iis, name, report))
        return
    await work.save_server(iis=activation.mark_not_restarted(work.iis, name))
    message = f"IIS on {name} was restarted by somebody else meanwhile, so it was left alone."
    await work.tell_server(Reason.RESTART_NOT_NEEDED, message)


async def _wait_for_health(work: Reached, before: HostStatus, lost: RunFailed | None) -> None:
    """Until the host serves what it served at its best, with workers that are new enough.

    Raises OperationFailed when a command whose answer was lost never began.
    """
    name, patience = before.name, work.ports.patience
    longest = patience.host_return + work.rules.cold_start
    deadline = work.ports.clock.monotonic() + longest.total_seconds()
    while True:
        over = work.ports.clock.monotonic() >= deadline
        line = await _seen_again(work, name)
        if line is not None and line.state is HostRestartState.CURRENT:
            known = host_of(work.iis, name)
            await work.save_server(iis=activation.with_line(work.iis, line))
            if known is not None and known.state is HostRestartState.RESTARTING:
                await work.tell_server(Reason.RESTARTED, f"IIS was restarted on {name}.")
            return
        # iisreset came to its end, so nothing of it is still under way.
        ended = lost is not None and lost.obstacle.reason is Reason.RESTART_FAILED
        if line is not None and (over or ended) and _is_untouched(before, line):
            await _was_not_restarted(work, name, lost)
            return
        if over:
            said = lost.obstacle.message if lost is not None and ended else ""
            await work.save_server(iis=activation.mark_failed(work.iis, name, said))
            message = f"{name} is not as healthy as before its restart. The operator restarts no further host. {said}"
            await work.tell_server(Reason.RESTART_FAILED, message.strip(), Severity.WARNING)
            return
        await asyncio.sleep(patience.poll.total_seconds())


async def _seen_again(work: Reached, name: str) -> HostStatus | None:
    """Where a host stands now; None while it cannot be looked at."""
    try:
        await _look_at(work, name)
    except OperationFailed as failure:
        work.silent_hosts[name] = failure.obstacle.message
        return None
    work.just_looked_at.add(name)
    return host_of(_join(work).iis, name)


def _is_untouched(before: HostStatus, line: HostStatus) -> bool:
    """The workers are those of before, and nothing is missing: nobody stopped anything there."""
    return not line.missing and line.workers_started_at == before.workers_started_at


async def _was_not_restarted(work: Reached, name: str, lost: RunFailed | None) -> None:
    """A command that never began is tried again; what iisreset did not do, it would not do again."""
    if lost is not None and lost.outcome_unknown:
        await work.save_server(iis=activation.mark_not_restarted(work.iis, name))
        message = f"IIS on {name} was not restarted: {lost.obstacle.message}"
        raise OperationFailed(lost.obstacle.reason, message, nothing_ran=True) from lost
    said = lost.obstacle.message if lost is not None else "iisreset reported no error."
    await work.save_server(iis=activation.mark_refused(work.iis, name, said))
    message = f"IIS on {name} was not restarted: its workers are those of before. {said}"
    await work.tell_server(Reason.RESTART_FAILED, message, Severity.WARNING)


def waiting_for_restart(work: Reached) -> Obstacle | None:
    """What the next restart waits for, where nothing is wrong."""
    step = work.step
    if step is None or step.action in {RestartAction.NOTHING, RestartAction.RESTART}:
        return None
    if work.server.restart.policy is RestartPolicy.NEVER or restart_failed(step):
        return None
    return Obstacle(step.reason or Reason.RESTART_PENDING, step.message, Next.WAITS)


def restart_failed(step: RestartStep | None) -> bool:
    """A host did not come back, and a human is asked."""
    return step is not None and step.reason is Reason.RESTART_FAILED
