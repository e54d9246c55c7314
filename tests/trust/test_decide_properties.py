"""What holds for every world: deciding converges, and touches nothing that nobody declared."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from partner_operator.catalog import CATALOG
from partner_operator.trust.decide import decide
from partner_operator.trust.model import (
    DeletionPolicy,
    DesiredServer,
    DocumentReading,
    Entry,
    EntryKind,
    LinkedAccount,
    Mode,
    Product,
    TrustLevel,
)
from partner_operator.trust.plan import ApplicationView, Decision
from partner_operator.trust.registration import registration_of
from partner_operator.trust.status import ApplicationStatus, ChangeKind
from support.proof import examples
from support.trust.model_server import ModelServer
from support.trust.worlds import (
    NOW,
    ROLLED,
    STOCK,
    THUMBPRINT,
    URLS,
    application,
    certificate,
    entry,
    observed,
    reading,
    registered,
    server,
    view,
)

SERVERS = st.sampled_from([Product.EXCHANGE, Product.LYNC])
NAMES = st.sampled_from(["Lync", "Exchange", "SharePoint", "lync", "Other", "Named", "ü ' $(x)"])
REALMS = st.sampled_from(["litwareinc.com", "LITWAREINC.COM", "contoso.com", ""])


@st.composite
def entries(draw: st.DrawFn, on: Product) -> tuple[Entry, ...]:
    """Whatever may stand on a server: damaged, foreign, disabled, of an auth server."""
    made: dict[str, Entry] = {}
    for _ in range(draw(st.integers(0, 4))):
        partner = draw(st.sampled_from(list(Product)))
        identity = draw(NAMES)
        if identity.casefold() in made:
            continue
        urls = st.sampled_from(
            [*URLS.values(), None, "", "https://pool.contoso.com/metadata/json/1"]
        )
        accounts = st.sampled_from([None, LinkedAccount("a", ()), entry(partner).linked_account])
        shown = st.sampled_from([(), (THUMBPRINT,), (ROLLED,), (THUMBPRINT, ROLLED)])
        exchange = on is Product.EXCHANGE
        made[identity.casefold()] = replace(
            entry(partner, on),
            identity=identity,
            reference=f"CN={identity}" if exchange else identity,
            realm=draw(REALMS),
            metadata_url=draw(urls),
            kind=draw(st.sampled_from(EntryKind)),
            enabled=draw(st.booleans()),
            accepts_security_identifiers=draw(st.booleans()),
            linked_account=draw(accounts) if exchange else None,
            trust_level=None if exchange else draw(st.sampled_from(["Full", "User", "full"])),
            thumbprints=draw(shown) if exchange else None,
        )
    stock = STOCK if on is Product.EXCHANGE else ()
    return (*stock, *made.values())


@st.composite
def documents(draw: st.DrawFn) -> tuple[DocumentReading, ...]:
    """Good documents, some of them rolled, and some that are not there."""
    found = []
    for product in Product:
        prints = draw(st.sampled_from([(THUMBPRINT,), (ROLLED,), (THUMBPRINT, ROLLED)]))
        if draw(st.integers(0, 9)):
            certificates = tuple(certificate(each) for each in prints)
            found.append(reading(product, certificates=certificates))
    return tuple(found)


@st.composite
def views(draw: st.DrawFn, on: Product, there: tuple[Entry, ...]) -> tuple[ApplicationView, ...]:
    """Applications of any mode and memory; several may want the same."""
    made = []
    for number in range(draw(st.integers(1, 4))):
        partner = draw(st.sampled_from([product for product in Product if product is not on]))
        desired = application(
            partner,
            name=f"app-{number}",
            created_at=NOW - timedelta(days=draw(st.integers(0, 2))),
            identity=draw(st.sampled_from([None, None, "Named", "Lync"])),
            mode=draw(st.sampled_from([Mode.ENFORCE, Mode.ENFORCE, Mode.OBSERVE, Mode.SUSPEND])),
            deleting=draw(st.integers(0, 3)) == 0,
            deletion_policy=draw(st.sampled_from([None, *DeletionPolicy])),
            trust_level=draw(st.sampled_from(list(TrustLevel))),
        )
        memory = draw(st.sampled_from([None, *there]))
        remembered = registered(memory, ours=draw(st.booleans())) if memory else None
        made.append(view(desired, remembered))
    return tuple(made)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[DesiredServer, tuple[ApplicationView, ...], ModelServer]:
    """A server, its applications, and what stands on it."""
    on = draw(SERVERS)
    there = draw(entries(on))
    return server(on), draw(views(on, there)), ModelServer(on, there, draw(documents()))


def remember(
    decision: Decision, before: ApplicationView, world: ModelServer, *, wrote: bool
) -> ApplicationView:
    """What a pass would keep in the status."""
    if decision.entry is None:
        return replace(before, status=ApplicationStatus())
    url = before.desired.partner.auth_metadata_url
    found = world.observed().documents.get(url)
    memory = registration_of(
        decision.entry,
        found.document if found else None,
        before.status.registration,
        created_by_us=decision.created_by_us,
        document_was_read=wrote,
        changed_at=NOW if wrote else None,
    )
    return replace(before, status=ApplicationStatus(registration=memory))


def run_pass(
    declared: DesiredServer, applications: tuple[ApplicationView, ...], world: ModelServer
) -> tuple[ApplicationView, ...]:
    """Decide, change, read back; objects that may go are gone afterwards."""
    first = decide(CATALOG.rules[declared.product], declared, applications, world.observed())
    wrote = set()
    for decision, each in zip(first, applications, strict=True):
        if decision.change is not None:
            world.apply(decision.change, each.desired)
            wrote.add(each.desired.key)
    if world.product is Product.LYNC:
        applications = tuple(
            _believing(each, world) if each.desired.key in wrote else each for each in applications
        )
    again = decide(CATALOG.rules[declared.product], declared, applications, world.observed())
    return tuple(
        remember(decision, each, world, wrote=each.desired.key in wrote)
        for decision, each in zip(again, applications, strict=True)
        if not (
            each.desired.deleting
            and (decision.absent or decision.retained or decision.handed_over_to)
        )
    )


def _believing(each: ApplicationView, world: ModelServer) -> ApplicationView:
    memory = each.status.registration
    found = world.observed().documents.get(each.desired.partner.auth_metadata_url)
    if memory is None or found is None or found.document is None:
        return each
    read = replace(memory, thumbprints=found.document.thumbprints)
    return replace(each, status=replace(each.status, registration=read))


@settings(max_examples=examples(100), deadline=None)
@given(worlds())
def test_passes_come_to_rest(
    world: tuple[DesiredServer, tuple[ApplicationView, ...], ModelServer],
) -> None:
    """Two are enough, but where one application waits for a name that another one still has to give up."""
    declared, applications, there = world
    for _ in range(2 + len(applications)):
        applications = run_pass(declared, applications, there)
    last = decide(CATALOG.rules[declared.product], declared, applications, there.observed())
    assert [decision.change for decision in last if decision.change is not None] == []


@settings(max_examples=examples(75), deadline=None)
@given(worlds())
def test_no_entry_is_touched_that_no_object_stands_for(
    world: tuple[DesiredServer, tuple[ApplicationView, ...], ModelServer],
) -> None:
    """Also: no entry twice, none of an auth server, none without Enforce, none behind a blocker."""
    declared, applications, there = world
    made = decide(CATALOG.rules[declared.product], declared, applications, there.observed())
    touched = [decision.change.entry for decision in made if decision.change is not None]
    named = [each.reference for each in touched if each is not None]
    assert len(named) == len(set(named))
    for decision, each in zip(made, applications, strict=True):
        assert decision.application == each.desired.key
        change = decision.change
        if change is None:
            continue
        assert decision.blocker is None
        assert each.desired.mode is Mode.ENFORCE
        assert (change.kind is ChangeKind.REMOVE) is each.desired.deleting
        assert change.entry == decision.entry
        if change.entry is not None:
            assert change.entry.kind is EntryKind.OWN_KEYS
            partner = entry(Product(each.desired.partner.name))
            assert change.entry.application_identifier == partner.application_identifier


@settings(max_examples=examples(50), deadline=None)
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_entries_and_objects_does_not_matter(
    world: tuple[DesiredServer, tuple[ApplicationView, ...], ModelServer], chance: random.Random
) -> None:
    declared, applications, there = world
    plain = decide(CATALOG.rules[declared.product], declared, applications, there.observed())
    shuffled_entries = tuple(chance.sample(there.entries, len(there.entries)))
    shuffled = tuple(chance.sample(applications, len(applications)))
    seen = observed(there.product, shuffled_entries, there.documents)
    again = decide(CATALOG.rules[declared.product], declared, shuffled, seen)
    assert {each.application: each for each in plain} == {each.application: each for each in again}


@settings(max_examples=examples(50), deadline=None)
@given(worlds())
def test_an_incomplete_read_never_changes_and_never_proves_absence(
    world: tuple[DesiredServer, tuple[ApplicationView, ...], ModelServer],
) -> None:
    declared, applications, there = world
    seen = replace(there.observed(), incomplete="a warning was written")
    for decision in decide(CATALOG.rules[declared.product], declared, applications, seen):
        assert decision.change is None
        assert not decision.absent


@settings(max_examples=examples(50), deadline=None)
@given(worlds())
def test_without_any_document_nothing_living_is_changed(
    world: tuple[DesiredServer, tuple[ApplicationView, ...], ModelServer],
) -> None:
    declared, applications, there = world
    seen = replace(there.observed(), documents={})
    made = decide(CATALOG.rules[declared.product], declared, applications, seen)
    for decision, each in zip(made, applications, strict=True):
        assert decision.change is None or each.desired.deleting
