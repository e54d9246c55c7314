"""The logon of a pass: taken once, and once refused not tried again, so that the account is not locked.

This is the one place that decides whether credentials may be tried, and what becomes of a refusal.
"""

from __future__ import annotations

from dataclasses import replace

from partner_operator.engine.ports import Credentials, CredentialsProblem, NotWritten
from partner_operator.engine.refused_writes import break_off
from partner_operator.engine.state import Logon, Pass
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import KnownLogon


async def take(work: Pass, remembered: Credentials | None) -> Logon | None:
    """The logon of this pass, or None and a blocker that says why there is none.

    While something is being deleted, the last good credentials stand in for a Secret that went first.
    """
    try:
        credentials = await work.ports.reader.credentials(work.server)
    except CredentialsProblem as problem:
        withdrawn = problem.obstacle.reason is Reason.HOST_NOT_ALLOWED
        if remembered is None or withdrawn or not is_leaving(work):
            work.blocker = problem.obstacle
            return None
        credentials = remembered
    faults = (credentials.fault(work.server, host) for host in work.server.hosts)
    fault = next((fault for fault in faults if fault is not None), None)
    if fault is not None:
        # The one wrong host of a list must not be met in the middle of a round of restarts.
        work.blocker = Obstacle(Reason.HOST_NOT_ALLOWED, fault, Next.HUMAN)
        return None
    operations = work.ports.operations[work.server.product]
    work.logon = Logon(operations, work.server, credentials, work.memory)
    if credentials.digest == work.memory.refused_logon:
        # Perhaps it could not be written before.
        work.status = replace(work.status, rejected_credentials=credentials.digest)
    if credentials.digest == work.status.rejected_credentials:
        work.blocker = _refused(work)
        return None
    return work.logon


def is_leaving(work: Pass) -> bool:
    """Something is being deleted here."""
    return work.server.deleting or any(draft.desired.deleting for draft in work.drafts)


async def settle_refusal(work: Pass, logon: Logon) -> None:
    """Remember that these credentials were refused: no later pass, and no new operator, tries them.

    In memory first: where the status cannot be written, this process does not try them either.
    """
    digest = work.memory.refused_logon = logon.credentials.digest
    work.blocker = _refused(work)
    try:
        await work.save_server(rejected_credentials=digest, logon=KnownLogon(digest))
    except NotWritten as refused:
        break_off(work, refused)


def _refused(work: Pass) -> Obstacle:
    return Obstacle(
        Reason.CREDENTIALS_REJECTED,
        f"{work.server.product} refused the user name or password in the Secret. They are not tried "
        "again, so that the account is not locked. Put the right ones into the Secret.",
        Next.HUMAN,
    )
