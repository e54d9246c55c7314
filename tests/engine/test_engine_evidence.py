"""When a change on a farm is called active that nobody restarts: by evidence, each with its sentence, or by time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from partner_operator.engine.ports import LogonRefused, OperationFailed
from partner_operator.trust.conditions import find
from partner_operator.trust.model import Mode, Product, RestartPolicy, RestartRules, Right
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import Condition, Connectivity
from support.engine.world import (
    EXCHANGE_ON_SHAREPOINT,
    SHAREPOINT_HOSTS,
    World,
    exchange_on_sharepoint,
    lync_on_sharepoint,
)
from support.trust import worlds as values

DAY = timedelta(hours=24)
MINUTES = timedelta(minutes=11)


class Farm:
    """A farm on which an object registers Exchange, and what is told of it."""

    def __init__(self, permission: Right = Right.NONE, **server: object) -> None:
        self.world = World()
        self.world.join_farm(**server)
        self.world.cluster.add(exchange_on_sharepoint(permission=permission))
        self.there = self.world.sharepoint
        self.passes()

    def passes(self, count: int = 1) -> None:
        for _ in range(count):
            self.world.clock.instant += MINUTES
            self.world.run_pass("sharepoint")

    def knows(self, *hosts: str) -> None:
        """These hosts have taken over what is stored."""
        for host in hosts:
            self.there.running[host] = self.there.model.entries

    def activated(self, name: str = EXCHANGE_ON_SHAREPOINT) -> Condition:
        found = find(self.world.cluster.status(name).conditions, ConditionType.ACTIVATED)
        assert found is not None
        return found

    def is_waiting(self) -> bool:
        found = self.activated()
        ready = self.world.cluster.ready(EXCHANGE_ON_SHAREPOINT)
        assert found.status is ConditionStatus.UNKNOWN or ready == (
            ConditionStatus.TRUE,
            Reason.SUCCEEDED,
        )
        return found.reason is Reason.WAITING_FOR_ACTIVATION

    @property
    def asked(self) -> int:
        return self.there.counts["challenge"]


def test_each_host_says_by_itself_that_it_knows_a_new_issuer_and_is_not_asked_again() -> None:
    farm = Farm()
    one, two = SHAREPOINT_HOSTS
    assert farm.is_waiting()
    assert farm.asked == 2, "each host once in a pass"
    farm.knows(one)
    farm.passes()
    assert farm.is_waiting()
    assert farm.asked == 4
    farm.passes()
    assert farm.asked == 5, "who has said it is not asked again"
    farm.knows(two)
    farm.passes()
    assert not farm.is_waiting()
    assert "names the partner" in farm.activated().message
    writes = farm.world.cluster.writes
    farm.passes(3)
    assert (farm.asked, farm.world.cluster.writes) == (6, writes)
    assert farm.there.restarts.total() == 0


def test_a_permission_that_is_given_to_a_new_issuer_spoils_no_evidence() -> None:
    """It is looked up with each call; and given later, it makes nothing wait."""
    farm = Farm(Right.READ, max_permission=Right.FULL_CONTROL)
    assert farm.is_waiting()
    farm.knows(*SHAREPOINT_HOSTS)
    farm.passes()
    assert farm.activated().status is ConditionStatus.TRUE
    farm.world.cluster.change(EXCHANGE_ON_SHAREPOINT, permission=Right.FULL_CONTROL)
    farm.passes(2)
    registration = farm.world.cluster.status(EXCHANGE_ON_SHAREPOINT).registration
    assert registration is not None
    assert farm.there.model.allowed
    assert farm.activated().status is ConditionStatus.TRUE


def test_young_workers_are_evidence_without_a_question() -> None:
    farm = Farm()
    farm.there.iisreset(SHAREPOINT_HOSTS[0])
    farm.passes()
    assert farm.asked == 3, "a host with young workers is not asked"
    farm.there.iisreset(SHAREPOINT_HOSTS[1])
    farm.passes()
    assert farm.activated().message == "IIS on every listed host started after the last change."


def test_after_a_day_it_is_taken_over() -> None:
    farm = Farm()
    farm.world.clock.instant += DAY - 3 * MINUTES
    farm.passes()
    assert farm.is_waiting()
    farm.passes(3)
    assert "24 hours" in farm.activated().message
    asked = farm.asked
    farm.passes(3)
    assert farm.asked == asked, "what is over is not asked for"


def test_a_test_that_passed_after_the_change_is_evidence() -> None:
    """Of the other direction, wherever it runs."""
    farm = Farm()
    cluster = farm.world.cluster
    cluster.add(values.application(Product.SHAREPOINT, "back", server_name="exchange"))
    tested = farm.world.clock.now()
    farm.passes()
    uid = cluster.applications["back"].key.uid
    passed = Connectivity(True, tested, tested, timedelta(seconds=1), "", 0)
    cluster.statuses[uid] = replace(cluster.statuses[uid], connectivity=passed)
    farm.passes()
    assert "test passed" in farm.activated().message


@pytest.mark.parametrize("how", ["roll-over", "made again after a roll-over", "delete and apply"])
def test_what_a_host_may_know_from_before_proves_nothing(how: str) -> None:
    """It names issuers, and no certificates: the one that it names may be the old one."""
    farm = Farm()
    farm.knows(*SHAREPOINT_HOSTS)
    farm.passes()
    assert not farm.is_waiting()
    farm.world.roll(Product.EXCHANGE, values.ROLLED)
    if how == "made again after a roll-over":
        farm.there.model.entries = ()
    if how == "delete and apply":
        farm.world.cluster.delete(EXCHANGE_ON_SHAREPOINT)
        farm.passes(2)
        assert farm.there.model.entries == ()
        farm.world.cluster.add(exchange_on_sharepoint())
    asked = farm.asked
    farm.passes(2)
    assert values.ROLLED in (farm.there.model.entries[0].thumbprints or ())
    assert farm.is_waiting()
    assert farm.asked == asked
    farm.world.clock.instant += DAY
    farm.passes()
    assert not farm.is_waiting()


def test_each_entry_waits_for_its_own_change() -> None:
    farm = Farm()
    farm.knows(*SHAREPOINT_HOSTS)
    farm.passes()
    farm.world.cluster.add(lync_on_sharepoint())
    farm.passes()
    assert farm.activated("lync-on-sharepoint").reason is Reason.WAITING_FOR_ACTIVATION
    assert not farm.is_waiting(), "that another one was registered makes it no less active"
    farm.knows(*SHAREPOINT_HOSTS)
    farm.passes()
    assert farm.activated("lync-on-sharepoint").status is ConditionStatus.TRUE


def test_a_host_that_cannot_be_asked_proves_nothing_and_is_named() -> None:
    farm = Farm()
    one, two = SHAREPOINT_HOSTS
    farm.knows(one, two)
    challenge = farm.there.challenge

    async def silent(server: object, credentials: object, host: str) -> object:
        if host == two:
            farm.there.counts["failed"] += 1
            raise OperationFailed(Reason.TIMED_OUT, "sp2 did not answer in time.")
        return await challenge(server, credentials, host)  # type: ignore[arg-type]

    farm.there.challenge = silent  # type: ignore[method-assign,assignment]
    farm.passes()
    assert farm.is_waiting()
    assert "does not tell whom it trusts (sp2 did not answer in time.)" in farm.activated().message
    writes = farm.world.cluster.writes
    farm.passes(2)
    assert farm.there.counts["failed"] == 3
    assert farm.world.cluster.writes == writes
    del farm.there.challenge
    farm.passes()
    assert not farm.is_waiting()


@pytest.mark.parametrize("answer", ["no bearer", "another product", "another realm"])
def test_an_answer_that_does_not_name_the_partner_proves_nothing(answer: str) -> None:
    farm = Farm()
    farm.knows(*SHAREPOINT_HOSTS)
    if answer == "no bearer":
        farm.there.asks_for_tokens = False
    elif answer == "another product":
        farm.there.answers_as = Product.EXCHANGE
    else:
        for host in SHAREPOINT_HOSTS:
            farm.there.running[host] = tuple(
                replace(entry, realm="*") for entry in farm.there.running[host]
            )
    farm.passes(2)
    assert farm.is_waiting()


def test_a_refused_logon_ends_the_questions() -> None:
    farm = Farm()

    async def refuse(*_: object) -> None:
        farm.there.counts["refused"] += 1
        raise LogonRefused("The password is wrong.")

    farm.there.challenge = refuse  # type: ignore[method-assign,assignment]
    farm.passes(3)
    assert farm.there.counts["refused"] == 1


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.SUSPEND])
def test_nobody_is_asked_for_an_object_that_is_only_watched(mode: Mode) -> None:
    farm = Farm()
    farm.world.cluster.change(EXCHANGE_ON_SHAREPOINT, mode=mode)
    asked = farm.asked
    farm.passes(2)
    assert farm.asked == asked


@pytest.mark.parametrize("policy", [RestartPolicy.AUTOMATIC, RestartPolicy.MANUAL])
def test_where_restarts_are_wanted_they_are_the_proof(policy: RestartPolicy) -> None:
    farm = Farm(restart=RestartRules(policy, timedelta(0)))
    farm.passes()
    assert farm.asked == 0
    if policy is RestartPolicy.MANUAL:
        assert farm.activated().reason is Reason.RESTART_APPROVAL_NEEDED
        farm.world.cluster.approve("sharepoint", "go on")
        farm.passes(2)
    assert farm.activated().status is ConditionStatus.TRUE
    assert list(farm.there.restarts.values()) == [1, 1]


def test_a_farm_has_longer_to_come_back() -> None:
    """A cold start takes minutes in which every page fails."""
    farm = Farm(restart=RestartRules(RestartPolicy.NEVER))
    rules = farm.world.ports().rules
    assert rules[Product.SHAREPOINT].cold_start > rules[Product.EXCHANGE].cold_start
    cold = farm.world.clock
    reset = farm.there.iisreset

    def slowly(host: str) -> None:
        reset(host)
        farm.there.served[host] = dict.fromkeys(farm.there.answers, "503")
        warm[host] = cold.now() + timedelta(minutes=8)

    warm: dict[str, object] = {}
    farm.there.iisreset = slowly  # type: ignore[method-assign]
    state = farm.there.host_state

    async def look(server: object, credentials: object, host: str) -> object:
        cold.instant += timedelta(seconds=20)
        if host in warm and cold.now() >= warm[host]:  # type: ignore[operator]
            farm.there.served[host] = farm.there.answers
        return await state(server, credentials, host)  # type: ignore[arg-type]

    farm.there.host_state = look  # type: ignore[method-assign,assignment]
    farm.world.cluster.change_server(
        "sharepoint", restart=RestartRules(RestartPolicy.AUTOMATIC, timedelta(0))
    )
    farm.passes()
    assert farm.activated().message == "IIS on every listed host started after the last change."
    assert list(farm.there.restarts.values()) == [1, 1]
