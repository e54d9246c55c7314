"""kopf with our handlers, against the real API server: who works, who is held, who is let go."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from partner_operator.catalog import CATALOG
from partner_operator.engine.bell import Bell
from partner_operator.engine.ports import Gone, ServerName
from partner_operator.kube import workers
from partner_operator.kube.client import Connection
from partner_operator.kube.doorbell import run_operator
from partner_operator.kube.health import Echo
from partner_operator.kube.objects import LastSeen
from partner_operator.kube.parse import parse_server
from partner_operator.kube.writer import KubernetesWriter
from partner_operator.logs import LogFormat, configure
from partner_operator.trust.status import ServerStatus
from support.kube.cluster import Cluster
from support.kube.objects import application, server
from support.waiting import until

pytestmark = pytest.mark.controlplane


@dataclass
class Engine:
    """Stands for the engine: passes at once and when rung, and ends when a server may go."""

    passes: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    unserved: list[frozenset[str]] = field(default_factory=list)
    may_go: set[str] = field(default_factory=set)
    breaks: int = 0
    running: int = 0
    most_running: int = 0

    async def work(self, name: ServerName, bell: Bell) -> None:
        """One worker: a pass per ring, until the test says that it is done."""
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            reasons: frozenset[str] = frozenset({"started"})
            while name.name not in self.may_go:
                self.passes.append((name.name, reasons))
                if self.breaks:
                    self.breaks -= 1
                    raise RuntimeError("broken by the test")
                reasons = await bell.wait()
        finally:
            self.running -= 1

    async def answer(self, bell: Bell) -> None:
        """The worker of unserved applications."""
        while True:
            self.unserved.append(await bell.wait())

    def reasons(self, name: str) -> set[str]:
        """Why a server was worked on, all together."""
        return set().union(*(why for server, why in self.passes if server == name))


@dataclass
class Operator:
    """A running operator of the test's namespace."""

    cluster: Cluster
    connection: Connection
    echo: Echo
    engine: Engine = field(default_factory=Engine)
    liveness: str | None = None

    @contextlib.asynccontextmanager
    async def running(self, namespaces: Sequence[str] | None = None) -> AsyncIterator[Engine]:
        """Run it for the length of the block, and see that it ends in order."""
        ready, stop = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(
            run_operator(
                connection=self.connection,
                echo=self.echo,
                namespaces=[self.cluster.namespace] if namespaces is None else namespaces,
                liveness=self.liveness,
                make_worker=self.engine.work,
                make_unserved_worker=self.engine.answer,
                ready=ready,
                stop=stop,
            )
        )
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({waiting, task}, return_when=asyncio.FIRST_COMPLETED)
        try:
            yield self.engine
        finally:
            stop.set()
            await asyncio.wait_for(task, 60)
        assert self.engine.running == 0


@pytest.fixture
def operator(
    cluster: Cluster, connection: Connection, echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> Operator:
    """An operator that is not running yet."""
    monkeypatch.setattr(workers, "SETTLE", 0.2)
    monkeypatch.setattr(workers, "RESTART_DELAY", 0.2)
    return Operator(cluster, connection, echo)


async def test_each_server_has_one_worker_that_is_rung_by_its_applications(
    cluster: Cluster, operator: Operator
) -> None:
    cluster.create(server("exchange"))
    cluster.create(application("lync-on-exchange"))
    async with operator.running() as engine:
        await until(lambda: "exchange" in [name for name, _ in engine.passes])
        cluster.create(server("lync"))
        await until(lambda: "lync" in [name for name, _ in engine.passes])
        cluster.create(application("exchange-on-lync"))
        await until(
            lambda: "PartnerApplication exchange-on-lync appeared" in engine.reasons("lync")
        )
        assert engine.most_running == 2


async def test_the_server_is_held_by_our_finalizer_and_by_nothing_else_of_kopf(
    cluster: Cluster, operator: Operator
) -> None:
    cluster.create(server("exchange"))

    def held() -> bool:
        found = cluster.get("PartnerServer", "exchange")["metadata"].get("finalizers")
        return bool(found == ["partner-operator.io/server"])

    async with operator.running() as engine:
        await until(held)
        cluster.patch("PartnerServer", "exchange", {"spec": {"interval": "20m"}})
        await until(lambda: "PartnerServer exchange changed" in engine.reasons("exchange"))
    metadata = cluster.get("PartnerServer", "exchange")["metadata"]
    assert "annotations" not in metadata
    assert metadata["generation"] == 2


async def test_a_server_that_is_deleted_stays_until_its_worker_is_done(
    cluster: Cluster, operator: Operator
) -> None:
    cluster.create(server("exchange"))
    async with operator.running() as engine:
        await until(lambda: bool(engine.passes))
        cluster.delete("PartnerServer", "exchange")
        await until(lambda: "PartnerServer exchange is being deleted" in engine.reasons("exchange"))
        # What is asked of a terminating server is still heard.
        annotations = {"partner-operator.io/reconcile-requested-at": "now"}
        cluster.patch("PartnerServer", "exchange", {"metadata": {"annotations": annotations}})
        await until(lambda: "PartnerServer exchange changed" in engine.reasons("exchange"))
        assert cluster.exists("PartnerServer", "exchange")
        engine.may_go.add("exchange")
        annotations = {"partner-operator.io/reconcile-requested-at": "again"}
        cluster.patch("PartnerServer", "exchange", {"metadata": {"annotations": annotations}})
        await until(lambda: not cluster.exists("PartnerServer", "exchange"))
        assert engine.running == 0


async def test_a_restart_of_the_operator_does_not_let_a_terminating_server_go(
    cluster: Cluster, operator: Operator
) -> None:
    """kopf starts no daemon for it, and would strip its finalizer at first sight."""
    cluster.create(server("exchange"))
    async with operator.running() as engine:
        await until(lambda: bool(engine.passes))
        cluster.delete("PartnerServer", "exchange")
        await until(lambda: len(engine.passes) > 1)
    engine.passes.clear()
    async with operator.running() as engine:
        cluster.create(application("lync-on-exchange"))
        await until(lambda: bool(engine.passes))
        annotations = {"partner-operator.io/reconcile-requested-at": "soon"}
        cluster.patch("PartnerServer", "exchange", {"metadata": {"annotations": annotations}})
        await until(lambda: "PartnerServer exchange changed" in engine.reasons("exchange"))
        assert cluster.exists("PartnerServer", "exchange")
        engine.may_go.add("exchange")
        annotations = {"partner-operator.io/reconcile-requested-at": "now"}
        cluster.patch("PartnerServer", "exchange", {"metadata": {"annotations": annotations}})
        await until(lambda: not cluster.exists("PartnerServer", "exchange"))


async def test_a_worker_that_breaks_is_started_again(
    cluster: Cluster, operator: Operator, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.create(server("exchange"))
    async with operator.running() as engine:
        engine.breaks = 1
        await until(lambda: bool(engine.passes))
        await until(lambda: engine.running == 1)
        cluster.patch("PartnerServer", "exchange", {"spec": {"interval": "20m"}})
        await until(lambda: len(engine.passes) > 1)
    assert "the worker of exchange broke" in caplog.text
    finalizers = cluster.get("PartnerServer", "exchange")["metadata"]["finalizers"]
    assert finalizers == ["partner-operator.io/server"]


async def test_a_server_made_anew_gets_a_worker_of_its_own(
    cluster: Cluster, operator: Operator
) -> None:
    cluster.create(server("exchange"))
    async with operator.running() as engine:
        await until(lambda: bool(engine.passes))
        engine.may_go.add("exchange")
        cluster.delete("PartnerServer", "exchange")
        await until(lambda: not cluster.exists("PartnerServer", "exchange"))
        engine.may_go.clear()
        engine.passes.clear()
        cluster.create(server("exchange"))
        await until(lambda: bool(engine.passes))


async def test_applications_without_a_server_are_answered_by_a_worker_of_their_own(
    cluster: Cluster, operator: Operator
) -> None:
    async with operator.running() as engine:
        cluster.create(application("lync-on-exchange"))
        await until(lambda: bool(engine.unserved))
        assert engine.passes == []


async def test_our_own_status_writes_ring_nobody_but_are_heard(
    cluster: Cluster, operator: Operator, connection: Connection, echo: Echo
) -> None:
    made = cluster.create(server("exchange"))
    async with operator.running() as engine:
        await until(lambda: bool(engine.passes))
        await asyncio.sleep(0.5)
        before = len(engine.passes)
        writer = KubernetesWriter(connection, LastSeen(echo))
        await writer.server_status(
            parse_server(made, CATALOG).desired, ServerStatus(organization="x")
        )
        await until(lambda: echo.waiting == 0)
        await asyncio.sleep(0.5)
        assert len(engine.passes) == before


async def test_an_event_that_comes_before_the_answer_to_its_write_is_heard_too(
    cluster: Cluster,
    operator: Operator,
    connection: Connection,
    echo: Echo,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = cluster.create(server("exchange"))
    heard: set[tuple[str, str]] = set()
    hear, request = echo.heard, connection.request

    def listen(uid: str, version: str, *, deleted: bool = False) -> None:
        heard.add((uid, version))
        hear(uid, version, deleted=deleted)

    async def answer_late(*arguments: Any, **options: Any) -> dict[str, Any]:
        answer = await request(*arguments, **options)
        metadata = answer.get("metadata", {})
        if arguments[0] == "PATCH":
            await until(lambda: (metadata["uid"], metadata["resourceVersion"]) in heard)
        return answer

    monkeypatch.setattr(echo, "heard", listen)
    monkeypatch.setattr(connection, "request", answer_late)
    async with operator.running() as engine:
        await until(lambda: bool(engine.passes))
        writer = KubernetesWriter(connection, LastSeen(echo))
        await writer.server_status(
            parse_server(made, CATALOG).desired, ServerStatus(organization="x")
        )
        assert echo.waiting == 0


async def test_another_namespace_is_not_served(
    cluster: Cluster, elsewhere: Cluster, operator: Operator
) -> None:
    cluster.create(server("exchange"))
    async with operator.running(namespaces=[elsewhere.namespace]) as engine:
        elsewhere.create(server("lync"))
        await until(lambda: bool(engine.passes))
        assert {name for name, _ in engine.passes} == {"lync"}
    assert "finalizers" not in cluster.get("PartnerServer", "exchange")["metadata"]


async def test_the_whole_cluster_is_served_where_no_namespace_is_named(
    cluster: Cluster, operator: Operator
) -> None:
    name = f"exchange-{cluster.namespace}"
    cluster.create(server(name))
    async with operator.running(namespaces=[]) as engine:
        await until(lambda: name in [served for served, _ in engine.passes])


async def test_probes_tell_a_deaf_watch(
    cluster: Cluster, operator: Operator, unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = operator.liveness = f"http://127.0.0.1:{unused_tcp_port}/healthz"

    def probe() -> int:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except urllib.error.URLError:
            return 0

    async with operator.running():
        await until(lambda: probe() == 200)
    monkeypatch.setattr("partner_operator.kube.health.DEAF_AFTER", -1.0)
    operator.echo.expect("nobody's", "1")
    async with operator.running():
        await until(lambda: probe() == 500)


async def test_probes_leave_no_line_in_the_log(
    operator: Operator, unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kubelet asks every few seconds, for years: neither kopf nor aiohttp may say so."""
    root = logging.getLogger()
    handlers, level, lines = root.handlers[:], root.level, io.StringIO()
    monkeypatch.setattr("sys.stderr", lines)
    configure(LogFormat.JSON, logging.INFO)
    url = operator.liveness = f"http://127.0.0.1:{unused_tcp_port}/healthz"

    def answers() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.HTTPError, urllib.error.URLError):
            return False

    try:
        async with operator.running():
            await until(answers)
            for _ in range(5):
                assert await asyncio.to_thread(answers)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    told = lines.getvalue()
    assert "kopf" in told
    assert "kopf.activities" not in told
    assert "aiohttp.access" not in told


async def test_gone_is_what_a_late_pass_hears(cluster: Cluster, connection: Connection) -> None:
    made = cluster.create(server("exchange"))
    cluster.delete("PartnerServer", "exchange")
    writer = KubernetesWriter(connection, LastSeen(Echo()))
    with pytest.raises(Gone):
        await writer.server_status(
            parse_server(made, CATALOG).desired, ServerStatus(organization="x")
        )
