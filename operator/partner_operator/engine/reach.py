"""Reaching an organisation: credentials first, then the first host that answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from partner_operator.engine import outcome
from partner_operator.engine.clocks import note_clock
from partner_operator.engine.ports import Credentials, CredentialsProblem, OperationFailed
from partner_operator.engine.state import Pass
from partner_operator.trust.match import same
from partner_operator.trust.model import Observed
from partner_operator.trust.plan import Blocker
from partner_operator.trust.reasons import Reason

NEXT_HOST = frozenset({Reason.UNREACHABLE, Reason.TLS_FAILED, Reason.TIMED_OUT})
"""Failures after which the next listed host may be asked: nothing ran, and no password was refused."""

REPLICATION = timedelta(minutes=30)
"""How long a change may take to reach every domain controller before absence is believed."""


async def take_credentials(work: Pass, remembered: Credentials | None) -> bool:
    """Put credentials into the pass, or a blocker that says why there are none.

    While something is being deleted, the last good credentials stand in for a Secret that went first.
    """
    try:
        work.credentials = await work.ports.reader.credentials(work.server)
    except CredentialsProblem as problem:
        withdrawn = problem.reason is Reason.HOST_NOT_ALLOWED
        if remembered is None or withdrawn or not is_leaving(work):
            work.blocker = Blocker(reason=problem.reason, message=problem.message, stalled=True)
            return False
        work.credentials = remembered
    faults = [work.credentials.fault(work.server, host) for host in work.server.hosts]
    fault = next((fault for fault in faults if fault is not None), None)
    if fault is not None:
        # Of several servers in one list the wrong one must not be met in the middle of a round of restarts.
        work.blocker = Blocker(Reason.HOST_NOT_ALLOWED, fault, stalled=True)
        return False
    if work.credentials.digest == work.status.rejected_credentials:
        work.blocker = rejected(work)
        return False
    return True


def is_leaving(work: Pass) -> bool:
    """Something is being deleted here."""
    return work.server.deleting or any(draft.desired.deleting for draft in work.drafts)


def rejected(work: Pass) -> Blocker:
    """The credentials were refused; trying them again could lock the account."""
    return Blocker(
        reason=Reason.CREDENTIALS_REJECTED,
        message=(
            f"{work.server.product} refused the user name or password in the Secret. They are not tried "
            "again, so that the account is not locked. Put the right ones into the Secret."
        ),
        stalled=True,
    )


async def observe(work: Pass) -> Observed | None:
    """Observe on the first host that answers. None: the pass has a failure."""
    try:
        work.observed = await _observe_first(work)
    except OperationFailed as failure:
        if failure.credentials_rejected and work.credentials is not None:
            await work.save_server(rejected_credentials=work.credentials.digest)
            work.blocker = rejected(work)
        elif failure.stalled:
            work.blocker = Blocker(failure.reason, failure.message, stalled=True)
        else:
            work.failure = failure
        return None
    work.status = replace(work.status, rejected_credentials=None)
    return work.observed


async def _observe_first(work: Pass) -> Observed:
    hosts = outcome.hosts_to_ask(work)
    failures: list[str] = []
    for position, host in enumerate(hosts, start=1):
        try:
            return await observe_on(work, host)
        except OperationFailed as failure:
            if failure.reason not in NEXT_HOST or not failure.nothing_ran:
                raise
            failures.append(failure.message)
            if position == len(hosts):
                raise OperationFailed(
                    failure.reason, " ".join(failures), nothing_ran=True
                ) from failure
    message = "spec.hosts lists no host that may be asked."
    raise OperationFailed(Reason.UNREACHABLE, message, nothing_ran=True)


async def observe_on(work: Pass, host: str) -> Observed:
    """One observe run on this host, with the documents of the server and of all partners."""
    urls = {work.server.auth_metadata_url: None}
    for draft in work.drafts:
        if draft.blocker is None and not draft.desired.deleting:
            urls[draft.desired.partner.auth_metadata_url] = None
    controller = work.status.domain_controller
    began = work.now()
    observed = await work.on(host).observe(tuple(urls), controller)
    work.observed_at = work.now()
    await note_clock(work, host, observed.clock, began=began, ended=work.observed_at)
    answered = observed.domain_controller
    if controller is None or answered is None or same(controller, answered):
        return observed
    return _by_another_controller(work, observed, controller)


def _by_another_controller(work: Pass, observed: Observed, controller: str) -> Observed:
    """The known controller is gone: what we changed lately may not have reached this one (C02)."""
    since = work.now() - REPLICATION
    changes = [
        draft.status.registration.last_changed_at
        for draft in work.drafts
        if draft.status.registration is not None
    ]
    lately = any(changed is not None and changed > since for changed in changes)
    # An older one has reached every controller, or it never happened: a controller that is gone for good must
    # not leave it open for ever.
    attempts = [draft.status.intent for draft in work.drafts]
    trying = any(intent is not None and intent.started_at > since for intent in attempts)
    if not (lately or trying) or observed.incomplete is not None:
        return observed
    why = (
        f"Another domain controller answered in place of {controller} and may not know the newest changes yet. "
        "Half an hour after the last of them it is believed."
    )
    return replace(observed, incomplete=why)
