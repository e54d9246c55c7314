"""Several objects and one entry: conflicts, hand-over, deletion (rule 13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from partner_operator.catalog import CATALOG
from partner_operator.trust.decide import decide
from partner_operator.trust.model import DeletionPolicy, Mode, ObjectKey, Product
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.plan import (
    ApplicationView,
    Decision,
    Field,
)
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind, Intent
from support.trust.worlds import (
    LYNC_URL,
    NOW,
    STOCK,
    application,
    entry,
    observed,
    reading,
    registered,
    server,
    view,
)

OURS = registered(entry())
THERE = (entry(),)
ADOPTED = registered(entry(), ours=False)
OLD, YOUNG = NOW - timedelta(days=9), NOW - timedelta(days=1)


def decisions(*views: ApplicationView, entries: Any = THERE, **seen: Any) -> dict[str, Decision]:
    world = observed(Product.EXCHANGE, (*STOCK, *entries), **seen)
    return {
        each.application.name: each
        for each in decide(CATALOG.rules[Product.EXCHANGE], server(), views, world)
    }


def leaving(name: str = "old", **changes: Any) -> Any:
    return application(name=name, deleting=True, **changes)


@pytest.mark.parametrize("entries", [(), (entry(enabled=False),)], ids=["absent", "present"])
def test_of_two_objects_for_one_entry_the_older_goes_on(entries: Any) -> None:
    old = view(application(name="old", created_at=OLD))
    young = view(application(name="young", created_at=YOUNG))
    for order in ((old, young), (young, old)):
        made = decisions(*order, entries=entries)
        assert made["old"].change is not None
        assert made["young"].change is None
        blocker = made["young"].blocker
        assert blocker is not None
        assert (blocker.reason, blocker.then is Next.HUMAN) == (Reason.CONFLICT, True)
        assert "old" in blocker.message
        assert made["young"].entry is None


def test_of_two_equally_old_objects_the_lower_uid_goes_on() -> None:
    made = decisions(view(application(name="b")), view(application(name="a")))
    assert made["a"].blocker is None
    assert made["b"].blocker is not None


def test_two_urls_of_one_issuer_are_one_claim() -> None:
    """Two pools of one deployment have one realm and one certificate: one entry is enough."""
    other = "https://second-pool.litwareinc.com/metadata/json/1"
    made = decisions(
        view(application(name="a")),
        view(application(name="b", url=other, identity="second pool")),
        entries=(),
        documents=[reading(Product.LYNC), reading(Product.LYNC, other)],
    )
    assert made["a"].change is not None
    assert made["b"].blocker is not None
    assert made["b"].blocker.reason is Reason.CONFLICT


def test_three_partners_of_one_product_need_names_of_their_own() -> None:
    """Three Lync deployments on one Exchange: without an identity each would be named Lync."""
    urls = [f"https://pool-{number}.example/metadata/json/1" for number in range(3)]
    documents = [reading(Product.LYNC, url, realm=f"r{n}") for n, url in enumerate(urls)]
    for identities in (("Lync", "B", "C"), (None, "B", "C"), (None, None, "C")):
        made = decisions(
            *(
                view(application(name=f"{n}", url=url, identity=identity))
                for n, (url, identity) in enumerate(zip(urls, identities, strict=True))
            ),
            entries=(),
            documents=documents,
        )
        assert made["0"].change is not None
        assert made["2"].change is not None
        blocker = made["1"].blocker
        assert (blocker is not None) is (identities[1] is None)
        assert blocker is None or "spec.identity of its own" in blocker.message


def test_objects_for_different_partners_do_not_meet() -> None:
    made = decisions(
        view(application(name="lync")),
        view(application(Product.SHAREPOINT, name="sharepoint")),
        entries=(),
    )
    assert all(each.change is not None for each in made.values())


def test_an_object_that_cannot_be_used_still_holds_its_entry() -> None:
    """Its partner's PartnerServer is gone; a younger twin must not take the entry over."""
    blocker = Obstacle(Reason.PARTNER_NOT_FOUND, "no such partner", Next.HUMAN)
    old = view(application(name="old", created_at=OLD), OURS, blocker)
    made = decisions(old, view(application(name="young", created_at=YOUNG)))
    assert made["old"].blocker == blocker
    assert made["old"].entry == entry()
    assert made["young"].blocker is not None
    assert made["young"].blocker.reason is Reason.CONFLICT


def test_an_unusable_object_that_holds_nothing_stands_in_nobodys_way() -> None:
    blocker = Obstacle(Reason.PARTNER_NOT_FOUND, "no such partner", Next.HUMAN)
    old = view(application(name="old", created_at=OLD), None, blocker)
    made = decisions(old, view(application(name="young", created_at=YOUNG)), entries=())
    assert made["young"].change is not None


def test_a_renamed_object_is_handed_over_with_its_origin() -> None:
    """The new object counts as the maker, so its own deletion later removes the entry."""
    made = decisions(
        view(leaving(created_at=OLD), OURS), view(application(name="new", created_at=YOUNG))
    )
    assert made["old"].handed_over_to == ObjectKey("trust", "new", "uid-new")
    assert made["old"].change is None
    assert made["new"].blocker is None
    assert made["new"].change is None
    assert made["new"].entry == entry()
    assert made["new"].created_by_us


def test_what_was_adopted_is_handed_over_as_adopted() -> None:
    made = decisions(view(leaving(), ADOPTED), view(application(name="new")))
    assert made["old"].handed_over_to is not None
    assert not made["new"].created_by_us


@pytest.mark.parametrize("mode", list(Mode))
def test_hand_over_needs_only_a_live_object_of_any_mode(mode: Mode) -> None:
    made = decisions(view(leaving(), OURS), view(application(name="new", mode=mode)))
    assert made["old"].handed_over_to is not None


def test_another_partners_object_is_no_heir() -> None:
    made = decisions(
        view(leaving(), OURS), view(application(Product.SHAREPOINT, name="sharepoint"))
    )
    assert made["old"].change is not None
    assert made["old"].change.kind is ChangeKind.REMOVE


@pytest.mark.parametrize(
    ("policy", "memory", "removed"),
    [
        (None, OURS, True),
        (None, ADOPTED, False),
        (None, None, False),
        (DeletionPolicy.REMOVE, OURS, True),
        (DeletionPolicy.REMOVE, ADOPTED, True),
        (DeletionPolicy.RETAIN, OURS, False),
    ],
)
def test_what_we_made_is_removed_and_what_we_adopted_stays(
    policy: DeletionPolicy | None, memory: Any, removed: bool
) -> None:
    made = decisions(view(leaving(deletion_policy=policy), memory))["old"]
    assert bool(made.retained) is not removed
    assert (made.change is not None) is removed
    if made.change is not None:
        assert made.change.kind is ChangeKind.REMOVE
        assert made.change.fields == {Field.ENTRY}
        assert made.change.entry == entry()
        assert not made.change.needs_restart


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.SUSPEND])
def test_observe_and_suspend_remove_nothing(mode: Mode) -> None:
    """Case C13: deletion of an Observe object removes nothing."""
    made = decisions(view(leaving(mode=mode, deletion_policy=DeletionPolicy.REMOVE), OURS))
    assert f"mode was {mode}" in made["old"].retained
    assert made["old"].change is None


@pytest.mark.parametrize("policy", [None, DeletionPolicy.REMOVE])
def test_a_killed_registration_is_removed_if_it_was_not_there_before(
    policy: DeletionPolicy | None,
) -> None:
    """Only an entry that is new since the intent can be of its making (C21)."""
    for before, removed in (((), True), ((entry().reference,), False)):
        intent = Intent(ChangeKind.REGISTER, NOW, "ex1.litwareinc.com", before=before)
        made = decisions(view(leaving(deletion_policy=policy), intent=intent))["old"]
        assert (made.change is not None) is removed
        assert made.absent is not removed
        assert made.left == (() if removed else ("Lync",))


def test_an_object_that_registered_nothing_removes_nothing() -> None:
    """Content is for adopting, never for removing; even where deletionPolicy is Remove."""
    made = decisions(view(leaving(deletion_policy=DeletionPolicy.REMOVE)))["old"]
    assert made.change is None
    assert (made.absent, made.left) == (True, ("Lync",))


@pytest.mark.parametrize("product", [Product.EXCHANGE, Product.LYNC])
def test_anothers_entry_beside_or_in_place_of_ours_is_not_removed(product: Product) -> None:
    """C21: same identifier, realm and URL; ours is gone, the other one stays and is named."""
    partner = Product.LYNC if product is Product.EXCHANGE else Product.EXCHANGE
    ours = entry(partner, on=product)
    other = replace(ours, identity="microsoft.exchange", reference="microsoft.exchange")
    desired = application(partner, name="old", deleting=True)
    for entries, gone in (((ours, other), False), ((other,), True)):
        world = observed(product, (*STOCK, *entries))
        [made] = decide(
            CATALOG.rules[product], server(product), [view(desired, registered(ours))], world
        )
        assert made.absent is gone
        if gone:
            assert made.left == ("microsoft.exchange",)
        else:
            assert made.change is not None
            assert made.change.entry == ours


def test_a_name_that_was_given_again_for_somebody_else_is_not_removed_from_lync() -> None:
    """Lync has nothing but the name; so realm or URL must be as they were registered."""
    ours = entry(Product.EXCHANGE, on=Product.LYNC)
    desired = application(Product.EXCHANGE, name="old", deleting=True)
    cases: list[tuple[dict[str, Any], bool]] = [
        ({"realm": "contoso.com"}, True),
        ({"metadata_url": "https://contoso/autodiscover/metadata/json/1"}, True),
        ({"realm": "contoso.com", "metadata_url": "https://contoso/m"}, False),
        ({"application_identifier": "00000003-0000-0ff1-ce00-000000000000"}, False),
    ]
    for changes, removed in cases:
        world = observed(Product.LYNC, (replace(ours, **changes),))
        [made] = decide(
            CATALOG.rules[Product.LYNC],
            server(Product.LYNC),
            [view(desired, registered(ours))],
            world,
        )
        assert (made.change is not None) is removed, changes


@pytest.mark.parametrize("product", [Product.EXCHANGE, Product.LYNC])
def test_who_made_it_is_a_property_of_the_entry(product: Product) -> None:
    """C21's variant: somebody replaced ours under another name; it is adopted and stays when we go."""
    partner = Product.LYNC if product is Product.EXCHANGE else Product.EXCHANGE
    ours = entry(partner, on=product)
    other = replace(ours, identity="microsoft.exchange", reference="microsoft.exchange")
    [made] = decide(
        CATALOG.rules[product],
        server(product),
        [view(application(partner, name="old"), registered(ours))],
        observed(product, (*STOCK, other)),
    )
    assert made.entry == other
    assert not made.created_by_us
    assert made.change is None


def test_gone_is_proven_only_by_a_complete_read() -> None:
    absent = decisions(view(leaving(), OURS), entries=())["old"]
    assert absent.absent
    assert absent.change is None
    for entries in ((), (entry(),)):
        made = decisions(view(leaving(), OURS), entries=entries, incomplete="denied")["old"]
        assert (made.absent, made.change) == (False, None)
        assert made.blocker is not None
        assert made.blocker.reason is Reason.INCOMPLETE_READ


def test_removal_needs_neither_the_document_nor_the_partners_object() -> None:
    """A namespace goes with everything in it: the partner may be gone first."""
    blocker = Obstacle(Reason.PARTNER_NOT_FOUND, "no such partner", Next.HUMAN)
    made = decisions(view(leaving(), OURS, blocker), documents=[])["old"]
    assert made.change is not None
    assert made.change.kind is ChangeKind.REMOVE


def test_a_held_crowd_is_not_removed() -> None:
    blocker = Obstacle(Reason.DELETION_BLOCKED, "most objects go at once", Next.HUMAN)
    made = decisions(view(leaving(), OURS, blocker))["old"]
    assert made.change is None
    assert made.blocker == blocker


def test_of_several_entries_that_a_killed_registration_may_have_made_none_is_removed() -> None:
    twins = [entry(identity=name, reference=name) for name in ("east", "west")]
    intent = Intent(ChangeKind.REGISTER, NOW, "ex1.litwareinc.com")
    made = decisions(view(leaving(), intent=intent), entries=twins)["old"]
    assert made.change is None
    assert made.blocker is not None
    assert made.blocker.reason is Reason.DELETION_BLOCKED


def test_one_removal_is_enough_for_two_deleted_objects() -> None:
    made = decisions(
        view(leaving("a", created_at=OLD), OURS), view(leaving("b", created_at=YOUNG), OURS)
    )
    assert made["a"].change is not None
    assert made["b"].change is None
    assert made["b"].handed_over_to == made["a"].application


def test_the_registered_entry_is_removed_whatever_became_of_it() -> None:
    """Somebody changed URL and realm: it is still the entry that we made."""
    drifted = entry(metadata_url=None, realm="contoso.com")
    made = decisions(view(leaving(), OURS), entries=(drifted,))["old"]
    assert made.change is not None
    assert made.change.entry == drifted


def test_a_stranger_under_our_old_name_is_not_removed() -> None:
    stranger = replace(STOCK[1], reference=OURS.reference, identity=OURS.identity)
    made = decisions(view(leaving(), OURS), entries=(stranger,))["old"]
    assert made.change is None
    assert made.absent


def test_the_url_alone_makes_an_heir_where_nothing_is_registered_yet() -> None:
    made = decisions(view(leaving(url=LYNC_URL.upper())), view(application(name="new")), entries=())
    assert made["old"].handed_over_to is not None
    assert made["new"].change is not None
