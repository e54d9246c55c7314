"""One application with everything that was found out about it, on which its decision rests."""

from __future__ import annotations

from dataclasses import dataclass, replace

from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.trust.certificate_check import check_partner
from partner_operator.trust.conditions import Part
from partner_operator.trust.deletion import find_own
from partner_operator.trust.entries import Entries
from partner_operator.trust.model import DesiredServer, Observed
from partner_operator.trust.plan import ApplicationView
from partner_operator.trust.product import Rules
from partner_operator.trust.reasons import Reason
from partner_operator.trust.search import Match, find_entry, find_registered


@dataclass(frozen=True, slots=True)
class Case:
    """One application with everything that was found out about it."""

    rules: Rules
    server: DesiredServer
    view: ApplicationView
    entries: Entries
    match: Match
    metadata: Part
    document: AuthMetadata | None

    @property
    def observed(self) -> Observed:
        """The read that the decision rests on."""
        return self.entries.observed


def look_at(rules: Rules, server: DesiredServer, view: ApplicationView, entries: Entries) -> Case:
    """Find the entry that stands for an application, and what its partner's document is worth."""
    partner, observed = view.desired.partner, entries.observed
    reading = observed.documents.get(partner.auth_metadata_url)
    metadata = check_partner(reading, partner, observed.clock)
    wrong = metadata.reason is Reason.METADATA_WRONG_PRODUCT or partner.behind_token_server
    document = None if reading is None or wrong else reading.document
    registration = view.status.registration
    if view.desired.deleting:
        found = find_own(view, document, entries)
    elif view.blocker is not None:
        found = find_registered(registration, entries)
    else:
        found = _without_owned(rules, find_entry(view.desired, registration, document, entries))
    return Case(rules, server, view, entries, found, metadata, document)


def _without_owned(rules: Rules, found: Match) -> Match:
    """What a hybrid set-up made is no choice where something else could be meant."""
    free = tuple(entry for entry in found.candidates if not rules.owner(entry))
    return (
        Match(entry=free[0])
        if len(free) == 1
        else replace(found, candidates=free or found.candidates)
    )
