"""One pass over one server: everything that is due, from a fresh read to the last status write."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from partner_operator.engine import (
    changes,
    deletion,
    identity,
    outcome,
    reach,
    registrations,
    removal,
    report,
)
from partner_operator.engine.activation import way_of
from partner_operator.engine.finalizers import restore_finalizers
from partner_operator.engine.ports import (
    Credentials,
    DeclaredServer,
    Gone,
    OperationFailed,
    ServerName,
    Severity,
)
from partner_operator.engine.schedule import may_wait
from partner_operator.engine.state import Draft, Pass, Ports
from partner_operator.trust.plan import Blocker
from partner_operator.trust.reasons import Reason


@dataclass(frozen=True, slots=True)
class Result:
    """What the worker needs to know of a finished pass."""

    due: datetime | None
    """When the next pass is due; None: the server is gone, or nothing is left to do for it."""
    credentials: Credentials | None = None
    """The credentials that worked, kept in memory while the server object terminates."""


async def run_pass(ports: Ports, name: ServerName, remembered: Credentials | None) -> Result:
    """Bring one server closer to what is declared, and tell the truth about it."""
    declared = await ports.reader.server(name)
    if declared is None:
        return Result(due=None)
    try:
        declared = await restore_finalizers(ports, declared)
    except Gone:
        return Result(due=ports.clock.now(), credentials=remembered)
    retry = declared.status.retry
    if retry is not None and may_wait(declared, ports.clock.now()):
        return Result(due=retry.next_attempt_at, credentials=remembered)
    declared = _with_kept_bundle(declared, remembered)
    work = _begin(ports, declared)
    try:
        await _work(work, remembered)
        if declared.desired.deleting and not work.live:
            # It goes in a moment. That nobody looked at it any more is no trouble to tell of.
            return Result(due=None, credentials=remembered)
        due = await report.keep(work) if work.overtaken else await report.close(work)
    except Gone:
        # Deleted, made anew, or written by somebody else under our hands: what this pass knows is void.
        return Result(due=ports.clock.now(), credentials=work.credentials or remembered)
    return Result(due=due, credentials=_kept(work, remembered))


def _kept(work: Pass, remembered: Credentials | None) -> Credentials | None:
    """The logon that worked; while something is deleted also one that nobody tried yet.

    The Secret may be gone by the time that the registrations can be removed.
    """
    found = work.credentials
    if found is None or (work.observed is None and not reach.is_leaving(work)):
        return remembered
    return replace(found, ca_bundle=work.server.ca_bundle)


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


def _begin(ports: Ports, declared: DeclaredServer) -> Pass:
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
    )


def _unsupported(ports: Ports, declared: DeclaredServer) -> Blocker | None:
    product = declared.desired.product
    if product in ports.operations:
        return None
    return Blocker(
        Reason.UNSUPPORTED_PAIR,
        f"This version of the operator cannot manage {product} servers yet.",
        stalled=True,
    )


async def _work(work: Pass, remembered: Credentials | None) -> None:
    await _reach_and_keep_true(work, remembered)
    identity.stand_back_unseen(work)


async def _reach_and_keep_true(work: Pass, remembered: Credentials | None) -> None:
    # First of all: in a namespace that goes, the Secret may be gone a moment later.
    ready = work.blocker is None and await reach.take_credentials(work, remembered)
    await deletion.release_without_contact(work)
    if work.server.deleting and not work.live:
        return
    await report.show_progress(work)
    if not ready:
        return
    if await reach.observe(work) is None:
        return
    try:
        await _keep_true(work)
    except OperationFailed as failure:
        await _stopped_short(work, failure)


async def _keep_true(work: Pass) -> None:
    """Everything after the first answer of the organisation."""
    assert work.observed is not None
    if identity.is_another(work, work.observed):
        return
    identity.learn(work, work.observed)
    if not await identity.may_work(work, work.observed):
        return
    changes.decide_all(work)
    unsettled = outcome.unsettled(work)
    if unsettled is None:
        await registrations.notice_vanished(work)
        await changes.settle_open_intents(work)
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


async def _stopped_short(work: Pass, failure: OperationFailed) -> None:
    """A remote step after the first answer failed for the whole server."""
    if failure.credentials_rejected and work.credentials is not None:
        await work.save_server(rejected_credentials=work.credentials.digest)
        work.blocker = reach.rejected(work)
        return
    if failure.stalled:
        work.blocker = Blocker(failure.reason, failure.message, stalled=True)
    else:
        work.failure = failure
    await work.tell_server(failure.reason, failure.message, Severity.WARNING)
