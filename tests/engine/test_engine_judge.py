"""The judge of the axes and of the machine sees each harm, when it is done on purpose."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from partner_operator.trust.model import Product, RestartPolicy
from support.engine.invariants import DAY, HUMAN, Claim, Judge
from support.engine.kubernetes import TestClock
from support.engine.people import PRODUCTS, disable, organisation
from support.engine.theatre import Theatre
from support.engine.world import EXCHANGE_HOSTS, EXCHANGE_ON_LYNC, LYNC_ON_EXCHANGE
from support.trust import worlds as values

FIRST, SECOND = EXCHANGE_HOSTS
WHOLE = frozenset({"W3SVC", "/ews 401"})
SERVER = values.server(Product.EXCHANGE, hosts=EXCHANGE_HOSTS)


class Bench:
    """A judge, a clock, and two hosts whose health is what the test says."""

    def __init__(self) -> None:
        self.clock = TestClock(values.NOW)
        self.health = dict.fromkeys(EXCHANGE_HOSTS, WHOLE)
        self.judge = Judge(self.clock.now, lambda host: self.health[host])
        for host in EXCHANGE_HOSTS:
            self.judge.started(Product.EXCHANGE, host, values.NOW - timedelta(hours=1))

    def restart(self, host: str) -> None:
        self.clock.instant += timedelta(hours=2)
        self.judge.restart_begins("a", SERVER, host)
        self.judge.started(Product.EXCHANGE, host, self.clock.now())


def test_four_restarts_a_day_are_no_harm_and_a_fifth_is() -> None:
    bench = Bench()
    for _ in range(4):
        bench.restart(FIRST)
    assert not bench.judge.violations
    bench.restart(FIRST)
    assert "5th time within a day" in bench.judge.violations[0]


def test_an_approval_allows_one_more() -> None:
    bench = Bench()
    for _ in range(4):
        bench.restart(FIRST)
    bench.judge.approvals.append(bench.clock.now())
    bench.restart(FIRST)
    assert not bench.judge.violations


def test_a_neighbour_that_is_not_back_is_seen_and_so_is_a_second_restart() -> None:
    bench = Bench()
    bench.judge.restart_begins("a", SERVER, FIRST)
    bench.health[FIRST] = frozenset({"W3SVC"})
    bench.judge.started(Product.EXCHANGE, FIRST, bench.clock.now())
    bench.judge.restart_begins("a", SERVER, SECOND)
    bench.judge.restart_begins("a", SERVER, FIRST)
    assert f"while {FIRST} lacks /ews 401" in bench.judge.violations[0]
    assert f"restarts {FIRST} again" in bench.judge.violations[1]


@pytest.mark.parametrize(
    ("since", "seen"), [(timedelta(minutes=1), 1), (DAY - timedelta(minutes=1), 1), (DAY, 0)]
)
def test_a_neighbour_that_others_broke_is_seen(since: timedelta, seen: int) -> None:
    """A day of the same lesser health is what the host is measured by from then on."""
    bench = Bench()
    bench.judge.looked("a", Product.EXCHANGE, SECOND, WHOLE)
    bench.clock.instant += timedelta(minutes=1)
    bench.judge.broke(SECOND)
    bench.health[SECOND] = frozenset()
    bench.clock.instant += since
    bench.judge.passes["a", Product.EXCHANGE] = bench.clock.now()
    bench.judge.restart_begins("a", SERVER, FIRST)
    assert [f"while {SECOND} lacks" in told for told in bench.judge.violations] == [True] * seen


def test_a_restart_that_nobody_allowed_is_seen() -> None:
    bench = Bench()
    manual = replace(SERVER, restart=replace(SERVER.restart, policy=RestartPolicy.MANUAL))
    bench.judge.restart_begins("a", manual, FIRST)
    assert "under policy Manual" in bench.judge.violations[0]


@pytest.mark.parametrize("product", PRODUCTS)
def test_an_entry_that_no_object_registered_and_one_of_a_living_object(product: Product) -> None:
    bench = Bench()
    bench.judge.alive = lambda uid: uid == "uid-other"
    for maker in (HUMAN, "uid-other", "uid-mine"):
        bench.judge.made(product, "cn=lync", maker)
        bench.judge.removed(product, "cn=lync", "uid-mine")
    assert len(bench.judge.violations) == 2


def test_a_removal_beside_a_claim_or_before_it_settled() -> None:
    bench = Bench()
    app, now = values.application(), bench.clock.now()
    minute = timedelta(minutes=1)
    bench.judge.removal_begins(SERVER, app, read_at=now, deleted_at=now - minute)
    assert not bench.judge.violations
    bench.judge.removal_begins(SERVER, app, read_at=now, deleted_at=now)
    bench.judge.claims = lambda product, uid: [Claim("heir", now - minute)]
    bench.judge.removal_begins(SERVER, app, read_at=now, deleted_at=now - minute)
    assert [("settled" in told, "heir" in told) for told in bench.judge.violations] == [
        (True, False),
        (False, True),
    ]


@pytest.mark.parametrize(
    ("product", "name"), tuple(zip(PRODUCTS, (LYNC_ON_EXCHANGE, EXCHANGE_ON_LYNC), strict=True))
)
def test_a_status_that_says_ready_or_active_and_is_not(product: Product, name: str) -> None:
    theatre = Theatre()
    theatre.declare()
    theatre.call("a")
    theatre.play(timedelta(hours=1), theatre.all_ready)
    there, application = organisation(theatre, product), theatre.cluster.applications[name]
    status, server = theatre.cluster.status(name), theatre.cluster.servers[product.lower()]
    theatre.judge.application_told("a", server, application, status)
    assert theatre.judge.violations == []
    disable(theatre, product)
    theatre.judge.observed("a", product, there.model.entries, there.model.documents)
    theatre.judge.changed("a", product)
    theatre.judge.application_told("a", server, application, status)
    told = " ".join(theatre.judge.violations)
    assert "is Ready, and its entry differs" in told
    assert ("is active for" in told) is (product is Product.EXCHANGE)
    theatre.close()
