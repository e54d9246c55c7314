"""What is not as declared about an entry, field by field (design rule 2)."""

from __future__ import annotations

from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.trust.model import DesiredApplication, Entry, Observed, Product
from partner_operator.trust.plan import Change, Difference
from partner_operator.trust.status import Registration

UNREADABLE = "(unreadable value on the server)"
"""Current value of a difference whose stored value exists and cannot be read (case C06)."""


def differences(
    application: DesiredApplication,
    entry: Entry,
    registration: Registration | None,
    document: AuthMetadata,
    observed: Observed,
) -> tuple[Difference, ...]:
    """Every field of the entry that is not as declared, in the order of `Field`."""
    raise NotImplementedError


def required_roles(partner: Product, observed: Observed) -> tuple[str, ...]:
    """Management roles that the linked account needs for this partner on this version."""
    raise NotImplementedError


def has_unreadable_value(change: Change) -> bool:
    """True: a stored value cannot be read; manual repair may be needed (case C06)."""
    return any(difference.current == UNREADABLE for difference in change.differences)
