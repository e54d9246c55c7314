"""Exchange: what the core asks of it, as a managed product and as a partner."""

from __future__ import annotations

import re
from collections.abc import Iterator

from partner_operator.oauth.identifiers import EXCHANGE
from partner_operator.trust.conditions import shortened
from partner_operator.trust.model import (
    Authentication,
    DesiredApplication,
    Entry,
    Observed,
    Partner,
    PartnerProfile,
    Product,
)
from partner_operator.trust.plan import Difference, Field
from partner_operator.trust.product import SHORT, Activation, Finding, Proof, Rules

PROFILE = PartnerProfile(
    name=Product.EXCHANGE,
    identifier=EXCHANGE,
    metadata_path="/autodiscover/metadata/json/1",
    mending=(
        "Mend it on Exchange: New-ExchangeCertificate (KeySize 2048), then Set-AuthConfig "
        "-NewCertificateThumbprint, Set-AuthConfig -PublishCertificate, and "
        "Set-AuthConfig -ClearPreviousCertificate when partners have followed."
    ),
)
_FIRST_NAME = re.compile(r"CN=((?:\\.|[^,\\])+)", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)")
WEB_SERVICES = "/ews/exchange.asmx"


def required_roles(partner: Partner, observed: Observed) -> tuple[str, ...]:
    """Management roles that the linked account needs for this partner on this version."""
    available = {role.casefold() for role in observed.available_roles}
    return tuple(role for role in partner.profile.roles if role.casefold() in available)


def account_name(partner: Partner) -> str:
    """The linked account that the shipped script makes for a partner, by Name.

    Never by SamAccountName, which is cut.
    """
    return f"{partner.name}Enterprise-ApplicationAccount"


def _differences(
    application: DesiredApplication, entry: Entry, observed: Observed
) -> Iterator[Difference]:
    # Without it Exchange refuses users whom the partner names by SID.
    if not entry.accepts_security_identifiers:
        yield Difference(Field.ACCEPTS_SECURITY_IDENTIFIERS, "False", "True")
    required = required_roles(application.partner, observed)
    account = entry.linked_account
    if account is None:
        yield Difference(Field.LINKED_ACCOUNT, "", account_name(application.partner))
    assigned = {role.casefold() for role in account.roles} if account is not None else set()
    missing = [role for role in required if role.casefold() not in assigned]
    if missing:
        current = [role for role in required if role.casefold() in assigned]
        yield Difference(Field.ROLES, ", ".join(current), ", ".join(required))


def _short_name(organization: str) -> str:
    """Of `CN=Litware,CN=Microsoft Exchange,...` the name that the organisation was given."""
    found = _FIRST_NAME.match(organization)
    name = _ESCAPED.sub(r"\1", found[1]) if found else organization
    return shortened(name, SHORT)


def _warnings(observed: Observed) -> tuple[str, ...]:
    if not observed.wildcard_domains:
        return ()
    domains = ", ".join(sorted(observed.wildcard_domains))
    return (
        f"Exchange accepts {domains} only by wildcard and refuses tokens for it (2000004). Add the explicit "
        "accepted domain with New-AcceptedDomain.",
    )


def _wildcards(observed: Observed) -> Finding:
    if not observed.wildcard_domains:
        return Finding(True, "None without an explicit twin.")
    return Finding(
        False,
        f"{', '.join(observed.wildcard_domains)}: Exchange refuses tokens of a domain that it "
        "accepts by wildcard only (error 2000004).",
        "New-AcceptedDomain for each domain by its own name.",
    )


RULES = Rules(
    product=Product.EXCHANGE,
    profile=PROFILE,
    trusts=(Product.LYNC, Product.SHAREPOINT),
    # An inner session with the explicit logon needs no delegation.
    authentication=Authentication.NTLM,
    options="exchange",
    activation=Activation.RESTART,
    differences=_differences,
    # Workers do not cache these with the OAuth configuration.
    harmless=frozenset({Field.IDENTITY, Field.ROLES}),
    warnings=_warnings,
    short_name=_short_name,
    # Test-OAuthConnectivity shows Exchange's token to a web service of the partner.
    tests={Product.SHAREPOINT: Proof.BY_PARTNER},
    second_hop="Exchange's own PowerShell endpoint let the account in.",
    challenge_path=WEB_SERVICES,
    no_challenge="Look at OAuthAuthentication of the virtual directories.",
    checks=(("wildcard accepted domains", _wildcards),),
)
