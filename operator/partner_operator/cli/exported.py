"""PartnerApplications for what a server has and nobody declared, made of what the operator told. Pure.

They are complete enough that applying them changes nothing on the server. Where that is not certain an object has mode
Observe, and says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from partner_operator.catalog import CATALOG
from partner_operator.cli.claimed import behind, by_document, claimed_partners
from partner_operator.cli.cluster import Body, CannotDo
from partner_operator.cli.inventory import must_be_whole, must_have_been_looked_at
from partner_operator.kube.api.codec import server_status
from partner_operator.kube.api.names import API_VERSION
from partner_operator.kube.api.values import format_instant
from partner_operator.kube.parse import parse_server
from partner_operator.oauth.token_servers import Form, host_of, parse_address
from partner_operator.texts import shown
from partner_operator.trust.allowed import partner_fault
from partner_operator.trust.allowed_partners import allowing
from partner_operator.trust.match import same, same_url
from partner_operator.trust.model import (
    LONGEST_IDENTITY,
    DesiredServer,
    EntryKind,
    Mode,
    Product,
    TrustLevel,
)
from partner_operator.trust.status import (
    MetadataStatus,
    ServerStatus,
    TokenServerStatus,
    Undeclared,
)

_IDENTITY: Final = re.compile(
    r"[^\x00-\x20\x7f*/:\\]([^\x00-\x1f\x7f*/:\\]*[^\x00-\x20\x7f*/:\\])?"
)
_REALM: Final = re.compile(r"[^\x00-\x20\x7f*@/]+")
_ALSO: Final = (
    "PartnerApplication {} is for this partner, and one object stands for a partner. Remove the entry if nobody "
    "needs it."
)
_LONGEST_NAME: Final = 200
"""Characters of an object's name, less than it may have: a number may follow."""


@dataclass(frozen=True, slots=True)
class Exported:
    """One object, and what people must know of it."""

    body: Body
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Left:
    """An entry that is not exported, and why."""

    identity: str
    why: str


@dataclass(frozen=True, slots=True)
class Export:
    """All that a server has and nobody declared."""

    objects: tuple[Exported, ...] = ()
    left: tuple[Left, ...] = ()


class _Cannot(Exception):
    """Why one entry is not exported."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """What an entry becomes: the partner in `spec`, options of the server's product, and what is not certain."""

    partner: Mapping[str, Any]
    of: str
    """Whose name the object gets."""
    claims: tuple[str, ...]
    """What tells the partner."""
    doubts: tuple[str, ...] = ()
    """Why applying it might change something."""
    options: Mapping[str, Any] | None = None
    remarks: tuple[str, ...] = ()


def exported(
    server: Body, servers: Sequence[Body], applications: Sequence[Body], *, observe: bool = False
) -> Export:
    """What to declare. Raises CannotDo where the list of entries is not whole, was cut, or is old.

    `servers` and `applications` are those of the server's namespace. `observe`: nothing is to be kept yet.
    """
    status = server_status(server.get("status"))
    must_be_whole(server, status)
    must_have_been_looked_at(server, applications)
    parsed = parse_server(server, CATALOG)
    if parsed.problem is not None:
        raise CannotDo(parsed.problem.message)
    drafts: list[tuple[Undeclared, _Draft]] = []
    left: list[Left] = []
    for entry in status.undeclared:
        try:
            drafts.append((entry, _draft(entry, parsed.desired, status, servers)))
        except _Cannot as why:
            left.append(Left(shown(entry.identity), shown(str(why))))
    objects: list[Exported] = []
    names = {each["metadata"]["name"] for each in applications}
    claimed = claimed_partners(parsed.desired.key.name, servers, applications)
    for entry, draft in sorted(drafts, key=lambda each: len(each[1].doubts)):
        # The operator lets one object stand for a partner on a server.
        owner = next((claimed[key] for key in draft.claims if key in claimed), None)
        if owner is not None:
            left.append(Left(shown(entry.identity), _ALSO.format(owner)))
            continue
        name = _free_name(draft.of, entry.identity, parsed.desired.key.name, names)
        names.add(name)
        claimed.update(dict.fromkeys(draft.claims, name))
        objects.append(_object(name, entry, draft, parsed.desired, observe=observe))
    return Export(tuple(objects), tuple(left))


def _draft(
    entry: Undeclared, server: DesiredServer, status: ServerStatus, servers: Sequence[Body]
) -> _Draft:
    if entry.missing_since is not None:
        raise _Cannot(
            f"It is not visible on the server since {format_instant(entry.missing_since)}."
        )
    if entry.undeclarable:
        raise _Cannot(entry.undeclarable)
    if entry.kind is EntryKind.TOKEN_SERVER:
        draft = _behind_token_server(entry, server, status.token_servers)
    else:
        draft = _product(entry, server, servers)
    if entry.differs is None:
        return replace(draft, doubts=(*draft.doubts, "The operator does not tell what differs."))
    differing = tuple(f"Enforce would change {each}" for each in entry.differs)
    return replace(draft, doubts=(*differing, *draft.doubts))


def _product(entry: Undeclared, server: DesiredServer, servers: Sequence[Body]) -> _Draft:
    """A partner that signs its tokens itself: a PartnerServer stands for it, or its URL."""
    product = next(
        (
            each
            for each, known in CATALOG.partners.items()
            if same(known.identifier, entry.application_identifier)
        ),
        None,
    )
    if product is None or entry.metadata_url is None:
        raise _Cannot("The operator does not tell enough of it; it is older than this program.")
    options = _options(entry, server.product)
    claims = by_document(CATALOG.partners[product].identifier, entry.metadata_url, entry.realm)
    for body in servers:
        spec = body["spec"]
        if spec.get("product") == product and same_url(entry.metadata_url, spec["authMetadataUrl"]):
            name = body["metadata"]["name"]
            doubts = tuple(_unlike(entry, server_status(body.get("status")).metadata, name))
            return _Draft({"partnerRef": {"name": name}}, name, claims, doubts, options)
    fault = partner_fault(entry.metadata_url, server.allowed_partners)
    if fault is not None:
        raise _Cannot(
            f"No PartnerServer of this namespace publishes {entry.metadata_url}. {fault} Declare its PartnerServer, or "
            "let whoever owns the server add the host to allowedPartners, and export again."
        )
    doubt = "Nobody here has read the partner's document: whether the server has its certificates is seen then"
    partner = {"product": str(product), "authMetadataUrl": entry.metadata_url}
    return _Draft({"partner": partner}, product.lower(), claims, (doubt,), options)


def _unlike(entry: Undeclared, document: MetadataStatus | None, partner: str) -> Iterator[str]:
    """What the partner's document, as its own PartnerServer tells it, says otherwise than the entry."""
    if document is None:
        yield f"PartnerServer {partner} does not tell its document"
        return
    stored, published = (
        entry.thumbprints,
        {each.thumbprint.upper() for each in document.certificates},
    )
    if stored is not None and {each.upper() for each in stored} != published:
        yield f"certificates: {', '.join(stored) or '(none)'} -> {', '.join(sorted(published))}"
    for field, has, wanted in (
        ("applicationIdentifier", entry.application_identifier, document.application_identifier),
        ("realm", entry.realm, document.realm),
        ("issuer", entry.issuer or "", document.issuer),
    ):
        # Where a product leaves a field empty it shows no difference.
        if has.strip() and not same(has, wanted):
            yield f"{field}: {has} -> {wanted}"


def _options(entry: Undeclared, product: Product) -> Mapping[str, Any] | None:
    """The block of the server's product."""
    levels = {str(level).casefold(): str(level) for level in TrustLevel}
    level = levels.get((entry.trust_level or "").casefold())
    return {"applicationTrustLevel": level} if level is not None else None


def _behind_token_server(
    entry: Undeclared, server: DesiredServer, known: Sequence[TokenServerStatus]
) -> _Draft:
    """An application that a token server vouches for. Which one is not written in its entry."""
    realm = entry.realm.strip()
    if realm and not _REALM.fullmatch(realm):
        raise _Cannot(f"No object can have the realm {realm}.")
    usable = [each for each in known if each.enabled and _is_json(each.metadata_url)]
    fitting = [each for each in usable if realm and same(each.realm, realm)] or usable
    allowed = [each for each in fitting if allowing(server, each.metadata_url)]
    if not allowed:
        hosts = ", ".join(sorted({host_of(each.metadata_url) for each in fitting}))
        raise _Cannot(
            "spec.allowedTokenServers names no token server through which it may be trusted "
            f"({hosts or 'the server has none that is enabled'}). Whoever owns the server can add one; then export "
            "again."
        )
    if len(allowed) > 1:
        names = ", ".join(each.name for each in allowed)
        raise _Cannot(f"Several token servers could be its own: {names}. Write the object by hand.")
    url, identifier = allowed[0].metadata_url, entry.application_identifier.strip().lower()
    partner = {
        "applicationIdentifier": identifier,
        **({"realm": realm} if realm else {}),
        "tokenServer": {"authMetadataUrl": url},
    }
    account, options = entry.linked_account, _options(entry, server.product)
    remarks: tuple[str, ...] = ()
    if account is not None and any(
        same(account, each) for line in allowing(server, url) for each in line.linked_accounts
    ):
        options = {**(options or {}), "linkedAccount": account}
    elif account is not None:
        remarks = (
            f"Its account {account} is left as it is: spec.allowedTokenServers does not name it.",
        )
    doubt = "Nobody here has read the token server's document: whether the server has its keys is seen then"
    name, claims = _slug(entry.identity) or identifier, (behind(identifier, realm),)
    return _Draft({"partner": partner}, name, claims, (doubt,), options, remarks)


def _is_json(url: str) -> bool:
    address = parse_address(url)
    return address is not None and address.form is Form.JSON


def _object(
    name: str, entry: Undeclared, draft: _Draft, server: DesiredServer, *, observe: bool
) -> Exported:
    remarks = draft.remarks
    if draft.doubts:
        remarks = (
            "Mode is Observe: applying it with Enforce may change the server.",
            *draft.doubts,
            *remarks,
        )
    spec: dict[str, Any] = {"serverRef": {"name": server.key.name}, **draft.partner}
    if _IDENTITY.fullmatch(entry.identity) and len(entry.identity) <= LONGEST_IDENTITY:
        spec["identity"] = entry.identity
    else:
        remarks = (
            *remarks,
            f"The entry keeps its name {entry.identity}, which no object can have.",
        )
    spec["mode"] = str(Mode.OBSERVE if draft.doubts or observe else Mode.ENFORCE)
    if draft.options:
        spec[CATALOG.rules[server.product].options] = dict(draft.options)
    body = {
        "apiVersion": API_VERSION,
        "kind": "PartnerApplication",
        "metadata": {"name": name, "namespace": server.key.namespace},
        "spec": spec,
    }
    return Exported(body, tuple(shown(each) for each in remarks))


def _free_name(partner: str, identity: str, server: str, taken: set[str]) -> str:
    """`<partner>-on-<server>`, else with the entry's own name, else with a number."""
    first = f"{partner}-on-{server}"[:_LONGEST_NAME]
    own = _slug(identity)
    names = [first, *([f"{own}-on-{server}"[:_LONGEST_NAME]] if own else [])]
    names += [f"{first}-{number}" for number in range(2, len(taken) + 3)]
    return next(name for name in names if name not in taken)


def _slug(text: str) -> str:
    """What of a name an object can be called."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")
