"""When deletions are so many at once that they look like an accident (rule 13)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

FEWEST = 5
TOGETHER = timedelta(minutes=10)
"""Deletions within this time belong together."""


def is_crowd(mine: datetime, others: Collection[datetime], staying: int) -> bool:
    """Whether one deletion is one of five or more within ten minutes, and those are more than half of all.

    `others`: when the other objects were deleted, those included that have left. `staying`: how many are not
    deleted.
    """
    instants = [mine, *others]
    for first in instants:
        together = [instant for instant in instants if first <= instant <= first + TOGETHER]
        if not first <= mine <= first + TOGETHER or len(together) < FEWEST:
            continue
        if len(together) * 2 > staying + len(instants):
            return True
    return False
