"""A change whose end nobody saw belongs to its host until its process there is provably over (C23)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.trust.model import ObjectKey, Product
from partner_operator.trust.plan import Change
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import ChangeKind
from support.engine.meanwhile import kill_at
from support.engine.servers import FakeOrganisation
from support.engine.world import (
    EXCHANGE_HOSTS,
    EXCHANGE_ON_LYNC,
    LYNC_HOSTS,
    LYNC_ON_EXCHANGE,
    World,
    converged,
    disable,
    exchange_on_lync,
    lync_on_exchange,
)
from support.trust import worlds as values

UNKNOWN = (ConditionStatus.FALSE, Reason.OUTCOME_UNKNOWN)
SIDES = pytest.mark.parametrize("product", [Product.EXCHANGE, Product.LYNC])


class Side:
    """One of the two organisations and what is declared on it."""

    def __init__(self, world: World, product: Product) -> None:
        exchange = product is Product.EXCHANGE
        self.world = world
        self.product = product
        self.organisation: FakeOrganisation = world.exchange if exchange else world.lync
        self.name = LYNC_ON_EXCHANGE if exchange else EXCHANGE_ON_LYNC
        self.server = "exchange" if exchange else "lync"
        self.hosts = EXCHANGE_HOSTS if exchange else LYNC_HOSTS
        self.declared = lync_on_exchange() if exchange else exchange_on_lync()

    def run(self) -> None:
        self.world.clock.instant += timedelta(seconds=20)
        self.world.run_pass(self.server)

    def killed_in(self, kind: ChangeKind) -> None:
        """The command was sent, and nothing came back: the script is at work on the first host."""
        kill_at(self.world, f"{self.product} apply {kind}")
        self.run()
        assert self.world.cluster.status(self.name).intent is not None
        self.organisation.unreachable.add(self.hosts[0])

    def registered_late(self) -> None:
        """What the old script was at work on comes true."""
        change = Change(ChangeKind.REGISTER, self.declared.key, None, (), needs_restart=False)
        self.organisation.model.apply(change, self.declared)

    def message(self) -> str:
        conditions = self.world.cluster.status(self.name).conditions
        return next(c.message for c in conditions if c.type is ConditionType.READY)


@SIDES
def test_a_killed_registration_is_not_made_on_another_host(product: Product) -> None:
    """C23: host 2 reads "absent" while the script on host 1 still works."""
    side = Side(World(), product)
    side.world.cluster.add(side.declared)
    side.killed_in(ChangeKind.REGISTER)
    for _ in range(5):
        side.run()
        assert side.world.cluster.ready(side.name) == UNKNOWN
        assert side.hosts[0] in side.message()
    assert side.organisation.counts["registered"] == 0
    side.registered_late()
    side.run()
    side.organisation.unreachable.clear()
    side.world.settle()
    assert len(side.organisation.model.entries) == 1
    registration = side.world.cluster.status(side.name).registration
    assert registration is not None
    assert registration.created_by_us
    assert side.world.cluster.status(side.name).intent is None


def _answers(side: Side) -> None:
    side.organisation.unreachable.clear()


def _time_passes(side: Side) -> None:
    side.world.clock.instant += timedelta(minutes=20)


def _is_taken_out(side: Side) -> None:
    side.world.cluster.change_server(side.server, hosts=side.hosts[1:])


def _a_human_says_so(side: Side) -> None:
    side.world.cluster.change_server(side.server, reconcile_requested_at="it is switched off")


@SIDES
@pytest.mark.parametrize("ends", [_answers, _time_passes, _is_taken_out, _a_human_says_so])
def test_what_proves_that_the_run_is_over(product: Product, ends: Callable[[Side], None]) -> None:
    side = Side(World(), product)
    side.world.cluster.add(side.declared)
    side.killed_in(ChangeKind.REGISTER)
    side.run()
    assert side.world.cluster.ready(side.name) == UNKNOWN
    ends(side)
    side.run()
    side.run()
    assert side.organisation.counts["registered"] == 1
    assert len(side.organisation.model.entries) == 1


@SIDES
def test_a_request_that_nobody_could_mean_so_ends_nothing(product: Product) -> None:
    """It stood there before the sentence did."""
    side = Side(World(), product)
    side.world.cluster.add(side.declared)
    side.world.cluster.change_server(side.server, reconcile_requested_at="earlier")
    side.killed_in(ChangeKind.REGISTER)
    for _ in range(3):
        side.run()
    assert side.organisation.counts["registered"] == 0


@SIDES
def test_a_lost_answer_is_held_like_a_kill(product: Product) -> None:
    """The same operator goes on, and the host is gone with the answer."""
    side = Side(World(), product)
    side.world.cluster.add(side.declared)
    apply = side.organisation.apply

    async def lost(*arguments: object) -> str | None:
        del arguments
        side.organisation.unreachable.add(side.hosts[0])
        raise OperationFailed(Reason.OUTCOME_UNKNOWN, "lost", outcome_unknown=True)

    side.organisation.apply = lost  # type: ignore[method-assign,assignment]  # takes anything
    side.run()
    side.organisation.apply = apply  # type: ignore[method-assign]
    for _ in range(3):
        side.run()
        assert side.world.cluster.ready(side.name) == UNKNOWN
    assert side.organisation.counts["registered"] == 0


@SIDES
def test_a_deleted_object_waits_for_the_end_of_its_own_registration(product: Product) -> None:
    """Else the entry comes after the object has left, and nobody knows it."""
    side = Side(World(), product)
    side.world.cluster.add(side.declared)
    side.killed_in(ChangeKind.REGISTER)
    side.world.cluster.delete(side.name)
    for _ in range(3):
        side.run()
    assert side.name in side.world.cluster.applications
    side.registered_late()
    side.organisation.unreachable.clear()
    for _ in range(3):
        side.run()
    assert side.name not in side.world.cluster.applications
    assert not side.organisation.model.entries


@SIDES
def test_killed_in_the_removal_of_a_killed_registration(product: Product) -> None:
    """What the first intent explained is remembered before the second replaces it."""
    side = Side(World(), product)
    side.world.cluster.add(side.declared)
    kill_at(side.world, f"{product} apply Register done")
    side.run()
    side.world.cluster.delete(side.name)
    kill_at(side.world, f"{product} apply Remove")
    side.run()
    assert side.organisation.model.entries
    side.run()
    side.run()
    assert side.name not in side.world.cluster.applications
    assert not side.organisation.model.entries


def test_no_other_change_and_no_restart_begins_meanwhile() -> None:
    """One thing at a time on one organisation: the run at work may touch what others share."""
    world = converged()
    disable(world)
    side = Side(world, Product.EXCHANGE)
    side.killed_in(ChangeKind.UPDATE)
    url = "https://other/metadata/json/1"
    world.exchange.model.documents = (
        *world.exchange.model.documents,
        values.reading(Product.LYNC, url, realm="other"),
    )
    other = lync_on_exchange(key=ObjectKey("trust", "other", "uid-other"), identity="other")
    partner = replace(other.partner, auth_metadata_url=url)
    world.cluster.add(replace(other, partner=partner))
    restarts = dict(world.exchange.restarts)
    for _ in range(3):
        side.run()
    assert world.exchange.counts["registered"] == 1
    assert dict(world.exchange.restarts) == restarts
    assert world.cluster.ready("other") == UNKNOWN
    assert world.cluster.server_ready("exchange") == UNKNOWN
    world.exchange.unreachable.clear()
    for _ in range(3):
        world.run_round()
        world.settle()
    assert world.exchange.counts["registered"] == 2
    assert world.all_ready()


def test_a_change_whose_failure_was_heard_and_read_back_binds_nothing() -> None:
    """The host has answered since, so the next host may go on at once."""
    side = Side(World(), Product.EXCHANGE)
    side.world.cluster.add(side.declared)
    side.organisation.failures = []
    apply = side.organisation.apply

    async def fails(*arguments: object) -> str | None:
        del arguments
        raise OperationFailed(Reason.REMOTE_ERROR, "no")

    side.organisation.apply = fails  # type: ignore[method-assign,assignment]  # takes anything
    side.run()
    side.organisation.apply = apply  # type: ignore[method-assign]
    side.organisation.unreachable.add(side.hosts[0])
    side.run()
    assert side.organisation.counts["registered"] == 1
