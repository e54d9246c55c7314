"""Hosts that were decommissioned and still stand in spec.hosts."""

from __future__ import annotations

from datetime import timedelta

from partner_operator.trust.reasons import ConditionStatus, Reason
from support.engine.world import EXCHANGE_ON_LYNC, LYNC_HOSTS, converged

READY = (ConditionStatus.TRUE, Reason.SUCCEEDED)
OLD = "fe9.litwareinc.com"


def test_a_front_end_that_left_the_topology_is_not_waited_for_each_time() -> None:
    """It never reports; asking for replication in every pass, for a minute, would not bring it back."""
    world = converged()
    world.cluster.change_server("lync", hosts=(*LYNC_HOSTS, OLD))
    before = world.lync.counts["replicate"]
    for _ in range(3):
        world.clock.instant += timedelta(minutes=11)
        world.run_pass("lync")
    assert world.lync.counts["replicate"] == before
    assert world.cluster.ready(EXCHANGE_ON_LYNC) == READY


def test_the_machines_that_are_left_are_waited_for_all_the_same() -> None:
    """One of those lags behind: replication is asked for, and waited for."""
    world = converged()
    world.cluster.change_server("lync", hosts=(OLD, *LYNC_HOSTS))
    world.lync.unreachable.add(OLD)
    world.lync.running[LYNC_HOSTS[1]] = ()
    before = world.lync.counts["replicate"]
    world.clock.instant += timedelta(minutes=11)
    world.run_pass("lync")
    assert world.lync.counts["replicate"] == before + 1
    assert world.lync.running[LYNC_HOSTS[1]] == world.lync.model.entries
    assert world.cluster.ready(EXCHANGE_ON_LYNC) == READY
