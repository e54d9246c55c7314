"""While a read is not proven whole, hosts are neither restarted nor told to replicate."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from partner_operator.trust.conditions import find
from partner_operator.trust.model import Product, RestartRules
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from support.engine.world import (
    EXCHANGE_ON_LYNC,
    LYNC_HOSTS,
    LYNC_ON_EXCHANGE,
    World,
    converged,
)

DOUBTED = (ConditionStatus.FALSE, Reason.INCOMPLETE_READ)
WHY = "The organisation that answered has no Exchange server ex1."


def activated(world: World, name: str) -> tuple[ConditionStatus, Reason, str]:
    """The Activated condition of an application."""
    found = find(world.cluster.status(name).conditions, ConditionType.ACTIVATED)
    assert found is not None
    return found.status, found.reason, found.message


def due(world: World, server: str) -> None:
    """The next pass at its resync."""
    world.clock.instant += world.cluster.servers[server].interval + timedelta(minutes=1)
    world.run_pass(server)


def test_a_restart_waits_until_it_is_known_who_answers() -> None:
    """The change was made and read back; then the answers become doubtful before the restart."""
    world = converged()
    before = world.exchange.restarts.total()
    world.roll(Product.LYNC, "CD" * 20)
    world.cluster.change_server("exchange", restart=world.rules)
    world.exchange.incomplete = WHY
    entry = world.exchange.model.entries
    for _ in range(3):
        due(world, "exchange")
    assert world.exchange.model.entries == entry
    assert world.exchange.restarts.total() == before
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (
        ConditionStatus.FALSE,
        Reason.INCOMPLETE_READ,
    )
    world.exchange.incomplete = None
    world.settle()
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (ConditionStatus.TRUE, Reason.SUCCEEDED)
    assert world.exchange.restarts.total() > before


def test_a_pending_restart_waits_too() -> None:
    """The requirement is raised, and no host is restarted before a whole read."""
    world = World()
    world.declare()
    world.cluster.change_server("exchange", restart=waiting(world))
    world.run_round()
    assert world.exchange.changes > 0
    assert world.exchange.restarts.total() == 0
    world.exchange.incomplete = WHY
    world.cluster.change_server("exchange", restart=world.rules)
    for _ in range(2):
        due(world, "exchange")
    assert world.exchange.restarts.total() == 0
    assert activated(world, LYNC_ON_EXCHANGE)[0] is not ConditionStatus.TRUE
    assert world.cluster.server_ready("exchange") == DOUBTED
    world.exchange.incomplete = None
    due(world, "exchange")
    assert world.exchange.restarts.total() == len(world.exchange.hosts)


def waiting(world: World) -> RestartRules:
    """Restart rules that let nothing be restarted for an hour."""
    return replace(world.rules, settle=timedelta(hours=1))


def test_lync_is_not_told_to_replicate() -> None:
    """Once a machine lags behind and the read is doubtful."""
    world = converged()
    world.lync.running[LYNC_HOSTS[1]] = ()
    world.lync.incomplete = WHY
    before = world.lync.counts["replicate"]
    due(world, "lync")
    assert world.lync.counts["replicate"] == before
    world.lync.incomplete = None
    due(world, "lync")
    assert world.lync.counts["replicate"] == before + 1
    assert world.cluster.ready(EXCHANGE_ON_LYNC) is not None


@pytest.mark.parametrize("server", ["exchange", "lync"])
def test_a_doubtful_server_says_so_even_where_nothing_is_to_be_changed(server: str) -> None:
    """Each application is as declared; that who answered left something out must still be seen."""
    world = converged()
    organisation = world.exchange if server == "exchange" else world.lync
    organisation.incomplete = WHY
    due(world, server)
    assert world.cluster.server_ready(server) == DOUBTED
    status = world.cluster.server_statuses[world.cluster.servers[server].key.uid]
    ready = find(status.conditions, ConditionType.READY)
    assert ready is not None
    assert ready.message == WHY
    assert organisation.changes == 1
    organisation.incomplete = None
    due(world, server)
    assert world.cluster.server_ready(server) == (ConditionStatus.TRUE, Reason.SUCCEEDED)
