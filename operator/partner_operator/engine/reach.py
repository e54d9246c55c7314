"""Reaching an organisation: the first host that answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from partner_operator.engine import absence, documents, outcome
from partner_operator.engine.clocks import note_clock
from partner_operator.engine.ports import OperationFailed
from partner_operator.engine.sessions import Logon
from partner_operator.engine.state import Draft, Pass, Reached
from partner_operator.trust.absence import LONGEST_NAMES
from partner_operator.trust.conditions import shortened
from partner_operator.trust.logon import accepted
from partner_operator.trust.match import same
from partner_operator.trust.model import Observed
from partner_operator.trust.reasons import Reason

NEXT_HOST = frozenset({Reason.UNREACHABLE, Reason.TLS_FAILED, Reason.TIMED_OUT})
"""Failures after which the next listed host may be asked: nothing ran, and no password was refused."""

REPLICATION = timedelta(minutes=30)
"""How long a change may take to reach every domain controller before absence is believed."""


async def observe(work: Pass, logon: Logon) -> Reached:
    """Observe on the first host that answers. Raises OperationFailed and LogonRefused."""
    observed, ahead = await _observe_first(work, logon)
    status = replace(work.status, logon=accepted(logon.key))
    reached = Reached(
        work.ports,
        work.declared,
        status,
        work.drafts,
        due=work.due,
        memory=work.memory,
        refused=work.refused,
        logon=logon,
        observed=observed,
        ahead=ahead,
    )
    reached.stored = work.stored
    return reached


async def _observe_first(work: Pass, logon: Logon) -> tuple[Observed, timedelta]:
    reason, failures = Reason.UNREACHABLE, list[str]()
    for host in outcome.hosts_to_ask(work):
        try:
            return await observe_on(work, logon, host)
        except OperationFailed as failure:
            reason = failure.obstacle.reason
            if reason not in NEXT_HOST or not failure.nothing_ran:
                raise
            failures.append(failure.obstacle.message)
    message = " ".join(failures) or "spec.hosts lists no host that may be asked."
    raise OperationFailed(reason, message, nothing_ran=True)


async def observe_on(work: Pass, logon: Logon, host: str) -> tuple[Observed, timedelta]:
    """One observe run on this host, with the documents of the server and of all partners.

    Beside it, how far the host's clock is ahead of ours.
    """
    urls = {work.server.auth_metadata_url: _is_requested(work)}
    for draft in work.drafts:
        # What this pass found out itself does not make the partner's document less readable.
        if draft.declared.blocker is None and not draft.desired.deleting:
            url = draft.desired.partner.auth_metadata_url
            urls[url] = urls.get(url, False) or _is_requested(work, draft)
    memory, clock = work.memory, work.ports.clock
    requested = [url for url, is_requested in urls.items() if is_requested]
    turn = documents.in_turn(tuple(urls), memory.documents, requested, clock.monotonic())
    controller = work.status.domain_controller
    asked = None if absence.asks_elsewhere(work) else controller
    began = work.now()
    observed = await logon.on(host).observe(turn.urls, asked)
    ended = work.now()
    memory.documents = documents.learnt(memory.documents, tuple(urls), observed, clock.monotonic())
    observed = turn.completed(observed)
    await note_clock(work, host, observed.clock, began=began, ended=ended)
    answered = observed.domain_controller
    if controller is not None and answered is not None and not same(controller, answered):
        observed = _by_another_controller(work, observed, controller)
    return _with_token_servers(work, observed), observed.clock - ended


def _with_token_servers(work: Pass, observed: Observed) -> Observed:
    """Several token servers that vanished together tell of the read: one of them would be made a second time."""
    known = work.status.token_servers
    asks = any(
        draft.desired.partner.behind_token_server and not draft.desired.deleting
        for draft in work.drafts
    )
    if observed.token_servers or observed.token_servers_fault or len(known) < 2 or not asks:
        return observed
    if _is_requested(work) or any(_is_requested(work, draft) for draft in work.drafts):
        return observed
    names = shortened(", ".join(each.name for each in known), LONGEST_NAMES)
    why = (
        f"Token servers that were visible before are missing together: {names}. Perhaps the account does not see them "
        "any more. If they were removed, set the annotation partner-operator.io/reconcile-requested-at on "
        f"PartnerServer {work.server.key.name}."
    )
    return replace(observed, token_servers_fault=why)


def _is_requested(work: Pass, draft: Draft | None = None) -> bool:
    """Whether a human asks for another look, at the server or at one of its applications too."""
    of_server = (
        work.server.reconcile_requested_at,
        work.declared.status.last_handled_reconcile_at,
    )
    if of_server[0] not in {None, of_server[1]}:
        return True
    if draft is None:
        return False
    handled = draft.declared.status.last_handled_reconcile_at
    return draft.desired.reconcile_requested_at not in {None, handled}


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
