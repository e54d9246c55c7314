"""The entries of one read, found by what they are looked for: many applications, and no walk for each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from functools import cached_property

from partner_operator.oauth.identifiers import describe
from partner_operator.trust.match import normal_url, plain
from partner_operator.trust.model import Entry, Observed, Partner

Places = Sequence[int]


class Entries:
    """Built once from what was observed, and never changed. What is asked for costs what is found."""

    def __init__(self, observed: Observed) -> None:
        """`observed`: the read that all answers are about."""
        self.observed = observed
        self.warned = tuple(entry for entry in observed.entries if entry.warning)
        """Those that the server warns about, as they were read."""
        self._place = {id(entry): place for place, entry in enumerate(observed.entries)}
        self._places: dict[Hashable, list[int]] = defaultdict(list)
        for place, entry in enumerate(observed.entries):
            for key in _keys(entry):
                self._places[key].append(place)

    def referenced(self, reference: str) -> tuple[Entry, ...]:
        """Those with this reference, as they were read."""
        return tuple(self.observed.entries[place] for place in self._at("reference", reference))

    def named(self, name: str) -> tuple[Entry, ...]:
        """Those with this identity, by reference."""
        return self._in_order(self._at("name", name))

    def of(self, partner: Partner) -> tuple[Entry, ...]:
        """Those for the partner's kind, with any content, by reference."""
        return self._in_order(self._of(partner, "any", ""))

    def at_url(self, partner: Partner) -> tuple[Entry, ...]:
        """Those for the partner's kind that have its metadata URL, by reference."""
        return self._in_order(self._of(partner, "url", normal_url(partner.auth_metadata_url)))

    def like(
        self, partner: Partner, realms: Iterable[str] = (), keys: Iterable[str] = ()
    ) -> tuple[Entry, ...]:
        """Those for the partner's kind with its metadata URL, one of these realms (stripped, in lower case), or one
        of these certificates, by reference."""
        found = set(self._of(partner, "url", normal_url(partner.auth_metadata_url)))
        found.update(*(self._of(partner, "realm", realm) for realm in realms))
        found.update(*(self._of(partner, "key", key) for key in keys))
        return self._in_order(found)

    def of_realm(self, partner: Partner) -> tuple[Entry, ...]:
        """Those for the partner's kind and its realm, of which an empty one is a realm like any other, by reference."""
        found = set(self._of(partner, "same realm", plain(partner.realm)))
        default = self.observed.default_realm
        if not partner.realm and default:
            found.update(self._of(partner, "same realm", plain(default)))
        return self._in_order(found)

    def first(self, entries: Iterable[Entry]) -> Entry | None:
        """Of these, the one that was read first."""
        return min(entries, key=lambda entry: self._place[id(entry)], default=None)

    @cached_property
    def own_realms(self) -> frozenset[str]:
        """The realm of the organisation that was observed, as its own document tells; stripped, in lower case."""
        documents = (reading.document for reading in self.observed.documents.values())
        return frozenset(
            document.realm.strip().casefold()
            for document in documents
            if document is not None
            and describe(document.application_identifier) == self.observed.product
        )

    def _at(self, what: str, text: str) -> Places:
        return self._places.get((what, plain(text)), ())

    def _of(self, partner: Partner, what: str, value: str) -> Places:
        return self._places.get((what, partner.kind, plain(partner.identifier), value), ())

    def _in_order(self, places: Iterable[int]) -> tuple[Entry, ...]:
        found = (self.observed.entries[place] for place in sorted(places))
        return tuple(sorted(found, key=lambda entry: entry.reference.casefold()))


def _keys(entry: Entry) -> Iterable[Hashable]:
    yield "reference", plain(entry.reference)
    yield "name", plain(entry.identity)
    of = entry.kind, plain(entry.application_identifier)
    yield "any", *of, ""
    yield "realm", *of, entry.realm.strip().casefold()
    yield "same realm", *of, plain(entry.realm)
    if entry.metadata_url is not None:
        yield "url", *of, normal_url(entry.metadata_url)
    for key in set(entry.thumbprints or ()):
        yield "key", *of, key
