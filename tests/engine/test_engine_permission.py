"""A permission has an owner: an object asks, the farm's owner bounds it, and what others gave is left."""

from __future__ import annotations

import pytest

from partner_operator.trust.conditions import find
from partner_operator.trust.model import (
    DocumentFault,
    DocumentReading,
    Mode,
    Permission,
    Product,
    Right,
)
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from support.engine.meanwhile import when
from support.engine.permission import FULL, NAME, NOTHING, READ, PermissionWorld, asked
from support.trust import worlds as values

TRUE, FALSE = ConditionStatus.TRUE, ConditionStatus.FALSE
READS = Permission(Right.READ)


# ---- giving


@pytest.mark.parametrize("right", [right for right in Right if right is not Right.NONE])
def test_what_is_asked_and_allowed_is_given_in_the_first_pass(right: Right) -> None:
    world = PermissionWorld()
    world.ask(right)
    world.run_pass("sharepoint")
    assert world.allowed == Permission(right, app_only=True)
    assert world.farm.counts["registered"] == 1
    assert not world.cluster.told(Reason.DRIFT_DETECTED)
    assert world.cluster.told(Reason.REGISTERED) == ["SharePoint now trusts Exchange."]
    [said] = world.cluster.told(Reason.REPAIRED)
    assert said.endswith(f"Exchange has the permission {right}, app-only now.")
    world.settle()
    registration = world.cluster.status(NAME).registration
    assert registration is not None
    assert registration.permission == world.allowed
    assert f"has the permission {right}, app-only: whoever holds" in world.message()


def test_nothing_is_given_where_nothing_is_asked_and_it_is_said_what_will_not_work() -> None:
    world = asked(Right.NONE)
    assert world.allowed == NOTHING
    assert world.given is None
    assert "site mailboxes and eDiscovery do not work" in world.message()


def test_it_is_written_down_before_it_is_given() -> None:
    world = PermissionWorld()
    world.ask(Right.READ)
    seen = []
    when(world, "SharePoint apply Update", lambda: seen.append(world.given))
    world.settle()
    assert [given and (given.right, given.before) for given in seen] == [(Right.READ, NOTHING)]


def test_a_plan_says_what_the_permission_means() -> None:
    world = PermissionWorld()
    world.ask(Right.FULL_CONTROL, mode=Mode.OBSERVE)
    world.run_pass("sharepoint")
    [entry, permission, restart] = world.cluster.status(NAME).plan
    assert entry.startswith("entry: ")
    assert permission.startswith("permission: None -> FullControl, app-only, that is whoever holds")
    assert restart.startswith("restart: IIS ")
    assert world.farm.changes == 0


def test_a_plan_says_what_will_not_work_without_one() -> None:
    world = PermissionWorld()
    world.ask(Right.NONE, mode=Mode.OBSERVE)
    world.run_pass("sharepoint")
    [_, permission, _] = world.cluster.status(NAME).plan
    assert permission.startswith("permission: None -> None, so that its site mailboxes")
    world = asked(Right.WRITE)
    world.ask(Right.NONE, mode=Mode.OBSERVE)
    world.settle()
    [permission] = world.cluster.status(NAME).plan
    assert permission.startswith("permission: Write, app-only -> None, so that its site mailboxes")


# ---- the owner of the farm


@pytest.mark.parametrize(
    ("asks", "most"),
    [
        (Right.READ, Right.NONE),
        (Right.FULL_CONTROL, Right.NONE),
        (Right.FULL_CONTROL, Right.MANAGE),
        (Right.MANAGE, Right.WRITE),
    ],
)
def test_more_than_the_owner_allows_makes_nothing_and_waits_for_a_word(
    asks: Right, most: Right
) -> None:
    world = PermissionWorld(most=most)
    world.ask(asks)
    world.settle()
    assert world.cluster.ready(NAME) == (FALSE, Reason.PERMISSION_NOT_ALLOWED)
    stalled = find(world.cluster.status(NAME).conditions, ConditionType.STALLED)
    assert stalled is not None
    assert f"asks for the permission {asks}" in stalled.message
    assert f"allows {most} at most" in stalled.message
    assert world.farm.changes == 0
    world.cluster.change_server("sharepoint", max_permission=asks)
    world.settle()
    assert world.cluster.ready(NAME) == (TRUE, Reason.SUCCEEDED)
    assert world.allowed.right is asks


def test_a_bound_that_is_lowered_takes_nothing_and_says_what_stays() -> None:
    world = asked()
    world.cluster.change_server("sharepoint", max_permission=Right.READ)
    world.settle()
    assert world.cluster.ready(NAME) == (FALSE, Reason.PERMISSION_NOT_ALLOWED)
    assert "What this object gave before, up to FullControl, stays" in world.message()
    assert world.allowed == FULL
    world.ask(Right.READ)
    world.settle()
    assert world.allowed == READ


def test_the_deletion_of_what_is_not_allowed_any_more_takes_it_and_asks_nobody() -> None:
    world = asked()
    world.cluster.change_server("sharepoint", max_permission=Right.NONE)
    world.cluster.delete(NAME)
    world.settle()
    assert NAME not in world.cluster.applications
    assert world.allowed == NOTHING
    assert world.farm.model.entries == ()


@pytest.mark.parametrize("step", ["SharePoint observe done", "SharePoint apply Register done"])
def test_an_owner_who_takes_his_word_back_is_heard_before_anything_is_given(step: str) -> None:
    world = PermissionWorld()
    world.ask(Right.FULL_CONTROL)
    when(
        world,
        step,
        lambda: world.cluster.change_server("sharepoint", max_permission=Right.NONE),
    )
    world.settle()
    assert world.allowed == NOTHING
    assert world.given is None
    assert len(world.farm.model.entries) == ("Register" in step)
    assert world.cluster.ready(NAME) == (FALSE, Reason.PERMISSION_NOT_ALLOWED)


# ---- other declarations


@pytest.mark.parametrize("before", [NOTHING, READS, READ])
@pytest.mark.parametrize(
    "steps",
    [
        (Right.FULL_CONTROL, Right.NONE),
        (Right.READ, Right.FULL_CONTROL, Right.NONE),
        (Right.FULL_CONTROL, Right.WRITE, Right.NONE),
        (Right.MANAGE, Right.READ, Right.WRITE, Right.NONE),
    ],
)
def test_raising_lowering_and_revoking_leave_what_others_gave(
    steps: tuple[Right, ...], before: Permission
) -> None:
    world = PermissionWorld()
    world.allowed = before
    world.adopted()
    for right in steps:
        world.ask(right)
        world.settle()
        assert world.cluster.ready(NAME) == (TRUE, Reason.SUCCEEDED), world.message()
        least = max(right, before.right, key=list(Right).index)
        assert world.allowed.right is least
    assert world.allowed == before
    assert world.given is None
    writes = world.farm.changes
    world.settle()
    assert world.farm.changes == writes


@pytest.mark.parametrize("right", [Right.NONE, Right.READ])
def test_more_than_is_declared_from_somebody_else_is_left_and_told(right: Right) -> None:
    world = PermissionWorld()
    world.allowed = FULL
    world.adopted()
    world.ask(right)
    world.settle()
    assert world.allowed == FULL
    assert world.farm.changes == 0
    assert f"This object did not give it, and declares {right}; it is left." in world.message()
    world.cluster.delete(NAME)
    world.settle()
    assert world.allowed == FULL


@pytest.mark.parametrize("lost", ["unreachable", "another product's"])
def test_what_is_declared_no_more_is_taken_although_the_partner_is_down(lost: str) -> None:
    world = asked()
    model = world.farm.model
    fault = DocumentReading(values.EXCHANGE_URL, fault=DocumentFault.UNREACHABLE)
    other = values.reading(Product.LYNC, values.EXCHANGE_URL)
    model.documents = (fault if lost == "unreachable" else other, *model.documents[1:])
    world.ask(Right.NONE)
    world.settle()
    assert set(model.allowed.values()) == {NOTHING}
    assert world.given is None
    assert len(model.entries) == 1
    ready = world.cluster.ready(NAME)
    assert ready is not None
    assert ready[0] is FALSE


def test_who_asks_for_too_much_is_no_heir_and_holds_no_removal_back() -> None:
    world = asked()
    world.cluster.change_server("sharepoint", max_permission=Right.READ)
    world.add_heir()
    world.cluster.delete(NAME)
    world.settle()
    assert world.allowed == NOTHING
    assert world.farm.model.entries == ()
    assert world.cluster.ready("heir") == (FALSE, Reason.PERMISSION_NOT_ALLOWED)
