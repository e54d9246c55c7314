"""A PartnerServer of another namespace says to have our organisation: believed if our own servers know its host."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from partner_operator.trust.conditions import find
from partner_operator.trust.model import ObjectKey, Product
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import ServerStatus
from support.engine.world import (
    EXCHANGE_ON_LYNC,
    LYNC_ON_EXCHANGE,
    World,
    converged,
    exchange_on_lync,
    lync_on_exchange,
)
from support.trust import worlds as values

SUCCEEDED = (ConditionStatus.TRUE, Reason.SUCCEEDED)
DUPLICATE = (ConditionStatus.FALSE, Reason.DUPLICATE_SERVER)
NAMES = {Product.EXCHANGE: LYNC_ON_EXCHANGE, Product.LYNC: EXCHANGE_ON_LYNC}
REAL = {Product.EXCHANGE: "EX2.litwareinc.com", Product.LYNC: "fe2.LITWAREINC.com"}
EVIL = "ex1.evil.example"
OLD, YOUNG = timedelta(days=-99), timedelta(days=9)


def intrude(
    world: World, product: Product, host: str | None, age: timedelta, namespace: str = "evil"
) -> None:
    """A PartnerServer from which this host answered that it is the same organisation."""
    name = product.lower()
    server = replace(
        world.cluster.servers[name],
        key=ObjectKey(namespace, "intruder", "uid-intruder"),
        created_at=values.NOW + age,
    )
    world.cluster.add_server(server)
    organisation = world.exchange if product is Product.EXCHANGE else world.lync
    said = organisation.organization or f"org-{product}"
    world.cluster.server_statuses["uid-intruder"] = ServerStatus(
        organization=said, answered_by=host
    )


@pytest.fixture(params=[Product.EXCHANGE, Product.LYNC])
def product(request: pytest.FixtureRequest) -> Product:
    """Either product."""
    chosen: Product = request.param
    return chosen


@pytest.mark.parametrize("age", [OLD, YOUNG], ids=["older", "younger"])
@pytest.mark.parametrize("host", [EVIL, None, "litwareinc.com", "ex2.litwareinc.com.evil.example"])
def test_a_foreign_host_that_answers_for_our_organisation_stops_nobody(
    product: Product, host: str | None, age: timedelta
) -> None:
    world = World()
    world.declare()
    intrude(world, product, host, age)
    for _ in range(4):
        for name in ("exchange", "lync"):
            world.run_pass(name)
        world.clock.instant += timedelta(minutes=5)
    assert world.cluster.server_ready(product.lower()) == SUCCEEDED
    assert world.cluster.ready(NAMES[product]) == SUCCEEDED


@pytest.mark.parametrize("age", [OLD, YOUNG], ids=["older", "younger"])
def test_a_host_that_our_servers_name_is_believed(product: Product, age: timedelta) -> None:
    world = converged()
    intrude(world, product, REAL[product], age)
    world.run_pass(product.lower())
    assert world.cluster.server_ready(product.lower()) == DUPLICATE


def test_in_our_own_namespace_every_server_is_believed(product: Product) -> None:
    world = converged()
    intrude(world, product, EVIL, OLD, namespace="trust")
    world.run_pass(product.lower())
    assert world.cluster.server_ready(product.lower()) == DUPLICATE


def test_a_foreign_host_hides_no_failure(product: Product) -> None:
    """Who cannot be reached stands back for a rival; for an intruder it says what is wrong."""
    world = converged()
    intrude(world, product, EVIL, OLD)
    organisation = world.exchange if product is Product.EXCHANGE else world.lync
    organisation.unreachable.update(organisation.hosts)
    world.run_pass(product.lower())
    ready = world.cluster.server_ready(product.lower())
    assert ready == (ConditionStatus.FALSE, Reason.UNREACHABLE)


@pytest.mark.parametrize("host", ["a.litwareinc.com", "listed"])
def test_who_stands_back_goes_on_doing_so_while_its_own_servers_are_silent(
    product: Product, host: str
) -> None:
    """Else the older one, which works there, would stop for it."""
    world = converged()
    organisation = world.exchange if product is Product.EXCHANGE else world.lync
    real = organisation.hosts[0]
    intrude(world, product, real, OLD)
    name = product.lower()
    world.run_pass(name)
    if host != "listed":
        world.cluster.change_server(name, hosts=("fe9.litwareinc.com",))
    organisation.unreachable.update({*organisation.hosts, "fe9.litwareinc.com"})
    world.clock.instant += timedelta(hours=1)
    world.run_pass(name)
    assert world.cluster.server_ready(name) == DUPLICATE


def _app_of_the_intruder(world: World, product: Product) -> None:
    key = ObjectKey("evil", "heir", "uid-heir")
    if product is Product.EXCHANGE:
        world.cluster.add(lync_on_exchange(key=key, server_name="intruder"))
    else:
        world.cluster.add(exchange_on_lync("heir", key=key, server_name="intruder"))


@pytest.mark.parametrize("real", [False, True], ids=["foreign host", "real host"])
def test_only_who_is_believed_inherits_what_is_deleted(product: Product, real: bool) -> None:
    """Else a trust that its owner revokes would stay for whoever names it too."""
    world = converged()
    intrude(world, product, REAL[product] if real else EVIL, YOUNG)
    status = world.cluster.server_statuses["uid-intruder"]
    ready = find(world.cluster.server_statuses[f"uid-{product}"].conditions, ConditionType.READY)
    assert ready is not None
    stands_back = replace(ready, type=ConditionType.STALLED, reason=Reason.DUPLICATE_SERVER)
    world.cluster.server_statuses["uid-intruder"] = replace(status, conditions=(stands_back,))
    _app_of_the_intruder(world, product)
    organisation = world.exchange if product is Product.EXCHANGE else world.lync
    world.cluster.delete(NAMES[product])
    for _ in range(3):
        world.run_pass(product.lower())
        world.clock.instant += timedelta(minutes=1)
    assert NAMES[product] not in world.cluster.applications
    assert len(organisation.model.entries) == (1 if real else 0)
    assert (world.cluster.status("heir").registration is not None) is real
