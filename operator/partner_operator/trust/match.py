"""Which stored entry stands for an application (rule 3).

An identifier alone proves nothing: cloud entries of an auth server share the products' GUIDs
(`SfBLegacy` has Lync's). So an entry of a product must not use an auth server, must have the partner's
identifier, and must have its metadata URL or its realm (where several organisations may have one
realm: one of its certificates); the name only decides between several. An entry of a partner behind a
token server must use one, and have its identifier and its realm, of which an empty one is a realm like any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from partner_operator.oauth.identifiers import describe
from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.texts import shown
from partner_operator.trust.model import DesiredApplication, Entry, EntryKind, Observed
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
    """The name that a new entry gets: the declared one, else the partner's."""
    return application.identity or application.partner.name


def same(left: str, right: str) -> bool:
    """Letter case alone is no difference (rule 2); what is remembered stands in a status, visibly."""
    return shown(left.strip()).casefold() == shown(right.strip()).casefold()


def same_url(left: str | None, right: str) -> bool:
    """Same scheme, host, port and path without regard to letter case and to one slash at its end; same query."""
    return left is not None and normal_url(left) == normal_url(right)


def normal_url(url: str) -> str:
    """The form of a URL in which two spellings of one address are equal."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url.strip().casefold()
    scheme = parts.scheme.casefold()
    default = {"https": 443, "http": 80}.get(scheme)
    host = (parts.hostname or "").casefold()
    address = host if port in {None, default} else f"{host}:{port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{scheme}://{address}{parts.path.casefold().removesuffix('/')}{query}"


def find_entry(
    application: DesiredApplication,
    registration: Registration | None,
    document: AuthMetadata | None,
    observed: Observed,
) -> Match:
    """The entry of this application: by what was registered, by content, then by name."""
    entries = tuple(sorted(observed.entries, key=lambda entry: entry.reference.casefold()))
    found = _search(application, registration, document, observed, entries)
    if found.candidates:
        return found
    name = application.identity if found.entry is not None else effective_identity(application)
    others = (entry for entry in entries if entry != found.entry)
    squatters = _named(others, name) if name is not None else ()
    return Match(entry=found.entry, squatter=squatters[0] if squatters else None)


def is_registered(entry: Entry, registration: Registration | None) -> bool:
    """Whether this is the very entry that was registered, and not another with the same content.

    A name can be given a second time. Where the product has nothing else to tell entries by, realm or URL must
    be as they were, too.
    """
    if registration is None or entry.kind is not registration.kind:
        return False
    if not same(entry.reference, registration.reference):
        return False
    if not same(entry.application_identifier, registration.application_identifier):
        return False
    if not same(entry.reference, entry.identity) or same(entry.realm, registration.realm):
        return True
    own_keys = entry.kind is EntryKind.OWN_KEYS
    return own_keys and same_url(entry.metadata_url, registration.metadata_url or "")


def turned(
    application: DesiredApplication, registration: Registration | None, observed: Observed
) -> Entry | None:
    """The entry of this object that somebody made get its tokens from elsewhere: a hybrid set-up does that.

    It is known by what was registered, else by the name that the object needs.
    """
    for entry in observed.entries:
        if entry.kind is application.partner.kind:
            continue
        if not same(entry.application_identifier, application.partner.identifier):
            continue
        remembered = registration is not None and same(entry.reference, registration.reference)
        if remembered or same(entry.identity, effective_identity(application)):
            return entry
    return None


def find_registered(registration: Registration | None, observed: Observed) -> Match:
    """The registered entry alone, whatever became of its content."""
    return Match(
        entry=_only(entry for entry in observed.entries if is_registered(entry, registration))
    )


def find_unreadable(
    application: DesiredApplication,
    registration: Registration | None,
    match: Match,
    observed: Observed,
) -> Entry | None:
    """The entry that the server warns about and that stands for the application, or may do so.

    With values that are not to be relied on it may be any of the partner's, of no partner's, or of the name.
    """
    if match.entry is not None:
        return match.entry if match.entry.warning else None
    identifier = application.partner.identifier
    names = {effective_identity(application), registration.identity if registration else ""}
    for entry in observed.entries:
        if not entry.warning:
            continue
        if registration is not None and same(entry.reference, registration.reference):
            return entry
        known = entry.application_identifier.strip()
        if entry.kind is application.partner.kind and (
            not known or same(known, identifier) or any(same(entry.identity, n) for n in names)
        ):
            return entry
    return None


def find_alike(
    application: DesiredApplication,
    registration: Registration | None,
    document: AuthMetadata | None,
    observed: Observed,
) -> tuple[Entry, ...]:
    """All entries with the content that the application needs, whoever made them."""
    entries = sorted(observed.entries, key=lambda entry: entry.reference.casefold())
    return _by_content(application, registration, document, observed, tuple(entries))


def has_realm_of(application: DesiredApplication, entry: Entry, observed: Observed) -> bool:
    """Whether an entry that uses token servers is for the realm that the application is for."""
    realm, default = application.partner.realm, observed.default_realm
    return same(entry.realm, realm) or (not realm and bool(default) and same(entry.realm, default))


def find_of_partner(application: DesiredApplication, observed: Observed) -> tuple[Entry, ...]:
    """All entries for the application's kind of partner, with any content."""
    return tuple(entry for entry in observed.entries if _is_of(entry, application))


def _search(
    application: DesiredApplication,
    registration: Registration | None,
    document: AuthMetadata | None,
    observed: Observed,
    entries: tuple[Entry, ...],
) -> Match:
    remembered = _only(
        entry
        for entry in entries
        if is_registered(entry, registration) and _is_of(entry, application)
    )
    if remembered is not None:
        return Match(entry=remembered)
    own_name = application.identity or (registration.identity if registration else None)
    candidates = _by_content(application, registration, document, observed, entries)
    if not candidates and application.partner.behind_token_server:
        return Match()
    if not candidates:
        return Match(entry=_damaged(application, own_name, observed, entries))
    if len(candidates) == 1:
        return Match(entry=candidates[0])
    url = application.partner.auth_metadata_url
    chosen = _only(_named(candidates, own_name) if own_name else ()) or _only(
        entry for entry in candidates if same_url(entry.metadata_url, url)
    )
    return Match(entry=chosen) if chosen is not None else Match(candidates=candidates)


def _by_content(
    application: DesiredApplication,
    registration: Registration | None,
    document: AuthMetadata | None,
    observed: Observed,
    entries: tuple[Entry, ...],
) -> tuple[Entry, ...]:
    known = (document.realm if document else "", registration.realm if registration else "")
    realms = {realm.strip().casefold() for realm in known if realm.strip()}
    known_keys = set(document.thumbprints if document else ())
    if registration is not None:
        known_keys.update(registration.thumbprints)

    def has_its_content(entry: Entry) -> bool:
        if application.partner.behind_token_server:
            return has_realm_of(application, entry, observed)
        if same_url(entry.metadata_url, application.partner.auth_metadata_url):
            return True
        if application.partner.profile.realm_tells:
            return entry.realm.strip().casefold() in realms
        # Another organisation of the same realm has certificates of its own.
        return not known_keys.isdisjoint(entry.thumbprints or ())

    return tuple(
        entry for entry in entries if _is_of(entry, application) and has_its_content(entry)
    )


def _damaged(
    application: DesiredApplication,
    own_name: str | None,
    observed: Observed,
    entries: tuple[Entry, ...],
) -> Entry | None:
    """The entry with our name whose URL and realm say nothing, so that nothing contradicts (C06).

    Without a URL, the realm of the organisation itself is nobody else's: a repair script gives it to all partners'
    entries (Microsoft's KB 4010011).
    """
    meaningless = {"", *_own_realms(observed)}
    return _only(
        entry
        for entry in _named(entries, own_name or effective_identity(application))
        if _is_of(entry, application)
        and not entry.metadata_url
        and entry.realm.strip().casefold() in meaningless
    )


def _own_realms(observed: Observed) -> set[str]:
    """The realm of the organisation that was observed, as its own document tells."""
    documents = (reading.document for reading in observed.documents.values())
    return {
        document.realm.strip().casefold()
        for document in documents
        if document is not None and describe(document.application_identifier) == observed.product
    }


def _is_of(entry: Entry, application: DesiredApplication) -> bool:
    identifier = application.partner.identifier
    kind = application.partner.kind
    return entry.kind is kind and same(entry.application_identifier, identifier)


def _named(entries: Iterable[Entry], name: str) -> tuple[Entry, ...]:
    return tuple(entry for entry in entries if same(entry.identity, name))


def _only(entries: Iterable[Entry]) -> Entry | None:
    found = tuple(entries)
    return found[0] if len(found) == 1 else None
