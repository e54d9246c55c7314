"""Makes metrics of the present state, whenever somebody asks; asking changes nothing."""

from __future__ import annotations

import contextlib
import platform
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from partner_operator import __version__
from partner_operator.engine.bell import Bell
from partner_operator.engine.clock import SystemClock
from partner_operator.engine.ports import Clock, Kind, ServerName
from partner_operator.engine.process_memory import ProcessMemory
from partner_operator.metrics import families as the
from partner_operator.metrics.families import FAMILIES, Family, Type
from partner_operator.metrics.objects import Application, Objects, Server
from partner_operator.metrics.runs import Runs
from partner_operator.trust.activation import recent
from partner_operator.trust.model import ObjectKey
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import CertificateEnd, Condition, HostRestartState, IISStatus

Sample = tuple[Family, tuple[str, ...], float]
"""A metric, the values of its labels, and its value."""


@dataclass(frozen=True, slots=True)
class Ears:
    """What the watch of our objects has told, in seconds."""

    unheard: Callable[[], float] = lambda: 0.0
    silence: Callable[[], float] = lambda: 0.0


@dataclass(slots=True)
class State:
    """All that is measured, where it happens. The composition root fills it in as the operator comes to life."""

    objects: Objects = field(default_factory=Objects)
    runs: Runs = field(default_factory=Runs)
    clock: Clock = field(default_factory=SystemClock)
    works: Callable[[], bool] = lambda: False
    """Whether this process may begin something now."""
    ears: Ears = field(default_factory=Ears)
    waiting_runs: Callable[[], int] = lambda: 0
    memories: Mapping[ServerName, ProcessMemory] = field(default_factory=dict)
    bells: dict[ServerName | None, Bell] = field(default_factory=dict)
    """Of each worker; None is that of the applications that name no existing server."""
    requests: list[Counter[tuple[str, str]]] = field(default_factory=list)
    """By connection to the API server: how often a method was answered with a code."""

    @contextlib.contextmanager
    def serving(self, name: ServerName | None, bell: Bell) -> Iterator[None]:
        """A worker serves a server meanwhile, or applications without one. What it knew goes with it.

        One that breaks is started again in a while, and until then what it knew is what is known.
        """
        self.bells[name] = bell
        try:
            yield
        except Exception:
            raise
        except BaseException:
            self._forget(name)
            raise
        else:
            self._forget(name)

    def _forget(self, name: ServerName | None) -> None:
        self.bells.pop(name, None)
        self.objects.forget(name)


class StateCollector(Collector):
    """All metrics of docs/metrics.md, each time anew."""

    def __init__(self, state: State) -> None:
        """`state` is read at each scrape and never changed."""
        self._state = state

    def collect(self) -> Iterable[Metric]:
        """Every family, also those that have no series now."""
        made = {family.name: _empty(family) for family in FAMILIES if family is not the.RUNS}
        for family, labels, value in self._samples():
            made[family.name].add_metric(labels, value)
        return (*made.values(), _durations(self._state.runs))

    def _samples(self) -> Iterator[Sample]:
        state = self._state
        products = {}
        for server in state.objects.servers():
            key = server.desired.key
            products[key.namespace, key.name] = str(server.desired.product)
            yield from _of_server(server, state, state.clock.now())
        for application in state.objects.applications():
            desired = application.desired
            product = products.get((desired.key.namespace, desired.server_name), "")
            yield from _of_application(application, product, state.objects)
        yield from _of_process(state)


def _of_server(server: Server, state: State, now: datetime) -> Iterator[Sample]:
    desired, status = server.desired, server.status
    key = desired.key
    yield the.SERVER_INFO, (*_name(key), desired.product), 1
    yield from _conditions(Kind.SERVER, key, status.conditions)
    yield the.NOT_WRITTEN, (Kind.SERVER, *_name(key)), state.objects.is_refused(key.uid)
    yield from _certificate(Kind.SERVER, key, "own", status.certificate)
    if status.iis is not None:
        yield from _of_restarts(server, status.iis, state.objects, now)
    memory = state.memories.get(ServerName(*_name(key)))
    if memory is not None:
        yield the.PASSES, (*_name(key), "ended"), memory.passes
        yield the.PASSES, (*_name(key), "broken"), memory.broken
        yield the.PASS_SECONDS, _name(key), memory.seconds


def _of_restarts(
    server: Server, iis: IISStatus, objects: Objects, now: datetime
) -> Iterator[Sample]:
    key, most = server.desired.key, server.desired.restart.max_per_day
    states = Counter(host.state for host in iis.hosts)
    for state in HostRestartState:
        yield the.HOSTS, (*_name(key), state), states[state]
    spent = max((len(recent(host.restarted_at, now)) for host in iis.hosts), default=0)
    yield the.BUDGET, _name(key), max(0, most - spent)
    for reason in (Reason.RESTARTED, Reason.RESTART_FAILED):
        yield the.RESTARTS, (*_name(key), reason), objects.told(key.uid, reason)


def _of_application(application: Application, product: str, objects: Objects) -> Iterator[Sample]:
    desired, status = application.desired, application.status
    key, partner = desired.key, desired.partner
    labels = (desired.server_name, product, partner.server_name or "", partner.name, desired.mode)
    yield the.APPLICATION_INFO, (*_name(key), *labels), 1
    yield from _conditions(Kind.APPLICATION, key, status.conditions)
    yield the.NOT_WRITTEN, (Kind.APPLICATION, *_name(key)), objects.is_refused(key.uid)
    yield from _certificate(Kind.APPLICATION, key, "partner", status.certificate)
    yield the.REPAIRS, _name(key), objects.told(key.uid, Reason.REPAIRED)
    test = status.connectivity
    if test is None or desired.connectivity_test is None:
        return
    yield the.TEST_RUN, _name(key), test.last_tested_at.timestamp()
    yield the.TEST_FAILURES, _name(key), test.failures
    if test.last_succeeded_at is not None:
        yield the.TEST_PASSED, _name(key), test.last_succeeded_at.timestamp()
    if test.passed:
        yield the.TEST_LATENCY, _name(key), test.latency.total_seconds()


def _of_process(state: State) -> Iterator[Sample]:
    yield the.LEASE, (), state.works()
    yield the.BUILD, (__version__, platform.python_version()), 1
    yield the.RUNS_UNDER_WAY, (), state.runs.under_way
    yield the.RUNS_WAITING, (), state.waiting_runs()
    yield the.WATCH_UNHEARD, (), state.ears.unheard()
    yield the.WATCH_SILENCE, (), state.ears.silence()
    bells = list(state.bells.values())
    rung = [bell.pending_since for bell in bells if bell.pending_since is not None]
    yield the.WORKERS, (), len(bells)
    yield the.WORKERS_BUSY, (), sum(bell.busy_since is not None for bell in bells)
    yield the.QUEUE, (), len(rung)
    yield the.QUEUE_AGE, (), time.monotonic() - min(rung) if rung else 0
    for labels, count in sum(state.requests, Counter[tuple[str, str]]()).items():
        yield the.API, labels, count


def _certificate(
    kind: Kind, key: ObjectKey, whose: str, end: CertificateEnd | None
) -> Iterator[Sample]:
    if end is not None:
        yield the.CERTIFICATE_END, (kind, *_name(key), whose), end.not_after.timestamp()


def _conditions(kind: Kind, key: ObjectKey, conditions: Iterable[Condition]) -> Iterator[Sample]:
    for one in conditions:
        yield the.CONDITION, (kind, *_name(key), one.type, one.status, one.reason), 1


def _name(key: ObjectKey) -> tuple[str, str]:
    return key.namespace, key.name


def _empty(family: Family) -> GaugeMetricFamily | CounterMetricFamily:
    make = GaugeMetricFamily if family.type is Type.GAUGE else CounterMetricFamily
    return make(family.name, family.meaning, labels=family.labels)


def _durations(runs: Runs) -> HistogramMetricFamily:
    made = HistogramMetricFamily(the.RUNS.name, the.RUNS.meaning, labels=the.RUNS.labels)
    for labels, durations in runs:
        made.add_metric(labels, durations.cumulative(), durations.seconds)
    return made
