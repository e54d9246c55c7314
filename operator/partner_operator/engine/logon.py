"""The logon of a pass: taken once, and once refused not tried again, so that the account is not locked.

This is the one place that decides whether credentials may be tried, and what becomes of a refusal.
"""

from __future__ import annotations

from partner_operator.engine.ports import Credentials, CredentialsProblem
from partner_operator.engine.state import Logon, Pass
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import Reason


async def take(work: Pass, remembered: Credentials | None) -> Logon | None:
    """The logon of this pass, or None and a blocker that says why there is none.

    While something is being deleted, the last good credentials stand in for a Secret that went first.
    """
    try:
        credentials = await work.ports.reader.credentials(work.server)
    except CredentialsProblem as problem:
        if remembered is None or not is_leaving(work):
            work.blocker = problem.obstacle
            return None
        credentials = remembered
    operations = work.ports.operations[work.server.product]
    work.logon = Logon(operations, work.server, credentials)
    if credentials.digest == work.status.rejected_credentials:
        work.blocker = _refused(work)
        return None
    return work.logon


def is_leaving(work: Pass) -> bool:
    """Something is being deleted here."""
    return work.server.deleting or any(draft.desired.deleting for draft in work.drafts)


async def settle_refusal(work: Pass, logon: Logon) -> None:
    """Remember in the status that these credentials were refused: no later pass, and no new operator, tries them."""
    await work.save_server(rejected_credentials=logon.credentials.digest)
    work.blocker = _refused(work)


def _refused(work: Pass) -> Obstacle:
    return Obstacle(
        Reason.CREDENTIALS_REJECTED,
        f"{work.server.product} refused the user name or password in the Secret. They are not tried "
        "again, so that the account is not locked. Put the right ones into the Secret.",
        Next.HUMAN,
    )
