"""A permission has an owner: an object asks, the farm's owner bounds it, and of what is there only ours is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.trust.conditions import find
from partner_operator.trust.model import (
    DeletionPolicy,
    DocumentFault,
    DocumentReading,
    Mode,
    Permission,
    Product,
    Right,
)
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from support.engine.crash import Crash, Fault
from support.engine.meanwhile import when
from support.engine.permission import FULL, NAME, NOTHING, READ, PermissionWorld
from support.trust import worlds as values

TRUE, FALSE = ConditionStatus.TRUE, ConditionStatus.FALSE
READS = Permission(Right.READ)
"""Without app-only: given by a person in a browser, say."""
UNKNOWN = Obstacle(Reason.FORBIDDEN, "The account has no right on the database.", Next.RETRIED)
GONE = Obstacle(Reason.ROOT_SITE_MISSING, "There is no such site.", Next.HUMAN)


def asked(right: Right = Right.FULL_CONTROL, before: Permission = NOTHING) -> PermissionWorld:
    """A farm that trusts Exchange and allows it what is declared; `before`: what somebody gave."""
    world = PermissionWorld()
    world.allowed = before
    world.ask(right)
    world.settle()
    assert world.cluster.ready(NAME) == (TRUE, Reason.SUCCEEDED), world.message()
    return world


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
    heir = replace(
        world.cluster.applications[NAME],
        key=replace(world.cluster.applications[NAME].key, name="heir", uid="uid-heir"),
        created_at=world.clock.now(),
        has_finalizer=False,
    )
    world.cluster.change_server("sharepoint", max_permission=Right.READ)
    world.cluster.add(heir)
    world.cluster.delete(NAME)
    world.settle()
    assert world.allowed == NOTHING
    assert world.farm.model.entries == ()
    assert world.cluster.ready("heir") == (FALSE, Reason.PERMISSION_NOT_ALLOWED)


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
    heir = replace(
        world.cluster.applications[NAME],
        key=replace(world.cluster.applications[NAME].key, name="heir", uid="uid-heir"),
        created_at=world.clock.now(),
        has_finalizer=False,
    )
    world.cluster.add(heir)
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

    async def refusing(*arguments: object) -> object:
        change = arguments[3]
        if change.kind == "Update" and left:  # type: ignore[attr-defined]  # a Change
            raise left.pop()
        return await apply(*arguments)  # type: ignore[arg-type]  # on their way

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
    world.crash = world.farm.crash = world.cluster.crash = Crash()
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
