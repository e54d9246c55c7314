"""What was given is kept as declared, and taken with its object: drift, removal, and what is in the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.trust.model import DeletionPolicy, Mode, Permission, Right
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import ConditionStatus, Reason
from support.engine.permission import FULL, NAME, NOTHING, READ, PermissionWorld, asked

TRUE, FALSE = ConditionStatus.TRUE, ConditionStatus.FALSE
READS = Permission(Right.READ)


UNKNOWN = Obstacle(Reason.FORBIDDEN, "The account has no right on the database.", Next.RETRIED)
GONE = Obstacle(Reason.ROOT_SITE_MISSING, "There is no such site.", Next.HUMAN)


# ---- drift


@pytest.mark.parametrize("drift", [NOTHING, READS, Permission(Right.FULL_CONTROL), FULL])
def test_what_was_given_is_kept_as_declared_and_it_is_told(drift: Permission) -> None:
    """Microsoft's own script for site mailboxes gives FullControl on each run."""
    world = asked(Right.WRITE)
    world.allowed = drift
    world.settle()
    assert world.allowed == Permission(Right.WRITE, app_only=True)
    assert world.cluster.told(Reason.DRIFT_DETECTED)
    assert world.cluster.ready(NAME) == (TRUE, Reason.SUCCEEDED)


def test_a_rival_who_gives_more_again_and_again_is_named() -> None:
    world = asked(Right.READ)
    for _ in range(6):
        world.allowed = FULL
        world.clock.instant += world.cluster.servers["sharepoint"].interval
        world.run_round()
    assert world.cluster.ready(NAME) == (FALSE, Reason.ANOTHER_WRITER)


def test_what_somebody_else_put_in_its_place_is_not_taken_with_the_object() -> None:
    world = asked(Right.READ)
    world.allowed = FULL
    world.cluster.delete(NAME)
    world.settle()
    assert world.farm.model.entries == ()
    assert world.allowed == FULL


def test_observe_tells_of_drift_and_changes_nothing() -> None:
    world = asked(Right.WRITE)
    world.cluster.change(NAME, mode=Mode.OBSERVE)
    world.allowed = NOTHING
    world.settle()
    assert world.allowed == NOTHING
    assert world.cluster.ready(NAME) == (FALSE, Reason.DRIFT_OBSERVED)
    assert world.cluster.status(NAME).plan[0].startswith("permission: None -> Write, app-only")


# ---- removal


@pytest.mark.parametrize("before", [NOTHING, READS])
def test_a_removal_takes_what_was_given_first(before: Permission) -> None:
    world = asked(before=before)
    world.cluster.delete(NAME)
    world.settle()
    assert world.farm.model.entries == ()
    assert world.allowed == before
    [removal] = [each for each in world.farm.model.writes if each.kind == "Remove"]
    assert removal.permission == before


@pytest.mark.parametrize("before", [NOTHING, READS])
def test_an_issuer_that_was_adopted_stays_and_what_was_given_to_it_goes(before: Permission) -> None:
    world = PermissionWorld()
    world.allowed = before
    world.adopted()
    entries = world.farm.model.entries
    world.ask(Right.FULL_CONTROL)
    world.settle()
    assert world.cluster.applications[NAME].has_finalizer
    world.cluster.delete(NAME)
    world.settle()
    assert NAME not in world.cluster.applications
    assert world.farm.model.entries == entries
    assert world.allowed == before


@pytest.mark.parametrize(
    "stays", [{"deletion_policy": DeletionPolicy.RETAIN}, {"mode": Mode.OBSERVE}]
)
def test_what_is_retained_is_retained_with_its_permission(stays: dict[str, object]) -> None:
    world = asked()
    world.cluster.change(NAME, **stays)
    world.settle()
    world.cluster.delete(NAME)
    world.settle()
    assert NAME not in world.cluster.applications
    assert world.allowed == FULL


def test_what_waits_before_it_is_taken_says_so() -> None:
    world = PermissionWorld(removal_settle=timedelta(minutes=5))
    world.adopted()
    world.ask(Right.READ)
    world.settle()
    world.cluster.delete(NAME)
    world.run_pass("sharepoint")
    assert world.allowed == READ
    assert "What this object gave is taken from SharePoint when it has settled" in world.message()


def test_an_heir_has_what_was_given_and_takes_it_when_it_declares_less() -> None:
    world = asked()
    world.add_heir()
    world.cluster.delete(NAME)
    world.settle()
    assert NAME not in world.cluster.applications
    assert world.allowed == FULL
    world.cluster.change("heir", permission=Right.NONE)
    world.settle()
    assert world.allowed == NOTHING


# ---- what is in the way


@pytest.mark.parametrize("fault", [UNKNOWN, GONE])
def test_what_cannot_be_read_is_no_knowledge(fault: Obstacle) -> None:
    """Neither given again nor forgotten; it goes on when it can be read."""
    world = asked()
    given = world.given
    writes = world.farm.changes
    world.farm.model.unknown = fault
    world.settle()
    assert world.cluster.ready(NAME) == (FALSE, fault.reason)
    assert world.farm.changes == writes
    assert world.given == given
    world.cluster.delete(NAME)
    world.settle()
    assert world.cluster.ready(NAME) == (FALSE, Reason.DELETION_BLOCKED)
    assert fault.message in world.message()
    world.farm.model.unknown = None
    world.settle()
    assert NAME not in world.cluster.applications
    assert world.allowed == NOTHING


def test_where_nothing_is_asked_and_nothing_was_given_nobody_needs_to_know() -> None:
    world = PermissionWorld()
    world.farm.model.unknown = UNKNOWN
    world.ask(Right.NONE)
    world.settle()
    assert world.cluster.ready(NAME) == (TRUE, Reason.SUCCEEDED)
    assert "is not known: The account has no right on the database." in world.message()
    world.cluster.delete(NAME)
    world.settle()
    assert NAME not in world.cluster.applications


@pytest.mark.parametrize("times", [1, 5])
@pytest.mark.parametrize("ran", [True, False])
def test_an_issuer_whose_permission_is_refused_is_told_and_finished_later(
    times: int, ran: bool
) -> None:
    """No second issuer, and a refusal is no repair that did not help."""
    world = PermissionWorld()
    world.ask(Right.FULL_CONTROL)
    refusal = OperationFailed(
        Reason.FORBIDDEN,
        "The issuer is there, and its permission not.",
        nothing_ran=not ran,
        no_attempt=True,
    )
    left = [refusal] * times
    apply = world.farm.apply

    async def refusing(*arguments: Any) -> object:
        change = arguments[3]
        if change.kind == "Update" and left:
            raise left.pop()
        return await apply(*arguments)

    world.farm.apply = refusing  # type: ignore[method-assign,assignment]  # on its way
    world.run_pass("sharepoint")
    assert world.cluster.ready(NAME) == (FALSE, Reason.FORBIDDEN)
    assert "its permission not" in world.message()
    assert world.allowed == NOTHING
    for _ in range(times):
        world.settle()
    assert world.cluster.ready(NAME) == (TRUE, Reason.SUCCEEDED)
    assert world.allowed == FULL
    assert world.farm.counts["registered"] == 1
