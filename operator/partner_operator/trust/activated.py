"""The Activated condition: whether what was changed is in use on the hosts, and how that is known (rule 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from partner_operator.trust.activation import Round, is_one_of, whole
from partner_operator.trust.conditions import Part, false, shortened, true, unknown
from partner_operator.trust.model import RestartRules
from partner_operator.trust.reasons import Reason
from partner_operator.trust.restart_plan import RestartStep
from partner_operator.trust.restart_sentences import failed, hours, listed, unseen


@dataclass(frozen=True, slots=True)
class ByItself:
    """What is known of one change where nobody restarts IIS, and hosts take changes over in a known time."""

    product: str
    within: timedelta
    now: datetime
    changed_at: datetime | None
    """When we changed this entry last; None: never, so whatever is waited for is another one's."""
    known_to: Sequence[str] = ()
    """Hosts that name its issuer, which they cannot know from before the change."""
    not_asked: Mapping[str, str] = field(default_factory=dict)
    """Hosts that did not tell whom they trust, and what was in the way."""


def activated(
    view: Round,
    *,
    test_passed_at: datetime | None,
    rules: RestartRules,
    step: RestartStep,
    by_itself: ByItself | None = None,
) -> Part:
    """The Activated condition (rule 8): all workers are new, or a test passed after the change.

    `test_passed_at`: when a test began that passed (operator's clock), or None.
    """
    since = view.iis.restart_required_since
    if by_itself is not None and since is not None:
        # Each entry waits for its own change: what another one waits for may take a day.
        changed = by_itself.changed_at
        since = None if changed is None else min(since, whole(changed))
    if since is None:
        return true(Reason.RESTART_NOT_NEEDED, "No change waits for a restart.")
    if not view.iis.hosts:
        return unknown(
            Reason.NO_HOST_FOUND, "No host is known, so nothing proves that it is active."
        )
    if not view.open:
        return true(Reason.ACTIVATED, "IIS on every listed host started after the last change.")
    if test_passed_at is not None and test_passed_at > since:
        return true(Reason.ACTIVATED, "A connectivity test passed after the last change.")
    if view.failed or view.refused:
        return false(Reason.RESTART_FAILED, failed(view))
    if by_itself is not None:
        return _taken_over(view, by_itself, since, step)
    if step.reason is not None:
        return unknown(step.reason, step.message)
    if not view.pending:
        return unknown(Reason.ACTIVATION_UNKNOWN, unseen(view, {}))
    text = f"IIS on {listed(view.pending)} started before the last change; restart.policy is {rules.policy}."
    return unknown(Reason.RESTART_PENDING, text)


def _taken_over(view: Round, by_itself: ByItself, since: datetime, step: RestartStep) -> Part:
    """Whether hosts have it without a restart: all of them say so, or had the time for it."""
    product, waits = by_itself.product, (*view.pending, *view.unseen)
    if all(is_one_of(name, by_itself.known_to) for name in waits):
        return true(
            Reason.ACTIVATED,
            "Each listed host started IIS after the last change, or names the partner among those whose tokens it "
            "accepts, and could not know it before.",
        )
    if since + by_itself.within <= by_itself.now:
        return true(
            Reason.ACTIVATED,
            f"The {hours(by_itself.within)} after the last change are over, in which {product} takes it over by "
            "itself.",
        )
    silent = "".join(
        f" {name} does not tell whom it trusts ({cause})."
        for name, cause in sorted(by_itself.not_asked.items())
    )
    reason = step.reason or Reason.WAITING_FOR_ACTIVATION
    return unknown(reason, shortened(step.message + silent))
