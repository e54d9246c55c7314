"""The logon of a pass: taken once, and once refused tried again only by a human's word or after a day.

This is the one place that decides whether credentials may be tried, and what becomes of a refusal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from partner_operator.engine.ports import Credentials, CredentialsProblem
from partner_operator.engine.state import Logon, Pass
from partner_operator.trust.conditions import LONGEST_MESSAGE, shortened
from partner_operator.trust.logon import DAY, begun, may_try, not_tried, recalled, refused
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import LogonStatus

_UNSEEN = (
    "Whether the last try was refused is not known: the operator ended before it could say so."
)
AFTER_AN_ANSWER = "The hosts answered, and refused the logon afterwards."


@dataclass(slots=True)
class Memory:
    """What this process saw itself of a server, should its status not have taken it."""

    logon: LogonStatus | None = None
    """What became of the last try."""
    began_at: datetime | None = None
    """When the last pass began that was no waiting."""


async def take(work: Pass, remembered: Credentials | None, memory: Memory) -> Logon | None:
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
    known = recalled(work.status.logon, memory.logon)
    operations = work.ports.operations[work.server.product]
    logon = work.logon = Logon(operations, work.server, credentials, known)
    work.status = replace(work.status, logon=known)
    if not may_try(logon.known, logon.key, _word(work), work.now()):
        work.blocker = _refused(work)
        return None
    tried = begun(logon.known, logon.key, _word(work), work.now())
    work.status = replace(work.status, logon=tried)
    return logon


async def begin(work: Pass, memory: Memory) -> None:
    """Remember that the logon is tried, before it is: what cannot be remembered is not tried."""
    await work.save_server()
    memory.logon = None


def end_without_verdict(work: Pass, logon: Logon, memory: Memory) -> None:
    """No host came to judge the logon, so no try was made."""
    memory.logon = not_tried(logon.known, work.status.logon)
    work.status = replace(work.status, logon=memory.logon)


def is_leaving(work: Pass) -> bool:
    """Something is being deleted here."""
    return work.server.deleting or any(draft.desired.deleting for draft in work.drafts)


async def settle_refusal(work: Pass, logon: Logon, message: str, memory: Memory) -> None:
    """Remember that this logon was refused: in this process first, and in the status for all later ones."""
    memory.logon = refused(logon.key, _word(work), work.now(), message)
    work.status = replace(work.status, logon=memory.logon)
    work.blocker = _refused(work)
    await work.save_server()


def _word(work: Pass) -> str | None:
    return work.server.reconcile_requested_at


def _refused(work: Pass) -> Obstacle:
    known, server = work.status.logon, work.server
    assert known is not None
    if known.tried_at is not None:
        work.wake_at(known.tried_at + DAY)
    way_out = (
        f" The logon is in Secret {server.key.namespace}/{server.credentials_secret}, keys username and password. So "
        "that the account is not locked, it is tried again only once a day; and once, at once, when the Secret, "
        "spec.hosts or spec.winrm has changed, or when the annotation partner-operator.io/reconcile-requested-at on "
        f"PartnerServer {server.key.name} gets a new value."
    )
    why = shortened(known.refusal or _UNSEEN, LONGEST_MESSAGE - len(way_out))
    return Obstacle(Reason.CREDENTIALS_REJECTED, why + way_out, Next.HUMAN)
