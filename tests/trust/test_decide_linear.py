"""Deciding costs as much as there is: twice the applications and entries are about twice the work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from partner_operator.catalog import CATALOG
from partner_operator.trust.decide import decide
from partner_operator.trust.model import (
    DeletionPolicy,
    DocumentReading,
    Entry,
    EntryKind,
    Observed,
    Product,
)
from partner_operator.trust.plan import ApplicationView, Decision
from support.trust import worlds
from support.trust.worlds import NOW, application, metadata, reading, registered, server, view
from support.work import growth

SIZES = (250, 500, 1000)
FEWER = (60, 120, 240)
MOST = 2.3
"""Times, for twice the number."""
PARTNERS = {
    Product.EXCHANGE: Product.LYNC,
    Product.LYNC: Product.EXCHANGE,
    Product.SHAREPOINT: Product.LYNC,
}


def url(number: int) -> str:
    """A partner's address."""
    return f"https://pool-{number}.litwareinc.com/metadata/json/1"


def entry_of(number: int, on: Product, realm: str) -> Entry:
    """What stands there for a partner."""
    return worlds.entry(
        PARTNERS[on],
        on,
        reference=f"CN=p{number}",
        identity=f"p{number}",
        metadata_url=url(number),
        realm=realm,
    )


def seen(on: Product, entries: list[Entry], documents: list[DocumentReading]) -> Observed:
    """What was read of all that."""
    stock = worlds.STOCK if on is Product.EXCHANGE else ()
    return worlds.observed(on, (*stock, *entries), documents)


Case = tuple[list[ApplicationView], Observed]


def as_declared(count: int, on: Product) -> Case:
    """All stand there and are remembered."""
    return _mixed(count, on, absent=0)


def half_are_new(count: int, on: Product) -> Case:
    """Every other one is not there yet, and strangers are."""
    return _mixed(count, on, absent=2)


def all_are_new(count: int, on: Product) -> Case:
    """None is there yet."""
    return _mixed(count, on, absent=1)


def one_realm(count: int, on: Product) -> Case:
    """All partners are of one realm, and nothing is remembered."""
    views, observed = _mixed(count, on, absent=0, realm="litwareinc.com")
    return [replace(each, status=view().status) for each in views], observed


def half_go(count: int, on: Product) -> Case:
    """Every other one is deleted, and each has an heir or has none."""
    views, observed = _mixed(count, on, absent=0)
    going = []
    for number, each in enumerate(views):
        desired = replace(each.desired, deleting=True, deletion_policy=DeletionPolicy.REMOVE)
        going.append(replace(each, desired=desired) if number % 2 else each)
        if number % 4 == 1:
            name = f"heir-{number}"
            heir = replace(each.desired, key=application(name=name).key)
            going.append(replace(each, desired=heir, status=view().status))
    return going, observed


def turned(count: int, on: Product) -> Case:
    """A hybrid set-up made all entries get their tokens elsewhere, and the server warns about some."""
    views, observed = _mixed(count, on, absent=0)
    entries = [
        replace(each, kind=EntryKind.TOKEN_SERVER, metadata_url="") for each in observed.entries
    ]
    return views, replace(observed, entries=tuple(entries))


def behind(count: int, on: Product) -> Case:
    """Applications behind one token server, each with an entry of its own."""
    views, entries = [], []
    for number in range(count):
        realm = f"realm-{number}"
        views.append(view(worlds.hr(f"a{number}", realm=realm, identity=f"p{number}")))
        stored = entry_of(number, on, realm)
        entries.append(
            replace(
                stored,
                kind=EntryKind.TOKEN_SERVER,
                application_identifier=worlds.HR,
                metadata_url="",
            )
        )
    return views, seen(on, entries, [worlds.sts()])


def _mixed(count: int, on: Product, absent: int, realm: str = "") -> Case:
    views, entries, documents = [], [], []
    for number in range(count):
        own = realm or f"realm-{number}"
        desired = application(
            PARTNERS[on],
            f"a{number}",
            url(number),
            identity=f"p{number}",
            created_at=NOW - timedelta(days=9, seconds=number),
        )
        documents.append(reading(PARTNERS[on], url(number), realm=own))
        stored = entry_of(number, on, own)
        if absent and number % absent == 0:
            views.append(view(desired))
            stranger = replace(stored, metadata_url=f"{url(number)}/old", realm=f"old-{number}")
            entries.append(replace(stranger, identity=f"s{number}", reference=f"CN=s{number}"))
        else:
            views.append(view(desired, registered(stored)))
            entries.append(stored)
    own_document = DocumentReading(worlds.URLS[on], metadata(on))
    return views, seen(on, entries, [own_document, *documents])


CASES = [as_declared, half_are_new, all_are_new, one_realm, half_go, turned]


@pytest.mark.parametrize("on", list(Product))
@pytest.mark.parametrize("case", CASES)
def test_twice_the_applications_are_about_twice_the_work(
    case: Callable[[int, Product], Case], on: Product
) -> None:
    def deciding(count: int) -> Callable[[], tuple[Decision, ...]]:
        views, observed = case(count, on)
        return lambda: decide(CATALOG.rules[on], server(on), views, observed)

    assert max(growth(deciding, SIZES if case is as_declared else FEWER)) <= MOST


@pytest.mark.parametrize("on", [Product.EXCHANGE, Product.LYNC])
def test_so_are_those_behind_a_token_server(on: Product) -> None:
    def deciding(count: int) -> Callable[[], tuple[Decision, ...]]:
        views, observed = behind(count, on)
        return lambda: decide(CATALOG.rules[on], server(on), views, observed)

    assert max(growth(deciding, FEWER)) <= MOST
