"""SIGKILL and broken runs at every step of a farm's chapters: what was begun is finished once, and nothing is left."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.trust.model import Product, RestartPolicy, RestartRules
from partner_operator.trust.reasons import ConditionStatus, Reason
from support.engine.crash import Fault
from support.engine.world import EXCHANGE_ON_SHAREPOINT, World, exchange_on_sharepoint
from support.proof import LONG
from support.trust import worlds as values

FARM = "sharepoint"
REALM = "fabrikam.example"


@cache
def _farm(policy: RestartPolicy, *, registered: bool) -> World:
    world = World()
    world.cluster.servers.clear()
    world.join_farm(restart=RestartRules(policy, timedelta(0)))
    world.cluster.add(exchange_on_sharepoint())
    if registered:
        for _ in range(3):
            passes(world)
        hosts_take_over(world)
        passes(world)
        assert world.all_ready()
    return world


def passes(world: World, count: int = 1) -> None:
    for _ in range(count):
        world.clock.instant += timedelta(minutes=11)
        world.run_pass(FARM)


def hosts_take_over(world: World) -> None:
    """A day goes by: every worker has what is stored."""
    world.clock.instant += timedelta(hours=25)
    for host in world.sharepoint.hosts:
        world.sharepoint.running[host] = world.sharepoint.model.entries


def _story(world: World) -> None:
    """Nothing but time."""


def _roll(world: World) -> None:
    world.roll(Product.EXCHANGE, values.ROLLED, values.THUMBPRINT)


def _another_realm(world: World) -> None:
    moved = values.reading(Product.EXCHANGE, realm=REALM)
    model = world.sharepoint.model
    model.documents = tuple(moved if one.url == moved.url else one for one in model.documents)


def _deletion(world: World) -> None:
    world.cluster.delete(EXCHANGE_ON_SHAREPOINT)


CHAPTERS: dict[str, Callable[[World], None]] = {
    "story": _story,
    "roll-over": _roll,
    "another realm": _another_realm,
    "deletion": _deletion,
}
POLICIES = (RestartPolicy.AUTOMATIC, RestartPolicy.NEVER)


def begun(chapter: str, policy: RestartPolicy) -> World:
    """A farm to which this is about to happen."""
    world = copy.deepcopy(_farm(policy, registered=chapter != "story"))
    world.clock.instant += timedelta(minutes=30)
    CHAPTERS[chapter](world)
    return world


def _places(count: Callable[[World], int]) -> list[Any]:
    """Every step of a chapter that nothing disturbs, from the chapter's beginning on."""
    found = []
    for chapter in CHAPTERS:
        for policy in POLICIES:
            world = begun(chapter, policy)
            before = count(world)
            passes(world, 2)
            steps = range(1, count(world) - before + 1)
            kept = steps if LONG else steps[:: 1 if chapter == "another realm" else 3]
            found += [
                pytest.param(chapter, policy, at, id=f"{chapter} {policy} {at}") for at in kept
            ]
    return found


def ended(world: World, chapter: str, policy: RestartPolicy, before: int) -> None:
    """All is as declared: on the farm, and in what is said of it."""
    passes(world, 4)
    if policy is RestartPolicy.NEVER:
        hosts_take_over(world)
    if world.cluster.applications:
        world.cluster.request(EXCHANGE_ON_SHAREPOINT, "calm")
    passes(world, 3)
    farm = world.sharepoint
    if chapter == "deletion":
        assert farm.model.entries == ()
        assert world.cluster.applications == {}
        return
    (entry,) = farm.model.entries
    realm = REALM if chapter == "another realm" else "litwareinc.com"
    assert (entry.identity, entry.realm) == ("Exchange", realm)
    assert (values.ROLLED in (entry.thumbprints or ())) is (chapter == "roll-over")
    status = world.cluster.status(EXCHANGE_ON_SHAREPOINT)
    assert status.registration is not None
    assert (status.registration.reference, status.registration.created_by_us) == (
        entry.reference,
        True,
    )
    assert status.intent is None
    ready = world.cluster.ready(EXCHANGE_ON_SHAREPOINT)
    assert ready == (ConditionStatus.TRUE, Reason.SUCCEEDED)
    restarted = farm.restarts.total() - before
    assert restarted <= (2 * len(farm.hosts) if policy is RestartPolicy.AUTOMATIC else 0)
    writes, changes = world.cluster.writes, farm.changes
    passes(world)
    assert (world.cluster.writes, farm.changes) == (writes, changes)


@pytest.mark.parametrize(("chapter", "policy", "at"), _places(lambda world: len(world.crash.steps)))
def test_killed_at_any_step(chapter: str, policy: RestartPolicy, at: int) -> None:
    world = begun(chapter, policy)
    before = world.sharepoint.restarts.total()
    world.crash.at = len(world.crash.steps) + at
    ended(world, chapter, policy, before)
    assert world.sharepoint.counts["registered"] == 1


@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
@pytest.mark.parametrize(("chapter", "policy", "at"), _places(lambda world: len(world.crash.calls)))
def test_an_answer_is_lost_at_any_run(
    chapter: str, policy: RestartPolicy, at: int, done: bool
) -> None:
    world = begun(chapter, policy)
    before = world.sharepoint.restarts.total()
    lost = OperationFailed(Reason.OUTCOME_UNKNOWN, "The answer was lost.", outcome_unknown=True)
    world.crash.fault = Fault(len(world.crash.calls) + at, lost, done_all_the_same=done)
    ended(world, chapter, policy, before)


@pytest.mark.parametrize("breaks_after", [1, 2])
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("at", range(1, 30, 1 if LONG else 4))
def test_killed_at_any_step_after_a_replacement_was_broken_off(
    breaks_after: int, policy: RestartPolicy, at: int
) -> None:
    """The new issuer stands beside the old one, or alone under its interim name."""
    world = begun("another realm", policy)
    before = world.sharepoint.restarts.total()
    world.sharepoint.model.breaks_after = breaks_after
    passes(world)
    world.crash.at = len(world.crash.steps) + at
    ended(world, "another realm", policy, before)


@pytest.mark.parametrize("breaks_after", [1, 2])
@pytest.mark.parametrize("policy", POLICIES)
def test_deleted_after_a_replacement_was_broken_off(
    breaks_after: int, policy: RestartPolicy
) -> None:
    """Nothing of ours stays, also not what never got its name."""
    world = begun("another realm", policy)
    world.sharepoint.model.breaks_after = breaks_after
    passes(world)
    assert world.sharepoint.model.breaks_after is None
    world.cluster.delete(EXCHANGE_ON_SHAREPOINT)
    ended(world, "deletion", policy, 0)


def test_others_at_work_in_the_farm_are_waited_out() -> None:
    """FarmBusy, again and again, is neither a fight nor a drift that persists."""
    world = begun("roll-over", RestartPolicy.NEVER)
    farm = world.sharepoint
    apply = farm.apply

    async def conflict(*_: Any) -> Any:
        raise OperationFailed(Reason.FARM_BUSY, "Somebody else changed the farm.", no_attempt=True)

    farm.apply = conflict  # type: ignore[method-assign,assignment]
    for _ in range(12):
        passes(world)
        assert world.cluster.ready(EXCHANGE_ON_SHAREPOINT) == (
            ConditionStatus.FALSE,
            Reason.FARM_BUSY,
        )
    farm.apply = apply  # type: ignore[method-assign]
    ended(world, "roll-over", RestartPolicy.NEVER, 0)


def test_a_second_administrator_changes_the_issuer_under_the_change() -> None:
    """What is written is read back: his certificate is not taken for ours."""
    world = begun("roll-over", RestartPolicy.NEVER)
    farm = world.sharepoint
    apply = farm.apply

    async def then_he(*arguments: Any) -> Any:
        made = await apply(*arguments)
        del farm.apply
        (entry,) = farm.model.entries
        farm.model.entries = (replace(entry, thumbprints=("EE" * 20,)),)
        return made

    farm.apply = then_he  # type: ignore[method-assign,assignment]
    passes(world)
    assert farm.changes == 2
    ended(world, "roll-over", RestartPolicy.NEVER, 0)
