"""When deletions are so many at once that they look like an accident (rule 13)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection
from datetime import datetime, timedelta

FEWEST = 5
TOGETHER = timedelta(minutes=10)
"""Deletions within this time belong together."""


class Crowd:
    """Deletions of which each is one of five or more within ten minutes, when those are more than half of all."""

    def __init__(self, deleted_at: Collection[datetime], staying: int) -> None:
        """`deleted_at`: when objects were deleted, those included that have left. `staying`: how many are not."""
        instants = sorted(deleted_at)
        self._begins = [
            first
            for place, first in enumerate(instants)
            if _is_crowd(bisect_right(instants, first + TOGETHER) - place, len(instants), staying)
        ]

    def has(self, deleted_at: datetime) -> bool:
        """Whether the deletion of that time belongs to it."""
        place = bisect_right(self._begins, deleted_at)
        return place > 0 and deleted_at <= self._begins[place - 1] + TOGETHER


def _is_crowd(together: int, all_of_them: int, staying: int) -> bool:
    return together >= FEWEST and together * 2 > staying + all_of_them
