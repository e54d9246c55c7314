"""The indexed search finds what a walk through all entries finds, in any world."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.trust import search
from partner_operator.trust.entries import Entries
from partner_operator.trust.model import (
    DesiredApplication,
    Entry,
    EntryKind,
    Observed,
    Product,
)
from partner_operator.trust.status import Registration
from support.proof import examples
from support.trust import plain_search as plain
from support.trust import worlds
from support.trust.worlds import HR, ROLLED, THUMBPRINT, URLS

NAMES = st.sampled_from(["Lync", "lync ", "Exchange", "hr", "Named", "n\u200bamed", "", "ü"])
REALMS = st.sampled_from(["litwareinc.com", " LITWAREINC.COM", "contoso.com", "con\ttoso.com", ""])
ADDRESSES = st.sampled_from(
    [
        *URLS.values(),
        URLS[Product.LYNC].upper() + "/",
        "https://h:443/x",
        "https://h/x",
        "https://[",
    ]
)
KEYS = st.sets(st.sampled_from([THUMBPRINT, ROLLED])).map(tuple)
IDENTIFIERS = st.sampled_from([HR, HR.upper(), ""]) | st.sampled_from(Product).map(
    lambda product: worlds.metadata(product).application_identifier
)
KINDS = st.sampled_from(EntryKind)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Whatever may stand on a server."""
    return replace(
        worlds.entry(),
        reference=draw(NAMES),
        identity=draw(NAMES),
        application_identifier=draw(IDENTIFIERS),
        realm=draw(REALMS),
        metadata_url=draw(st.none() | st.just("") | ADDRESSES),
        kind=draw(KINDS),
        thumbprints=draw(st.none() | KEYS),
        warning=draw(st.sampled_from(["", "", "is corrupted"])),
    )


@st.composite
def registrations(draw: st.DrawFn) -> Registration:
    """What was remembered of one."""
    return replace(
        worlds.registered(draw(entries())),
        thumbprints=draw(KEYS),
        metadata_url=draw(st.none() | ADDRESSES),
    )


@st.composite
def applications(draw: st.DrawFn) -> DesiredApplication:
    """For a product, or behind a token server."""
    identity = draw(st.none() | NAMES)
    if draw(st.booleans()):
        realm = draw(REALMS).strip()
        return worlds.hr(url=draw(ADDRESSES), realm=realm, identity=identity)
    product = draw(st.sampled_from(Product))
    return worlds.application(product, url=draw(ADDRESSES), identity=identity)


@st.composite
def reads(draw: st.DrawFn) -> Observed:
    """What was observed."""
    stored = draw(st.lists(entries(), max_size=6))
    documents = [worlds.reading(each, realm=draw(REALMS)) for each in Product]
    return worlds.observed(entries=stored, documents=documents, default_realm=draw(REALMS))


def documents() -> st.SearchStrategy[AuthMetadata | None]:
    """The partner's, as far as a search looks at it."""
    made = st.builds(
        lambda product, realm: worlds.metadata(product, realm=realm),
        st.sampled_from(Product),
        REALMS,
    )
    return st.none() | made


@settings(max_examples=examples(400), deadline=None)
@given(applications(), st.none() | registrations(), documents(), reads())
def test_the_same_is_found_as_by_a_walk(
    application: DesiredApplication,
    registration: Registration | None,
    document: AuthMetadata | None,
    observed: Observed,
) -> None:
    known = Entries(observed)
    found = plain.find_entry(application, registration, document, observed)
    assert search.find_entry(application, registration, document, known) == found
    assert search.find_registered(registration, known) == plain.find_registered(
        registration, observed
    )
    assert search.turned(application, registration, known) == plain.turned(
        application, registration, observed
    )
    assert search.find_unreadable(application, registration, found, known) == (
        plain.find_unreadable(application, registration, found, observed)
    )
    assert search.find_alike(application, registration, document, known) == plain.find_alike(
        application, registration, document, observed
    )
    of = sorted(plain.find_of_partner(application, observed), key=_by_reference)
    assert known.of(application.partner) == tuple(of)


def _by_reference(entry: Entry) -> str:
    return entry.reference.casefold()
