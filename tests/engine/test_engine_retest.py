"""A test is not repeated because instants in whole seconds cannot tell before from after."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from partner_operator.trust.conditions import find
from partner_operator.trust.reasons import ConditionType
from support.engine.world import EXCHANGE_ON_LYNC, LYNC_ON_EXCHANGE, converged


@pytest.mark.parametrize(("seconds_before", "tests"), [(0, 0), (1, 0), (30, 1)])
def test_only_a_change_that_is_clearly_later_asks_for_a_test(
    seconds_before: int, tests: int
) -> None:
    """The test began so many seconds before the partner's change was active."""
    world = converged()
    activated = find(world.cluster.status(LYNC_ON_EXCHANGE).conditions, ConditionType.ACTIVATED)
    mine = world.cluster.status(EXCHANGE_ON_LYNC)
    assert activated is not None
    assert mine.connectivity is not None
    assert mine.registration is not None
    tested = activated.last_transition - timedelta(seconds=seconds_before)
    uid = world.cluster.applications[EXCHANGE_ON_LYNC].key.uid
    world.cluster.statuses[uid] = replace(
        mine,
        connectivity=replace(mine.connectivity, last_tested_at=tested),
        registration=replace(mine.registration, last_changed_at=None),
    )
    before = world.lync.counts["test"]
    world.run_pass("lync")
    assert world.lync.counts["test"] - before == tests
