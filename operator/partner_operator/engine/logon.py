"""The logon of a pass: taken once, and once refused tried again only by a human's word or after a day.

This is the one place that decides whether credentials may be tried, and what becomes of a refusal. A wrong
password that is tried again and again locks the account, so a refusal is remembered whatever happens to this
process. There are two ways in which that may fail.

The API server does not take the status. A logon that no status calls good is written down before it is tried. Of
one that is known to be good nothing need be written: there a rehearsal, once per process and again after each
refusal of a write, finds out whether the status that a refusal would need is taken.

The process is killed between the refused logon and its write. The try that was written down counts then. A logon
that was accepted before is not counted, so that a restart of the operator writes nothing: a kill in just that
moment costs one more logon there.
"""

from __future__ import annotations

from dataclasses import replace

from partner_operator.engine.ports import Credentials, CredentialsProblem, NotWritten
from partner_operator.engine.refused_writes import break_off
from partner_operator.engine.sessions import Logon
from partner_operator.engine.state import Pass
from partner_operator.trust.conditions import LONGEST_MESSAGE, shortened
from partner_operator.trust.logon import DAY, begun, may_try, not_tried, recalled, refused
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import Reason

_UNSEEN = (
    "Whether the last try was refused is not known: the operator ended before it could say so."
)


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
    known = recalled(work.status.logon, work.memory.logon)
    logon = work.logon = _of(work, credentials)
    logon.known = known
    work.status = replace(work.status, logon=known)
    if not may_try(known, logon.key, _word(work), work.now()):
        work.blocker = _refused(work)
        return None
    work.status = replace(work.status, logon=begun(known, logon.key, _word(work), work.now()))
    return logon


def _of(work: Pass, credentials: Credentials) -> Logon:
    def note(message: str) -> None:
        work.memory.logon = refused(logon.key, _word(work), work.now(), message)

    operations = work.ports.operations[work.server.product]
    logon = Logon(operations, work.server, credentials, note)
    return logon


async def begin(work: Pass, logon: Logon) -> None:
    """Remember that the logon is tried, before it is: what cannot be remembered is not tried. Raises NotWritten."""
    await work.save_server()
    uid = work.server.key.uid
    if uid not in work.memory.writable:
        refusal = refused(logon.key, _word(work), work.now(), _UNSEEN)
        await work.ports.writer.rehearse_server_status(
            work.server, replace(work.status, logon=refusal)
        )
        work.memory.taken(uid)
    work.memory.logon = None


def end_without_verdict(work: Pass, logon: Logon) -> None:
    """No host came to judge the logon, so no try was made."""
    work.memory.logon = not_tried(logon.known, work.status.logon)
    work.status = replace(work.status, logon=work.memory.logon)


def is_leaving(work: Pass) -> bool:
    """Something is being deleted here."""
    return work.server.deleting or any(draft.desired.deleting for draft in work.drafts)


async def settle_refusal(work: Pass) -> None:
    """Remember that this logon was refused, as it was noted in memory: in the status for all later processes."""
    work.status = replace(work.status, logon=work.memory.logon)
    work.blocker = _refused(work)
    try:
        await work.save_server()
    except NotWritten as unwritten:
        break_off(work, unwritten)


def _word(work: Pass) -> str | None:
    return work.server.reconcile_requested_at


def _refused(work: Pass) -> Obstacle:
    known, server = work.status.logon, work.server
    if known is not None and known.tried_at is not None:
        work.wake_at(known.tried_at + DAY)
    way_out = (
        f" The logon is in Secret {server.key.namespace}/{server.credentials_secret}, keys username and password. So "
        "that the account is not locked, the operator tries it again only once a day; and once, at once, when the "
        "Secret, spec.hosts or spec.winrm has changed, or when the annotation "
        f"partner-operator.io/reconcile-requested-at on PartnerServer {server.key.name} gets a new value."
    )
    refusal = known.refusal if known is not None else ""
    why = shortened(refusal or _UNSEEN, LONGEST_MESSAGE - len(way_out))
    return Obstacle(Reason.CREDENTIALS_REJECTED, why + way_out, Next.HUMAN)
