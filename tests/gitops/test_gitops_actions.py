"""Argo CD's actions do to an object what a human would, and no more than was declared."""

from __future__ import annotations

from typing import Any

import pytest

from partner_operator.kube.api.names import APPROVE_RESTART, RECONCILE_REQUESTED_AT
from partner_operator.trust.model import Mode
from partner_operator.trust.reasons import Reason
from support.engine.world import LYNC_ON_EXCHANGE, converged
from support.gitops.judge import acted, offered
from support.gitops.recording import now
from support.parked.hall import Hall
from support.parked.restarts import APPROVE
from support.parked.table import PARKED

QUESTIONS = [reason for reason, parked in PARKED.items() if parked.says == APPROVE]
"""States whose message asks for an approval."""


@pytest.mark.parametrize("reason", QUESTIONS)
def test_an_approval_is_offered_while_it_is_asked_for_and_is_one(reason: Reason) -> None:
    parked = PARKED[reason]
    hall = Hall(parked.product, 2)
    assert "approve-restart" not in offered(now(hall.world.cluster)[hall.server])
    parked.reach(hall)
    server = now(hall.world.cluster)[hall.server]
    assert offered(server) == {"reconcile", "approve-restart"}
    approved = acted(server, "approve-restart")
    if reason is Reason.RESTART_FAILED:
        hall.mend()
    hall.world.cluster.approve(hall.server, approved["metadata"]["annotations"][APPROVE_RESTART])
    hall.passes(4)
    assert reason not in {condition.reason for condition in parked.seen(hall)}
    assert "approve-restart" not in offered(now(hall.world.cluster)[hall.server])


def test_a_pass_that_is_asked_for_is_made() -> None:
    parked = PARKED[Reason.DRIFT_PERSISTS]
    hall = Hall(parked.product, 2)
    parked.reach(hall)
    hall.mend()
    for name in hall.names:
        application = now(hall.world.cluster)[name]
        assert "reconcile" in offered(application)
        wanted = acted(application, "reconcile")["metadata"]["annotations"]
        hall.world.cluster.request(name, wanted[RECONCILE_REQUESTED_AT])
    hall.passes(4)
    assert hall.world.all_ready()


@pytest.mark.parametrize("mode", [Mode.ENFORCE, Mode.OBSERVE])
def test_who_was_suspended_goes_on_as_before(mode: Mode) -> None:
    """Also an object that only observed: resuming is no leave to write."""
    world = converged()
    if mode is not Mode.ENFORCE:
        world.cluster.change(LYNC_ON_EXCHANGE, mode=mode)
    before = now(world.cluster)[LYNC_ON_EXCHANGE]
    assert offered(before) == {"reconcile", "suspend"}
    suspended = acted(before, "suspend")
    assert suspended["spec"]["mode"] == "Suspend"
    assert offered(suspended) == {"reconcile", "resume"}
    assert acted(suspended, "suspend") == suspended, "pressed twice"
    resumed = acted(suspended, "resume")
    assert resumed["spec"]["mode"] == str(mode)
    assert offered(resumed) == {"reconcile", "suspend"}
    assert resumed["metadata"] == {**before["metadata"], "annotations": []}
    assert changed(before, resumed) <= {"metadata", "spec"}


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """Top-level fields that differ, an empty list being as good as an empty object for Lua."""
    return {key for key in before if alike(before[key]) != alike(after[key])}


def alike(value: Any) -> Any:
    """The same for what Lua cannot tell apart."""
    if isinstance(value, dict):
        return {key: alike(inner) for key, inner in value.items()} or []
    return [alike(inner) for inner in value] if isinstance(value, list) else value


def test_what_is_suspended_in_git_cannot_be_resumed_here() -> None:
    """Nobody knows whether it shall observe or enforce; and Git would suspend it again."""
    world = converged()
    world.cluster.change(LYNC_ON_EXCHANGE, mode=Mode.SUSPEND)
    body = now(world.cluster)[LYNC_ON_EXCHANGE]
    assert offered(body) == {"reconcile"}
    assert acted(body, "resume")["spec"]["mode"] == "Suspend"
