"""Rule 3 as it is said: each entry is looked at for each application. `trust.search` must find the same."""

from __future__ import annotations

from collections.abc import Iterable

from partner_operator.oauth.identifiers import describe
from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.trust.match import (
    effective_identity,
    has_realm_of,
    is_of,
    is_registered,
    same,
    same_url,
)
from partner_operator.trust.model import DesiredApplication, Entry, Observed
from partner_operator.trust.search import Match
from partner_operator.trust.status import Registration


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


def find_of_partner(application: DesiredApplication, observed: Observed) -> tuple[Entry, ...]:
    """All entries for the application's kind of partner, with any content."""
    return tuple(entry for entry in observed.entries if is_of(entry, application))


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
        if is_registered(entry, registration) and is_of(entry, application)
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

    return tuple(entry for entry in entries if is_of(entry, application) and has_its_content(entry))


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
        if is_of(entry, application)
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


def _named(entries: Iterable[Entry], name: str) -> tuple[Entry, ...]:
    return tuple(entry for entry in entries if same(entry.identity, name))


def _only(entries: Iterable[Entry]) -> Entry | None:
    found = tuple(entries)
    return found[0] if len(found) == 1 else None
