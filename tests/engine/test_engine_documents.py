"""Partners whose documents take all their time: they come last, and keep nobody else from being known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_operator.engine.documents import DEAD_TOGETHER, REST, SLOW, Fetched, in_turn, learnt
from partner_operator.products.documents import (
    ALL_DOCUMENTS_SECONDS,
    DOCUMENT_SECONDS,
    FetchedDocument,
)
from partner_operator.products.parts import NOT_ASKED, Part, Reading
from partner_operator.trust.conditions import find
from partner_operator.trust.model import DocumentFault, DocumentReading, Observed, Product
from partner_operator.trust.reasons import ConditionStatus, ConditionType
from support.engine.world import World, crowd
from support.trust import worlds

GOOD = worlds.metadata(Product.LYNC)
COUNT = 12


def good(url: str, seconds: float = 0.0) -> DocumentReading:
    """A document that came."""
    return DocumentReading(url, document=GOOD, seconds=seconds)


def dead(url: str, seconds: float = 20.0) -> DocumentReading:
    """One that did not."""
    return DocumentReading(url, fault=DocumentFault.UNREACHABLE, detail="late", seconds=seconds)


def test_quick_ones_go_first_then_new_ones_then_slow_ones_then_dead_ones() -> None:
    known = {
        "dead": Fetched(dead("dead"), 0.0),
        "slower": Fetched(good("slower", 19.0), 0.0),
        "slow": Fetched(good("slow", SLOW), 0.0),
        "refused": Fetched(dead("refused", 0.0), 0.0),
        "quick": Fetched(good("quick"), 0.0),
    }
    urls = ("dead", "new", "slower", "slow", "refused", "quick")
    found = in_turn(urls, known, (), REST)
    assert found.urls == ("refused", "quick", "new", "slow", "slower", "dead")
    assert found.resting == {}


def test_dead_ones_share_a_time_and_those_that_waited_longest_go_first() -> None:
    known = {f"d{number}": Fetched(dead(f"d{number}"), float(number)) for number in range(5)}
    found = in_turn(tuple(reversed(known)), known, (), 100.0)
    assert found.urls == ("d0", "d1")
    assert found.resting == {name: known[name].reading for name in ("d2", "d3", "d4")}


def test_a_dead_one_rests_between_a_change_and_its_read_back_unless_a_human_asks() -> None:
    known = {"a": Fetched(dead("a"), 50.0)}
    assert in_turn(("a",), known, (), 50.0 + REST - 1).urls == ()
    assert in_turn(("a",), known, (), 50.0 + REST).urls == ("a",)
    assert in_turn(("a",), known, ("a",), 51.0).urls == ("a",)


def test_one_that_takes_longer_than_all_may_together_is_asked_for_all_the_same() -> None:
    known = {"a": Fetched(dead("a", DEAD_TOGETHER + 1), 0.0), "b": Fetched(dead("b"), 1.0)}
    assert in_turn(("a", "b"), known, (), 100.0).urls == ("a",)


@given(
    st.lists(st.tuples(st.floats(0, 60), st.booleans(), st.floats(0, 1000)), max_size=30),
    st.sets(st.integers(0, 40)),
)
def test_each_document_is_asked_for_or_rests_and_only_a_fault_is_told_again(
    rows: list[tuple[float, bool, float]], asked: set[int]
) -> None:
    known = {
        str(number): Fetched((good if came else dead)(str(number), seconds), at)
        for number, (seconds, came, at) in enumerate(rows)
    }
    urls = tuple(str(number) for number in range(len(rows) + 5))
    wanted = {str(number) for number in asked}
    found = in_turn(urls, known, wanted, 1000.0)
    assert sorted((*found.urls, *found.resting)) == sorted(urls)
    assert not wanted & set(found.resting)
    assert all(reading.document is None for reading in found.resting.values())
    late = [known[url].seconds for url in found.urls if url in known and known[url].dead]
    unasked = [url for url in found.urls if url not in wanted]
    assert unasked == sorted(unasked, key=lambda url: url in known and known[url].dead)
    if not wanted:
        assert sum(late) <= DEAD_TOGETHER or len(late) == 1


def test_what_was_not_asked_for_is_remembered_as_it_was() -> None:
    old = Fetched(dead("a"), 1.0)
    seen = worlds.observed(documents=[good("b"), DocumentReading("a", detail=NOT_ASKED)])
    after = learnt({"a": old, "gone": old}, ("a", "b", "c"), seen, 9.0)
    assert after == {"a": old, "b": Fetched(good("b"), 9.0)}


@dataclass
class Slow:
    """Exchange, some of whose partners take all their time; its script stops asking when its time is over."""

    world: World
    dead: set[str]
    takes: float = 0.1
    spent: list[float] = field(default_factory=list)
    """Seconds of each run."""
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Stand in front of the organisation."""
        there = self.world.exchange
        plain = there.observe

        async def observe(
            server: Any, credentials: Any, host: str, urls: Sequence[str], controller: str | None
        ) -> Observed:
            seen = await plain(server, credentials, host, urls, controller)

            async def ask(left: Sequence[str], after: str, seconds: int) -> Part:
                return Part(organization="o", entries=[], documents=self.run(left, seconds))

            async def fetch(left: Sequence[str], seconds: int) -> list[FetchedDocument]:
                return self.run(left, seconds)

            reading = Reading(urls, ask, fetch, lambda: False)
            told = await reading.whole()
            documents = {
                each.url: replace(
                    dead(each.url) if each.url in self.dead else seen.documents[each.url],
                    seconds=float(each.seconds),
                )
                for each in told.documents
            }
            return reading.applied(replace(seen, documents=documents))

        there.observe = observe  # type: ignore[method-assign]

    def run(self, urls: Sequence[str], seconds: int) -> list[FetchedDocument]:
        """As Get-Documents does."""
        found, spent = list[FetchedDocument](), 0.0
        for url in urls:
            if spent >= seconds:
                break
            took = DOCUMENT_SECONDS if url in self.dead else self.takes
            spent += took
            self.asked.append(url)
            found.append(
                FetchedDocument(
                    url=url, status=0, type="", body="", fault="", detail="", seconds=int(took)
                )
            )
        self.world.clock.instant += timedelta(seconds=int(spent))
        self.spent.append(spent)
        return found


def url_of(number: int) -> str:
    return f"https://pool-{number}.litwareinc.com/metadata/json/1"


def slow_world(count: int) -> tuple[World, list[str], Slow]:
    """Twelve partners that Exchange trusts, and the first of them are dead from now on; the operator starts anew."""
    world = World()
    names = crowd(world, COUNT)
    world.memories = {}
    return world, names, Slow(world, {url_of(number) for number in range(count)})


def readable(world: World, name: str) -> ConditionStatus:
    found = find(world.cluster.status(name).conditions, ConditionType.METADATA_VALID)
    assert found is not None
    return found.status


@pytest.mark.parametrize("count", [1, 5, 9])
def test_dead_partners_keep_no_living_one_from_being_known_in_the_first_pass(count: int) -> None:
    """Five of them take the time of a whole run."""
    world, names, there = slow_world(count)
    world.run_pass("exchange")
    assert [readable(world, name) for name in names[count:]] == [ConditionStatus.TRUE] * (
        COUNT - count
    )
    assert {readable(world, name) for name in names[:count]} == {ConditionStatus.UNKNOWN}
    assert max(there.spent) < ALL_DOCUMENTS_SECONDS + DOCUMENT_SECONDS


def test_more_dead_partners_than_a_read_has_time_for_are_passed_in_the_second_pass() -> None:
    world, names, _ = slow_world(COUNT - 1)
    world.run_pass("exchange")
    world.run_when_due("exchange")
    assert readable(world, names[-1]) is ConditionStatus.TRUE


def test_dead_partners_take_little_of_each_later_pass_and_each_has_its_turn() -> None:
    """One that comes back is seen by a later pass, without anybody's doing."""
    world, names, there = slow_world(5)
    world.run_pass("exchange")
    for _ in range(3):
        there.spent.clear()
        there.asked.clear()
        world.clock.instant += timedelta(seconds=REST)
        told = {name: world.cluster.status(name).conditions for name in names[:5]}
        world.run_when_due("exchange")
        assert sum(there.spent) <= DEAD_TOGETHER + 5
        assert there.asked[-1] in there.dead
        assert told == {name: world.cluster.status(name).conditions for name in names[:5]}
        assert {readable(world, name) for name in names[5:]} == {ConditionStatus.TRUE}
    there.dead.clear()
    for _ in range(3):
        world.clock.instant += timedelta(seconds=REST)
        world.run_when_due("exchange")
    assert {readable(world, name) for name in names} == {ConditionStatus.TRUE}


def test_living_partners_that_are_too_slow_for_one_read_come_by_turns() -> None:
    """A read has time for ten of them. Nobody is left out by two passes one after the other."""
    world, names, there = slow_world(0)
    there.takes = 19.0
    left_out = set[str]()
    for _ in range(5):
        world.clock.instant += timedelta(seconds=REST)
        world.run_when_due("exchange")
        before, left_out = (
            left_out,
            {name for name in names if readable(world, name) is not ConditionStatus.TRUE},
        )
        assert len(left_out) == 2
        assert not before & left_out
