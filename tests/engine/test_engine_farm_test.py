"""Exchange's test of a farm proves the farm's side of the trust, and waits while that may still become active."""

from __future__ import annotations

from datetime import timedelta

import pytest

from partner_operator.catalog import CATALOG
from partner_operator.trust.conditions import find
from partner_operator.trust.model import Mode, Product, RestartPolicy, RestartRules
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import Condition
from support.engine.proven_farm import SHAREPOINT_ON_EXCHANGE, FarmWorld, sharepoint_on_exchange
from support.engine.world import (
    EXCHANGE_ON_SHAREPOINT,
    SHAREPOINT_HOSTS,
    World,
    converged,
    exchange_on_sharepoint,
)
from support.trust import worlds as values

TRUE, FALSE, UNKNOWN = ConditionStatus.TRUE, ConditionStatus.FALSE, ConditionStatus.UNKNOWN
READY = (TRUE, Reason.SUCCEEDED)
WAITS = (UNKNOWN, Reason.WAITING_FOR_COUNTERPART)


def live(world: World, until: timedelta) -> None:
    """Passes when they are due."""
    end = world.clock.now() + until
    while world.clock.now() < end:
        world.run_round()
        waits = [due for due in world.due.values() if due is not None]
        world.clock.instant = max(world.clock.now(), min(waits))


def told(world: World, name: str, kind: ConditionType) -> Condition:
    found = find(world.cluster.status(name).conditions, kind)
    assert found is not None, kind
    return found


@pytest.fixture
def world() -> FarmWorld:
    """Declared, and looked at for some minutes: nobody restarts the farm."""
    found = FarmWorld()
    found.declare()
    live(found, timedelta(minutes=30))
    return found


def test_a_test_that_fails_meanwhile_waits_for_the_other_side(world: FarmWorld) -> None:
    """It is no failure, and nobody is warned of one."""
    assert world.exchange.counts["test"] >= 2
    assert world.cluster.ready(SHAREPOINT_ON_EXCHANGE) == WAITS
    connected = told(world, SHAREPOINT_ON_EXCHANGE, ConditionType.CONNECTED)
    assert (connected.status, connected.reason) == WAITS
    assert EXCHANGE_ON_SHAREPOINT in connected.message
    assert "(401) Unauthorized" in connected.message
    assert world.cluster.told(Reason.CONNECTIVITY_TEST_FAILED) == []
    assert told(world, EXCHANGE_ON_SHAREPOINT, ConditionType.ACTIVATED).status is UNKNOWN


def test_it_is_repeated_ever_later_and_not_at_every_pass(world: FarmWorld) -> None:
    before = world.exchange.counts["test"]
    live(world, timedelta(hours=12))
    assert 10 <= world.exchange.counts["test"] - before <= 16
    assert world.cluster.ready(SHAREPOINT_ON_EXCHANGE) == WAITS


def test_a_test_that_passes_is_the_evidence_for_the_farm(world: FarmWorld) -> None:
    """Its workers may know Exchange long before a day is over; then both are Ready by the test."""
    for host in SHAREPOINT_HOSTS:
        world.farm.running[host] = world.farm.model.entries
    live(world, timedelta(minutes=70))
    assert world.cluster.ready(SHAREPOINT_ON_EXCHANGE) == READY
    assert world.cluster.ready(EXCHANGE_ON_SHAREPOINT) == READY
    activated = told(world, EXCHANGE_ON_SHAREPOINT, ConditionType.ACTIVATED)
    assert "test passed" in activated.message
    assert world.cluster.told(Reason.CONNECTIVITY_TEST_PASSED) == [
        "SharePoint accepts Exchange's tokens."
    ]
    assert not world.farm.restarts


def test_an_administrators_restart_is_followed_by_a_test_at_once(world: FarmWorld) -> None:
    for host in SHAREPOINT_HOSTS:
        world.clock.instant += timedelta(seconds=10)
        world.farm.iisreset(host)
    for _ in range(3):
        world.run_round()
    assert world.all_ready()


def test_a_test_that_fails_although_the_farm_is_active_is_a_failure(world: FarmWorld) -> None:
    """Such as one without a permission."""
    world.exchange.passes = lambda: False
    for host in SHAREPOINT_HOSTS:
        world.clock.instant += timedelta(seconds=10)
        world.farm.iisreset(host)
    for _ in range(3):
        world.run_round()
    assert world.cluster.ready(EXCHANGE_ON_SHAREPOINT) == READY
    failed = (FALSE, Reason.CONNECTIVITY_TEST_FAILED)
    assert world.cluster.ready(SHAREPOINT_ON_EXCHANGE) == failed


def test_nothing_is_tested_before_the_farm_registered_anything() -> None:
    world = FarmWorld()
    world.cluster.add(sharepoint_on_exchange())
    world.cluster.add(exchange_on_sharepoint(mode=Mode.SUSPEND))
    live(world, timedelta(hours=2))
    assert world.exchange.counts["test"] == 0
    assert world.cluster.ready(SHAREPOINT_ON_EXCHANGE) == WAITS


def test_without_a_declared_counterpart_the_failure_is_told_at_once() -> None:
    """Somebody may have registered it by hand; the test says whether."""
    world = FarmWorld()
    world.cluster.add(sharepoint_on_exchange())
    live(world, timedelta(minutes=5))
    failed = (FALSE, Reason.CONNECTIVITY_TEST_FAILED)
    assert world.cluster.ready(SHAREPOINT_ON_EXCHANGE) == failed


@pytest.mark.parametrize("policy", [RestartPolicy.NEVER, RestartPolicy.MANUAL])
def test_a_restart_of_exchange_that_is_due_holds_no_test(policy: RestartPolicy) -> None:
    """The test reads the stored configuration itself."""
    world = FarmWorld(rules=RestartRules(policy, timedelta(0)))
    world.declare()
    live(world, timedelta(minutes=5))
    assert world.exchange.counts["test"] >= 1


def test_pairs_without_a_test_say_so_and_are_ready() -> None:
    """Lync and SharePoint: nothing proves that tokens are accepted, and nothing claims it."""
    world = converged()
    document = values.reading(Product.SHAREPOINT)
    world.lync.model.documents = (*world.lync.model.documents, document)
    world.cluster.add(
        values.application(
            Product.SHAREPOINT, "sharepoint-on-lync", server_name="lync", has_finalizer=False
        )
    )
    for _ in range(3):
        world.run_round()
    connected = told(world, "sharepoint-on-lync", ConditionType.CONNECTED)
    assert (connected.status, connected.reason) == (UNKNOWN, Reason.NOT_TESTED)
    assert world.cluster.ready("sharepoint-on-lync") == READY
    ready = told(world, "sharepoint-on-lync", ConditionType.READY)
    assert "nothing proves" in ready.message
    writes = world.cluster.writes
    world.run_round()
    assert world.cluster.writes == writes, "left alone, it is quiet"


def test_each_of_the_six_trusts_has_a_test_of_one_side_or_none() -> None:
    tested = {
        (str(server), str(partner))
        for server, rules in CATALOG.rules.items()
        for partner in rules.tests
    }
    assert tested == {("Lync", "Exchange"), ("Exchange", "SharePoint")}
