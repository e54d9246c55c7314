"""An entry that nobody declared, as it is told: complete enough to write an object that changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from partner_operator.trust.differences import differences
from partner_operator.trust.model import (
    DesiredApplication,
    Entry,
    EntryKind,
    ObjectKey,
    Observed,
    Partner,
    Product,
    TrustLevel,
    behind_token_server,
)
from partner_operator.trust.plan import Field
from partner_operator.trust.product import Rules
from partner_operator.trust.status import Undeclared

_LEVELS = {str(level).casefold(): level for level in TrustLevel}
"""A server may write a name in other letters."""


def undeclared(
    entry: Entry, product: Product, all_rules: Mapping[Product, Rules], observed: Observed
) -> Undeclared:
    """What is told of an entry on a server of this product.

    What would differ is told as far as the entry itself shows it. The partner's document is not known here.
    """
    rules = all_rules[product]
    why_not = _why_not(entry, rules, all_rules)
    account = entry.linked_account
    return Undeclared(
        entry.identity,
        entry.application_identifier,
        entry.realm,
        entry.reference,
        kind=entry.kind,
        metadata_url=entry.metadata_url or None,
        issuer=entry.issuer or None,
        enabled=entry.enabled,
        trust_level=entry.trust_level or None,
        linked_account=account.canonical_name if account is not None else None,
        thumbprints=entry.thumbprints,
        differs=None if why_not else _differs(entry, rules, all_rules, observed),
        undeclarable=why_not or None,
    )


def _why_not(entry: Entry, rules: Rules, all_rules: Mapping[Product, Rules]) -> str:
    """Why no object can stand for it; empty: one can."""
    product = rules.product
    if entry.warning:
        return f"{product} warns about it, so its values are not relied on."
    if owner := rules.owner(entry):
        return f"It belongs to {owner}."
    if rules.unfinished(entry):
        return "A change that was broken off left it; it is cleared up with the trust that it was made for."
    if entry.kind is EntryKind.TOKEN_SERVER:
        return _why_not_behind(entry, rules)
    partner = _partner(entry, all_rules)
    if partner is None:
        return "No product that the operator knows has this application identifier."
    if partner.name not in rules.trusts:
        return f"The operator cannot make {product} trust {partner.name}."
    return "" if entry.metadata_url else "It has no metadata URL that can be read."


def _why_not_behind(entry: Entry, rules: Rules) -> str:
    """The same for a partner behind a token server."""
    known = rules.token_servers
    if known is None:
        why = rules.without_token_servers
        return f"The operator registers no partner behind a token server on {rules.product}: {why}."
    refused = known.refused.get(entry.application_identifier.strip().lower())
    return f"It is never declared: {refused}." if refused else ""


def _partner(entry: Entry, all_rules: Mapping[Product, Rules]) -> Partner | None:
    identifier = entry.application_identifier.strip().lower()
    if entry.kind is EntryKind.TOKEN_SERVER:
        return behind_token_server(identifier, entry.realm.strip(), "")
    profile = next(
        (r.profile for r in all_rules.values() if r.profile.identifier == identifier), None
    )
    return Partner(profile, entry.metadata_url or "", None) if profile is not None else None


def _differs(
    entry: Entry, rules: Rules, all_rules: Mapping[Product, Rules], observed: Observed
) -> tuple[str, ...]:
    """What an object that declares just this entry would change."""
    partner = _partner(entry, all_rules)
    assert partner is not None, "there is a reason why it cannot be declared"
    application = DesiredApplication(
        key=ObjectKey("", "", ""),
        generation=0,
        created_at=datetime.fromtimestamp(0, UTC),
        deleting=False,
        server_name="",
        partner=partner,
        identity=entry.identity,
        trust_level=_LEVELS.get((entry.trust_level or "").casefold(), TrustLevel.FULL),
    )
    found = differences(rules, application, entry, None, None, observed)
    # A product's realm stands in its document, which nobody has asked for.
    return tuple(str(each) for each in found if each.field is not Field.REALM)
