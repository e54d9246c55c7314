"""What a pass found out, put into the words of the verdict: one Part per condition."""

from __future__ import annotations

from partner_operator.engine import connectivity, expiry
from partner_operator.engine.activation import way_of
from partner_operator.engine.state import Draft, Pass, Reached
from partner_operator.trust import permission, token_servers
from partner_operator.trust.certificate_check import check_partner
from partner_operator.trust.conditions import (
    LONGEST_MESSAGE,
    Part,
    false,
    kept,
    shortened,
    true,
    unknown,
)
from partner_operator.trust.facts import ApplicationFacts, not_known
from partner_operator.trust.model import Mode, Product
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.plan import Change
from partner_operator.trust.reasons import ConditionType, Reason
from partner_operator.trust.status import ChangeKind

UNSEEN = (
    "Whether the token server knows this server and the partner, and issues tokens for them, cannot be seen from here: "
    "nothing proves that tokens are accepted."
)


def application_working(work: Pass, draft: Draft, change: Change | None) -> ApplicationFacts:
    """While the pass is under way: what was known stays, and what is being done is said."""
    partner = draft.desired.partner.name
    told = draft.status.conditions
    return ApplicationFacts(
        generation=draft.desired.generation,
        mode=draft.desired.mode,
        metadata=kept(told, ConditionType.METADATA_VALID),
        registered=kept(told, ConditionType.REGISTERED),
        activated=kept(told, ConditionType.ACTIVATED),
        connected=_untestable(work, draft)
        or (
            kept(told, ConditionType.CONNECTED)
            if draft.desired.connectivity_test is not None
            else None
        ),
        expiring=expiry.of_partner(work, draft),
        working=_doing(work, partner, change),
        repairing=change if _repairs(change) else None,
    )


def _doing(work: Pass, partner: str, change: Change | None) -> str:
    product = work.called
    if change is None:
        return f"Checking {product} and its trust in {partner}."
    if change.asked:
        return f"Making {product} read the document of {partner} again."
    return f"Registering {partner} on {product}."


def _repairs(change: Change | None) -> bool:
    return change is not None and change.kind is not ChangeKind.REGISTER and not change.asked


def application_facts(work: Pass, draft: Draft) -> ApplicationFacts:
    """All that the pass knows of one application."""
    obstacle = work.obstacle_to(draft) or draft.blocker
    if draft.desired.deleting and (obstacle is None or obstacle.then is not Next.WAITS):
        obstacle = _why_still_here(draft, obstacle)
    return ApplicationFacts(
        generation=draft.desired.generation,
        # Who is deleted does not rest: why it is still here is said in every mode.
        mode=Mode.ENFORCE if draft.desired.deleting else draft.desired.mode,
        metadata=_metadata(work, draft),
        metadata_tolerated=_document_not_needed(work, draft),
        registered=_registered(work, draft),
        activated=way_of(work).activated(work, draft),
        connected=_connected(work, draft),
        connected_tolerated=_tolerated(work, draft),
        obstacle=obstacle,
        waiting=_waiting(work, draft),
        planned=draft.decision.planned if draft.decision else None,
        expiring=expiry.of_partner(work, draft),
    )


def _why_still_here(draft: Draft, obstacle: Obstacle | None) -> Obstacle:
    why = obstacle.message if obstacle is not None else "It is not proven to be gone."
    if obstacle is not None and obstacle.reason is Reason.DELETION_BLOCKED:
        return obstacle
    way_out = (
        " The registration may still be on the server, so the object stays. To let it go and leave the server as "
        f"it is: kubectl annotate papp {draft.desired.key.name} "
        f"partner-operator.io/release={draft.desired.key.uid}"
    )
    return Obstacle(
        Reason.DELETION_BLOCKED,
        # A condition is cut at its end, where the way out stands.
        shortened(why, LONGEST_MESSAGE - len(way_out)) + way_out,
        obstacle.then if obstacle is not None else Next.RETRIED,
    )


def _metadata(work: Pass, draft: Draft) -> Part:
    if not isinstance(work, Reached):
        return not_known(work.obstacle_to(draft))
    reading = work.observed.documents.get(draft.desired.partner.auth_metadata_url)
    if reading is None:
        return not_known(work.obstacle_to(draft))
    return check_partner(reading, draft.desired.partner, work.observed.clock)


def _document_not_needed(work: Pass, draft: Draft) -> bool:
    """Whether the server has the token server by the very address and need not show its document, perhaps by another
    way than the operator's script takes."""
    partner = draft.desired.partner
    if not isinstance(work, Reached) or not partner.behind_token_server:
        return False
    unread = partner.auth_metadata_url in work.observed.documents
    return unread and token_servers.stands(partner, work.observed).usable


def _registered(work: Pass, draft: Draft) -> Part:
    decision = draft.decision
    stopped = work.failure is not None or work.blocker is not None
    if not isinstance(work, Reached) or decision is None or stopped:
        return not_known(work.obstacle_to(draft))
    if draft.blocker is not None and draft.blocker.reason is Reason.METADATA_ALTERNATES:
        return not_known(draft.blocker)
    pending = decision.change or decision.planned
    if draft.desired.deleting:
        # That it is to go is no difference of what is there.
        pending = None
    if decision.entry is not None and pending is None:
        return true(Reason.REGISTERED, _registered_message(work, draft))
    if draft.blocker is not None and decision.entry is None and not decision.absent:
        return not_known(draft.blocker)
    if decision.entry is None:
        reason = draft.failure.reason if draft.failure else Reason.NOT_REGISTERED
        message = (
            draft.failure.message if draft.failure else "No such partner application is there."
        )
        return false(reason, message)
    if pending is not None:
        names = ", ".join(sorted(pending.fields))
        return false(Reason.DRIFT_OBSERVED, f"Differs from the declaration: {names}.")
    return not_known(work.obstacle_to(draft))


def _registered_message(work: Reached, draft: Draft) -> str:
    registration = draft.status.registration
    name = registration.identity if registration else ""
    message = f"{work.called} has the partner application {name}."
    warnings = work.rules.warnings(work.observed)
    return " ".join(
        filter(None, (message, work.rules.registered, _allowed(work, draft), *warnings))
    )


def _allowed(work: Reached, draft: Draft) -> str:
    """What the partner is allowed beside being trusted."""
    entry = draft.decision.entry if draft.decision else None
    if entry is None:
        return ""
    desired, given = draft.desired, draft.status.given_permission
    return permission.told(work.rules, desired.partner, entry, desired.permission, given)


def _connected(work: Pass, draft: Draft) -> Part | None:
    if draft.desired.connectivity_test is None:
        return _untestable(work, draft)
    last = draft.status.connectivity
    if last is None:
        return unknown(Reason.NOT_TESTED, "The connectivity test has not run yet.")
    if last.passed:
        return true(Reason.CONNECTIVITY_TEST_PASSED, last.message)
    counterpart = draft.declared.counterpart
    if counterpart is not None and connectivity.may_fail_yet(draft):
        return unknown(
            Reason.WAITING_FOR_COUNTERPART,
            f"The test is repeated until PartnerApplication {counterpart.name} is active, which is not known yet. "
            f"It failed last: {last.message}",
        )
    way_out = (
        " The operator repeats it by itself; to test now, set the annotation "
        f"partner-operator.io/reconcile-requested-at on this object. {work.rules.asked}"
    ).rstrip()
    said = shortened(last.message, LONGEST_MESSAGE - len(way_out))
    return false(Reason.CONNECTIVITY_TEST_FAILED, said + way_out)


def _untestable(work: Pass, draft: Draft) -> Part | None:
    """What is said where neither product of the pair has a test of their trust; None: one has."""
    partner = draft.desired.partner
    if partner.behind_token_server:
        return unknown(Reason.NOT_TESTED, UNSEEN)
    own, other, rules = work.server.product, Product(partner.name), work.ports.rules
    if own not in rules or other not in rules:
        return None
    if other in rules[own].tests or own in rules[other].tests:
        return None
    return unknown(
        Reason.NOT_TESTED,
        f"No cmdlet of {own} or {other} tests the trust between them, so nothing proves that tokens are accepted.",
    )


def _tolerated(work: Pass, draft: Draft) -> bool:
    test, last = draft.desired.connectivity_test, draft.status.connectivity
    if test is None:
        return True
    if last is None or last.passed or last.last_succeeded_at is None:
        return False
    registration = draft.status.registration
    changed = registration.last_changed_at if registration else None
    after_success = changed is None or last.last_succeeded_at >= changed
    return after_success and last.failures < test.failure_threshold


def _waiting(work: Pass, draft: Draft) -> Obstacle | None:
    if draft.status.registration is None or draft.desired.mode is not Mode.ENFORCE:
        return None
    return way_of(work).waiting(work, draft)
