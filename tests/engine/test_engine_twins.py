"""Two PartnerServers for one organisation, applied at once: one works, the other stands back (C29)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from partner_operator.trust.conditions import find
from partner_operator.trust.model import DesiredApplication, Mode, ObjectKey, Product, RestartRules
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from support.engine.axes import share
from support.engine.turns import Turns, drawn, head_start
from support.engine.world import (
    EXCHANGE_HOSTS,
    LYNC_HOSTS,
    World,
    exchange_on_lync,
    lync_on_exchange,
)
from support.trust import worlds as values

OLDER, YOUNGER = "older", "younger"
NAMES = (OLDER, YOUNGER)
GRID = 8
"""Steps between two positions that are tried, where not all of them are."""
AT_ONCE = RestartRules(settle=timedelta(0))


@dataclass
class Twins:
    """A world with two PartnerServers for one organisation, each with its application."""

    product: Product
    mode: Mode = Mode.ENFORCE
    down: Counter[str] = field(default_factory=Counter)
    most_down: int = 0

    def __post_init__(self) -> None:
        self.world = World()
        cluster = self.world.cluster
        cluster.servers.clear()
        exchange = self.product is Product.EXCHANGE
        self.organisation = self.world.exchange if exchange else self.world.lync
        hosts = EXCHANGE_HOSTS if exchange else LYNC_HOSTS
        for age, name in enumerate(NAMES):
            cluster.add_server(
                values.server(
                    self.product,
                    key=ObjectKey("trust", name, f"uid-{name}"),
                    hosts=hosts if name == OLDER else hosts[::-1],
                    restart=AT_ONCE,
                    created_at=values.NOW - timedelta(days=1) + timedelta(seconds=age),
                )
            )
            cluster.add(self._application(name))
        self._watch_restarts()

    def _application(self, server: str) -> DesiredApplication:
        key = ObjectKey("trust", f"app-{server}", f"uid-app-{server}")
        mode = self.mode if server == OLDER else Mode.ENFORCE
        if self.product is Product.EXCHANGE:
            return lync_on_exchange(key=key, server_name=server, mode=mode)
        return exchange_on_lync(key=key, server_name=server, mode=mode, connectivity_test=None)

    def _watch_restarts(self) -> None:
        restart = self.organisation.restart

        async def counted(server, credentials, host, older_than):  # type: ignore[no-untyped-def]  # as restart
            self.down[host] += 1
            self.most_down = max(self.most_down, self.down.total())
            try:
                return await restart(server, credentials, host, older_than)
            finally:
                self.down[host] -= 1

        self.organisation.restart = counted  # type: ignore[method-assign]  # counts and goes on

    def together(self, order: Iterator[int]) -> Turns:
        """One pass of each, interleaved; 0 is the older one."""
        turns = Turns(self.world.crash, order)
        turns.run(*(lambda name=name: self.world.run_pass(name) for name in NAMES))
        return turns

    def afterwards(self) -> None:
        """Passes in turn until all is quiet."""
        for _ in range(6):
            self.world.run_round()
            self.world.clock.instant += timedelta(minutes=1)

    def no_harm(self) -> None:
        """What must hold at any time, on the servers themselves."""
        assert self.organisation.counts["registered"] <= 1
        assert len(self.organisation.model.entries) <= 1
        assert self.most_down <= 1, "never two hosts down at once"
        assert all(count <= 1 for count in self.organisation.restarts.values())

    def reason(self, name: str) -> Reason | None:
        """Why a server stands as it stands."""
        ready = self.world.cluster.server_ready(name)
        return ready[1] if ready else None

    def older_works(self) -> None:
        """The end of every story."""
        self.no_harm()
        assert self.world.cluster.server_ready(OLDER) == (ConditionStatus.TRUE, Reason.SUCCEEDED)
        self.stands_back(YOUNGER)
        assert self.organisation.counts["registered"] == (0 if self.mode is Mode.SUSPEND else 1)

    def stands_back(self, name: str) -> None:
        """Stalled, and its application says why."""
        status = self.world.cluster.server_statuses[f"uid-{name}"]
        stalled = find(status.conditions, ConditionType.STALLED)
        assert stalled is not None
        assert stalled.reason is Reason.DUPLICATE_SERVER
        assert self.world.cluster.ready(f"app-{name}") == (
            ConditionStatus.FALSE,
            Reason.DUPLICATE_SERVER,
        )


def steps_of_a_pass(product: Product) -> int:
    """The longest first pass: alone, with registration and restarts."""
    alone = Twins(product)
    del alone.world.cluster.servers[YOUNGER]
    alone.world.run_pass(OLDER)
    assert alone.organisation.counts["registered"] == 1
    return len(alone.world.crash.steps) + 2


PRODUCTS = [Product.EXCHANGE, Product.LYNC]
INTERLEAVED = [
    pytest.param(product, first, steps, id=f"{product}-{NAMES[first]}-after-{steps}")
    for product in PRODUCTS
    for first in (0, 1)
    for steps in share(steps_of_a_pass(product), GRID)
]


@pytest.mark.parametrize(("product", "first", "steps"), INTERLEAVED)
def test_applied_at_once_one_works_and_the_other_stands_back(
    product: Product, first: int, steps: int
) -> None:
    """One makes some steps, then the other some: pairs of positions all over two first passes."""
    for theirs in share(steps_of_a_pass(product) + 1, GRID, 1 + steps // GRID * 3):
        twins = Twins(product)
        turns = twins.together(head_start(first, steps, 1 - first, theirs))
        twins.no_harm()
        twins.afterwards()
        try:
            twins.older_works()
        except AssertionError as error:
            error.add_note(f"their steps: {theirs}; {turns.trace}")
            raise


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("mode", [Mode.ENFORCE, Mode.SUSPEND, Mode.OBSERVE])
@pytest.mark.parametrize("seed", range(8))
def test_any_order_of_steps_comes_to_the_same_end(product: Product, mode: Mode, seed: int) -> None:
    """Several passes of each. The younger one may have registered before the older one was known to it."""
    twins = Twins(product, mode)
    for number in range(3):
        twins.together(drawn(100 * seed + number))
        twins.no_harm()
        twins.world.clock.instant += timedelta(minutes=2)
    twins.afterwards()
    twins.no_harm()
    assert twins.reason(OLDER) is Reason.SUCCEEDED
    twins.stands_back(YOUNGER)


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("seed", range(4))
def test_in_two_namespaces_it_comes_to_the_same_end(product: Product, seed: int) -> None:
    """Each was read from a host that the other one's servers name."""
    twins = Twins(product)
    cluster = twins.world.cluster
    younger = cluster.servers[YOUNGER]
    key = replace(younger.key, namespace="other")
    cluster.servers[YOUNGER] = replace(younger, key=key)
    for number in range(3):
        twins.together(drawn(100 * seed + number))
        twins.no_harm()
        twins.world.clock.instant += timedelta(minutes=2)
    twins.afterwards()
    twins.older_works()


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("seed", range(8))
def test_the_younger_one_takes_over_when_the_older_one_is_gone(product: Product, seed: int) -> None:
    """The older one is deleted with its application while both are at it."""
    twins = Twins(product)
    cluster = twins.world.cluster
    for number in range(12):
        if number == seed % 3:
            cluster.change_server(OLDER, deleting=True)
            cluster.delete("app-older")
        twins.together(drawn(100 * seed + number))
        twins.world.clock.instant += timedelta(minutes=2)
        if "app-older" not in cluster.applications:
            break
        assert len(twins.organisation.model.entries) <= 1
    assert "app-older" not in cluster.applications
    del cluster.servers[OLDER]
    twins.afterwards()
    assert cluster.server_ready(YOUNGER) == (ConditionStatus.TRUE, Reason.SUCCEEDED)
    assert len(twins.organisation.model.entries) == 1
    assert twins.most_down <= 1


def test_as_long_as_the_older_one_goes_the_younger_one_waits() -> None:
    twins = Twins(Product.EXCHANGE)
    cluster = twins.world.cluster
    twins.together(drawn(1))
    twins.afterwards()
    cluster.change_server(OLDER, deleting=True)
    cluster.delete("app-older")
    twins.world.run_pass(YOUNGER)
    twins.stands_back(YOUNGER)
    ready = find(cluster.server_statuses["uid-younger"].conditions, ConditionType.READY)
    assert ready is not None
    assert "It is being deleted; this one begins when it is gone." in ready.message
    assert twins.organisation.counts["registered"] == 1


def test_the_older_one_waits_for_the_word_of_one_that_cannot_be_reached() -> None:
    """It came back to an organisation that the younger one has worked on for a year."""
    twins = Twins(Product.EXCHANGE)
    cluster = twins.world.cluster
    secret = cluster.credentials_by_server[OLDER]
    cluster.lose_secret(OLDER)
    twins.afterwards()
    assert twins.reason(YOUNGER) is Reason.SUCCEEDED
    cluster.credentials_by_server[OLDER] = secret
    cluster.lose_secret(YOUNGER)
    twins.world.run_pass(OLDER)
    ready = find(cluster.server_statuses["uid-older"].conditions, ConditionType.READY)
    assert ready is not None
    assert ready.reason is Reason.DUPLICATE_SERVER
    assert "PartnerServer trust/younger" in ready.message
    assert find(cluster.server_statuses["uid-older"].conditions, ConditionType.STALLED) is None
    twins.afterwards()
    twins.older_works()
    # The younger one has its logon again, and still stands back.
    cluster.credentials_by_server[YOUNGER] = secret
    twins.afterwards()
    twins.older_works()


def test_an_organisation_that_goes_on_under_a_new_name_has_one_worker_all_the_time() -> None:
    """Move-CsManagementServer: the younger one hears of it first, while the older one still has the old name."""
    twins = Twins(Product.LYNC)
    twins.together(drawn(1))
    twins.afterwards()
    twins.older_works()
    twins.organisation.organization = "sql-2.litwareinc.com/xds"
    twins.organisation.model.entries = ()
    twins.world.run_pass(YOUNGER)
    twins.stands_back(YOUNGER)
    assert twins.organisation.counts["registered"] == 1
    twins.world.run_pass(OLDER)
    twins.world.run_pass(YOUNGER)
    twins.stands_back(YOUNGER)
    assert twins.reason(OLDER) is Reason.SUCCEEDED


def test_one_that_stood_back_says_that_it_works_before_it_does() -> None:
    """Of three the oldest goes; the two others begin at once, and one of them is stopped by the other."""
    for seed in range(8):
        twins = Twins(Product.EXCHANGE)
        cluster = twins.world.cluster
        oldest = replace(
            cluster.servers[OLDER],
            key=ObjectKey("trust", "oldest", "uid-oldest"),
            created_at=values.NOW - timedelta(days=2),
        )
        cluster.add_server(oldest)
        for name in ("oldest", OLDER, YOUNGER, "oldest"):
            twins.world.run_pass(name)
        twins.stands_back(OLDER)
        twins.stands_back(YOUNGER)
        del cluster.servers["oldest"]
        twins.together(drawn(seed))
        twins.no_harm()
        twins.afterwards()
        twins.older_works()


def test_a_pair_at_rest_writes_nothing() -> None:
    twins = Twins(Product.EXCHANGE)
    twins.together(drawn(1))
    twins.afterwards()
    writes = twins.world.cluster.writes
    twins.afterwards()
    assert twins.world.cluster.writes == writes


@pytest.mark.parametrize("product", PRODUCTS)
def test_who_waits_for_a_younger_one_that_nobody_serves_looks_ever_less_often(
    product: Product,
) -> None:
    """C37: it may be in a namespace that is watched by no operator, and never says that it stands back."""
    twins = Twins(product)
    world = twins.world
    uid = world.cluster.servers[YOUNGER].key.uid
    status = world.cluster.server_statuses[uid]
    world.cluster.server_statuses[uid] = replace(status, organization=f"org-{product}")
    world.run_pass(OLDER)
    assert twins.reason(OLDER) is Reason.DUPLICATE_SERVER
    passes, writes, end = 0, world.cluster.writes, world.clock.now() + timedelta(hours=3)
    while world.clock.now() < end:
        world.run_when_due(OLDER)
        passes += 1
    assert passes <= 3 * 8
    assert world.cluster.writes == writes
    assert len(twins.organisation.seen_passwords) <= passes + 1
