"""From all that was found out to one decision per application: the steps, and what stops each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from partner_operator.trust import permission, token_servers
from partner_operator.trust.absence import warned
from partner_operator.trust.certificate_check import HUMAN_ONLY
from partner_operator.trust.claims import Claimed, Claims
from partner_operator.trust.conditions import Part
from partner_operator.trust.decide.case import Case, look_at
from partner_operator.trust.decide.changes import change_behind, change_of, taking_back
from partner_operator.trust.decide.conflicts import declaration_blocker
from partner_operator.trust.deletion import decide_deletion
from partner_operator.trust.entries import Entries
from partner_operator.trust.model import DesiredServer, Mode, Observed
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.plan import ApplicationView, Change, Decision, Field, made_by_us
from partner_operator.trust.product import Rules
from partner_operator.trust.reasons import ConditionStatus, Reason
from partner_operator.trust.search import find_unreadable
from partner_operator.trust.status import ChangeKind


def decide(
    rules: Rules,
    server: DesiredServer,
    applications: Sequence[ApplicationView],
    observed: Observed,
    elsewhere: Sequence[ApplicationView] = (),
    entries: Entries | None = None,
) -> tuple[Decision, ...]:
    """One decision per application, in the order of `applications`.

    Pure: the same answer for the same values, whatever the order of entries. Certificates of
    partners are judged by `observed.clock`. At most one change per application, and never two
    for one entry. `change` is None whenever `blocker` is set; `planned` then says what would be
    done. In mode Observe `planned` holds the differences; in mode Suspend there are none.
    `elsewhere`: live applications of another PartnerServer for this organisation, which may be heirs.
    `entries`: those of `observed`, where somebody has made them already.
    """
    entries = entries or Entries(observed)
    cases = [look_at(rules, server, view, entries) for view in applications]
    others = [look_at(rules, server, view, entries) for view in elsewhere]
    claims = Claims([_claimed(case) for case in cases], [_claimed(case) for case in others])
    return tuple(_decide_one(case, claims) for case in cases)


def _claimed(case: Case) -> Claimed:
    return case.view, case.match.entry, case.document


def _decide_one(case: Case, claims: Claims) -> Decision:
    if case.view.desired.deleting:
        owner = case.rules.owner(case.match.entry) if case.match.entry is not None else ""
        return decide_deletion(
            case.view, case.match, case.entries, claims, case.document, owner=owner
        )
    blocker = declaration_blocker(case, claims)
    decision = Decision(
        application=case.view.desired.key,
        entry=case.match.entry if blocker is None or claims.owner_of(case.view) is None else None,
        created_by_us=made_by_us(case.view, case.match.entry)
        or claims.inherits(case.view, case.match.entry),
    )
    if blocker is not None or case.view.desired.mode is Mode.SUSPEND:
        return replace(decision, blocker=blocker)
    return _with_change(case, decision)


def _with_change(case: Case, decision: Decision) -> Decision:
    unread = _incomplete(case.observed)
    unreadable = find_unreadable(
        case.view.desired, case.view.status.registration, case.match, case.entries
    )
    if unreadable is not None:
        return replace(decision, blocker=warned(case.observed, unreadable))
    if case.match.entry is None and unread is not None:
        return replace(decision, blocker=unread)
    decision = replace(decision, absent=case.match.entry is None)
    if case.view.desired.partner.behind_token_server:
        return _behind_token_server(case, decision, unread)
    if case.document is None or case.metadata.status is not ConditionStatus.TRUE:
        taking = taking_back(case)
        if taking is not None:
            return replace(decision, change=taking)
        return replace(decision, blocker=_document_blocker(case.metadata))
    change = change_of(case, case.document)
    if change is None:
        return replace(decision, blocker=_permission_unknown(case))
    return _planned(case, decision, change, unread)


def _behind_token_server(case: Case, decision: Decision, unread: Obstacle | None) -> Decision:
    """Its token server must be there, enabled and declared: any other that is there would vouch for it too."""
    product, partner = case.rules.token_servers, case.view.desired.partner
    assert product is not None, "the reader refuses it where the product has none"
    change = change_behind(case, product)
    if case.metadata.status is ConditionStatus.FALSE:
        return replace(decision, blocker=_document_blocker(case.metadata), planned=change)
    stopped = token_servers.obstacle(product, case.server, partner, case.observed, case.metadata)
    if stopped is not None:
        return replace(decision, blocker=stopped, planned=change)
    if change is None:
        return decision
    if Field.TOKEN_SERVER in change.fields and case.metadata.status is not ConditionStatus.TRUE:
        # Nobody makes the server trust what it cannot read.
        return replace(decision, blocker=_document_blocker(case.metadata), planned=change)
    if change.kind is ChangeKind.REGISTER or Field.LINKED_ACCOUNT in change.fields:
        unlinkable = token_servers.account_obstacle(product, case.view.desired, case.observed)
        if unlinkable is not None:
            return replace(decision, blocker=unlinkable, planned=change)
    return _planned(case, decision, change, unread)


def _planned(case: Case, decision: Decision, change: Change, unread: Obstacle | None) -> Decision:
    if unread is not None:
        return replace(decision, blocker=unread, planned=change)
    if case.view.desired.mode is Mode.OBSERVE:
        return replace(decision, planned=change)
    if case.observed.unready is not None and change.kind is not ChangeKind.UPDATE:
        return replace(decision, blocker=case.observed.unready, planned=change)
    return replace(decision, change=change)


def _permission_unknown(case: Case) -> Obstacle | None:
    entry, status = case.match.entry, case.view.status
    if entry is None:
        return None
    return permission.unreadable(entry, case.view.desired.permission, status.given_permission)


def _incomplete(observed: Observed) -> Obstacle | None:
    if observed.incomplete is None:
        return None
    message = (
        f"The list of partner applications on {observed.called} is not proven whole, so the operator changes "
        f"nothing: {observed.incomplete}"
    )
    return Obstacle(Reason.INCOMPLETE_READ, message, Next.RETRIED)


def _document_blocker(metadata: Part) -> Obstacle:
    then = Next.HUMAN if metadata.reason in HUMAN_ONLY else Next.RETRIED
    return Obstacle(metadata.reason, metadata.message, then)
