"""The engine in an unkind world, judged by what must never happen and by how all ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.engine import axes as engine_axes
from support.engine.people import CHAPTERS, Chapter
from support.proof import LONG

chapters = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.id)


def _nothing_wrong(played: Iterator[tuple[str, list[str]]]) -> None:
    wrong = [f"{label}: {fault}" for label, faults in played for fault in faults]
    assert not wrong, "\n".join([f"{len(wrong)} faults", *wrong[:40]])


@chapters
def test_what_the_api_server_refuses_for_good_harms_nobody(chapter: Chapter) -> None:
    _nothing_wrong(engine_axes.refused(chapter))


@chapters
def test_what_people_do_during_a_slow_run_is_heard(chapter: Chapter) -> None:
    _nothing_wrong(engine_axes.slow(chapter, CHAPTERS.index(chapter)))


@chapters
def test_hosts_are_judged_by_their_own_clocks(chapter: Chapter) -> None:
    """C25."""
    _nothing_wrong(engine_axes.skewed(chapter))


@chapters
def test_two_operators_do_nothing_twice(chapter: Chapter) -> None:
    """C30: without a Lease, as when a paused process wakes up after it lost it."""
    _nothing_wrong(engine_axes.two(chapter, range(200) if LONG else [CHAPTERS.index(chapter)]))
