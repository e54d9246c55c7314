"""What the statuses say while something stands against the work, and that nothing is touched then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from partner_operator.trust.conditions import find
from partner_operator.trust.model import (
    DocumentFault,
    DocumentReading,
    Observed,
    Product,
    RestartPolicy,
    RestartRules,
)
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from support.engine.world import (
    EXCHANGE_ON_LYNC,
    LYNC_ON_EXCHANGE,
    World,
    converged,
    disable,
)
from support.trust import worlds as values
from support.trust.model_server import ModelServer

FALSE, UNKNOWN, TRUE = ConditionStatus.FALSE, ConditionStatus.UNKNOWN, ConditionStatus.TRUE


def _publish(world: World, reading: DocumentReading) -> None:
    """What servers get from this URL from now on."""
    for organisation in (world.exchange, world.lync):
        organisation.model.documents = tuple(
            reading if old.url == reading.url else old for old in organisation.model.documents
        )


def _part(world: World, name: str, condition_type: ConditionType) -> ConditionStatus | None:
    found = find(world.cluster.status(name).conditions, condition_type)
    return found.status if found else None


EXPIRED = values.certificate(not_after=values.NOW - timedelta(days=1))
WEAK = values.certificate(key_bits=1024)
BAD_DOCUMENTS = {
    "answers 500": (
        DocumentReading(values.LYNC_URL, fault=DocumentFault.HTTP_STATUS, detail="It answers 500."),
        (FALSE, Reason.METADATA_UNREACHABLE),
    ),
    "is HTML": (
        DocumentReading(values.LYNC_URL, fault=DocumentFault.INVALID, detail="It is HTML."),
        (FALSE, Reason.METADATA_INVALID),
    ),
    "another product": (
        values.reading(Product.EXCHANGE, values.LYNC_URL),
        (FALSE, Reason.METADATA_WRONG_PRODUCT),
    ),
    "expired": (
        values.reading(Product.LYNC, certificates=(EXPIRED,)),
        (FALSE, Reason.CERTIFICATE_EXPIRED),
    ),
    "weak": (
        values.reading(Product.LYNC, certificates=(WEAK,)),
        (FALSE, Reason.CERTIFICATE_WEAK),
    ),
}


@pytest.mark.parametrize("what", BAD_DOCUMENTS)
def test_a_bad_document_is_a_condition_and_the_registration_is_left_alone(what: str) -> None:
    """C08: also drift is not repaired from a document that cannot be trusted."""
    reading, ready = BAD_DOCUMENTS[what]
    world = converged()
    before = world.cluster.status(LYNC_ON_EXCHANGE).registration
    changes, restarts = world.exchange.changes, dict(world.exchange.restarts)
    _publish(world, reading)
    disable(world)
    for _ in range(3):
        world.run_when_due("exchange")
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == ready
    assert world.exchange.changes == changes
    assert dict(world.exchange.restarts) == restarts
    assert world.cluster.status(LYNC_ON_EXCHANGE).registration == before
    # Mended, all goes on by itself.
    _publish(world, values.reading(Product.LYNC))
    world.clock.instant += timedelta(minutes=20)
    world.settle()
    assert world.all_ready()


@pytest.mark.parametrize("what", BAD_DOCUMENTS)
def test_nothing_is_registered_from_a_bad_document(what: str) -> None:
    reading, ready = BAD_DOCUMENTS[what]
    world = World()
    _publish(world, reading)
    world.declare()
    for _ in range(3):
        world.run_when_due("exchange")
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == ready
    assert world.exchange.changes == 0


def test_a_partner_that_is_not_found_stops_its_own_object_alone() -> None:
    world = World()
    world.declare()
    blocker = Obstacle(Reason.PARTNER_NOT_FOUND, "PartnerServer lync does not exist.", Next.HUMAN)
    world.cluster.blockers[LYNC_ON_EXCHANGE] = blocker
    for _ in range(3):
        world.run_round()
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.PARTNER_NOT_FOUND)
    assert world.exchange.changes == 0
    assert world.lync.counts["registered"] == 1


def test_approval_is_asked_for_and_given_by_an_iisreset() -> None:
    world = World(rules=RestartRules(policy=RestartPolicy.MANUAL, settle=timedelta(0)))
    world.declare()
    due = world.run_pass("exchange")
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (UNKNOWN, Reason.RESTART_APPROVAL_NEEDED)
    assert world.cluster.server_ready("exchange") == (UNKNOWN, Reason.RESTART_APPROVAL_NEEDED)
    assert due is not None
    assert due - world.clock.now() <= timedelta(minutes=1), "an iisreset is noticed soon"
    world.clock.instant += timedelta(seconds=1)
    for host in world.exchange.hosts:
        world.exchange.iisreset(host)
    world.clock.instant = due
    world.settle()
    assert world.all_ready()
    assert not world.exchange.restarts


def test_never_is_active_when_a_test_proves_it() -> None:
    """Exchange reads the change by itself some minutes later."""
    world = World(rules=RestartRules(policy=RestartPolicy.NEVER, settle=timedelta(0)))
    world.declare()
    world.run_round()
    assert _part(world, LYNC_ON_EXCHANGE, ConditionType.ACTIVATED) is UNKNOWN
    assert world.cluster.server_ready("exchange") == (TRUE, Reason.SUCCEEDED)


def test_conditions_of_the_first_look_are_written_before_the_first_change() -> None:
    """Somebody who waits sees Reconciling, and the finalizer, before a server is touched."""
    world = World()
    world.declare()
    world.run_pass("exchange")
    steps = world.crash.steps
    change = steps.index("Exchange apply Register")
    assert steps.index(f"status of {LYNC_ON_EXCHANGE} written") < change
    assert steps.index(f"finalizer added to {LYNC_ON_EXCHANGE}") < change
    assert steps.index("status of exchange written") < change
    assert "Exchange restart" not in steps[:change]


def test_a_server_that_was_made_anew_in_mid_pass_gets_nothing_of_the_old_one() -> None:
    world = converged()
    observe = world.exchange.observe
    old = world.cluster.servers["exchange"]

    async def meanwhile(*arguments: Any) -> object:
        world.cluster.add_server(replace(old, key=replace(old.key, uid="uid-new")))
        return await observe(*arguments)

    world.exchange.observe = meanwhile  # type: ignore[method-assign,assignment]  # takes anything
    disable(world)
    changes = world.exchange.changes
    due = world.run_pass("exchange")
    assert world.exchange.changes == changes
    assert not world.cluster.server_statuses["uid-new"].conditions
    assert due is not None
    world.exchange.observe = observe  # type: ignore[method-assign]
    world.settle()
    assert world.cluster.ready(EXCHANGE_ON_LYNC) == (TRUE, Reason.SUCCEEDED)


def test_what_a_product_warns_of_is_told_and_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exchange refuses tokens of a domain that it accepts by wildcard only; nobody else would say so."""
    world = converged()
    plain = ModelServer.observed

    def observed(model: ModelServer) -> Observed:
        seen = plain(model)
        ours = model is world.exchange.model
        return replace(seen, wildcard_domains=("*.litwareinc.com",)) if ours else seen

    monkeypatch.setattr(ModelServer, "observed", observed)
    changes = world.exchange.changes
    world.settle()
    warned = find(world.cluster.status(LYNC_ON_EXCHANGE).conditions, ConditionType.REGISTERED)
    assert warned is not None
    assert warned.status is TRUE
    assert "*.litwareinc.com only by wildcard" in warned.message
    other = find(world.cluster.status(EXCHANGE_ON_LYNC).conditions, ConditionType.REGISTERED)
    assert other is not None
    assert "wildcard" not in other.message
    assert world.exchange.changes == changes
