"""One failed request breaks nothing off: it is asked again, and what was made is made once."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from partner_operator.catalog import CATALOG
from partner_operator.engine.ports import Kind, ServerName, Severity
from partner_operator.kube.client import (
    ApiFailure,
    ApiRefused,
    ApiUnreachable,
    Connection,
    core_path,
)
from partner_operator.kube.events import KubernetesAnnouncer
from partner_operator.kube.health import Echo
from partner_operator.kube.kubeconfig import NoCluster
from partner_operator.kube.objects import LastSeen
from partner_operator.kube.patience import NONE, Patience, seconds
from partner_operator.kube.reader import KubernetesReader
from partner_operator.kube.writer import KubernetesWriter
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ApplicationStatus
from partner_testbed import ControlPlane
from support.kube.cluster import Cluster
from support.kube.objects import application, server
from support.kube.proxy import LOST, RESET, Fault, Proxy, proxied

pytestmark = pytest.mark.controlplane

QUICK = Patience(longest=20.0, first_pause=0.01, longest_pause=0.05)
FAULTS: list[Fault] = [429, 500, 502, 503, 504, RESET, LOST]


@pytest.fixture
def proxy(
    plane: ControlPlane, api: Any, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Proxy]:
    """A proxy to which KUBECONFIG leads, for an account that may do everything."""
    name = cluster.namespace
    cluster.core.create_namespaced_service_account(name, {"metadata": {"name": "admin"}})
    rbac: Any = client.RbacAuthorizationV1Api(api)
    rbac.create_cluster_role_binding(
        {
            "metadata": {"name": name},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "cluster-admin",
            },
            "subjects": [{"kind": "ServiceAccount", "name": "admin", "namespace": name}],
        }
    )
    path = plane.service_account_kubeconfig(name, "admin", tmp_path / "kubeconfig")
    monkeypatch.setenv("KUBECONFIG", str(path))
    with proxied(path) as running:
        running.retry_after = "0"
        yield running
    rbac.delete_cluster_role_binding(name)


@pytest.fixture
async def through(proxy: Proxy) -> AsyncIterator[Connection]:
    """A connection through the proxy."""
    async with await Connection.open(patience=QUICK) as opened:
        yield opened


def first_of_each(proxy: Proxy, fault: Fault) -> None:
    """Each request goes wrong when it is asked for the first time."""
    asked: set[tuple[str, str]] = set()

    def choose(method: str, path: str) -> Fault | None:
        known = (method, path) in asked
        asked.add((method, path))
        return None if known else fault

    proxy.choose = choose


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_pass_goes_on_and_each_write_is_made_once(
    cluster: Cluster, proxy: Proxy, through: Connection, fault: Fault
) -> None:
    """All that a pass asks of the API server, each of it going wrong once; also when it was done all the same."""
    cluster.create(server("exchange"))
    made = cluster.create(application("lync-on-exchange"))
    cluster.secret(
        "exchange-admin", {"username": b"a", "password": b"b", "hosts": b"*.litwareinc.com"}
    )
    first_of_each(proxy, fault)
    seen = LastSeen(Echo())
    reader = KubernetesReader(through, seen, CATALOG, [cluster.namespace])
    writer, announcer = KubernetesWriter(through, seen), KubernetesAnnouncer(through)
    declared = await reader.server(ServerName(cluster.namespace, "exchange"))
    assert declared is not None
    await reader.credentials(declared.desired)
    desired = declared.applications[0].desired
    await writer.add_finalizer(desired)
    await writer.application_status(desired, ApplicationStatus(plan=("one",)))
    await writer.application_status(desired, ApplicationStatus(plan=("two",)))
    await announcer.announce(
        Kind.APPLICATION, desired.key, Severity.NORMAL, Reason.REGISTERED, "It is there."
    )
    stored = cluster.get("PartnerApplication", "lync-on-exchange")
    assert stored["metadata"]["finalizers"] == ["partner-operator.io/registration"]
    assert stored["metadata"]["generation"] == made["metadata"]["generation"]
    assert stored["status"]["plan"] == ["two"]
    assert [(event.reason, event.message) for event in cluster.events()] == [
        ("Registered", "It is there.")
    ]
    cluster.delete("PartnerApplication", "lync-on-exchange")
    await writer.remove_finalizer(desired)
    assert not cluster.exists("PartnerApplication", "lync-on-exchange")
    # The CRDs, the objects, the lists and the Secret are read; four kinds of write.
    assert len(proxy.faults) >= 10


async def test_what_passes_only_after_a_while_is_waited_for(
    cluster: Cluster, proxy: Proxy, through: Connection
) -> None:
    """Not one failure but one after the other, of all kinds."""
    failures: Iterator[Fault] = iter([500, RESET, 429, 503, 504, RESET])
    proxy.choose = lambda method, path: next(failures, None)
    assert await through.list(core_path(cluster.namespace, "configmaps")) is not None
    assert len(proxy.faults) == 6
    # A connection that breaks is tried again by aiohttp itself, so no answer of it is missed.
    codes = {"500": 1, "429": 1, "503": 1, "504": 1, "200": 1}
    assert through.answered == {("GET", code): count for code, count in codes.items()}


async def test_nobody_asks_earlier_than_the_api_server_said(
    cluster: Cluster, proxy: Proxy, through: Connection
) -> None:
    first_of_each(proxy, 429)
    proxy.retry_after = "2"
    began = time.monotonic()
    await through.get(core_path(cluster.namespace, "configmaps", "x"))
    assert time.monotonic() - began >= 2
    assert len(proxy.seen) == 2
    first_of_each(proxy, 429)
    proxy.retry_after = "21"
    with pytest.raises(ApiRefused, match="429 by the test"):
        await through.get(core_path(cluster.namespace, "configmaps", "x"))


def test_a_date_is_no_number_of_seconds() -> None:
    assert [seconds(text) for text in ("7", None, "", "Wed, 25 Nov 2026 08:00:00 GMT", "-1")] == [
        7.0,
        0.0,
        0.0,
        0.0,
        0.0,
    ]


async def test_a_right_that_was_there_is_waited_for_and_one_that_never_was_is_not(
    cluster: Cluster, proxy: Proxy, through: Connection
) -> None:
    """An API server that starts knows no rights for a while. A right that is missing is told at once."""
    path = core_path(cluster.namespace, "secrets", "x")
    proxy.choose = lambda method, path: 403
    with pytest.raises(ApiRefused, match="403 by the test"):
        await through.get(path)
    assert len(proxy.seen) == 1
    proxy.choose = lambda method, path: None
    await through.get(path)
    minute = iter([403] * 8)
    proxy.choose = lambda method, path: next(minute, None)
    assert await through.get(path) is None
    assert len(proxy.faults) == 9


@pytest.mark.parametrize("fault", [500, 403, RESET])
async def test_what_fails_for_good_costs_its_patience_once(
    cluster: Cluster, proxy: Proxy, fault: Fault
) -> None:
    """Each pass asks again; none of them hangs on it."""
    path = core_path(cluster.namespace, "secrets", "x")
    impatient = Patience(longest=0.5, first_pause=0.05, longest_pause=0.05)
    async with await Connection.open(patience=impatient) as connection:
        await connection.get(path)
        proxy.choose = lambda method, path: fault
        with pytest.raises(ApiFailure):
            await connection.get(path)
        tries = len(proxy.faults)
        assert tries > 3
        for _ in range(3):
            with pytest.raises(ApiFailure):
                await connection.get(path)
        # aiohttp asks once more by itself where a connection that was used before is reset.
        assert len(proxy.faults) in {tries + 3, tries + 6}
        proxy.choose = lambda method, path: None
        await connection.get(path)
        proxy.choose = lambda method, path: fault
        with pytest.raises(ApiFailure):
            await connection.get(path)
        assert len(proxy.faults) > tries + 8


@pytest.mark.parametrize("status", [400, 404, 409, 410, 422])
async def test_what_no_repetition_mends_is_told_at_once(
    cluster: Cluster, proxy: Proxy, through: Connection, status: int
) -> None:
    proxy.choose = lambda method, path: status
    with pytest.raises(ApiRefused):
        await through.request("GET", core_path(cluster.namespace, "secrets", "x"))
    assert len(proxy.seen) == 1


async def test_whether_it_may_write_is_asked_before_each_repetition(
    cluster: Cluster, proxy: Proxy
) -> None:
    """A Lease may be lost while a write waits for its next try."""
    proxy.choose = lambda method, path: 500
    left = iter(range(3))

    class NoMore(ApiFailure):
        pass

    def before_write() -> None:
        if next(left, None) is None:
            raise NoMore

    async with await Connection.open(before_write, QUICK) as connection:
        with pytest.raises(NoMore):
            await connection.request("POST", core_path(cluster.namespace, "events"), body={})
    assert len(proxy.seen) == 3


async def test_without_patience_each_failure_is_told(cluster: Cluster, proxy: Proxy) -> None:
    """So the Lease is asked for: it has a time of its own."""
    proxy.choose = lambda method, path: RESET
    async with await Connection.open(patience=NONE) as connection:
        with pytest.raises(ApiUnreachable):
            await connection.request("POST", core_path(cluster.namespace, "events"), body={})
        assert connection.answered == {("POST", "none"): 1}
    assert len(proxy.seen) == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "leads to no cluster"),
        ("", "leads to no cluster"),
        ("just text", "leads to no cluster"),
        ("- a\n- b", "leads to no cluster"),
        ("a: [", "leads to no cluster"),
        ("apiVersion: v1\nkind: Config\ncurrent-context: x\ncontexts: []\n", "leads to no cluster"),
        (
            "current-context: x\ncontexts: [{name: x, context: {cluster: x, user: x}}]\n"
            "clusters: [{name: x, cluster: {server: 'https://127.0.0.1', certificate-authority: /none}}]\n"
            "users: [{name: x, user: {}}]\n",
            "leads to no cluster",
        ),
        (
            "current-context: x\ncontexts: [{name: x, context: {cluster: x, user: x}}]\n"
            "clusters: [{name: x, cluster: {server: 'https://127.0.0.1', certificate-authority-data: eA==}}]\n"
            "users: [{name: x, user: {}}]\n",
            "leads to no cluster",
        ),
    ],
)
async def test_a_kubeconfig_that_cannot_be_used_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, sentence: str
) -> None:
    path = tmp_path / "kubeconfig"
    if text is not None:
        path.write_text(text)
    monkeypatch.setenv("KUBECONFIG", str(path))
    with pytest.raises(NoCluster, match=sentence) as problem:
        await Connection.open()
    assert str(path) in str(problem.value)
