"""The connectivity test: when it is due, where it runs, and what is remembered of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from partner_operator.engine import steps
from partner_operator.engine.ports import OperationFailed, Severity, Tests
from partner_operator.engine.refused_writes import confined, prove_writable
from partner_operator.engine.state import Draft, Pass, Reached
from partner_operator.trust.conditions import find
from partner_operator.trust.model import AnyTest, Mode, Product, TestReport
from partner_operator.trust.product import Proof
from partner_operator.trust.reasons import ConditionType, Reason
from partner_operator.trust.status import Connectivity, TestRecord

HISTORY = 10
ROUNDING = timedelta(seconds=2)
"""Instants are whole seconds: what is nearer than this to a test's beginning was there before it. A change that
needs a restart or replication becomes active later than that."""


def wants_test(draft: Draft) -> bool:
    """Whether this object has a test that the operator may run (Observe writes nothing: C13)."""
    return (
        draft.desired.connectivity_test is not None
        and draft.desired.mode is Mode.ENFORCE
        and not draft.desired.deleting
        and draft.blocker is None
        and draft.failure is None
    )


def waits_for_counterpart(work: Pass, draft: Draft) -> bool:
    """The other direction is declared, and a test could only fail: it is neither ready, nor active by now."""
    counterpart = draft.declared.counterpart
    if counterpart is None or counterpart.ready:
        return False
    if counterpart.testable_at is None:
        return True
    return not counterpart.gradual and counterpart.testable_at > work.now()


def may_fail_yet(draft: Draft) -> bool:
    """Whether a test that failed says no more than that the other side has not taken its change over yet."""
    counterpart = draft.declared.counterpart
    return counterpart is not None and counterpart.gradual and counterpart.settling


def due_at(work: Pass, draft: Draft, test: AnyTest) -> datetime | None:
    """When the next test is due; None: at once."""
    last = draft.status.connectivity
    if last is None or _requested(draft) or _untested(draft, last):
        return None
    changes = (
        draft.status.registration.last_changed_at if draft.status.registration else None,
        draft.declared.counterpart.last_changed_at if draft.declared.counterpart else None,
    )
    tested = last.last_tested_at + ROUNDING
    if any(changed is not None and changed > tested for changed in changes):
        return None
    if last.passed:
        return last.last_tested_at + test.interval
    doubled: timedelta = work.ports.patience.retest * 2 ** min(last.failures - 1, 10)
    return last.last_tested_at + min(doubled, test.interval)


def _untested(draft: Draft, last: Connectivity) -> bool:
    """The declaration changed since the test: then it is repeated at once.

    A failed test does not settle a generation, so after it only the first pass of one counts as new.
    """
    generation = draft.desired.generation
    if draft.status.observed_generation == generation:
        return False
    ready = find(draft.declared.status.conditions, ConditionType.READY)
    return last.passed or ready is None or ready.observed_generation != generation


def _requested(draft: Draft) -> bool:
    requested = draft.desired.reconcile_requested_at
    return requested is not None and requested != draft.status.last_handled_reconcile_at


async def run_tests(work: Reached) -> None:
    """Run every test that is due, on a listed host that has the present configuration."""
    for draft in work.live:
        test = draft.desired.connectivity_test
        if test is None or not wants_test(draft) or draft.status.registration is None:
            continue
        if waits_for_counterpart(work, draft):
            counterpart = draft.declared.counterpart
            if counterpart is not None and counterpart.testable_at is not None:
                work.wake_at(counterpart.testable_at)
            continue
        due = due_at(work, draft, test)
        if due is not None and due > work.now():
            work.wake_at(due)
            continue
        host = next((host for host in work.server.hosts if host.lower() in work.up_to_date), None)
        if host is None:
            continue
        with confined(work, draft):
            await prove_writable(work, draft)
            await _run(work, draft, test, host)


async def _run(work: Reached, draft: Draft, test: AnyTest, host: str) -> None:
    step = steps.application_at(work, draft, f"Running the connectivity test on {host}.")
    if step != draft.status:
        await work.save(draft, step)
    began = work.now()
    try:
        report = await cast(Tests, work.on(host)).test(test)
    except OperationFailed as failure:
        draft.failure = failure.obstacle
        return
    before = draft.status.connectivity
    draft.status = replace(draft.status, connectivity=remember(before, report, at=began))
    next_due = due_at(work, draft, test)
    if next_due is not None:
        work.wake_at(next_due)
    await _announce(work, draft, before, report)


def remember(before: Connectivity | None, report: TestReport, *, at: datetime) -> Connectivity:
    """The test results with one more report. `at`: when the test began; what changes later, it does not prove."""
    history = (*(before.history if before else ()), TestRecord(at=at, passed=report.passed))
    succeeded = at if report.passed else (before.last_succeeded_at if before else None)
    return Connectivity(
        passed=report.passed,
        last_tested_at=at,
        last_succeeded_at=succeeded,
        latency=report.latency,
        message=report.message,
        failures=0 if report.passed else (before.failures if before else 0) + 1,
        history=history[-HISTORY:],
    )


async def _announce(
    work: Pass, draft: Draft, before: Connectivity | None, report: TestReport
) -> None:
    if report.passed and (before is None or not before.passed):
        await work.tell(draft, Reason.CONNECTIVITY_TEST_PASSED, _proven(work, draft))
    elif not (report.passed or may_fail_yet(draft)) and (before is None or before.passed):
        await work.tell(draft, Reason.CONNECTIVITY_TEST_FAILED, report.message, Severity.WARNING)


def _proven(work: Pass, draft: Draft) -> str:
    server, partner = work.called, draft.desired.partner.name
    if work.rules.tests.get(Product(partner)) is Proof.BY_PARTNER:
        return f"{partner} accepts {server}'s tokens."
    return f"{server} and {partner} accept each other's tokens."
