"""C35: a namespace that is closed to the operator ends no other namespace's work, and is said once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from partner_operator.catalog import CATALOG
from partner_operator.engine.bell import Bell
from partner_operator.engine.ports import DeclaredServer, ServerName
from partner_operator.kube import doorbell, lookout, watches
from partner_operator.kube.client import Connection
from partner_operator.kube.doorbell import CRDsMissing, RightsMissing, run_operator
from partner_operator.kube.health import Echo
from partner_operator.kube.objects import LastSeen
from partner_operator.kube.patience import Patience
from partner_operator.kube.reader import KubernetesReader
from partner_testbed import ControlPlane
from support.kube.cluster import Cluster
from support.kube.objects import application, manifest, server
from support.kube.proxy import RESET, Fault, Proxy, proxied
from support.waiting import until

pytestmark = pytest.mark.controlplane

QUICK = Patience(longest=1.0, first_pause=0.05, longest_pause=0.2)


class Impatient:
    """kopf's tries, as in the product, only sooner."""

    def __iter__(self) -> Iterator[float]:
        while True:
            yield 0.2


@dataclass
class House:
    """An operator of two namespaces, as a ServiceAccount that has its rights by namespace."""

    api: Any
    here: Cluster
    there: Cluster
    connection: Connection
    passes: list[ServerName] = field(default_factory=list)
    read: dict[str, DeclaredServer | None] = field(default_factory=dict)

    def open(self, cluster: Cluster) -> None:
        """`kubectl apply` of the Role and the RoleBinding in a namespace."""
        rbac: Any = client.RbacAuthorizationV1Api(self.api)
        role, binding = self._documents()
        rbac.create_namespaced_role(cluster.namespace, role)
        rbac.create_namespaced_role_binding(cluster.namespace, binding)

    def close(self, cluster: Cluster) -> None:
        """Somebody deletes them, or the namespace controller does."""
        rbac: Any = client.RbacAuthorizationV1Api(self.api)
        role, binding = self._documents()
        rbac.delete_namespaced_role_binding(binding["metadata"]["name"], cluster.namespace)
        rbac.delete_namespaced_role(role["metadata"]["name"], cluster.namespace)

    def _documents(self) -> list[dict[str, Any]]:
        found = manifest("rbac/served-namespace")
        for document in found:
            del document["metadata"]["namespace"]
            for subject in document.get("subjects", []):
                subject["namespace"] = self.here.namespace
        return found

    async def work(self, name: ServerName, bell: Bell) -> None:
        """Stands for the engine: it reads, as each pass does first."""
        seen = LastSeen(Echo())
        reader = KubernetesReader(
            self.connection, seen, CATALOG, [self.here.namespace, self.there.namespace]
        )
        while True:
            self.passes.append(name)
            self.read[name.name] = await reader.server(name)
            await bell.wait()

    async def answer(self, bell: Bell) -> None:
        """The worker of unserved applications."""
        while True:
            await bell.wait()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        """The operator, for the length of the block."""
        stop = asyncio.Event()
        task = asyncio.create_task(
            run_operator(
                connection=self.connection,
                echo=Echo(),
                namespaces=[self.here.namespace, self.there.namespace],
                liveness=None,
                make_worker=self.work,
                make_unserved_worker=self.answer,
                stop=stop,
            )
        )
        try:
            yield task
        finally:
            stop.set()
            await asyncio.wait_for(task, 60)


@pytest.fixture
def proxy(
    plane: ControlPlane, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Proxy]:
    """A proxy to which KUBECONFIG leads, for the operator's ServiceAccount."""
    account = {"metadata": {"name": "partner-operator"}}
    cluster.core.create_namespaced_service_account(cluster.namespace, account)
    path = plane.service_account_kubeconfig(
        cluster.namespace, "partner-operator", tmp_path / "operator.kubeconfig"
    )
    monkeypatch.setenv("KUBECONFIG", str(path))
    with proxied(path) as running:
        yield running


@pytest.fixture
async def house(
    proxy: Proxy,
    api: Any,
    cluster: Cluster,
    elsewhere: Cluster,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[House]:
    """Both namespaces are open, and everything is looked at often."""
    monkeypatch.setattr(doorbell, "Endless", Impatient)
    monkeypatch.setattr(watches, "AGAIN", (0.2,))
    monkeypatch.setattr(watches, "LONGEST_END", 10.0)
    monkeypatch.setattr(lookout, "LOOK", 0.2)
    monkeypatch.setattr(lookout, "LOOK_AGAIN", 0.2)
    async with await Connection.open(patience=QUICK) as connection:
        made = House(api, cluster, elsewhere, connection)
        made.open(cluster)
        made.open(elsewhere)
        yield made


def says(caplog: pytest.LogCaptureFixture, cluster: Cluster) -> Callable[[], bool]:
    """Whether the log has the sentence about a namespace."""
    return lambda: f"Namespace {cluster.namespace} is not served: " in caplog.text


async def test_a_namespace_that_was_closed_before_the_start_is_said_and_the_others_are_served(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    house.close(house.there)
    house.here.create(server("exchange"))
    house.there.create(server("lync"))
    async with house.running():
        await until(lambda: house.read.get("exchange") is not None)
        assert says(caplog, house.there)()
        assert "lync" not in house.read
        house.open(house.there)
        await until(lambda: house.read.get("lync") is not None)
        await until(lambda: f"namespace {house.there.namespace} is open again" in caplog.text)
    assert caplog.text.count("is not served: ") == 1
    assert "manifests/rbac/served-namespace" in caplog.text


async def test_one_that_is_closed_later_ends_nothing_and_is_rung_when_it_is_open_again(
    house: House, caplog: pytest.LogCaptureFixture, proxy: Proxy
) -> None:
    """Also when its watches begin anew meanwhile."""
    house.here.create(server("exchange"))
    house.there.create(server("lync"))
    async with house.running() as operator:
        await until(lambda: {"exchange", "lync"} <= house.read.keys())
        house.close(house.there)
        await until(says(caplog, house.there))
        proxy.cut_watches()
        house.here.patch("PartnerServer", "exchange", {"spec": {"interval": "20m"}})
        before = len(house.passes)
        await until(lambda: len(house.passes) > before)
        house.here.create(application("lync-on-exchange"))
        await until(
            lambda: (found := house.read["exchange"]) is not None and bool(found.applications)
        )
        assert not operator.done()
        house.open(house.there)
        name = ServerName(house.there.namespace, "lync")
        before = house.passes.count(name)
        await until(lambda: house.passes.count(name) > before)
        house.there.create(application("exchange-on-lync"))
        await until(lambda: (found := house.read["lync"]) is not None and bool(found.applications))
    assert caplog.text.count("is not served: ") == 1


async def test_an_application_is_not_dangling_because_servers_may_not_be_listed(
    house: House,
) -> None:
    house.there.create(server("exchange"))
    house.there.create(application("lync-on-exchange"))
    house.here.create(application("exchange-on-lync"))
    role: Any = client.RbacAuthorizationV1Api(house.api)
    found = role.read_namespaced_role("partner-operator", house.there.namespace)
    found.rules[0].resources = ["partnerapplications"]
    role.replace_namespaced_role("partner-operator", house.there.namespace, found)
    namespaces = [house.here.namespace, house.there.namespace]
    reader = KubernetesReader(house.connection, LastSeen(Echo()), CATALOG, namespaces)

    async def dangling() -> set[str]:
        return {one.desired.key.name for one in await reader.unserved()}

    assert await dangling() == {"exchange-on-lync"}


async def test_where_nothing_may_be_looked_at_the_start_ends_with_a_sentence(house: House) -> None:
    house.close(house.here)
    house.close(house.there)
    with pytest.raises(RightsMissing) as problem:
        async with house.running() as operator:
            await asyncio.wait({operator})
    assert 'cannot list resource "partnerservers"' in str(problem.value)
    assert "manifests/rbac/served-namespace" in str(problem.value)


async def test_watches_that_end_begin_anew(
    house: House, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    """kopf ends altogether by any answer that it does not expect, such as 400 or 410 for a list."""
    house.here.create(server("exchange"))
    async with house.running() as operator:
        await until(lambda: house.read.get("exchange") is not None)
        for times, status in enumerate((410, 400), 1):
            proxy.choose = partial(answer, status)
            proxy.cut_watches()
            await until(lambda times=times: caplog.text.count("begin anew") >= times)  # type: ignore[misc]
        proxy.choose = lambda method, path: None
        house.here.create(server("lync"))
        await until(lambda: house.read.get("lync") is not None)
        assert not operator.done()


def answer(fault: Fault, _method: str, _path: str) -> Fault:
    """Everything goes wrong in this way."""
    return fault


def failed(proxy: Proxy, times: int) -> bool:
    """Whether so much went wrong by now."""
    return len(proxy.faults) >= times


async def test_an_api_server_that_comes_back_slowly_is_waited_for(
    house: House, proxy: Proxy
) -> None:
    """First nobody answers, then it is not ready, then it knows nobody, then no rights."""
    house.here.create(server("exchange"))
    async with house.running() as operator:
        await until(lambda: house.read.get("exchange") is not None)
        faults: list[Fault] = [RESET, 503, 429, 401, 403]
        for number, fault in enumerate(faults, 1):
            proxy.choose = partial(answer, fault)
            proxy.cut_watches()
            await until(partial(failed, proxy, 20 * number))
        proxy.choose = lambda method, path: None
        house.here.create(server("lync"))
        await until(lambda: house.read.get("lync") is not None)
        assert not operator.done()


async def test_kinds_that_are_not_there_are_a_sentence(
    house: House, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorbell, "CRD_PATIENCE", 0.0)
    proxy.choose = lambda method, path: 404 if "partner-operator.io" in path else None
    with pytest.raises(CRDsMissing, match=r"does not know partner.*: kubectl apply -f crds/"):
        async with house.running() as operator:
            await asyncio.wait({operator})


async def test_kinds_that_go_and_come_again_are_served(house: House, proxy: Proxy) -> None:
    """`kubectl delete crd`, and `kubectl apply -f crds/` before the operator's patience is over."""
    house.here.create(server("exchange"))
    async with house.running() as operator:
        await until(lambda: house.read.get("exchange") is not None)
        proxy.choose = lambda method, path: 404 if "partner-operator.io" in path else None
        proxy.cut_watches()
        await until(lambda: len(proxy.faults) > 10)
        proxy.choose = lambda method, path: None
        house.here.create(server("lync"))
        await until(lambda: house.read.get("lync") is not None)
        assert not operator.done()
