"""Each place of a good answer spoilt in every way: the same meaning, or a failure with a name.

Never a crash, never a plan that registers, recreates or removes, and never absence taken for proven.
"""

from __future__ import annotations

import copy
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partner_operator.engine.ports import OperationFailed
from partner_operator.trust.model import Product
from partner_operator.trust.plan import Decision
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind
from support.liars.answers import SHAPES, Place, at, places, spoilt
from support.liars.judge import GOOD, judge_of, judged, look

NAMED = frozenset({Reason.CONTRACT_VIOLATED, Reason.WRONG_PRODUCT})


@pytest.mark.parametrize("product", list(GOOD))
async def test_the_good_answers_are_good(product: Product) -> None:
    """Nothing to change for the one, the one entry to remove for the other: else the rest proves nothing."""
    seen = await look(product, GOOD[product])
    assert seen.incomplete is None
    stays, leaves = (await judge_of(product))(seen)
    assert (stays.change, stays.blocker, stays.absent) == (None, None, False)
    assert leaves.change is not None
    assert (leaves.change.kind, leaves.absent) == (ChangeKind.REMOVE, False)


OTHER_TRUTHS = [
    (Product.EXCHANGE, ("entries", 0), "dropped"),
    (Product.EXCHANGE, ("entries", 0, "useAuthServer"), "True"),
    (Product.EXCHANGE, ("entries", 0, "applicationIdentifier"), "'ä'"),
    (Product.EXCHANGE, ("entries", 0, "applicationIdentifier"), "'True'"),
    (Product.LYNC, ("entries",), "[]"),
    (Product.LYNC, ("entries", 0), "dropped"),
    (Product.LYNC, ("entries", 0, "useAuthServer"), "True"),
    (Product.LYNC, ("entries", 0, "applicationIdentifier"), "'ä'"),
    (Product.LYNC, ("entries", 0, "applicationIdentifier"), "'True'"),
    (Product.LYNC, ("entries", 0, "realm"), "'ä'"),
    (Product.LYNC, ("entries", 0, "realm"), "'True'"),
    (Product.SHAREPOINT, ("entries",), "[]"),
    (Product.SHAREPOINT, ("entries", 0), "dropped"),
    (Product.SHAREPOINT, ("entries", 0, "issuer"), "'ä'"),
    (Product.SHAREPOINT, ("entries", 0, "issuer"), "'True'"),
]
"""Good answers about another state: that the entry is gone, or is now somebody else's, as an administrator
could have made it. The scripts look for themselves before they change anything (test_liars_to_the_end)."""


async def test_no_spoilt_place_crashes_or_leads_to_a_change_that_is_not_a_repair() -> None:
    """Some 2700 answers: refused with a name, or believed and then at most an update of the one entry."""
    believed = refused = 0
    for product, good in GOOD.items():
        judge = await judge_of(product)
        for place in places(good):
            for name, data in spoilt(good, place):
                told = (product, place, name)
                seen = await judged(product, data)
                if isinstance(seen, OperationFailed):
                    assert seen.obstacle.reason in NAMED, told
                    assert not seen.outcome_unknown, told
                    refused += 1
                    continue
                believed += 1
                if told not in OTHER_TRUTHS:
                    harmless(judge(seen), told)
    assert believed > 400
    assert refused > 2000


def harmless(decisions: tuple[Decision, Decision], told: object) -> None:
    """At most a repair of the entry that is there; nothing is taken for gone."""
    stays, leaves = decisions
    assert not stays.absent, told
    assert not leaves.absent, told
    assert stays.change is None or stays.change.kind is ChangeKind.UPDATE, told
    assert leaves.change is None or leaves.change.kind is ChangeKind.REMOVE, told


@pytest.mark.parametrize(("product", "place", "name"), OTHER_TRUTHS)
async def test_each_exception_is_one(product: Product, place: Place, name: str) -> None:
    """None stands in the list for nothing."""
    [data] = [data for called, data in spoilt(GOOD[product], place) if called == name]
    stays, leaves = (await judge_of(product))(await look(product, data))
    kinds = {None if stays.change is None else stays.change.kind}
    assert leaves.absent or kinds & {ChangeKind.REGISTER, ChangeKind.RECREATE}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("product", list(GOOD))
async def test_an_object_that_became_text_is_only_ever_a_name(product: Product, shape: str) -> None:
    """Names are chosen by people. Everywhere else such a text is refused, or kept out of every decision."""
    good, judge = GOOD[product], await judge_of(product)
    for place in places(good):
        if not isinstance(at(good, place), str):
            continue
        [data] = [data for called, data in spoilt(good, place) if called == repr(shape)]
        seen = await judged(product, data)
        if isinstance(seen, OperationFailed):
            assert seen.obstacle.reason in NAMED
            continue
        stays, _ = judge(seen)
        if stays.change is not None:
            allowed = {"name", "reference", "roles", "trustLevel", "account"}
            assert allowed & set(place), (place, stays.change)


SOMETHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["value", "Count", "fqdn", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=400, deadline=None)
@given(st.data())
@pytest.mark.parametrize("product", list(GOOD))
async def test_anything_anywhere_is_understood_or_refused_by_name(
    product: Product, data: st.DataObject
) -> None:
    """No KeyError, TypeError or the like reaches the engine, whatever stands in one or two places."""
    good = GOOD[product]
    answer = copy.deepcopy(good)
    for place in data.draw(st.lists(st.sampled_from(list(places(good))), min_size=1, max_size=2)):
        *way, last = place
        with suppress(KeyError, IndexError, TypeError):
            around = at(answer, tuple(way))
            # Where the first draw put an object, a number is no place in it: names of JSON are texts.
            if isinstance(around, list) == isinstance(last, int):
                around[last] = data.draw(SOMETHING)
    seen = await judged(product, answer)
    if isinstance(seen, OperationFailed):
        assert seen.obstacle.reason in NAMED
    else:
        (await judge_of(product))(seen)
