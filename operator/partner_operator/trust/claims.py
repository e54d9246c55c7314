"""Who claims which entry: two live objects never work on one, and a deleted one hands over (rule 13)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.trust.match import effective_identity, normal_url
from partner_operator.trust.model import Entry, ObjectKey
from partner_operator.trust.plan import ApplicationView, made_by_us

Claimed = tuple[ApplicationView, Entry | None, AuthMetadata | None]

_NAME = "name "


class Claims:
    """What all applications of one server claim, taken together."""

    def __init__(self, claimed: Sequence[Claimed], elsewhere: Sequence[Claimed] = ()) -> None:
        """`claimed`: every application with the entry and document that were found for it.

        `elsewhere`: live applications of another PartnerServer for the same organisation. They can inherit, and
        that is all: which of the two servers works is not decided here.
        """
        self._keys = {
            view.desired.key: frozenset(_keys(view, entry, document))
            for view, entry, document in (*claimed, *elsewhere)
        }
        far = sorted((view for view, _, _ in elsewhere), key=_age)
        views = sorted((view for view, _, _ in claimed), key=_age)
        self._live = [view for view in views if not view.desired.deleting]
        self._heirs = [view.desired.key for view in (*self._live, *far)]
        """Who may inherit, in the order in which they do."""
        self._first: dict[str, int] = {}
        """By what is claimed: the place of the first of them."""
        for place, key in enumerate(self._heirs):
            for claim in self._keys[key]:
                self._first.setdefault(claim, place)
        entries = {view.desired.key: entry for view, entry, _ in claimed}
        self._leaving: dict[Entry, list[ApplicationView]] = defaultdict(list)
        """By the entry that they stand for, the oldest first."""
        for view in views:
            entry = entries[view.desired.key]
            if view.desired.deleting and entry is not None:
                self._leaving[entry].append(view)
        self._owners = dict(self._conflicts())

    def owner_of(self, view: ApplicationView) -> ObjectKey | None:
        """The older live object that claims what this one claims; None: nothing stands against it."""
        return self._owners.get(view.desired.key)

    def wants_only_the_name_of(self, view: ApplicationView, owner: ObjectKey) -> bool:
        """True: the two are for different partners, and only the name of the entry is the same."""
        shared = self._keys[view.desired.key] & self._keys[owner]
        return bool(shared) and all(key.startswith(_NAME) for key in shared)

    def heir_of(self, view: ApplicationView, entry: Entry | None) -> ObjectKey | None:
        """The oldest live object that claims what this deleted object stands for."""
        keys = self._keys[view.desired.key] | _remembered(view) | _entry_keys(entry)
        place = min((self._first[key] for key in keys if key in self._first), default=None)
        return None if place is None else self._heirs[place]

    def remover_before(self, view: ApplicationView, entry: Entry) -> ObjectKey | None:
        """An older deleted object that stands for the same entry, so that one removal is enough."""
        oldest = next(iter(self._leaving.get(entry, ())), view)
        return None if oldest.desired.key == view.desired.key else oldest.desired.key

    def inherits(self, view: ApplicationView, entry: Entry | None) -> bool:
        """True: a deleted object that made this entry hands it over to this live one."""
        if entry is None:
            return False
        return any(
            made_by_us(leaving, entry) and self.heir_of(leaving, entry) == view.desired.key
            for leaving in self._leaving.get(entry, ())
        )

    def _conflicts(self) -> Iterator[tuple[ObjectKey, ObjectKey]]:
        holders: dict[str, ObjectKey] = {}
        for view in self._live:
            keys = self._keys[view.desired.key]
            owner = next((holders[key] for key in sorted(keys) if key in holders), None)
            if owner is not None:
                yield view.desired.key, owner
                continue
            for key in keys:
                holders[key] = view.desired.key


def _age(view: ApplicationView) -> tuple[object, str]:
    return view.desired.created_at, view.desired.key.uid


def _keys(
    view: ApplicationView, entry: Entry | None, document: AuthMetadata | None
) -> Iterator[str]:
    """Everything by which one entry can be told; two objects with a key in common claim the same."""
    yield from _entry_keys(entry)
    if entry is None:
        yield from _remembered(view)
    if view.blocker is not None:
        # Its declaration cannot be used, so what it would claim is not known.
        return
    partner = view.desired.partner
    identifier = partner.identifier
    if partner.behind_token_server:
        # One token server vouches for many, and one application may have an entry for each of its realms.
        yield f"behind {identifier} {partner.realm.strip().casefold()}"
    else:
        yield f"url {identifier} {normal_url(partner.auth_metadata_url)}"
    if document is not None and document.realm and not partner.behind_token_server:
        yield f"realm {identifier} {document.realm.casefold()}"
    if not view.desired.deleting:
        name = view.desired.identity if entry is not None else effective_identity(view.desired)
        if name is not None:
            yield f"{_NAME}{name.casefold()}"


def _entry_keys(entry: Entry | None) -> frozenset[str]:
    return frozenset({f"entry {entry.reference.casefold()}"}) if entry else frozenset()


def _remembered(view: ApplicationView) -> frozenset[str]:
    registration = view.status.registration
    if registration is None:
        return frozenset()
    return frozenset({f"entry {registration.reference.casefold()}"})
