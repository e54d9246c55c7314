"""Which stored entry stands for an application (design rule 3)."""

from __future__ import annotations

from dataclasses import dataclass

from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.trust.model import DesiredApplication, Entry, Observed
from partner_operator.trust.status import Registration


@dataclass(frozen=True, slots=True)
class Match:
    """What a search among the entries found."""

    entry: Entry | None = None
    """The one entry that stands for the application."""
    candidates: tuple[Entry, ...] = ()
    """Set when several could: nothing is adopted."""
    squatter: Entry | None = None
    """Set when an entry with other content has the name that the application needs."""


def effective_identity(application: DesiredApplication) -> str:
    """The name that a new entry gets: the declared one, else the partner product's name."""
    return application.identity or str(application.partner.product)


def find_entry(
    application: DesiredApplication,
    registration: Registration | None,
    document: AuthMetadata | None,
    observed: Observed,
) -> Match:
    """The entry of this application: by what was registered, by content, then by name."""
    raise NotImplementedError
