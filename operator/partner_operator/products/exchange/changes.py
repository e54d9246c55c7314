"""The smallest set of cmdlet calls for a change on Exchange."""

from __future__ import annotations

from partner_operator.products.exchange.rules import account_name, required_roles
from partner_operator.trust.match import effective_identity
from partner_operator.trust.model import DesiredApplication, Entry, Observed
from partner_operator.trust.plan import Change, Field

REFRESHED = frozenset({Field.CERTIFICATES, Field.REALM, Field.ISSUER, Field.APPLICATION_IDENTIFIER})
"""Fields that Exchange reads out of the partner's document: -RefreshAuthMetadata."""


def update_parameters(
    change: Change, entry: Entry, application: DesiredApplication, observed: Observed
) -> dict[str, object]:
    """Parameters of update.ps1: only what differs is set."""
    fields = change.fields
    set_url = Field.METADATA_URL in fields
    repair_account = Field.LINKED_ACCOUNT in fields
    roles: list[str] = []
    if repair_account or Field.ROLES in fields:
        roles = list(required_roles(application.partner, observed))
    return {
        "reference": entry.reference,
        "metadataUrl": application.partner.auth_metadata_url,
        "setUrl": set_url,
        "refresh": bool(fields & REFRESHED) and not set_url,
        "accept": Field.ACCEPTS_SECURITY_IDENTIFIERS in fields,
        "enable": Field.ENABLED in fields,
        "name": effective_identity(application) if Field.IDENTITY in fields else "",
        "repairAccount": repair_account,
        "accountName": account_name(application.partner),
        "account": entry.linked_account.canonical_name if entry.linked_account else "",
        "roles": roles,
    }
