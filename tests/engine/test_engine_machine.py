"""Anything in any order: what befalls operators, clusters, hosts and entries, judged after each step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from partner_operator.trust.model import Mode, Product
from support.engine.people import PRODUCTS, organisation
from support.engine.stage import seeded
from support.engine.theatre import Theatre
from support.engine.unkind import Unkind
from support.engine.world import EXCHANGE_HOSTS, LYNC_HOSTS
from support.proof import LONG

products = st.sampled_from(PRODUCTS)
exchange_hosts = st.sampled_from(EXCHANGE_HOSTS)
all_hosts = st.sampled_from((*EXCHANGE_HOSTS, *LYNC_HOSTS))
WRITES = ("server_status", "application_status", "add_finalizer", "remove_finalizer")


pauses = st.sampled_from([0, 0, 1, 5, 40, 300])


def happens(**drawn: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Any]:
    """A rule after which everybody works on for a while."""

    def wrap(happen: Callable[..., None]) -> Any:
        @wraps(happen)
        def then(machine: UnkindWorld, pause: int, **chosen: Any) -> None:
            happen(machine, **chosen)
            machine.world.play(timedelta(seconds=pause))

        strategies: dict[str, Any] = {"pause": pauses, **drawn}
        made: Any = rule(**strategies)
        return made(then)

    return wrap


class UnkindWorld(RuleBasedStateMachine):
    """Each rule is something that happens in the field."""

    @initialize(seed=st.integers(0, 1000), settled=st.booleans())
    def begin(self, seed: int, settled: bool) -> None:
        self.world = Unkind(Theatre(choose=seeded(seed)))
        if settled:
            self.world.play(timedelta(minutes=10))

    @rule(seconds=st.sampled_from([1, 3, 10, 40, 120, 600, 2400, 3 * 3600, 13 * 3600]))
    def time_passes(self, seconds: int) -> None:
        self.world.play(timedelta(seconds=seconds))

    @happens(product=products)
    def apply(self, product: Product) -> None:
        self.world.apply(product)

    @happens(product=products, gap=st.sampled_from([None, 1, 3, 20]))
    def rename(self, product: Product, gap: int | None) -> None:
        self.world.rename(product, None if gap is None else timedelta(seconds=gap))

    @happens(product=products)
    def delete(self, product: Product) -> None:
        self.world.delete(product)

    @happens(product=products, mode=st.sampled_from(Mode))
    def change_mode(self, product: Product, mode: Mode) -> None:
        self.world.change_mode(product, mode)

    @happens(product=products, value=st.sampled_from(["yes", "true", "", "uid-lync-on-exchange"]))
    def annotate_release(self, product: Product, value: str) -> None:
        self.world.annotate(product, value)

    @happens(product=products, what=st.sampled_from(["disable", "replace", "add", "drop"]))
    def people_touch_entries(self, product: Product, what: str) -> None:
        {
            "disable": self.world.disable,
            "replace": self.world.replace_by_hand,
            "add": self.world.add_by_hand,
            "drop": self.world.drop_by_hand,
        }[what](product)

    @happens(product=products, number=st.integers(1, 9))
    def roll(self, product: Product, number: int) -> None:
        self.world.theatre.roll(product, f"{number:02X}" * 20, "AB" * 20)

    @happens(host=exchange_hosts)
    def an_administrator_resets(self, host: str) -> None:
        exchange = self.world.theatre.exchange
        if host not in exchange.restarting:
            exchange.iisreset(host)

    @happens(host=exchange_hosts)
    def a_host_breaks(self, host: str) -> None:
        exchange = self.world.theatre.exchange
        if host not in exchange.restarting:
            exchange.break_host(host)

    @happens(host=exchange_hosts)
    def a_host_will_come_back_by_half(self, host: str) -> None:
        self.world.theatre.exchange.returns[host] = frozenset({"W3SVC", "WAS"})

    @happens(host=all_hosts)
    def a_host_is_cut_off(self, host: str) -> None:
        there = self.world.theatre.organisation_of(host)
        if host in EXCHANGE_HOSTS:
            self.world.theatre.judge.broke(host)
        there.unreachable.add(host)

    @happens(host=all_hosts)
    def a_host_is_well_again(self, host: str) -> None:
        self.world.theatre.organisation_of(host).heal(host)

    @happens(host=all_hosts, minutes=st.sampled_from([-10, -4, 0, 4, 10]))
    def a_clock_is_set(self, host: str, minutes: int) -> None:
        self.world.theatre.organisation_of(host).set_clock(host, timedelta(minutes=minutes))

    @happens(steps=st.integers(0, 25))
    def kill(self, steps: int) -> None:
        self.world.kill_in = steps

    @happens(runs=st.integers(0, 8))
    def lose_an_answer(self, runs: int) -> None:
        self.world.lose_in = runs

    @happens(product=products, what=st.sampled_from(WRITES))
    def refuse(self, product: Product, what: str) -> None:
        names = self.world.objects(product)
        about = product.lower() if what == "server_status" else (names or ["nobody"])[0]
        self.world.theatre.cluster.refusals.add((what, about))

    @happens()
    def refuse_no_more(self) -> None:
        self.world.theatre.cluster.refusals.clear()

    @happens(seconds=st.sampled_from([2, 70, 300]))
    def remote_runs_take(self, seconds: int) -> None:
        self.world.slow = timedelta(seconds=seconds)

    @happens()
    def a_second_operator_starts(self) -> None:
        if len(self.world.theatre.engines) < 2:
            self.world.operator_starts()

    @invariant()
    def nothing_happened_that_must_not(self) -> None:
        if hasattr(self, "world"):
            violations = self.world.theatre.judge.violations
            assert not violations, "\n".join(violations)

    @invariant()
    def at_most_one_entry_of_ours(self) -> None:
        if not hasattr(self, "world"):
            return
        for product in PRODUCTS:
            makers = self.world.theatre.judge.makers
            ours = [
                entry
                for entry in organisation(self.world.theatre, product).model.entries
                if makers.get((product, entry.reference.casefold()), "").startswith("uid-")
            ]
            assert len(ours) <= 1

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            wrong = self.world.theatre.judge.violations or self.world.calm()
            assert not wrong, "\n".join(wrong)
        finally:
            self.world.theatre.close()


TestUnkindWorld = UnkindWorld.TestCase
TestUnkindWorld.settings = settings(
    max_examples=3000 if LONG else 40,
    stateful_step_count=60 if LONG else 25,
    deadline=None,
    derandomize=not LONG,
    database=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
    # Shrinking takes minutes; a fault of the short run is shrunk by the long one.
    phases=(Phase.generate, Phase.shrink) if LONG else (Phase.generate,),
)
