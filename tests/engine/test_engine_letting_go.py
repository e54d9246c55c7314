"""The finalizer is the memory of an entry: it stays as long as the entry does, and only the right word takes it off."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.trust.model import DeletionPolicy, Mode, Product
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind
from support.engine.field import FieldOrganisation
from support.engine.people import PRODUCTS, delete, object_on, organisation
from support.engine.stage import Step
from support.engine.theatre import Theatre

MINUTES = timedelta(minutes=10)


def _settled() -> Theatre:
    theatre = Theatre()
    theatre.declare()
    theatre.call("a")
    theatre.play(timedelta(hours=1), theatre.all_ready)
    theatre.play(MINUTES)
    return theatre


def _refuses(there: FieldOrganisation) -> None:
    """Every removal throws, and nothing is done."""

    async def refuse(*_: object, **__: object) -> None:
        raise OperationFailed(Reason.REMOTE_ERROR, "Access is denied.")

    there.apply = refuse  # type: ignore[method-assign]  # the server says no


def _pretends(there: FieldOrganisation) -> None:
    """Every removal says that it is done, and nothing is done."""

    async def pretend(*_: object, **__: object) -> None:
        return None

    there.apply = pretend  # type: ignore[method-assign]  # the server lies


def _cannot_prove(there: FieldOrganisation) -> None:
    there.incomplete = "a domain did not answer"


def _is_away(there: FieldOrganisation) -> None:
    there.unreachable |= set(there.hosts)


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("obstacle", [_refuses, _pretends, _cannot_prove, _is_away])
def test_an_object_stays_while_its_entry_is_there(product: Product, obstacle: object) -> None:
    theatre = _settled()
    there = organisation(theatre, product)
    obstacle(there)  # type: ignore[operator]  # one of the functions above
    delete(theatre, product)
    for _ in range(6):
        theatre.play(MINUTES)
        assert object_on(product) in theatre.cluster.applications
    assert there.model.entries
    theatre.close()


@pytest.mark.parametrize("product", PRODUCTS)
def test_an_object_stays_while_its_removal_settles(product: Product) -> None:
    theatre = _settled()
    delete(theatre, product)
    theatre.play(timedelta(seconds=29))
    assert object_on(product) in theatre.cluster.applications
    assert organisation(theatre, product).model.entries
    theatre.play(MINUTES)
    assert object_on(product) not in theatre.cluster.applications
    assert not organisation(theatre, product).model.entries
    theatre.close()


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("value", ["", "yes", "true", "uid", "uid-", "another"])
def test_only_the_objects_own_uid_releases_it(product: Product, value: str) -> None:
    """A value that was copied from another object, or from a manual, leaves no entry behind."""
    theatre = _settled()
    name, there = object_on(product), organisation(theatre, product)
    other = next(found for found in theatre.cluster.applications if found != name)
    words = {"another": theatre.cluster.applications[other].key.uid}
    theatre.cluster.change(name, release_requested=words.get(value, value))
    delete(theatre, product)
    theatre.play(MINUTES)
    assert name not in theatre.cluster.applications
    assert not there.model.entries
    assert not theatre.cluster.told(Reason.RELEASED)
    theatre.close()


@pytest.mark.parametrize("product", PRODUCTS)
def test_the_objects_own_uid_releases_it_and_touches_nothing(product: Product) -> None:
    theatre = _settled()
    name, there = object_on(product), organisation(theatre, product)
    entries, removals = there.model.entries, []

    def remember(step: Step) -> None:
        if step.what == f"apply {ChangeKind.REMOVE}":
            removals.append(step)

    theatre.stage.before.append(remember)
    delete(theatre, product)
    found = theatre.cluster.applications[name]
    theatre.cluster.applications[name] = replace(found, release_requested=found.key.uid)
    theatre.hear()
    theatre.play(MINUTES)
    assert name not in theatre.cluster.applications
    assert there.model.entries == entries
    assert not removals
    theatre.close()


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mode": Mode.SUSPEND}, "mode was Suspend"),
        ({"mode": Mode.OBSERVE}, "mode was Observe"),
        ({"deletion_policy": DeletionPolicy.RETAIN}, "deletionPolicy is Retain"),
        (
            {"mode": Mode.SUSPEND, "deletion_policy": DeletionPolicy.RETAIN},
            "deletionPolicy is Retain",
        ),
    ],
)
def test_what_stays_says_why(product: Product, changes: dict[str, object], words: str) -> None:
    """C42: each cause has a text of its own; what this object made is never called somebody else's."""
    theatre = _settled()
    name = object_on(product)
    theatre.cluster.change(name, **changes)
    theatre.hear()
    theatre.play(MINUTES)
    delete(theatre, product)
    theatre.play(3 * MINUTES)
    assert name not in theatre.cluster.applications
    [told] = theatre.cluster.told(Reason.RETAINED)
    assert words in told
    assert "not made by" not in told
    assert organisation(theatre, product).model.entries
