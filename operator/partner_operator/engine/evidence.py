"""What hosts tell of whom they trust: proof that a new issuer is active there, and of nothing else.

A host names issuers and no certificates. So what it names proves a change only if it cannot have known the issuer
from before.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from partner_operator.engine.ports import Challenges, OperationFailed
from partner_operator.engine.state import Draft, Pass, Reached
from partner_operator.oauth.challenge import Challenge
from partner_operator.oauth.identifiers import Issuer
from partner_operator.trust.activation import is_one_of
from partner_operator.trust.model import Entry, Mode, RestartPolicy
from partner_operator.trust.status import Dropped, Registration

MOST_DROPPED = 200
"""In a status."""


def dropped(work: Pass, gone: Entry | Registration | None) -> tuple[Dropped, ...]:
    """The issuers that hosts may still know although they are not trusted any more, with this one."""
    within = work.rules.takes_over_within
    if gone is None or within is None:
        return work.status.dropped
    issuer = _name(gone.application_identifier, gone.realm)
    known = (
        each
        for each in work.status.dropped
        if each.issuer != issuer and each.at + within > work.now()
    )
    return (*known, Dropped(issuer, work.now()))[-MOST_DROPPED:]


def is_new(work: Pass, draft: Draft) -> bool:
    """Whether no host can know the issuer that the partner's document makes them trust."""
    within, document = work.rules.takes_over_within, draft.document
    if document is None or within is None:
        return False
    known = {each.issuer for each in work.status.dropped if each.at + within > work.now()}
    # A script of somebody else may have replaced the entry that stood for this object.
    before = draft.declared.status.registration
    if before is not None:
        known.add(_name(before.application_identifier, before.realm))
    return _name(document.application_identifier, document.realm) not in known


def begin(draft: Draft, *, fresh: bool) -> None:
    """After a change: nothing is known to any host, or never will be by what hosts tell."""
    registration = draft.status.registration
    if registration is not None:
        registration = replace(registration, known_to=() if fresh else None)
        draft.status = replace(draft.status, registration=registration)


async def ask(work: Reached) -> None:
    """Ask each host once whose workers are older than a new registration. Raises LogonRefused.

    Only where nobody restarts IIS, and something is waited for.
    """
    never = work.server.restart.policy is RestartPolicy.NEVER
    if not (work.rules.challenges and never and work.may_act()) or work.round is None:
        return
    for host in work.round.pending:
        waiting = [draft for draft in work.live if _is_waiting(work, draft, host)]
        if not waiting:
            continue
        try:
            challenge = await cast(Challenges, work.on(host)).challenge()
        except OperationFailed as failure:
            work.not_asked[host] = failure.obstacle.message
            continue
        for draft in waiting:
            if challenge is not None and _trusts(work, challenge, draft):
                _note(draft, host)


def _is_waiting(work: Pass, draft: Draft, host: str) -> bool:
    registration, within = draft.status.registration, work.rules.takes_over_within
    if registration is None or registration.known_to is None:
        return False
    changed = registration.last_changed_at
    if changed is not None and within is not None and changed + within <= work.now():
        return False
    enforced = draft.desired.mode is Mode.ENFORCE and not draft.desired.deleting
    return enforced and not is_one_of(host, registration.known_to)


def _trusts(work: Pass, challenge: Challenge, draft: Draft) -> bool:
    """Whether it is this product that answers, and it names the partner."""
    registration = draft.status.registration
    assert registration is not None
    if challenge.client_id.strip().lower() != work.rules.profile.identifier:
        return False
    realm = registration.realm.strip()
    return bool(realm) and challenge.trusts(registration.application_identifier, realm)


def _note(draft: Draft, host: str) -> None:
    registration = draft.status.registration
    assert registration is not None
    known = (*(registration.known_to or ()), host)
    draft.status = replace(draft.status, registration=replace(registration, known_to=known))


def _name(identifier: str, realm: str) -> str:
    return str(Issuer(identifier.strip().lower(), realm.strip().casefold()))
