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

from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.trust.entries import Entries
from partner_operator.trust.match import (
    effective_identity,
    has_realm_of,
    is_of,
    is_registered,
    same,
    same_url,
)
from partner_operator.trust.model import DesiredApplication, Entry
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


def find_entry(
    application: DesiredApplication,
    registration: Registration | None,
    document: AuthMetadata | None,
    entries: Entries,
) -> Match:
    """The entry of this application: by what was registered, by content, then by name."""
    found = _search(application, registration, document, entries)
    if found.candidates:
        return found
    name = application.identity if found.entry is not None else effective_identity(application)
    named = entries.named(name) if name is not None else ()
    squatter = next((entry for entry in named if entry != found.entry), None)
    return Match(entry=found.entry, squatter=squatter)


def turned(
    application: DesiredApplication, registration: Registration | None, entries: Entries
) -> Entry | None:
    """The entry of this object that somebody made get its tokens from elsewhere: a hybrid set-up does that.

    It is known by what was registered, else by the name that the object needs.
    """
    partner = application.partner
    remembered = entries.referenced(registration.reference) if registration is not None else ()
    return entries.first(
        entry
        for entry in (*remembered, *entries.named(effective_identity(application)))
        if entry.kind is not partner.kind and same(entry.application_identifier, partner.identifier)
    )


def find_registered(registration: Registration | None, entries: Entries) -> Match:
    """The registered entry alone, whatever became of its content."""
    return Match(entry=_only(_registered(registration, entries)))


def find_unreadable(
    application: DesiredApplication,
    registration: Registration | None,
    match: Match,
    entries: Entries,
) -> Entry | None:
    """The entry that the server warns about and that stands for the application, or may do so.

    With values that are not to be relied on it may be any of the partner's, of no partner's, or of the name.
    """
    if match.entry is not None:
        return match.entry if match.entry.warning else None
    identifier = application.partner.identifier
    names = {effective_identity(application), registration.identity if registration else ""}
    for entry in entries.warned:
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
    entries: Entries,
) -> tuple[Entry, ...]:
    """All entries with the content that the application needs, whoever made them."""
    return _Content(application, registration, document, entries).all()


def _search(
    application: DesiredApplication,
    registration: Registration | None,
    document: AuthMetadata | None,
    entries: Entries,
) -> Match:
    remembered = _only(
        entry for entry in _registered(registration, entries) if is_of(entry, application)
    )
    if remembered is not None:
        return Match(entry=remembered)
    own_name = application.identity or (registration.identity if registration else None)
    content = _Content(application, registration, document, entries)
    # By name or by address there is mostly one: the others with its content, who may be all, are not looked at.
    named = entries.named(own_name) if own_name else ()
    chosen = _only(filter(content.has, named)) or _only(
        filter(content.has, entries.at_url(application.partner))
    )
    if chosen is not None:
        return Match(entry=chosen)
    candidates = content.all()
    if candidates:
        alone = len(candidates) == 1
        return Match(entry=candidates[0]) if alone else Match(candidates=candidates)
    if application.partner.behind_token_server:
        return Match()
    return Match(entry=_damaged(application, own_name, entries))


class _Content:
    """What an entry must have to stand for an application, whoever made it."""

    def __init__(
        self,
        application: DesiredApplication,
        registration: Registration | None,
        document: AuthMetadata | None,
        entries: Entries,
    ) -> None:
        self._application, self._entries = application, entries
        realms = (document.realm if document else "", registration.realm if registration else "")
        keys = set(document.thumbprints if document else ())
        if registration is not None:
            keys.update(registration.thumbprints)
        # Another organisation of the same realm has certificates of its own.
        tells = application.partner.profile.realm_tells
        self._realms = {r.strip().casefold() for r in realms if r.strip()} if tells else set[str]()
        self._keys = set[str]() if tells else keys

    def has(self, entry: Entry) -> bool:
        """Whether this entry has it."""
        application = self._application
        if not is_of(entry, application):
            return False
        if application.partner.behind_token_server:
            return has_realm_of(application, entry, self._entries.observed)
        return (
            same_url(entry.metadata_url, application.partner.auth_metadata_url)
            or entry.realm.strip().casefold() in self._realms
            or not self._keys.isdisjoint(entry.thumbprints or ())
        )

    def all(self) -> tuple[Entry, ...]:
        """Every entry that has it, by reference."""
        partner = self._application.partner
        if partner.behind_token_server:
            return self._entries.of_realm(partner)
        return self._entries.like(partner, self._realms, self._keys)


def _damaged(
    application: DesiredApplication, own_name: str | None, entries: Entries
) -> Entry | None:
    """The entry with our name whose URL and realm say nothing, so that nothing contradicts (C06).

    Without a URL, the realm of the organisation itself is nobody else's: a repair script gives it to all partners'
    entries (Microsoft's KB 4010011).
    """
    meaningless = {"", *entries.own_realms}
    return _only(
        entry
        for entry in entries.named(own_name or effective_identity(application))
        if is_of(entry, application)
        and not entry.metadata_url
        and entry.realm.strip().casefold() in meaningless
    )


def _registered(registration: Registration | None, entries: Entries) -> tuple[Entry, ...]:
    if registration is None:
        return ()
    known = entries.referenced(registration.reference)
    return tuple(entry for entry in known if is_registered(entry, registration))


def _only(entries: Iterable[Entry]) -> Entry | None:
    found = tuple(entries)
    return found[0] if len(found) == 1 else None
