"""Which of the token servers that a server trusts is the declared one, and what stands against relying on it. Pure.

A token server is shared: every application that uses token servers is trusted through each that is enabled. So it is
never changed here but for reading its keys again, and made only where the server's owner says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from partner_operator.oauth.identifiers import parse_issuer
from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.oauth.token_servers import (
    host_of,
    is_guid,
    is_of_a_cloud,
    parse_address,
)
from partner_operator.texts import shown
from partner_operator.trust.allowed_partners import allowing
from partner_operator.trust.conditions import Part, shortened
from partner_operator.trust.match import same, same_url
from partner_operator.trust.model import (
    DesiredApplication,
    DesiredServer,
    EntryKind,
    Observed,
    Partner,
    TokenServer,
)
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.plan import Difference, Field
from partner_operator.trust.product import TokenServers
from partner_operator.trust.reasons import Reason

LONGEST_NAME = 64
"""Characters of a name, on every product."""
LONGEST_NAMES = 300
"""Characters of a list of names in a plan."""
ANY_REALM = "*"
TEMPLATE = "{"
"""Begins what stands in place of a realm in the document for all tenants."""


class Likeness(StrEnum):
    """Whether two token servers are one."""

    SAME = "same"
    OTHER = "other"
    UNKNOWN = "unknown"
    """Nothing that can be read decides it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a server has of the declared token server."""

    enabled: tuple[TokenServer, ...] = ()
    disabled: tuple[TokenServer, ...] = ()
    undecided: tuple[TokenServer, ...] = ()
    """Each may be it, or another tenant's."""

    @property
    def usable(self) -> bool:
        """Whether one of them vouches for applications now."""
        return bool(self.enabled)

    @property
    def absent(self) -> bool:
        """Whether none of those that are there can be it."""
        return not (self.enabled or self.disabled or self.undecided)


def stands(partner: Partner, observed: Observed) -> Standing:
    """Look for the token server that a partner gets its tokens from."""
    document = document_of(partner, observed)
    likes = [
        (found, likeness(partner.auth_metadata_url, document, found))
        for found in sorted(observed.token_servers, key=lambda each: each.reference.casefold())
    ]
    alike = [found for found, like in likes if like is Likeness.SAME]
    return Standing(
        enabled=tuple(found for found in alike if found.enabled),
        disabled=tuple(found for found in alike if not found.enabled),
        undecided=tuple(found for found, like in likes if like is Likeness.UNKNOWN),
    )


def document_of(partner: Partner, observed: Observed) -> AuthMetadata | None:
    """The token server's document as the server got it."""
    reading = observed.documents.get(partner.auth_metadata_url)
    return reading.document if reading is not None else None


def likeness(url: str, document: AuthMetadata | None, found: TokenServer) -> Likeness:
    """Whether this is the token server whose document is under `url`: host, form and tenant decide, no name does."""
    wanted, has = parse_address(url), parse_address(found.metadata_url)
    if wanted is None or has is None or (wanted.family, wanted.form) != (has.family, has.form):
        return Likeness.OTHER
    if found.warning:
        return Likeness.UNKNOWN
    if wanted.tenant == has.tenant or same_url(found.metadata_url, url):
        return Likeness.SAME
    realm, stored = _realm(document.realm if document else ""), _realm(found.realm)
    if realm and stored:
        return Likeness.SAME if same(realm, stored) else Likeness.OTHER
    mine = {each for each in (wanted.tenant_id, _guid(realm)) if each}
    theirs = {each for each in (has.tenant_id, _guid(stored)) if each}
    if mine & theirs:
        return Likeness.SAME
    return Likeness.OTHER if mine and theirs else Likeness.UNKNOWN


def _realm(text: str) -> str:
    """A realm that tells a tenant; the one for all tenants tells none."""
    realm = text.strip()
    return "" if realm == ANY_REALM or realm.startswith(TEMPLATE) else realm


def _guid(text: str) -> str:
    return text.lower() if is_guid(text) else ""


def disagreement(document: AuthMetadata, found: TokenServer, own_realm: str) -> str:
    """What the server keeps of a token server and its document says otherwise, for people; empty: nothing.

    What either does not say is no difference. `own_realm`: one that the server may have put in by itself.
    """
    told = []
    stored, published = _realm(found.realm), _realm(document.realm)
    if stored and published and not (same(stored, published) or same(stored, own_realm)):
        told.append(f"realm {shown(stored)}, not {shown(published)}")
    issuer = parse_issuer(found.issuer).identifier
    issuers = (parse_issuer(document.issuer).identifier, document.application_identifier)
    if issuer and not any(same(issuer, each) for each in issuers):
        told.append(f"issuer {shown(issuer)}, not {shown(issuers[0])}")
    return " and ".join(told)


def _agreeing(partner: Partner, observed: Observed) -> tuple[TokenServer, ...]:
    """Those that vouch, and are what the document says as far as that is known."""
    document, enabled = document_of(partner, observed), stands(partner, observed).enabled
    if document is None:
        return enabled
    return tuple(
        found for found in enabled if not disagreement(document, found, observed.default_realm)
    )


def may_make(server: DesiredServer, url: str) -> bool:
    """Whether the server's owner lets the operator make this one. Those of clouds are made by nobody here."""
    return not is_of_a_cloud(host_of(url)) and any(each.create for each in allowing(server, url))


def free_name(url: str, observed: Observed) -> str:
    """A name for a token server that is made: its host's, and another where one has that already."""
    taken = {found.name.strip().casefold() for found in observed.token_servers}
    host = host_of(url)[: LONGEST_NAME - 4]
    names = (host, *(f"{host}-{number}" for number in range(2, 100)))
    return next(name for name in names if name.casefold() not in taken)


def obstacle(
    product: TokenServers,
    server: DesiredServer,
    partner: Partner,
    observed: Observed,
    metadata: Part,
) -> Obstacle | None:
    """Why nothing is registered or changed for a partner behind this token server; None: it can be relied on, or made.

    `metadata`: what was found of its document.
    """
    url, standing = partner.auth_metadata_url, stands(partner, observed)
    if _agreeing(partner, observed):
        return None
    where = f"The token server of {shown(url)}"
    if standing.enabled:
        return _differs(product, where, standing.enabled[0], partner, observed)
    if observed.token_servers_fault:
        message = (
            f"Whether {observed.called} has the token server of {shown(url)} is not known, so the operator changes "
            f"nothing: {observed.token_servers_fault}"
        )
        return Obstacle(Reason.INCOMPLETE_READ, message, Next.RETRIED)
    if any(found.enabled for found in standing.undecided):
        return _undecided(where, standing, metadata)
    if standing.disabled:
        found = standing.disabled[0]
        message = (
            f"{where} is there as {shown(found.name)} and is disabled, so no token of it is accepted. It serves "
            f"others too and the operator never enables it. If it is to be used, run {product.enable(found)} there; "
            "else delete this object."
        )
        return Obstacle(Reason.TOKEN_SERVER_DISABLED, message, Next.HUMAN)
    if standing.undecided:
        return _undecided(where, standing, metadata)
    if may_make(server, url):
        return None
    message = (
        f"{where} is not there, and the owner of PartnerServer {server.key.name} does not let the operator make it. "
        "It would vouch for every application that uses token servers. Whoever may decide that runs "
        f"{product.make(free_name(url, observed), url)} there{_or_create(url)}."
    )
    return Obstacle(Reason.TOKEN_SERVER_MISSING, message, Next.HUMAN)


def _differs(
    product: TokenServers, where: str, found: TokenServer, partner: Partner, observed: Observed
) -> Obstacle:
    """Its tokens name an issuer that the server does not trust."""
    document = document_of(partner, observed)
    assert document is not None, "without it nothing differs"
    message = (
        f"{where} is there as {shown(found.name)}, and the server keeps of it what its document does not say: "
        f"{disagreement(document, found, observed.default_realm)}. It serves others too and the operator never "
        f"changes it. If the document is right, {product.renew(found)}; else whoever runs the token server mends the "
        "document."
    )
    return Obstacle(Reason.TOKEN_SERVER_DIFFERS, message, Next.HUMAN)


def account_obstacle(
    product: TokenServers, application: DesiredApplication, observed: Observed
) -> Obstacle | None:
    """Why the declared account cannot be linked; None: it can, or that is not known."""
    name = application.linked_account or ""
    found = [count for account, count in observed.accounts.items() if same(account, name)]
    return product.unlinkable(name, found[0]) if name and found else None


def _or_create(url: str) -> str:
    if is_of_a_cloud(host_of(url)):
        return ", or a script of the hybrid set-up"
    return ", or sets create: true for its host in spec.allowedTokenServers"


def _undecided(where: str, standing: Standing, metadata: Part) -> Obstacle:
    """Neither there nor missing."""
    names = ", ".join(shown(found.name) for found in standing.undecided)
    addresses = ", ".join(shown(found.metadata_url) for found in standing.undecided)
    if metadata.reason is Reason.METADATA_UNREACHABLE:
        message = (
            f"{where} may be there as {names}, or not: the tenant is written otherwise ({addresses}), and its "
            f"document, which would tell, cannot be had. The operator changes nothing. {metadata.message}"
        )
        return Obstacle(Reason.METADATA_UNREACHABLE, message, Next.RETRIED)
    message = (
        f"{where} may be there as {names}, or not: the tenant is written otherwise ({addresses}), and no realm "
        "tells. The operator changes nothing. Write the address in spec.partner.tokenServer as the server has it, "
        "in a new object."
    )
    return Obstacle(Reason.AMBIGUOUS, message, Next.HUMAN)


def differences(
    product: TokenServers,
    server: DesiredServer,
    application: DesiredApplication,
    observed: Observed,
    *,
    asked: bool,
) -> tuple[Difference, ...]:
    """What is to be done about the token server itself: made where that is allowed, or made to be read again.

    `asked`: a human wants the server to read what it may have of old.
    """
    partner = application.partner
    standing = stands(partner, observed)
    if standing.absent and not may_make(server, partner.auth_metadata_url):
        return ()
    if standing.absent:
        return (Difference(Field.TOKEN_SERVER, "", _widened(partner, observed)),)
    document = document_of(partner, observed)
    if document is None:
        return ()
    stale = stale_keys(product, partner, observed, asked=asked)
    current = sorted({each for found in stale for each in found.thumbprints or ()})
    if not stale:
        return ()
    desired = ", ".join(document.thumbprints)
    return (Difference(Field.TOKEN_SERVER_KEYS, ", ".join(current), desired),)


def stale_keys(
    product: TokenServers, partner: Partner, observed: Observed, *, asked: bool = False
) -> tuple[TokenServer, ...]:
    """Those of the declared token server that have other keys than its document now has, and can be read again."""
    document = document_of(partner, observed)
    if document is None:
        return ()
    ignored = {each.thumbprint for each in document.unreadable}
    wanted = set(document.thumbprints)

    def is_stale(found: TokenServer) -> bool:
        if found.warning or not product.reads_keys(found):
            return False
        if found.thumbprints is None:
            return asked
        return {each.upper() for each in found.thumbprints} - ignored != wanted

    return tuple(found for found in _agreeing(partner, observed) if is_stale(found))


def _widened(partner: Partner, observed: Observed) -> str:
    """What making it means, for a plan."""
    through = [
        shown(entry.identity)
        for entry in observed.entries
        if entry.kind is EntryKind.TOKEN_SERVER and entry.enabled
    ]
    names = shortened(", ".join(sorted(through)), LONGEST_NAMES) or "none yet"
    return (
        f"{partner.auth_metadata_url}, which from then on vouches for all applications that use token servers "
        f"({names})"
    )
