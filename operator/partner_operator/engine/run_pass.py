"""One pass over one server: everything that is due, from a fresh read to the last status write."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from partner_operator.engine import (
    changes,
    deciding,
    deletion,
    identity,
    outcome,
    reach,
    refused_writes,
    registrations,
    removal,
    report,
    settling,
)
from partner_operator.engine import (
    logon as logons,
)
from partner_operator.engine.activation import way_of
from partner_operator.engine.finalizers import restore_finalizers
from partner_operator.engine.ports import (
    Credentials,
    DeclaredServer,
    Gone,
    LogonRefused,
    NotWritten,
    OperationFailed,
    ServerName,
    Severity,
)
from partner_operator.engine.process_memory import ProcessMemory
from partner_operator.engine.schedule import may_wait, next_attempt
from partner_operator.engine.sessions import Logon
from partner_operator.engine.state import Draft, Pass, Ports, Reached
from partner_operator.trust.conditions import find
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import ConditionType, Reason
from partner_operator.trust.status import Condition


@dataclass(frozen=True, slots=True)
class Result:
    """What the worker needs to know of a finished pass."""

    due: datetime | None
    """When the next pass is due; None: the server is gone, or nothing is left to do for it."""
    credentials: Credentials | None = None
    """The credentials that worked, kept in memory while the server object terminates."""
    ready: Condition | None = None
    """What the server's status says at the end, for the log."""


async def run_pass(
    ports: Ports,
    name: ServerName,
    remembered: Credentials | None,
    memory: ProcessMemory | None = None,
) -> Result:
    """Bring one server closer to what is declared, and tell the truth about it.

    `memory` is what the worker keeps between passes; without one this pass is the first of its process.
    """
    try:
        return await _run(ports, name, remembered, memory or ProcessMemory())
    finally:
        ports.hang_up(name)


async def _run(
    ports: Ports, name: ServerName, remembered: Credentials | None, memory: ProcessMemory
) -> Result:
    declared = await ports.reader.server(name)
    if declared is None:
        return Result(due=None)
    memory.server, memory.interval = declared.desired.key, declared.desired.interval
    retry, now = declared.status.retry, ports.clock.now()
    memory.retry = memory.retry or retry
    declared = _with_kept_bundle(declared, remembered)
    work = _begin(ports, declared, memory)
    try:
        await restore_finalizers(work)
        if retry is not None and may_wait(declared, now, memory.began_at):
            return Result(due=next_attempt(retry, now, memory.began_at), credentials=remembered)
        memory.began_at = now
        work = await _work(work, remembered)
        if declared.desired.deleting and not work.live:
            # It goes in a moment. That nobody looked at it any more is no trouble to tell of.
            return Result(due=None, credentials=remembered)
        due = await _end(work)
    except Gone:
        # Deleted, made anew, or written by somebody else under our hands: what this pass knows is void.
        kept = work.logon.credentials if work.logon is not None else remembered
        return Result(due=ports.clock.now(), credentials=kept)
    ready = find(work.status.conditions, ConditionType.READY)
    return Result(due=due, credentials=_kept(work, remembered), ready=ready)


def _kept(work: Pass, remembered: Credentials | None) -> Credentials | None:
    """The logon that worked; while something is deleted also one that nobody tried yet.

    The Secret may be gone by the time that the registrations can be removed.
    """
    if work.logon is None or not (isinstance(work, Reached) or logons.is_leaving(work)):
        return remembered
    return replace(work.logon.credentials, ca_bundle=work.server.ca_bundle)


def _with_kept_bundle(declared: DeclaredServer, remembered: Credentials | None) -> DeclaredServer:
    """The authorities that the hosts were trusted by, where their ConfigMap went before the objects."""
    leaving = declared.desired.deleting or any(
        application.desired.deleting for application in declared.applications
    )
    lost = declared.problem is not None and declared.problem.reason is Reason.CA_BUNDLE_MISSING
    if not (leaving and lost and remembered is not None and remembered.ca_bundle is not None):
        return declared
    desired = replace(declared.desired, ca_bundle=remembered.ca_bundle)
    return replace(declared, desired=desired, problem=None)


async def _end(work: Pass) -> datetime | None:
    """Write what this pass knows. Returns when the next one is due."""
    try:
        return await report.keep(work) if work.overtaken else await report.close(work)
    except NotWritten as refused:
        return await refused_writes.end_without_status(work, refused)


def _begin(ports: Ports, declared: DeclaredServer, memory: ProcessMemory) -> Pass:
    drafts = [
        Draft(declared=application, status=application.status, blocker=application.blocker)
        for application in declared.applications
    ]
    return Pass(
        ports=ports,
        declared=declared,
        status=declared.status,
        drafts=drafts,
        blocker=declared.problem or _unsupported(ports, declared),
        memory=memory,
    )


def _unsupported(ports: Ports, declared: DeclaredServer) -> Obstacle | None:
    product = declared.desired.product
    if product in ports.operations:
        return None
    return Obstacle(
        Reason.UNSUPPORTED_PAIR,
        f"This version of the operator cannot manage {product} servers yet.",
        Next.HUMAN,
    )


async def _work(work: Pass, remembered: Credentials | None) -> Pass:
    """Everything between the read and the last write. Returns the pass with what became known."""
    try:
        logon = await _prepare(work, remembered)
    except NotWritten as refused:
        refused_writes.break_off(work, refused)
        logon = None
    if logon is not None:
        work = await _reach_and_keep_true(work, logon)
    if not isinstance(work, Reached):
        identity.stand_back_unseen(work)
    return work


async def _prepare(work: Pass, remembered: Credentials | None) -> Logon | None:
    """All that is done before anybody is asked. None: nobody is."""
    # First of all: in a namespace that goes, the Secret may be gone a moment later.
    logon = await logons.take(work, remembered) if work.blocker is None else None
    await deletion.release_without_contact(work)
    if work.server.deleting and not work.live:
        return None
    await report.show_progress(work)
    if logon is not None:
        await logons.begin(work, logon)
    return logon


async def _reach_and_keep_true(work: Pass, logon: Logon) -> Pass:
    refused = False
    try:
        work = reached = await reach.observe(work, logon)
        if not logon.refused:
            work.memory.logon = work.status.logon
        await _keep_true(reached)
    except LogonRefused:
        refused = True
    except NotWritten as unwritten:
        refused_writes.break_off(work, unwritten)
    except OperationFailed as failure:
        if not isinstance(work, Reached):
            logons.end_without_verdict(work, logon)
        await _stopped_short(work, failure.obstacle)
    if refused or logon.refused:
        await logons.settle_refusal(work)
    return work


async def _keep_true(work: Reached) -> None:
    """Everything after the first answer of the organisation."""
    work.blocker = identity.another(work)
    if work.blocker is not None:
        return
    identity.learn(work)
    work.blocker = await identity.claim(work)
    if work.blocker is not None:
        return
    await deciding.decide_all(work)
    unsettled = outcome.unsettled(work)
    if unsettled is None:
        await registrations.notice_vanished(work)
        await settling.settle_open_intents(work)
        removal.hold_removals(work)
        await changes.make_changes(work)
    else:
        outcome.hold_changes(work, unsettled)
    if work.failure is not None or work.overtaken:
        # What was read before is old: nothing may be concluded from it.
        return
    await registrations.remember_entries(work)
    await deletion.release_settled(work)
    await way_of(work).run(work)


async def _stopped_short(work: Pass, obstacle: Obstacle) -> None:
    """A remote step failed for the whole server."""
    work.stop(obstacle)
    if isinstance(work, Reached):
        await work.tell_server(obstacle.reason, obstacle.message, Severity.WARNING)
