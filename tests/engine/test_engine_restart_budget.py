"""No cause restarts hosts more often than the budget, and each cause is named (C26, C27)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import cycle
from typing import Any

import pytest

from partner_operator.trust.model import (
    Observed,
    Product,
    RestartPolicy,
    RestartRules,
    RestartWindow,
)
from partner_operator.trust.reasons import ConditionStatus, Reason
from support.engine.world import (
    EXCHANGE_HOSTS,
    EXCHANGE_ON_LYNC,
    LYNC_ON_EXCHANGE,
    World,
    converged,
    disable,
)
from support.trust import worlds as values

FIRST, SECOND = EXCHANGE_HOSTS
UNKNOWN, FALSE = ConditionStatus.UNKNOWN, ConditionStatus.FALSE
NEVER_OPEN = RestartWindow("0 3 1 1 *", timedelta(hours=1), "UTC")
LYNC_URL = values.URLS[Product.LYNC]


def _most_in_a_day(at: list[float]) -> int:
    return max((sum(0 <= one - first < 86400 for one in at) for first in at), default=0)


def _watched(world: World) -> dict[str, list[float]]:
    """When IIS is restarted on each host, by whomever."""
    seen: dict[str, list[float]] = {host: [] for host in EXCHANGE_HOSTS}
    iisreset = world.exchange.iisreset

    def noted(host: str) -> None:
        seen[host].append(world.clock.now().timestamp())
        iisreset(host)

    world.exchange.iisreset = noted  # type: ignore[method-assign]
    return seen


@pytest.mark.parametrize("pause", [timedelta(minutes=5), timedelta(minutes=20), timedelta(hours=1)])
@pytest.mark.parametrize("most", [1, 4, 24])
def test_a_slow_fight_is_named_and_never_costs_more_than_the_budget(
    pause: timedelta, most: int
) -> None:
    """C27: somebody sets the entry back again and again, for two days, whatever the interval is."""
    world = World(rules=RestartRules(settle=timedelta(0), max_per_day=most))
    seen = _watched(world)
    world.declare()
    world.settle()
    for _ in range(timedelta(days=2) // pause):
        disable(world)
        world.clock.instant += pause
        world.run_pass("exchange")
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.ANOTHER_WRITER)
    assert world.exchange.counts["apply Update"] == 5
    for at in seen.values():
        assert _most_in_a_day(at) <= most
    writes = world.cluster.writes
    world.run_pass("exchange")
    assert world.cluster.writes == writes


def test_another_field_each_time_is_the_same_fight() -> None:
    world = converged()
    spoilt: cycle[dict[str, Any]] = cycle(
        [{"enabled": False}, {"issuer": "x"}, {"accepts_security_identifiers": False}]
    )
    for _ in range(12):
        entry = world.exchange.model.entries[0]
        world.exchange.model.entries = (replace(entry, **next(spoilt)),)
        world.clock.instant += timedelta(minutes=20)
        world.run_pass("exchange")
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.ANOTHER_WRITER)
    assert world.exchange.counts["apply Update"] == 5


def test_a_refresh_without_effect_restarts_nothing() -> None:
    """C26: Exchange takes -RefreshAuthMetadata and keeps the old certificate."""
    world = converged()
    required = world.restart_required
    world.roll(Product.LYNC, values.ROLLED)

    async def keeps_the_old(*arguments: Any) -> None:
        world.exchange.counts["taken"] += 1

    world.exchange.apply = keeps_the_old  # type: ignore[method-assign,assignment]  # takes anything
    for _ in range(6):
        world.clock.instant += timedelta(minutes=10)
        world.run_pass("exchange")
    assert world.exchange.counts["taken"] == 3
    assert dict(world.exchange.restarts) == {FIRST: 1, SECOND: 1}
    assert world.restart_required == required
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (FALSE, Reason.DRIFT_PERSISTS)


def test_one_change_without_effect_beside_one_that_needs_no_restart_restarts_nothing() -> None:
    """Each change is judged by its own entry."""
    world = converged()
    required = world.restart_required
    apply = world.exchange.apply
    world.roll(Product.LYNC, values.ROLLED)
    entry = world.exchange.model.entries[0]

    async def only_roles(*arguments: Any) -> None:
        change = arguments[3]
        if "certificates" in change.fields:
            return
        await apply(*arguments)

    world.exchange.apply = only_roles  # type: ignore[method-assign,assignment]  # takes anything
    world.run_pass("exchange")
    assert world.exchange.model.entries == (entry,)
    assert world.restart_required == required


@pytest.mark.parametrize("turn", ["each pass", "each fetch"])
@pytest.mark.parametrize("product", [Product.EXCHANGE, Product.LYNC])
def test_documents_that_come_in_turn_are_told_as_what_they_are(product: Product, turn: str) -> None:
    """C26: two Front Ends (or two Exchange servers) behind one name publish different certificates."""
    world = converged()
    partner = Product.LYNC if product is Product.EXCHANGE else Product.EXCHANGE
    organisation = world.exchange if product is Product.EXCHANGE else world.lync
    server, name = ("exchange", LYNC_ON_EXCHANGE)
    if product is Product.LYNC:
        server, name = ("lync", EXCHANGE_ON_LYNC)
    documents = cycle([(values.ROLLED,), (values.THUMBPRINT,)])
    model = organisation.model
    observe = organisation.observe

    def turned() -> None:
        rolled = values.reading(
            partner, certificates=tuple(values.certificate(one) for one in next(documents))
        )
        model.documents = tuple(rolled if one.url == rolled.url else one for one in model.documents)

    async def by_turns(*arguments: Any) -> Observed:
        turned()
        return await observe(*arguments)

    if turn == "each fetch":
        organisation.observe = by_turns  # type: ignore[method-assign,assignment]
    for _ in range(24):
        if turn == "each pass":
            turned()
        world.clock.instant += timedelta(minutes=10)
        world.run_pass(server)
    before = organisation.changes
    assert before <= 6
    assert max(world.exchange.restarts.values()) <= 4
    expected = {Reason.METADATA_ALTERNATES}
    seen = set()
    writes = world.cluster.writes
    for _ in range(4):
        if turn == "each pass":
            turned()
        world.clock.instant += timedelta(minutes=10)
        world.run_pass(server)
        ready = world.cluster.ready(name)
        assert ready is not None
        seen.add(ready[1])
    assert seen == expected
    assert organisation.changes == before
    assert world.cluster.writes == writes
    message = next(one.message for one in world.cluster.status(name).conditions)
    assert "two documents behind one URL" in message
    # The machines were mended, and a human says so.
    organisation.observe = observe  # type: ignore[method-assign]
    world.cluster.request(name, "mended")
    world.settle()
    ready = world.cluster.ready(name)
    assert ready is not None
    assert ready[1] is not Reason.METADATA_ALTERNATES


def _spend(world: World, rounds: int) -> None:
    for number in range(rounds):
        world.cluster.change(LYNC_ON_EXCHANGE)
        entry = world.exchange.model.entries[0]
        world.exchange.model.entries = (replace(entry, issuer=f"{number}"),)
        world.clock.instant += timedelta(minutes=10)
        world.run_pass("exchange")


def test_a_spent_budget_is_said_with_its_end_and_ends_by_itself() -> None:
    """Also where a human's own declarations are the cause, which no fight explains."""
    world = converged()
    _spend(world, 6)
    assert dict(world.exchange.restarts) == {FIRST: 4, SECOND: 4}
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (UNKNOWN, Reason.RESTART_BUDGET_SPENT)
    assert world.cluster.server_ready("exchange") == (UNKNOWN, Reason.RESTART_BUDGET_SPENT)
    writes = world.cluster.writes
    due = world.run_pass("exchange")
    assert world.cluster.writes == writes
    assert due is not None
    assert due - world.clock.now() > timedelta(minutes=5), "the resync looks again, nothing sooner"
    world.clock.instant += timedelta(hours=25)
    world.settle()
    assert dict(world.exchange.restarts) == {FIRST: 5, SECOND: 5}
    assert world.all_ready()


@pytest.mark.parametrize("why", ["budget", "window", "manual"])
def test_an_approval_begins_exactly_the_round_that_was_named(why: str) -> None:
    world = converged()
    if why == "budget":
        _spend(world, 4)
    else:
        manual = why == "manual"
        rules = RestartRules(
            RestartPolicy.MANUAL if manual else RestartPolicy.AUTOMATIC,
            timedelta(0),
            () if manual else (NEVER_OPEN,),
        )
        world.cluster.change_server("exchange", restart=rules)
        _spend(world, 1)
    before = dict(world.exchange.restarts)
    assert world.iis is not None
    question = world.iis.question
    assert question is not None
    assert question.hosts == EXCHANGE_HOSTS
    world.cluster.approve("exchange", "one")
    world.run_pass("exchange")
    after = {host: count + 1 for host, count in before.items()}
    assert dict(world.exchange.restarts) == after
    assert len(world.cluster.told(Reason.RESTART_APPROVED)) == 1
    # The same value stays on the object, and approves no second round.
    _spend(world, 1)
    for _ in range(2):
        world.run_pass("exchange")
    assert dict(world.exchange.restarts) == after
    world.cluster.approve("exchange", "two")
    world.run_pass("exchange")
    assert dict(world.exchange.restarts) == {host: count + 1 for host, count in after.items()}


@pytest.mark.parametrize("when", ["nothing waits", "before the first round", "changed meanwhile"])
def test_an_approval_for_no_round_is_answered_and_holds_for_none_that_comes(when: str) -> None:
    rules = RestartRules(RestartPolicy.MANUAL, timedelta(0))
    world = World(rules=rules)
    if when == "before the first round":
        world.cluster.approve("exchange", "early")
    world.declare()
    world.run_pass("exchange")
    if when != "before the first round":
        if when == "nothing waits":
            for host in EXCHANGE_HOSTS:
                world.clock.instant += timedelta(seconds=5)
                world.exchange.iisreset(host)
            world.settle()
        else:
            disable(world)
        world.cluster.approve("exchange", "late")
        world.run_pass("exchange")
    assert len(world.cluster.told(Reason.NOTHING_TO_APPROVE)) == 1
    _spend(world, 1)
    for _ in range(3):
        world.run_pass("exchange")
    assert not world.exchange.restarts
    assert len(world.cluster.told(Reason.NOTHING_TO_APPROVE)) == 1
    assert world.cluster.ready(LYNC_ON_EXCHANGE) == (UNKNOWN, Reason.RESTART_APPROVAL_NEEDED)


def test_an_approval_on_a_lync_server_is_answered() -> None:
    world = converged()
    world.cluster.approve("lync", "why not")
    for _ in range(2):
        world.run_pass("lync")
    assert len(world.cluster.told(Reason.NOTHING_TO_APPROVE)) == 1


def test_an_approval_does_not_wait_for_the_end_of_a_pause() -> None:
    world = converged()
    world.exchange.unreachable.update(EXCHANGE_HOSTS)
    for _ in range(3):
        world.run_pass("exchange")
    asked = len(world.exchange.seen_passwords)
    world.run_pass("exchange")
    assert len(world.exchange.seen_passwords) == asked
    world.cluster.approve("exchange", "now")
    world.run_pass("exchange")
    assert len(world.exchange.seen_passwords) > asked
