"""Another realm, an issuer that vanishes, a pass that is broken off: what we gave stays known as ours."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.trust.model import Permission, Product, Right
from partner_operator.trust.reasons import ConditionStatus, Reason
from support.engine.crash import Crash, Fault
from support.engine.permission import FULL, NAME, NOTHING, READ, PermissionWorld, asked
from support.trust import worlds as values

TRUE = ConditionStatus.TRUE


# ---- another realm, and an issuer that vanishes


def _realm(world: PermissionWorld) -> None:
    other = values.reading(Product.EXCHANGE, realm="contoso.com")
    kept = (each for each in world.farm.model.documents if each.url != other.url)
    world.farm.model.documents = (*kept, other)


def test_another_realm_is_another_principal_and_the_old_one_keeps_nothing() -> None:
    world = asked()
    old = world.principal
    _realm(world)
    world.settle()
    assert world.principal != old
    assert world.farm.model.allowed[old] == NOTHING
    assert world.allowed == FULL
    assert world.cluster.ready(NAME) == (TRUE, Reason.SUCCEEDED)
    world.cluster.delete(NAME)
    world.settle()
    assert world.allowed == NOTHING


def test_a_permission_that_outlives_its_issuer_is_still_ours() -> None:
    """SharePoint keeps the permissions of principals elsewhere."""
    world = asked()
    world.farm.model.entries = ()
    world.settle()
    assert world.farm.counts["registered"] == 2
    assert world.allowed == FULL
    world.ask(Right.NONE)
    world.settle()
    assert world.allowed == NOTHING


# ---- killed


def _lower(world: PermissionWorld) -> None:
    world.ask(Right.READ)


def _revoke(world: PermissionWorld) -> None:
    world.ask(Right.NONE)


def _delete(world: PermissionWorld) -> None:
    world.cluster.delete(NAME)


def _drift(world: PermissionWorld) -> None:
    world.allowed = NOTHING


CHAPTERS: dict[str, tuple[Callable[[PermissionWorld], None], Permission]] = {
    "declared": (lambda world: None, FULL),
    "lowered": (_lower, READ),
    "revoked": (_revoke, NOTHING),
    "deleted": (_delete, NOTHING),
    "taken by somebody": (_drift, FULL),
    "another realm": (_realm, FULL),
}


def _began(chapter: str) -> PermissionWorld:
    world = PermissionWorld()
    world.ask(Right.FULL_CONTROL)
    if chapter != "declared":
        world.settle()
    CHAPTERS[chapter][0](world)
    world.crash = world.sharepoint.crash = world.cluster.crash = Crash()
    world.exchange.crash = world.lync.crash = world.crash
    return world


def _ended(world: PermissionWorld, chapter: str) -> None:
    world.crash.at = world.crash.fault = None
    world.settle(20)
    assert world.allowed == CHAPTERS[chapter][1]
    assert sum(right != NOTHING for right in world.farm.model.allowed.values()) == (
        world.allowed != NOTHING
    )
    if chapter == "deleted":
        assert NAME not in world.cluster.applications
        assert world.farm.model.entries == ()
        return
    assert world.cluster.ready(NAME) == (TRUE, Reason.SUCCEEDED), world.message()
    assert len(world.farm.model.entries) == 1
    world.cluster.delete(NAME)
    world.settle()
    assert world.allowed == NOTHING, "what was given is known to be ours, whatever happened"


def _steps(chapter: str) -> int:
    world = _began(chapter)
    world.run_pass("sharepoint")
    return len(world.crash.steps)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_killed_at_any_step_what_we_gave_stays_ours(chapter: str) -> None:
    steps = _steps(chapter)
    assert steps > 10
    for at in range(1, steps + 1):
        world = _began(chapter)
        world.crash.at = at
        world.run_pass("sharepoint")
        _ended(world, chapter)


@pytest.mark.parametrize("chapter", CHAPTERS)
@pytest.mark.parametrize("done", [True, False])
def test_a_run_whose_answer_is_lost_leaves_the_same(chapter: str, done: bool) -> None:
    world = _began(chapter)
    world.run_pass("sharepoint")
    for at in range(1, len(world.crash.calls) + 1):
        world = _began(chapter)
        failure = OperationFailed(Reason.OUTCOME_UNKNOWN, "No answer.", outcome_unknown=True)
        world.crash.fault = Fault(at, failure, done_all_the_same=done)
        world.run_pass("sharepoint")
        _ended(world, chapter)
