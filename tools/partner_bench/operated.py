"""The operator's process over a world: it converges, has nothing to do, and is started again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

from partner_bench.declared import ask_for_a_pass, declare, is_handled, look_often
from partner_bench.measures import (
    Converged,
    Counts,
    Far,
    Operated,
    Restarted,
    Size,
    Steady,
    between,
    percentiles,
)
from partner_bench.process import Cost, Idle, cost
from partner_bench.watched import Watched
from partner_bench.worlds import Worlds
from partner_demo.stage import SERVICE_ACCOUNT, Stage
from partner_simulator.simulation import Simulation
from partner_testbed import ControlPlane
from support.kube.cluster import Cluster, audited

_LIMIT_SECONDS = 900.0
_QUIET_SECONDS = 3.0
_GLANCE_SECONDS = 0.1
_SLOW_SECONDS = 3.0
_USUAL_INTERVAL_SECONDS = 600.0
_MANY_SERVERS = 10
"""So many are started over once more with slow organisations."""


class BenchError(RuntimeError):
    """Something that is measured did not come true in time."""


class Bench:
    """One operator over one world, in a namespace of its own."""

    def __init__(self, plane: ControlPlane, worlds: Worlds, namespace: str) -> None:
        """`plane` and `worlds` run; the audit log of the API server is what its requests are counted in."""
        self._plane = plane
        self._worlds = worlds
        # A stage asks of its simulation the names and the authority only, as long as nobody waits with it.
        self._stage = Stage(namespace=namespace, plane=plane, simulation=cast(Simulation, worlds))
        self._api = plane.api_client()
        self.cluster = Cluster(self._api, namespace)
        self._watched = Watched(plane, namespace)

    def __enter__(self) -> Bench:
        """Install the operator; it does not run yet."""
        try:
            self._stage.set_up()
            self._watched.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Stop everything of this world but the world."""
        self._watched.stop()
        self._stage.close()
        self._api.close()

    @property
    def log(self) -> Path:
        """What the operator wrote."""
        return self._stage.operator.log

    @property
    def size(self) -> Size:
        """How much is declared."""
        return self._worlds.size

    def measure(self, *, natural: bool) -> Operated:
        """All phases. `natural`: all is declared before the operator starts, passes come by their interval, and it
        is started again. Otherwise it runs when all is declared, and is asked for a pass."""
        converged = self.converge(running=not natural)
        if not natural:
            return Operated(self.size, converged, self.asked_pass(), None)
        return Operated(self.size, converged, self.natural_pass(), self.restart())

    def converge(self, *, running: bool) -> Converged:
        """Declare everything, to an operator that is `running` or to one that starts then, until all is Ready."""
        before = self._worlds.told()
        if not running:
            declare(self.cluster, self._worlds.organisations)
        self._worlds.mark()
        begun = time.monotonic()
        self._stage.operator.start()
        healthy = time.monotonic() - begun
        if running:
            begun = time.monotonic()
            declare(self.cluster, self._worlds.organisations)
        wanted = self.size.applications
        self._until("all are Ready", lambda: len(self._watched.at("Ready")) == wanted)
        after, spent = self._quiet(), self._cost()
        registered = self._watched.at("Registered")
        ready = self._watched.at("Ready")
        assert after.first_byte is not None, "the servers heard nothing"
        return Converged(
            counts=self._counts(before, after, (0, 0)),
            ready=len(ready),
            healthy_seconds=healthy,
            first_byte_seconds=after.first_byte - begun,
            registered=percentiles(at - begun for at in registered.values()),
            whole_seconds=max(ready.values()) - begun,
            cpu_seconds=spent.cpu_seconds,
            rss_mb=spent.rss_mb,
            peak_mb=spent.peak_mb,
        )

    def natural_pass(self) -> Steady:
        """One pass over each organisation, by the interval of a minute."""
        first = self._worlds.told()
        look_often(self.cluster, self._worlds.organisations)
        self._until("the interval is known", lambda: _all_more(first, self._worlds.told()))
        before, api, spent = self._quiet(), self._requests(), self._cost()
        idle = Idle(self._stage.operator.pid, lambda: self._worlds.told().processes)
        begun = time.monotonic()
        sampling = threading.Thread(target=idle.sample, daemon=True)
        sampling.start()
        try:
            self._until(
                "the interval has passed", lambda: _all_more(before, self._worlds.told()), pause=1.0
            )
        finally:
            idle.stop()
            sampling.join()
        after = self._quiet()
        return self._steady(before, after, api, spent, begun, idle)

    def asked_pass(self) -> Steady:
        """One pass over each organisation, because somebody asked for it."""
        before, api, spent = self._worlds.told(), self._requests(), self._cost()
        organisations, begun = self._worlds.organisations, time.monotonic()
        ask_for_a_pass(self.cluster, organisations, "now")
        self._until("a pass is made", lambda: is_handled(self.cluster, organisations, "now"))
        wall = time.monotonic() - begun
        steady = self._steady(before, self._quiet(), api, spent, begun, None)
        return replace(steady, wall_seconds=wall)

    def _steady(
        self,
        before: Far,
        after: Far,
        api: tuple[int, int],
        spent: Cost,
        begun: float,
        idle: Idle | None,
    ) -> Steady:
        now = self._cost()
        seconds = time.monotonic() - begun
        share = idle.share if idle else 0.0
        used = max(0.0, now.cpu_seconds - spent.cpu_seconds - share * seconds)
        return Steady(
            counts=self._counts(before, after, api),
            cpu_seconds=used,
            idle_percent=100 * share,
            core_percent=100 * (share + used / _USUAL_INTERVAL_SECONDS),
            wall_seconds=None,
            rss_mb=now.rss_mb,
            peak_mb=now.peak_mb,
        )

    def restart(self) -> Restarted:
        """Stop the operator and start it again; with many servers once more, where each is slow."""
        self._stage.operator.stop()
        before, api = self._worlds.told(), self._requests()
        known = self._started_again()
        after, spent = self._quiet(), self._cost()
        counts = self._counts(before, after, api)
        slow = None
        if self.size.servers >= _MANY_SERVERS:
            self._stage.operator.stop()
            self._worlds.slow_down(_SLOW_SECONDS)
            slow = self._started_again()
            self._worlds.slow_down(0)
        return Restarted(
            known_seconds=known,
            slow_known_seconds=slow,
            counts=counts,
            cpu_seconds=spent.cpu_seconds,
            rss_mb=spent.rss_mb,
            peak_mb=spent.peak_mb,
        )

    def _started_again(self) -> float:
        before, begun = self._worlds.told(), time.monotonic()

        def is_known() -> bool:
            told = self._worlds.told()
            return _all_more(before, told) and not told.shells

        self._stage.operator.start()
        self._until("every organisation is looked at", is_known)
        return time.monotonic() - begun

    def _counts(self, before: Far, after: Far, api: tuple[int, int]) -> Counts:
        requests, writes = self._requests()
        return between(before, after, (requests - api[0], writes - api[1]))

    def _requests(self) -> tuple[int, int]:
        """All requests and the writes of the operator until now, without its Lease."""
        user = f"system:serviceaccount:{self.cluster.namespace}:{SERVICE_ACCOUNT}"
        own = [
            event
            for event in audited(self._plane, self.cluster)
            if event.user == user and event.resource != "leases"
        ]
        return len(own), sum(event.writes for event in own)

    def _cost(self) -> Cost:
        return cost(self._stage.operator.pid)

    def _quiet(self) -> Far:
        """Wait until nothing happens on the far side for some seconds."""
        told, since = self._worlds.told(), time.monotonic()
        while told.shells or time.monotonic() - since < _QUIET_SECONDS:
            time.sleep(_GLANCE_SECONDS)
            now = self._worlds.told()
            if now != told:
                told, since = now, time.monotonic()
        return told

    def _until(
        self, what: str, holds: Callable[[], bool], *, pause: float = _GLANCE_SECONDS
    ) -> None:
        deadline = time.monotonic() + _LIMIT_SECONDS
        while not holds():
            if not self._stage.operator.running or time.monotonic() > deadline:
                objects = self._stage.kubectl("get", "pserver,papp")
                tail = self._stage.operator.tail(10)
                raise BenchError(f"it did not come true that {what}:\n{objects}\n{tail}")
            time.sleep(pause)


def _all_more(before: Far, now: Far) -> bool:
    """Whether every organisation has had a process since."""
    pairs = zip(before.by_organisation, now.by_organisation, strict=True)
    return all(then < after for then, after in pairs)
