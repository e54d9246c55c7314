"""The rights in manifests/ are enough for all that the operator does, and none is unused."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, utils

from partner_operator.catalog import CATALOG
from partner_operator.engine.bell import Bell
from partner_operator.engine.ports import CredentialsProblem, Kind, ServerName, Severity
from partner_operator.kube.client import ApiRefused, Connection
from partner_operator.kube.doorbell import run_operator
from partner_operator.kube.events import KubernetesAnnouncer
from partner_operator.kube.health import Echo
from partner_operator.kube.lease import Lease, lease_name
from partner_operator.kube.objects import LastSeen
from partner_operator.kube.parse import parse_server
from partner_operator.kube.reader import KubernetesReader
from partner_operator.kube.writer import KubernetesWriter
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ApplicationStatus, ServerStatus
from partner_testbed import ControlPlane
from support.kube.cluster import Cluster, audited
from support.kube.objects import application, changed, manifest, server
from support.waiting import eventually, until

pytestmark = pytest.mark.controlplane

Right = tuple[str, str, str]
"""Group, resource with subresource, verb."""


def install(api: Any, cluster: Cluster, names: tuple[str, ...]) -> None:
    """Create the documents of manifests, in the test's namespace instead of ours."""
    for document in (document for name in names for document in manifest(name)):
        metadata = document["metadata"]
        if "namespace" in metadata:
            metadata["namespace"] = cluster.namespace
        for subject in document.get("subjects", []):
            if "namespace" in subject:
                subject["namespace"] = cluster.namespace
        with contextlib.suppress(utils.FailToCreateError):  # cluster-wide ones are there already
            utils.create_from_dict(  # type: ignore[no-untyped-call]
                api, document, namespace=cluster.namespace
            )


def granted(name: str) -> set[Right]:
    """All rights of a manifest."""
    return {
        (group, resource, verb)
        for document in manifest(name)
        for rule in document.get("rules", [])
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


@pytest.fixture
async def operators_connection(
    plane: ControlPlane,
    api: Any,
    cluster: Cluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Connection]:
    """A connection as the ServiceAccount of the manifests."""
    install(api, cluster, ("base/serviceaccount.yaml", "rbac/namespaced"))
    path = plane.service_account_kubeconfig(
        cluster.namespace, "partner-operator", tmp_path / "operator.kubeconfig"
    )
    monkeypatch.setenv("KUBECONFIG", str(path))
    eventually(lambda: allowed(api, cluster, ("", "secrets", "get")))
    async with await Connection.open() as opened:
        yield opened


def allowed(api: Any, cluster: Cluster, right: Right, namespace: str | None = None) -> bool:
    """Whether the operator's ServiceAccount has a right in the test's namespace."""
    group, resource, verb = right
    main, _, sub = resource.partition("/")
    review = {
        "spec": {
            "user": f"system:serviceaccount:{cluster.namespace}:partner-operator",
            "groups": ["system:serviceaccounts", "system:authenticated"],
            "resourceAttributes": {
                "namespace": cluster.namespace if namespace is None else namespace,
                "group": group,
                "resource": main,
                "subresource": sub,
                "verb": verb,
            },
        }
    }
    access: Any = client.AuthorizationV1Api(api)
    return bool(access.create_subject_access_review(review).status.allowed)


async def do_everything(connection: Connection, cluster: Cluster) -> None:
    """Each request that the operator ever makes, with its watches running."""
    echo = Echo()
    seen = LastSeen(echo)
    reader = KubernetesReader(connection, seen, CATALOG, [cluster.namespace])
    writer = KubernetesWriter(connection, seen)
    name = lease_name(cluster.namespace, [cluster.namespace])
    lease = Lease(connection, cluster.namespace, name)
    await lease.acquire()
    await lease.release()
    announcer = KubernetesAnnouncer(connection)
    done, stop = asyncio.Event(), asyncio.Event()

    async def work(name: ServerName, bell: Bell) -> None:
        declared = await reader.server(name)
        assert declared is not None
        await reader.credentials(declared.desired)
        await writer.server_status(declared.desired, ServerStatus(organization="contoso.com"))
        for one in declared.applications:
            await writer.add_finalizer(one.desired)
            await writer.application_status(one.desired, ApplicationStatus(plan=("x",)))
            for _ in range(2):
                await announcer.announce(
                    Kind.APPLICATION, one.desired.key, Severity.NORMAL, Reason.REGISTERED, "x"
                )
            # Somebody else writes it meanwhile, so it is read once more.
            cluster.patch("PartnerApplication", one.desired.key.name, {"spec": {"mode": "Observe"}})
            await writer.remove_finalizer(one.desired)
        await reader.unserved()
        done.set()
        await bell.wait()

    async def idle(bell: Bell) -> None:
        while True:
            await bell.wait()

    operator = asyncio.create_task(
        run_operator(
            connection=connection,
            echo=echo,
            namespaces=[cluster.namespace],
            liveness=None,
            make_worker=work,
            make_unserved_worker=idle,
            stop=stop,
        )
    )
    await asyncio.wait_for(done.wait(), 60)
    await until(lambda: echo.waiting == 0)
    await until(lambda: "finalizers" in cluster.get("PartnerServer", "exchange")["metadata"])
    cluster.delete("PartnerServer", "exchange")
    await until(lambda: not cluster.exists("PartnerServer", "exchange"))
    stop.set()
    await asyncio.wait_for(operator, 60)


async def test_the_rights_are_enough_and_none_is_unused(
    plane: ControlPlane, cluster: Cluster, operators_connection: Connection
) -> None:
    ca = {"configMapKeyRef": {"name": "roots"}}
    cluster.config_map("roots", {"ca.crt": (plane.ca or b"").decode()})
    cluster.create(changed(server("exchange"), "winrm.caBundle", ca))
    cluster.create(application("lync-on-exchange"))
    cluster.secret("exchange-admin", {"username": b"a", "password": b"b", "hosts": b"a.de"})
    await do_everything(operators_connection, cluster)

    user = f"system:serviceaccount:{cluster.namespace}:partner-operator"
    asked = [event for event in audited(plane, cluster) if event.user == user and event.resource]
    assert [event for event in asked if event.code == 403] == []
    used = {
        (
            event.group,
            f"{event.resource}/{event.subresource}" if event.subresource else event.resource,
            event.verb,
        )
        for event in asked
    }
    assert granted("rbac/namespaced") - used == set()


def test_both_variants_grant_the_same() -> None:
    assert granted("rbac/cluster") == granted("rbac/namespaced")


FORBIDDEN: list[Right] = [
    ("", "secrets", "list"),
    ("", "secrets", "watch"),
    ("", "secrets", "update"),
    ("", "configmaps", "list"),
    ("", "configmaps", "update"),
    ("", "events", "list"),
    ("", "pods", "create"),
    ("", "serviceaccounts/token", "create"),
    ("partner-operator.io", "partnerservers", "create"),
    ("partner-operator.io", "partnerservers", "delete"),
    ("partner-operator.io", "partnerapplications", "delete"),
    ("partner-operator.io", "partnerapplications", "update"),
    ("apiextensions.k8s.io", "customresourcedefinitions", "list"),
    ("coordination.k8s.io", "leases", "list"),
    ("coordination.k8s.io", "leases", "get"),
    ("coordination.k8s.io", "leases", "update"),
    ("coordination.k8s.io", "leases", "delete"),
    ("rbac.authorization.k8s.io", "roles", "bind"),
]


async def test_the_operator_may_do_no_more(
    api: Any, cluster: Cluster, operators_connection: Connection
) -> None:
    too_much = [right for right in FORBIDDEN if allowed(api, cluster, right)]
    assert too_much == []
    assert not allowed(api, cluster, ("", "secrets", "get"), namespace="kube-system")
    assert not allowed(
        api, cluster, ("partner-operator.io", "partnerservers", "get"), namespace="default"
    )
    with pytest.raises(ApiRefused, match="cannot list resource") as refused:
        await operators_connection.list(f"/api/v1/namespaces/{cluster.namespace}/secrets")
    assert refused.value.status == 403


async def test_a_secret_that_may_not_be_read_is_a_problem_with_the_next_step(
    plane: ControlPlane,
    cluster: Cluster,
    api: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = cluster.create(server("exchange"))
    install(api, cluster, ("base/serviceaccount.yaml",))
    path = plane.service_account_kubeconfig(
        cluster.namespace, "partner-operator", tmp_path / "operator.kubeconfig"
    )
    monkeypatch.setenv("KUBECONFIG", str(path))
    async with await Connection.open() as connection:
        reader = KubernetesReader(connection, LastSeen(Echo()), CATALOG, [cluster.namespace])
        with pytest.raises(CredentialsProblem, match="Grant its ServiceAccount the verb get"):
            await reader.credentials(parse_server(made, CATALOG).desired)
