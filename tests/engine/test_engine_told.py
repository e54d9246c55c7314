"""What people are told while the operator works: steps of a long pass, Events, and a line before each change."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from partner_operator.engine import unserved
from partner_operator.engine.ports import ServerName, Severity
from partner_operator.engine.process_memory import ProcessMemory
from partner_operator.engine.worker import Worker
from partner_operator.logs import AUDIT
from partner_operator.trust.conditions import find
from partner_operator.trust.model import Mode, Product
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import ApplicationStatus, ServerStatus
from support.engine.bell import Impatient
from support.engine.world import (
    EXCHANGE_HOSTS,
    EXCHANGE_ON_LYNC,
    LYNC_ON_EXCHANGE,
    World,
    converged,
    disable,
    exchange_on_lync,
)
from support.trust import worlds as values

TRUE, UNKNOWN = ConditionStatus.TRUE, ConditionStatus.UNKNOWN


class Kept(logging.Handler):
    """The fields of each line, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self.lines.append(record.__dict__)


@pytest.fixture
def audit() -> Iterator[list[dict[str, Any]]]:
    """What the log keeps of changes."""
    logger, kept = logging.getLogger(AUDIT), Kept()
    level = logger.level
    logger.addHandler(kept)
    logger.setLevel(logging.INFO)
    yield kept.lines
    logger.removeHandler(kept)
    logger.setLevel(level)


def told(world: World, name: str, reason: Reason) -> list[str]:
    """Events of one object."""
    return [
        message
        for about, _, found, message in world.cluster.events
        if about == name and found is reason
    ]


def steps(world: World) -> dict[str, list[str]]:
    """By uid, what Ready says in each status that is written from now on."""
    seen: dict[str, list[str]] = {}
    checked = world.cluster._checked

    def listening(
        uid: str, generation: int, status: ApplicationStatus | ServerStatus
    ) -> dict[str, object]:
        ready = find(status.conditions, ConditionType.READY)
        reconciling = find(status.conditions, ConditionType.RECONCILING)
        if ready is not None:
            assert reconciling is None or reconciling.message == ready.message
            lines = seen.setdefault(uid, [])
            if not lines or lines[-1] != ready.message:
                lines.append(ready.message)
        return checked(uid, generation, status)

    world.cluster._checked = listening  # type: ignore[method-assign]
    return seen


# ---- the step that a pass is in


def test_a_long_pass_says_the_step_that_it_is_in() -> None:
    world = World()
    seen = steps(world)
    world.declare()
    world.settle()
    exchange, lync = (world.cluster.servers[name].key.uid for name in ("exchange", "lync"))
    on_exchange, on_lync = (
        world.cluster.applications[name].key.uid for name in (LYNC_ON_EXCHANGE, EXCHANGE_ON_LYNC)
    )
    assert seen[exchange][:-1] == [
        "Checking Exchange.",
        "Restarting IIS on ex1.litwareinc.com.",
        "Restarting IIS on ex2.litwareinc.com.",
    ]
    assert seen[on_exchange][:3] == [
        "Checking Exchange and its trust in Lync.",
        "Registering Lync on Exchange.",
        "Exchange has Lync as declared. Next, this becomes active there.",
    ]
    assert "Running the connectivity test on fe1.litwareinc.com." in seen[on_lync]
    for uid in (exchange, lync, on_exchange, on_lync):
        assert seen[uid][-1].startswith(("Reached", "Registered as declared"))


def test_a_repair_keeps_its_reason_at_each_step() -> None:
    world = converged()
    disable(world)
    reasons: set[tuple[ConditionStatus, Reason]] = set()
    apply = world.exchange.apply

    async def look(*arguments: Any) -> Any:
        reasons.add(world.cluster.ready(LYNC_ON_EXCHANGE))  # type: ignore[arg-type]  # it is there
        return await apply(*arguments)

    world.exchange.apply = look  # type: ignore[method-assign,assignment]
    world.run_round()
    assert reasons == {(UNKNOWN, Reason.DRIFT_DETECTED)}
    world.settle()
    assert world.all_ready()


def test_what_is_tried_again_does_not_flip_to_a_step_and_a_retest_writes_once() -> None:
    """Each write is a refresh of everybody's watch."""
    world = converged()
    world.cluster.change(EXCHANGE_ON_LYNC)
    world.settle()
    seen = steps(world)
    writes = world.cluster.writes
    world.clock.instant += timedelta(hours=2)
    tests = world.lync.counts["test"]
    world.run_pass("lync")
    assert world.lync.counts["test"] == tests + 1
    assert world.cluster.writes == writes + 1
    assert not any("Running" in line for lines in seen.values() for line in lines)


# ---- Events


def test_ready_that_comes_back_is_an_event_and_ready_that_stays_is_none() -> None:
    world = converged()
    world.cluster.events.clear()
    for _ in range(3):
        world.run_round()
    world.cluster.change(LYNC_ON_EXCHANGE)
    world.settle()
    assert world.cluster.told(Reason.SUCCEEDED) == []
    world.exchange.unreachable.update(EXCHANGE_HOSTS)
    world.run_round()
    world.exchange.unreachable.clear()
    for _ in range(3):
        world.run_when_due("exchange")
    for name in ("exchange", LYNC_ON_EXCHANGE):
        assert len(told(world, name, Reason.UNREACHABLE)) == 1
        assert len(told(world, name, Reason.SUCCEEDED)) == 1


def test_a_new_object_that_becomes_ready_says_so_once() -> None:
    world = World()
    world.declare()
    world.settle()
    for name in ("exchange", "lync", LYNC_ON_EXCHANGE, EXCHANGE_ON_LYNC):
        assert len(told(world, name, Reason.SUCCEEDED)) == 1


def test_a_change_that_begins_is_an_event_before_it_and_so_is_each_restart() -> None:
    world = World()
    world.declare()
    before: list[int] = []
    apply = world.exchange.apply

    async def look(*arguments: Any) -> Any:
        before.append(len(told(world, LYNC_ON_EXCHANGE, Reason.CHANGE_BEGINS)))
        return await apply(*arguments)

    world.exchange.apply = look  # type: ignore[method-assign,assignment]
    world.settle()
    assert before == [1]
    (message,) = told(world, LYNC_ON_EXCHANGE, Reason.CHANGE_BEGINS)
    assert message.startswith(
        "Register on Exchange (ex1.litwareinc.com), for generation 1: identity: (none) -> Lync; "
    )
    assert told(world, "exchange", Reason.CHANGE_BEGINS) == [
        f"Restart of IIS on {host}, for generation 1." for host in EXCHANGE_HOSTS
    ]


def test_somebody_who_removes_an_entry_is_told_of_once() -> None:
    world = converged()
    world.cluster.change(LYNC_ON_EXCHANGE, mode=Mode.OBSERVE)
    world.settle()
    world.exchange.model.entries = ()
    for _ in range(4):
        world.run_round()
    (message,) = told(world, LYNC_ON_EXCHANGE, Reason.VANISHED)
    assert "not by the operator" in message


def test_a_reference_that_dangles_is_an_event_and_so_is_its_end() -> None:
    """The partner's server is deleted, and created again."""
    world = converged()
    world.cluster.events.clear()
    blocker = Obstacle(Reason.PARTNER_NOT_FOUND, "PartnerServer lync does not exist.", Next.HUMAN)
    world.cluster.blockers[LYNC_ON_EXCHANGE] = blocker
    for _ in range(3):
        world.run_round()
    del world.cluster.blockers[LYNC_ON_EXCHANGE]
    for _ in range(3):
        world.run_round()
    assert len(told(world, LYNC_ON_EXCHANGE, Reason.PARTNER_NOT_FOUND)) == 1
    assert len(told(world, LYNC_ON_EXCHANGE, Reason.SUCCEEDED)) == 1


def test_an_application_without_a_server_is_told_once() -> None:
    world = World()
    world.declare()
    world.cluster.servers.clear()
    for _ in range(3):
        asyncio.run(unserved.answer_all(world.ports(), ProcessMemory(), lambda why: None))
    for name in (LYNC_ON_EXCHANGE, EXCHANGE_ON_LYNC):
        assert len(told(world, name, Reason.SERVER_NOT_FOUND)) == 1


# ---- the audit


def test_each_kind_of_change_is_in_the_log_as_it_was_and_as_it_is_asked_to_be(
    audit: list[dict[str, Any]],
) -> None:
    world = World()
    world.declare()
    world.settle()
    registered, *others = audit
    assert registered["before"] is None
    assert registered["operation"] == "Register"
    assert registered["object"] == f"trust/{LYNC_ON_EXCHANGE}"
    assert registered["kind"] == "PartnerApplication"
    assert registered["host"] == EXCHANGE_HOSTS[0]
    assert registered["generation"] == 1
    after = registered["after"]
    assert after["identity"] == "Lync"
    assert after["authMetadataUrl"] == values.LYNC_URL
    assert after["certificates"] == values.THUMBPRINT
    assert after["roles"] == "UserApplication, ArchiveApplication"
    assert {line["operation"] for line in others} == {"Restart", "Register"}
    assert [line["host"] for line in others if line["operation"] == "Restart"] == [*EXCHANGE_HOSTS]
    (on_lync,) = (line for line in others if line["operation"] == "Register")
    assert on_lync["after"]["applicationTrustLevel"] == "Full"
    audit.clear()
    disable(world)
    world.settle()
    world.settle()
    update, *_ = audit
    assert (update["operation"], update["before"]["enabled"], update["after"]["enabled"]) == (
        "Update",
        "False",
        "True",
    )
    same = {name: value for name, value in update["before"].items() if name != "enabled"}
    assert same == {name: value for name, value in update["after"].items() if name != "enabled"}
    audit.clear()
    world.cluster.delete(LYNC_ON_EXCHANGE)
    world.settle()
    (removed,) = audit
    assert (removed["operation"], removed["after"]) == ("Remove", None)
    assert removed["before"]["reference"]


def test_what_is_made_anew_shows_both(audit: list[dict[str, Any]]) -> None:
    """Lync cannot change a realm in place, and does not show certificates."""
    world = converged()
    entry = world.lync.model.entries[0]
    world.lync.model.entries = (replace(entry, realm="other.example"),)
    world.lync.running = dict.fromkeys(world.lync.running, world.lync.model.entries)
    world.run_round()
    (made,) = audit
    assert made["operation"] == "Recreate"
    assert (made["before"]["realm"], made["after"]["realm"]) == ("other.example", "litwareinc.com")
    (message,) = told(world, EXCHANGE_ON_LYNC, Reason.CHANGE_BEGINS)[-1:]
    assert "realm: other.example -> litwareinc.com" in message


def test_nothing_secret_and_nothing_endless_is_in_a_line(audit: list[dict[str, Any]]) -> None:
    """What a partner's document says is its own choice, and so is what stands on the server."""
    world = World()
    realm = 'x\u202e\n{"level": "forged"}' + "y" * 5000
    reading = values.reading(Product.LYNC, realm=realm)
    world.exchange.model.documents = (world.exchange.model.documents[0], reading)
    url = "https://user:secret@old.litwareinc.com/metadata/json/1"
    world.cluster.add(replace(exchange_on_lync(), connectivity_test=None))
    world.run_round()
    stored = world.lync.model.entries[0]
    world.lync.model.entries = (replace(stored, metadata_url=url),)
    world.declare()
    world.run_round()
    entries = [line[part] for line in audit for part in ("before", "after") if line[part]]
    assert len(entries) >= 3
    values_told = [value for entry in entries for value in entry.values()]
    assert "https://old.litwareinc.com/metadata/json/1" in values_told
    assert any(value.startswith("x\\u202e\\n{") for value in values_told)
    messages = world.cluster.told(Reason.CHANGE_BEGINS)
    assert all(len(value) <= 300 for value in values_told)
    assert all(len(message) <= 900 for message in messages)
    for text in (*values_told, *messages):
        assert not {"\n", "\u202e"} & set(text)
        assert "secret" not in text
        assert "geheim" not in text


def test_a_pass_that_changes_nothing_has_nothing_to_audit(audit: list[dict[str, Any]]) -> None:
    world = converged()
    world.cluster.change(LYNC_ON_EXCHANGE, mode=Mode.OBSERVE)
    disable(world)
    for _ in range(3):
        world.run_round()
    assert audit == []


# ---- the log of passes


@pytest.mark.parametrize("reachable", [True, False])
def test_a_pass_has_a_line_at_each_end_and_a_failure_is_a_warning(
    reachable: bool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "partner_operator.engine.worker"
    # A theatre listens there in place of a reader, also after its play.
    monkeypatch.setattr(logging.getLogger(name), "filters", [])
    caplog.set_level(logging.INFO, name)
    world = converged()
    if not reachable:
        world.exchange.unreachable.update(EXCHANGE_HOSTS)
    worker = Worker(world.ports(), ServerName("trust", "exchange"), Impatient(world.clock, 1))
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(worker.run())
    begins, ends = caplog.records
    assert (begins.levelname, ends.levelname) == ("INFO", "INFO" if reachable else "WARNING")
    fields = ends.__dict__
    assert fields["object"] == "trust/exchange"
    assert fields["operation"] == "pass"
    assert fields["outcome"] == ("ended" if reachable else "failed")
    assert fields["reason"] == ("Succeeded" if reachable else "Unreachable")
    assert fields["seconds"] >= 1
    severities = {
        severity for _, severity, reason, _ in world.cluster.events if reason is Reason.UNREACHABLE
    }
    assert severities == (set() if reachable else {Severity.WARNING})
