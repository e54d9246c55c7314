"""A crowd of deletions is told by counting, and each deletion is asked about once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from partner_operator.trust.removal import FEWEST, TOGETHER, Crowd
from support.proof import examples
from support.trust.worlds import NOW

INSTANTS = st.lists(st.integers(0, 25).map(lambda m: NOW + timedelta(minutes=m)), max_size=14)


def is_crowd(mine: datetime, instants: Sequence[datetime], staying: int) -> bool:
    """The rule as it is said: some ten minutes with `mine` in them have five or more, and most of all."""
    for first in instants:
        together = [instant for instant in instants if first <= instant <= first + TOGETHER]
        enough = len(together) >= FEWEST and len(together) * 2 > staying + len(instants)
        if enough and first <= mine <= first + TOGETHER:
            return True
    return False


@settings(max_examples=examples(300), deadline=None)
@given(INSTANTS, st.integers(0, 9))
def test_a_deletion_is_of_a_crowd_where_the_rule_says_so(
    instants: list[datetime], staying: int
) -> None:
    crowd = Crowd(instants, staying)
    for mine in instants:
        assert crowd.has(mine) == is_crowd(mine, instants, staying)
