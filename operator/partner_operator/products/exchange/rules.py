"""Exchange: what the core asks of it, as a managed product and as a partner."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from partner_operator.oauth.identifiers import (
    CLOUD_VOICEMAIL,
    EXCHANGE,
    GRAPH,
    TEAMS_SCHEDULER,
)
from partner_operator.oauth.token_servers import Form, host_of, is_of_a_cloud, parse_address
from partner_operator.texts import quoted, shown
from partner_operator.trust.conditions import shortened
from partner_operator.trust.match import same
from partner_operator.trust.model import (
    Authentication,
    DesiredApplication,
    Entry,
    EntryKind,
    Observed,
    Partner,
    PartnerProfile,
    Product,
    TokenServer,
)
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.plan import Difference, Field
from partner_operator.trust.product import (
    SHORT,
    Activation,
    Finding,
    Proof,
    Rules,
    TokenServers,
)
from partner_operator.trust.reasons import Reason

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
    if application.partner.behind_token_server:
        # What it may do is its account's, and its account the owner's word: neither is made here.
        wanted, has = application.linked_account, entry.linked_account
        if wanted is not None and (has is None or not same(has.canonical_name, wanted)):
            yield Difference(
                Field.LINKED_ACCOUNT, has.canonical_name if has is not None else "", wanted
            )
        return
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


HYBRID = "the hybrid set-up (Setup, the Hybrid Configuration Wizard or the scripts for Teams)"
_SINGLE = (
    "Exchange Setup looks for it as a single object in each preparation run, so a second one endangers the next "
    "update"
)
_TEAMS = "the scripts for Teams make and remove it"
_REFUSED = {
    EXCHANGE: _SINGLE,
    GRAPH: _SINGLE,
    TEAMS_SCHEDULER: _TEAMS,
    CLOUD_VOICEMAIL: _TEAMS,
}
_STOCK = frozenset(
    {"exchange online", "microsoft graph", "teamsscheduler", "cloudvoicemail", "sfblegacy"}
)


def _owner(entry: Entry) -> str:
    """Whose an entry of a token server is that Setup, wizards and their scripts look for by name or identifier."""
    if entry.kind is not EntryKind.TOKEN_SERVER:
        return ""
    identifier = entry.application_identifier.strip().lower()
    known = identifier in _REFUSED or entry.identity.strip().lower() in _STOCK
    return HYBRID if known else ""


def _reads_keys(found: TokenServer) -> bool:
    """-RefreshAuthMetadata, of those that users log on through never."""
    address = parse_address(found.metadata_url)
    plain = found.type.strip().casefold() not in _FOR_USERS
    return plain and address is not None and address.form is Form.JSON


_FOR_USERS = frozenset({"azuread", "adfs", "facebook", "linkedin"})


def _make(name: str, url: str) -> str:
    return f"New-AuthServer -Name {quoted(name)} -AuthMetadataUrl {quoted(url)}"


def unlinkable(name: str, count: int) -> Obstacle | None:
    """Why an application behind a token server cannot act with an account: neither it nor its roles are made here."""
    if count == 1:
        return None
    if count:
        message = (
            f"There are several accounts {shown(name)}, so the operator changes nothing. Declare one in "
            "spec.exchange.linkedAccount by its canonical name."
        )
        return Obstacle(Reason.AMBIGUOUS, message, Next.HUMAN)
    message = (
        f"The account {shown(name)} of spec.exchange.linkedAccount does not exist, so the operator changes nothing. "
        "Make it (New-MailUser) and give it the roles that the application may act with; or declare another one."
    )
    return Obstacle(Reason.LINKED_ACCOUNT_MISSING, message, Next.HUMAN)


TOKEN_SERVERS = TokenServers(
    make=_make,
    enable=lambda found: f"Set-AuthServer -Identity {quoted(found.name)} -Enabled $true",
    renew=lambda found: (
        f"run Set-AuthServer -Identity {quoted(found.name)} -RefreshAuthMetadata there"
    ),
    refused=_REFUSED,
    reads_keys=_reads_keys,
    unlinkable=unlinkable,
)


def _hybrid(observed: Observed) -> Finding:
    """Never a cross: a hybrid set-up is no fault."""
    clouds = sorted(
        f"{found.name} ({found.type or 'no type'}{'' if found.enabled else ', disabled'})"
        for found in observed.token_servers
        if is_of_a_cloud(host_of(found.metadata_url))
    )
    online = [entry for entry in observed.entries if _owner(entry) and entry.enabled]
    if observed.token_servers_fault:
        return Finding(
            True, f"Not known: {observed.token_servers_fault} Applications: {_names(online)}."
        )
    if not clouds:
        return Finding(True, "None: no token server of Microsoft's clouds is trusted.")
    signs = f"Token servers of Microsoft's clouds: {', '.join(clouds)}. "
    works = any(
        entry.application_identifier.strip().lower() == EXCHANGE for entry in online
    ) and any(
        found.enabled and is_of_a_cloud(host_of(found.metadata_url))
        for found in observed.token_servers
    )
    if works:
        signs += "OAuth with Exchange Online is configured. "
    return Finding(
        True,
        f"{signs}Enabled applications of the hybrid set-up: {_names(online)}. None is touched.",
    )


def _names(entries: Iterable[Entry]) -> str:
    return ", ".join(sorted(entry.identity for entry in entries)) or "none"


RULES = Rules(
    product=Product.EXCHANGE,
    profile=PROFILE,
    trusts=(Product.LYNC, Product.SHAREPOINT),
    # An inner session with the explicit logon needs no delegation.
    authentication=Authentication.NTLM,
    options="exchange",
    activation=Activation.RESTART,
    differences=_differences,
    # Workers do not cache these with the OAuth configuration. Keys of a token server they read anew within some 15
    # minutes, as when Exchange renews them by itself.
    harmless=frozenset({Field.IDENTITY, Field.ROLES, Field.TOKEN_SERVER_KEYS}),
    token_servers=TOKEN_SERVERS,
    owner=_owner,
    warnings=_warnings,
    short_name=_short_name,
    # Test-OAuthConnectivity shows Exchange's token to a web service of the partner.
    tests={Product.SHAREPOINT: Proof.BY_PARTNER},
    second_hop="Exchange's own PowerShell endpoint let the account in.",
    challenge_path=WEB_SERVICES,
    no_challenge="Look at OAuthAuthentication of the virtual directories.",
    checks=(("wildcard accepted domains", _wildcards), ("signs of hybrid", _hybrid)),
)
