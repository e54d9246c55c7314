"""The plan says what the operator would do, held against what it then does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from partner_operator.cli.plan import _lines, exit_code
from partner_operator.cli.planned import Item, Outlook, planned
from partner_operator.trust.model import (
    DeletionPolicy,
    Mode,
    Product,
    RestartPolicy,
    RestartRules,
    RestartWindow,
)
from support.cli.bodies import application_bodies, server_bodies
from support.engine.world import (
    EXCHANGE_ON_LYNC,
    EXCHANGE_ON_SHAREPOINT,
    LYNC_ON_EXCHANGE,
    World,
    converged,
    disable,
    exchange_on_sharepoint,
)
from support.trust import worlds as values


def plan(world: World) -> dict[str, Item]:
    found = planned(server_bodies(world), application_bodies(world))
    return {each.name: each for each in found}


def code(world: World) -> int:
    return exit_code(tuple(plan(world).values()))


def writes(world: World) -> tuple[int, int, int]:
    """On the servers."""
    exchange, lync = world.exchange, world.lync
    return len(exchange.model.writes), len(lync.model.writes), sum(exchange.restarts.values())


def test_what_is_as_declared_has_no_plan_and_is_not_touched() -> None:
    world = converged()
    assert code(world) == 0
    assert {each.outlook for each in plan(world).values()} == {Outlook.NOTHING}
    before = writes(world)
    world.run_round()
    assert writes(world) == before


def test_observe_says_what_enforce_then_does() -> None:
    world = World()
    world.cluster.add(
        replace(
            values.application(
                Product.LYNC, LYNC_ON_EXCHANGE, server_name="exchange", has_finalizer=False
            ),
            mode=Mode.OBSERVE,
        )
    )
    world.run_round()
    found = plan(world)[LYNC_ON_EXCHANGE]
    assert found.outlook is Outlook.CHANGES
    assert found.lines == (
        "With mode Enforce:",
        "entry: (none) -> Lync",
        "restart: IIS on each listed host that started before the change, one host after the other",
    )
    assert code(world) == 2
    assert writes(world) == (0, 0, 0)
    world.cluster.change(LYNC_ON_EXCHANGE, mode=Mode.ENFORCE)
    # Until the operator has looked, nobody knows.
    assert plan(world)[LYNC_ON_EXCHANGE].outlook is Outlook.UNKNOWN
    assert code(world) == 1
    world.settle()
    assert [each.kind for each in world.exchange.model.writes] == ["Register"]
    assert world.exchange.restarts == dict.fromkeys(world.exchange.hosts, 1)


def manual(world: World) -> None:
    world.cluster.servers["exchange"] = replace(
        world.cluster.servers["exchange"],
        restart=RestartRules(RestartPolicy.MANUAL, settle=timedelta(0)),
    )


def window(world: World) -> None:
    closed = RestartWindow("0 3 * * *", timedelta(hours=1))
    world.cluster.servers["exchange"] = replace(
        world.cluster.servers["exchange"],
        restart=RestartRules(settle=timedelta(0), windows=(closed,)),
    )


@pytest.mark.parametrize("waits", [manual, window])
def test_a_restart_that_waits_is_a_change(waits: Callable[[World], None]) -> None:
    world = World()
    waits(world)
    world.declare()
    for _ in range(4):
        world.run_round()
    found = plan(world)["exchange"]
    assert found.outlook is Outlook.CHANGES
    assert "IIS is to be restarted" in found.lines[0]
    assert all(host in found.lines[0] for host in world.exchange.hosts)
    assert found.lines[-1] == "By command: partner-operator approve-restart exchange -n trust"
    assert code(world) == 2
    assert not world.exchange.restarts


@pytest.mark.parametrize(
    ("waits", "said"), [(manual, "once somebody approves it"), (window, "restart.windows")]
)
def test_observe_says_when_the_restart_would_come(
    waits: Callable[[World], None], said: str
) -> None:
    world = World()
    waits(world)
    world.declare()
    world.cluster.change(LYNC_ON_EXCHANGE, mode=Mode.OBSERVE)
    world.run_round()
    assert said in plan(world)[LYNC_ON_EXCHANGE].lines[-1]


def test_observe_of_a_product_without_a_restart_tells_of_none() -> None:
    world = World()
    world.declare()
    world.cluster.change(EXCHANGE_ON_LYNC, mode=Mode.OBSERVE)
    world.run_round()
    assert not [line for line in plan(world)[EXCHANGE_ON_LYNC].lines if "restart" in line]


def test_observe_of_a_farm_that_nobody_restarts_says_so() -> None:
    world = converged()
    world.join_farm()
    world.cluster.add(replace(exchange_on_sharepoint(), mode=Mode.OBSERVE))
    world.run_round()
    last = plan(world)[EXCHANGE_ON_SHAREPOINT].lines[-1]
    assert last.startswith("restart: none by the operator, because restart.policy is Never")
    assert "iisreset" in last


def test_a_farm_that_nobody_restarts_waits_for_nobody() -> None:
    """Its policy is Never without a word in the spec: old workers are no restart that is to come."""
    world = converged()
    world.join_farm()
    world.cluster.add(exchange_on_sharepoint())
    for _ in range(4):
        world.run_round()
    assert world.sharepoint.model.writes
    found = plan(world)
    assert found["sharepoint"].outlook is Outlook.NOTHING
    assert found[EXCHANGE_ON_SHAREPOINT].outlook is Outlook.NOTHING
    assert code(world) == 0
    world.run_round()
    assert not world.sharepoint.restarts


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("Meant? Set the annotation {word} on this PartnerServer.", "exchange"),
        ("Gone? Set the annotation {word} on PartnerServer exchange.", "exchange"),
        ("Mended? Then set the annotation {word}.", "exchange"),
        ("Wait a while.", ""),
    ],
)
def test_a_question_has_the_command_that_answers_it(message: str, answer: str) -> None:
    """Who asked for a plan at a terminal needs no kubectl for the answer."""
    world = converged()
    [body] = [each for each in server_bodies(world) if each["metadata"]["name"] == "exchange"]
    for condition in body["status"]["conditions"]:
        condition.update(
            status="False",
            reason="OtherOrganization",
            message=message.format(word="partner-operator.io/reconcile-requested-at"),
        )
    [found] = planned([body], [])
    assert found.outlook is Outlook.UNKNOWN
    run = [line for line in found.lines if "partner-operator reconcile" in line]
    assert run == (
        [f"By command: partner-operator reconcile pserver/{answer} -n trust"] if answer else []
    )


def test_a_question_of_a_trust_is_answered_where_it_says() -> None:
    """A held deletion asks for a word on the server; a fight with somebody else for one on the trust itself."""
    world = converged()
    [body] = [e for e in application_bodies(world) if e["metadata"]["name"] == LYNC_ON_EXCHANGE]
    word = "partner-operator.io/reconcile-requested-at"
    for message, where in (
        (
            f"Set the annotation {word} on PartnerServer exchange; to leave them, go.",
            "pserver/exchange",
        ),
        (f"Find the other writer, or set the annotation {word}.", f"papp/{LYNC_ON_EXCHANGE}"),
    ):
        for condition in body["status"]["conditions"]:
            condition.update(status="False", reason="AnotherWriter", message=message)
        [found] = planned([], [body])
        assert found.lines[-1] == f"By command: partner-operator reconcile {where} -n trust"


def test_what_stands_in_the_way_is_not_taken_for_nothing() -> None:
    world = converged()
    disable(world)
    world.exchange.unreachable = {*world.exchange.hosts}
    world.clock.instant += timedelta(minutes=10)
    world.run_round()
    assert plan(world)[LYNC_ON_EXCHANGE].outlook is Outlook.UNKNOWN
    assert plan(world)["exchange"].outlook is Outlook.UNKNOWN
    assert code(world) == 1


def test_what_is_suspended_is_left_whatever_it_is_like() -> None:
    world = converged()
    for name in (LYNC_ON_EXCHANGE, EXCHANGE_ON_LYNC):
        world.cluster.change(name, mode=Mode.SUSPEND)
    disable(world)
    before = writes(world)
    world.run_round()
    assert plan(world)[LYNC_ON_EXCHANGE].outlook is Outlook.NOTHING
    assert writes(world) == before


@pytest.mark.parametrize(
    ("ours", "changes", "goes"),
    [
        (True, {}, True),
        (False, {}, False),
        (False, {"deletion_policy": DeletionPolicy.REMOVE}, True),
        (True, {"deletion_policy": DeletionPolicy.RETAIN}, False),
        (True, {"mode": Mode.OBSERVE}, False),
    ],
)
def test_a_deletion_says_whether_the_entry_goes(
    ours: bool, changes: dict[str, object], goes: bool
) -> None:
    world = World()
    if not ours:
        world.exchange.model.entries = (values.entry(),)
    world.declare()
    world.settle()
    if changes:
        world.cluster.change(LYNC_ON_EXCHANGE, **changes)
        world.run_round()
    world.cluster.delete(LYNC_ON_EXCHANGE)
    policy = changes.get("deletion_policy")
    bodies = application_bodies(world)
    for body in bodies:
        if policy is not None and body["metadata"]["name"] == LYNC_ON_EXCHANGE:
            body["spec"]["deletionPolicy"] = str(policy)
    # One that adopted its entry has left at once.
    found = {each.name: each for each in planned(server_bodies(world), bodies)}.get(
        LYNC_ON_EXCHANGE
    )
    assert (found is not None and found.outlook is Outlook.CHANGES) is goes, found
    for _ in range(4):
        world.run_round()
    assert bool(world.exchange.model.entries) is not goes


def test_a_plan_of_500_objects_lists_what_changes() -> None:
    world = converged()
    bodies = application_bodies(world)
    quiet = [
        {**bodies[0], "metadata": {**bodies[0]["metadata"], "name": f"papp-{number}"}}
        for number in range(500)
    ]
    quiet[7] = {**quiet[7], "status": {}}
    lines = list(_lines(planned(server_bodies(world), quiet)))
    assert lines[-1] == "0 would change, 501 would not, 1 not known; 502 in all."
    assert sum("papp-" in line for line in lines) == 1


def test_a_reason_of_a_newer_operator_is_shown_and_stands_for_nothing() -> None:
    world = converged()
    bodies = application_bodies(world)
    for body in bodies:
        for condition in body["status"]["conditions"]:
            condition["reason"] = "WaitingForGodot"
        body["status"]["somethingNew"] = {"deep": [1]}
    bodies[0]["spec"]["mode"] = "Dream"
    found = [each for each in planned([], bodies) if each.outlook is Outlook.UNKNOWN]
    assert len(found) == len(bodies)
    assert "Dream" in found[0].lines[0]
    assert "WaitingForGodot" in found[1].lines[0]


def test_no_name_forges_a_line() -> None:
    world = converged()
    bodies = application_bodies(world)
    bodies[0]["spec"]["mode"] = "Observe"
    for condition in bodies[0]["status"]["conditions"]:
        condition["reason"] = "DriftObserved"
    bodies[0]["status"]["plan"] = ["identity: x\n~ PartnerServer trust/forged\x1b[2J -> y"]
    lines = list(_lines(planned([], bodies)))
    assert all("\n" not in line for line in lines)
    assert r"\n~ PartnerServer trust/forged\x1b[2J" in "".join(lines)
