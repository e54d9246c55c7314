"""In which order a server is asked for documents, so that slow partners keep nobody else waiting."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from partner_operator.trust.model import DocumentReading, Observed

SLOW = 5.0
"""Seconds. A document that takes longer is asked for after the others."""
DEAD_TOGETHER = 40.0
"""Seconds for documents that took long and did not come, in one read: all others wait that long."""
REST = 60.0
"""Seconds until such a document is asked for again: a read-back follows its change, and brings nothing new of it."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """How it went when a document was asked for last."""

    reading: DocumentReading
    at: float
    """Monotonic seconds."""

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.reading.seconds or 0.0

    @property
    def slow(self) -> bool:
        """Whether others go first."""
        return self.seconds >= SLOW

    @property
    def dead(self) -> bool:
        """Whether it took its time for nothing."""
        return self.slow and self.reading.document is None


@dataclass(frozen=True, slots=True)
class Round:
    """What is asked for in one read."""

    urls: tuple[str, ...]
    resting: Mapping[str, DocumentReading]
    """What is not, with what became of it last. Nothing is ever done on the strength of a fault."""

    def completed(self, observed: Observed) -> Observed:
        """What was observed, with what is known of the documents that were not asked for."""
        return replace(observed, documents={**self.resting, **observed.documents})


def in_turn(
    urls: Sequence[str], known: Mapping[str, Fetched], asked: Collection[str], now: float
) -> Round:
    """Quick ones first, then those that nobody knows, then slow ones in turn, and last some of the dead ones in turn.

    `asked`: those that a human asks for, whatever is known of them. `now`: monotonic seconds.
    """
    last = {url: known[url] for url in urls if url in known and url not in asked}
    dead = sorted((url for url in last if last[url].dead), key=lambda url: last[url].at)
    awake = [url for url in dead if now - last[url].at >= REST]
    before = accumulate((last[url].seconds for url in awake), initial=0.0)
    due = [
        url
        for url, spent in zip(awake, before, strict=False)
        if spent + last[url].seconds <= DEAD_TOGETHER or not spent
    ]
    alive = sorted((url for url in urls if url not in dead), key=lambda url: _rank(last.get(url)))
    return Round((*alive, *due), {url: last[url].reading for url in dead if url not in due})


def _rank(last: Fetched | None) -> tuple[int, float, float]:
    if last is None:
        return 1, 0.0, 0.0
    # Those first that waited longest: a read may have no time for all.
    return (2, last.at, last.seconds) if last.slow else (0, 0.0, 0.0)


def learnt(
    known: Mapping[str, Fetched], urls: Sequence[str], observed: Observed, now: float
) -> dict[str, Fetched]:
    """What is known of these documents after a read."""
    newer = {
        url: Fetched(reading, now)
        for url, reading in observed.documents.items()
        if reading.seconds is not None
    }
    return {url: found for url in urls if (found := newer.get(url) or known.get(url)) is not None}
