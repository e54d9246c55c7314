"""Servers that only a human can put right: told steadily, and objects still find their way out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from partner_operator.engine.ports import OperationFailed, RunFailed
from partner_operator.trust.conditions import find
from partner_operator.trust.model import DeletionPolicy, Mode
from partner_operator.trust.obstacle import Next
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from support.engine.servers import FakeOrganisation
from support.engine.world import EXCHANGE_ON_LYNC, LYNC_ON_EXCHANGE, World, converged

NAMES = {"exchange": LYNC_ON_EXCHANGE, "lync": EXCHANGE_ON_LYNC}


class Refusing(list[RunFailed]):
    """The same failure for every operation."""

    def pop(self, index: object = 0) -> RunFailed:
        """It stays."""
        return self[0]


def other_organization(organisation: FakeOrganisation) -> None:
    """The names lead to somebody else."""
    organisation.organization = "CN=Fabrikam"
    organisation.model.entries = ()
    organisation.signs_with = "EE" * 20


def incomplete(organisation: FakeOrganisation) -> None:
    """Something is left out of each answer."""
    organisation.incomplete = "Get-PartnerApplication warned: more objects are there."


def wrong_product(organisation: FakeOrganisation) -> None:
    """As products/ tells it."""
    message = "ex1 was asked as Exchange and answers as Lync. The operator changes nothing there."
    organisation.failures = Refusing(
        [OperationFailed(Reason.WRONG_PRODUCT, message, then=Next.HUMAN)]
    )


OBSTACLES: dict[Reason, Callable[[FakeOrganisation], None]] = {
    Reason.OTHER_ORGANIZATION: other_organization,
    Reason.INCOMPLETE_READ: incomplete,
    Reason.WRONG_PRODUCT: wrong_product,
}


def organisation_of(world: World, server: str) -> FakeOrganisation:
    """What stands behind the names of a server."""
    return world.exchange if server == "exchange" else world.lync


def due(world: World, server: str) -> None:
    """A pass at the next resync, and not within a pause."""
    world.clock.instant += 2 * world.cluster.servers[server].interval
    world.run_pass(server)


def message_of(world: World, name: str) -> str:
    """What is told of an application."""
    ready = find(world.cluster.status(name).conditions, ConditionType.READY)
    assert ready is not None
    return ready.message


@pytest.mark.parametrize("server", NAMES)
@pytest.mark.parametrize("reason", OBSTACLES)
def test_the_second_pass_writes_nothing(reason: Reason, server: str) -> None:
    """What has not changed is not told again, be it in a status or in an Event."""
    world = converged()
    # Its hourly results are writes of their own.
    world.cluster.change(EXCHANGE_ON_LYNC, connectivity_test=None)
    world.settle()
    OBSTACLES[reason](organisation_of(world, server))
    for _ in range(4):
        # Within an hour the count of repairs fades, which is a write of its own.
        due(world, server)
    assert world.cluster.server_ready(server) == (ConditionStatus.FALSE, reason)
    writes, events = world.cluster.writes, len(world.cluster.events)
    for _ in range(3):
        due(world, server)
    assert (world.cluster.writes, len(world.cluster.events)) == (writes, events)


@pytest.mark.parametrize("server", NAMES)
@pytest.mark.parametrize("reason", OBSTACLES)
def test_a_deleted_object_waits_says_how_it_gets_away_and_gets_away(
    reason: Reason, server: str
) -> None:
    """The registration may still be there; only a human may say that it does not matter."""
    world, name = converged(), NAMES[server]
    organisation = organisation_of(world, server)
    OBSTACLES[reason](organisation)
    due(world, server)
    changes = organisation.changes
    world.cluster.delete(name)
    for _ in range(2):
        due(world, server)
    assert name in world.cluster.applications
    uid = world.cluster.applications[name].key.uid
    assert f"kubectl annotate papp {name} partner-operator.io/release={uid}" in message_of(
        world, name
    )
    assert world.cluster.ready(name) == (ConditionStatus.FALSE, Reason.DELETION_BLOCKED)
    world.cluster.applications[name] = replace(
        world.cluster.applications[name], release_requested=uid
    )
    # At once, whatever pause the failures have led to.
    world.run_pass(server)
    assert name not in world.cluster.applications
    assert organisation.changes == changes


@pytest.mark.parametrize("server", NAMES)
@pytest.mark.parametrize("reason", OBSTACLES)
def test_retain_asks_nobody(reason: Reason, server: str) -> None:
    """What stays needs no server that is whole."""
    world, name = converged(), NAMES[server]
    world.cluster.change(name, deletion_policy=DeletionPolicy.RETAIN)
    OBSTACLES[reason](organisation_of(world, server))
    due(world, server)
    world.cluster.delete(name)
    world.run_pass(server)
    assert name not in world.cluster.applications


@pytest.mark.parametrize("reason", [Reason.OTHER_ORGANIZATION, Reason.WRONG_PRODUCT])
def test_lync_claims_nothing_of_replication_that_nobody_looked_at(reason: Reason) -> None:
    """Somebody else's Front Ends, or none, were seen: whether ours have the configuration is not known."""
    world = converged()
    OBSTACLES[reason](world.lync)
    due(world, "lync")
    activated = find(world.cluster.status(EXCHANGE_ON_LYNC).conditions, ConditionType.ACTIVATED)
    assert activated is not None
    assert "replication" not in activated.message.lower()
    assert activated.reason is reason


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.SUSPEND])
@pytest.mark.parametrize("server", NAMES)
@pytest.mark.parametrize("reason", OBSTACLES)
def test_who_only_looks_or_sleeps_does_nothing_there(
    reason: Reason, server: str, mode: Mode
) -> None:
    """C13, also while something is wrong and when it is over; what is suspended keeps its conditions."""
    world, name = converged(), NAMES[server]
    world.cluster.change(name, mode=mode)
    organisation = organisation_of(world, server)
    due(world, server)
    done, kept = looks_aside(organisation), world.cluster.status(name).conditions
    OBSTACLES[reason](organisation)
    for _ in range(3):
        due(world, server)
    if mode is Mode.SUSPEND:
        assert world.cluster.status(name).conditions == kept
    assert world.cluster.server_ready(server) == (ConditionStatus.FALSE, reason)
    restore(organisation)
    due(world, server)
    assert world.cluster.server_ready(server) == (ConditionStatus.TRUE, Reason.SUCCEEDED)
    assert looks_aside(organisation) == done


def looks_aside(organisation: FakeOrganisation) -> dict[str, int]:
    """What was done at the far side, but for looks."""
    return {what: count for what, count in organisation.counts.items() if what != "observe"}


def restore(organisation: FakeOrganisation) -> None:
    """All is as before, but that entries may be gone."""
    organisation.organization = organisation.incomplete = organisation.signs_with = None
    organisation.failures = []


@pytest.mark.parametrize("server", NAMES)
@pytest.mark.parametrize("reason", OBSTACLES)
def test_an_operator_of_the_version_before_leaves_nothing_that_stops_this_one(
    reason: Reason, server: str
) -> None:
    """Its status may know neither organisation nor metadata: the first pass learns them, and changes nothing."""
    world = converged()
    uid = world.cluster.servers[server].key.uid
    world.cluster.server_statuses[uid] = replace(
        world.cluster.server_statuses[uid], organization=None, metadata=None
    )
    organisation = organisation_of(world, server)
    changes = organisation.changes
    due(world, server)
    assert world.cluster.server_ready(server) == (ConditionStatus.TRUE, Reason.SUCCEEDED)
    assert world.cluster.server_statuses[uid].organization == f"org-{organisation.product}"
    OBSTACLES[reason](organisation)
    due(world, server)
    assert world.cluster.server_ready(server) == (ConditionStatus.FALSE, reason)
    assert organisation.changes == changes


@pytest.mark.parametrize("server", NAMES)
def test_however_much_a_server_says_the_way_out_is_not_cut_off(server: str) -> None:
    """Conditions are cut at the end, where the way out stands."""
    world, name = converged(), NAMES[server]
    organisation_of(world, server).incomplete = "Get-PartnerApplication warned: " + "blah " * 500
    world.cluster.delete(name)
    due(world, server)
    uid = world.cluster.applications[name].key.uid
    assert message_of(world, name).endswith(f"partner-operator.io/release={uid}")
