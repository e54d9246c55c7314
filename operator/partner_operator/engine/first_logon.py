"""Before the first logon: its refusal can be remembered, whatever happens to this process (rule 23).

A wrong password that is tried again and again locks the account. So a refused logon is written into the status,
and there are two ways in which that may fail.

The API server does not take the status. That is found out before the logon: by a rehearsal of exactly the status
that a refusal would need, once per process and again after each refusal of a write. It writes nothing.

The process is killed between the refused logon and its write. Credentials that no status calls accepted are
therefore written down before the first logon of each process: it counts until a pass has come to its end. After
some logons of which nobody saw the end, the next one waits for a day, for other credentials, or for a human's
word. Credentials that were accepted before are not counted, so that a restart of the operator writes nothing:
a kill in just that moment costs one more logon there.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from partner_operator.engine.state import Logon, Pass, Reached
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import KnownLogon

MOST_UNSEEN = 3
"""Logons in a row whose end nobody saw. Accounts are commonly locked after five refused ones or more."""
PAUSE = timedelta(days=1)
"""Until the next one after that."""


async def may_log_on(work: Pass, logon: Logon) -> bool:
    """Whether the first logon of this pass may be made. False: the pass has a blocker. Raises NotWritten."""
    digest, known = logon.credentials.digest, work.status.logon
    if _is_accepted(work, digest) or work.memory.begun_logon == digest:
        await _rehearse_refusal(work, digest)
        return True
    if known is None or known.digest != digest:
        known = KnownLogon(digest)
    if known.unseen >= MOST_UNSEEN and not _is_asked(work, known):
        again = known.begun_at + PAUSE if known.begun_at is not None else work.now()
        if work.now() < again:
            _hold(work, again)
            return False
    begun = KnownLogon(
        digest,
        unseen=known.unseen + 1,
        begun_at=work.now(),
        asked=work.server.reconcile_requested_at,
    )
    await work.save_server(logon=begun)
    work.memory.begun_logon = digest
    return True


async def _rehearse_refusal(work: Pass, digest: str) -> None:
    uid = work.server.key.uid
    if uid in work.memory.writable:
        return
    refused = replace(work.status, rejected_credentials=digest)
    await work.ports.writer.rehearse_server_status(work.server, refused)
    work.memory.taken(uid)


def note_end(work: Pass, logon: Logon) -> None:
    """The logon has an end that this pass saw, and is not refused; it is written with what is written next."""
    digest = logon.credentials.digest
    if isinstance(work, Reached) and not logon.refused:
        work.memory.refused_logon = None
    accepted = isinstance(work, Reached) or _is_accepted(work, digest)
    work.status = replace(work.status, logon=KnownLogon(digest, accepted=accepted))


def _is_accepted(work: Pass, digest: str) -> bool:
    known = work.status.logon
    return known is not None and known.digest == digest and known.accepted


def _is_asked(work: Pass, known: KnownLogon) -> bool:
    """A human asks for one more try; each request is good for one."""
    requested = work.server.reconcile_requested_at
    return requested not in {None, known.asked, work.status.last_handled_reconcile_at}


def _hold(work: Pass, again: datetime) -> None:
    work.wake_at(again)
    work.blocker = Obstacle(
        Reason.OUTCOME_UNKNOWN,
        f"The operator was ended {MOST_UNSEEN} times in the middle of its first logon with the credentials in Secret "
        f"{work.server.credentials_secret}, so nobody knows whether they are refused. They are tried again a day "
        "after the last time, so that the account is not locked. To try earlier, put other credentials into the "
        "Secret, or set the annotation partner-operator.io/reconcile-requested-at on PartnerServer "
        f"{work.server.key.name}.",
        Next.RETRIED,
    )
