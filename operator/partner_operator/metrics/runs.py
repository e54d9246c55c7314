"""Remote runs, counted by what became of them and how long they took."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from partner_operator.products.remote import Runner
from partner_operator.winrm import Answer, Endpoint, RemoteRequest, RemoteRunError

SUCCEEDED: Final = "Succeeded"
BUCKETS: Final = (0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 60.0, 120.0, 240.0, 400.0)
"""Seconds. A PowerShell takes one or two to begin, and no run lives longer than the last."""

Labels = tuple[str, str, str]
"""Product, operation, outcome."""


@dataclass(slots=True)
class Durations:
    """How many runs of one kind took how long."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    """One number for each bucket, and one for what took longer."""
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """One more run."""
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.seconds += seconds

    def cumulative(self) -> list[tuple[str, float]]:
        """Upper bounds and how many runs took no longer, as Prometheus has them."""
        bounds = [*map(str, BUCKETS), "+Inf"]
        return list(zip(bounds, map(float, accumulate(self.counts)), strict=True))


@dataclass(slots=True)
class Runs:
    """All remote runs of this process."""

    under_way: int = 0
    _by_labels: dict[Labels, Durations] = field(default_factory=dict)

    def __iter__(self) -> Iterator[tuple[Labels, Durations]]:
        """What was counted so far."""
        return iter(self._by_labels.items())

    def measured(self, runner: Runner) -> Runner:
        """The same runner; its runs are counted. What never began is none."""

        async def run(endpoint: Endpoint, request: RemoteRequest) -> Answer:
            began = time.monotonic()
            self.under_way += 1
            try:
                answer = await runner(endpoint, request)
            except RemoteRunError as error:
                self._add(request, type(error).__name__, time.monotonic() - began)
                raise
            finally:
                self.under_way -= 1
            self._add(request, SUCCEEDED, time.monotonic() - began)
            return answer

        return run

    def _add(self, request: RemoteRequest, outcome: str, seconds: float) -> None:
        labels = request.product, request.operation, outcome
        self._by_labels.setdefault(labels, Durations()).add(seconds)
