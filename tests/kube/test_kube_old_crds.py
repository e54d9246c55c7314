"""C33: a CRD older than the operator is found by what it lacks, told, and nothing is done before it is mended."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client

from partner_operator.catalog import CATALOG
from partner_operator.engine.ports import DeclaredServer, Kind, ServerName
from partner_operator.kube import kinds as kinds_module
from partner_operator.kube.api.served import lacking_in_crd
from partner_operator.kube.client import Connection
from partner_operator.kube.health import Echo
from partner_operator.kube.kinds import ServedKinds
from partner_operator.kube.objects import LastSeen
from partner_operator.kube.reader import KubernetesReader
from partner_operator.trust.obstacle import Next
from partner_operator.trust.reasons import Reason
from partner_testbed import ControlPlane, install_crds
from support.kube.cluster import Cluster
from support.kube.objects import ROOT, crd, server
from support.kube.proxy import proxied
from support.waiting import until

PLURALS = {Kind.SERVER: "partnerservers", Kind.APPLICATION: "partnerapplications"}


def without(kind: Kind, path: str) -> dict[str, Any]:
    """The CRD as it was before a field came: `path` leads through properties, `[]` through items and maps."""
    old = copy.deepcopy(crd(PLURALS[kind]))
    schema = old["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    *parents, last = path.replace("[]", ".[]").split(".")
    for name in parents:
        inner = schema.get("items") or schema.get("additionalProperties")
        schema = inner if name == "[]" else schema["properties"][name]
    del schema["properties"][last]
    required = [name for name in schema.get("required", []) if name != last]
    schema.pop("required", None)
    if required:
        schema["required"] = required
    return old


@pytest.mark.parametrize("kind", list(Kind))
def test_the_crds_of_this_version_lack_nothing(kind: Kind) -> None:
    assert lacking_in_crd(kind, crd(PLURALS[kind])) == ()


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        (Kind.SERVER, "status.organization"),
        (Kind.SERVER, "status.iis"),
        (Kind.SERVER, "status.iis.hosts[].measure"),
        (Kind.SERVER, "status.conditions[].observedGeneration"),
        (Kind.SERVER, "spec.restart.maxPerDay"),
        (Kind.APPLICATION, "status.intent.settledAt"),
        (Kind.APPLICATION, "status.repair.documents[].digest"),
        (Kind.APPLICATION, "spec.mode"),
        (Kind.APPLICATION, "spec.lync.connectivityTest.interval"),
    ],
)
def test_a_field_that_is_lacking_is_named_wherever_it_is(kind: Kind, path: str) -> None:
    assert lacking_in_crd(kind, without(kind, path)) == (path,)


def test_values_selectors_and_versions_are_found_as_well() -> None:
    old = crd("partnerapplications")
    version = old["spec"]["versions"][0]
    schema = version["schema"]["openAPIV3Schema"]["properties"]
    schema["spec"]["properties"]["mode"]["enum"].remove("Observe")
    del version["selectableFields"]
    del version["subresources"]["status"]
    assert lacking_in_crd(Kind.APPLICATION, old) == (
        "spec.mode=Observe",
        "the status subresource",
        "spec.serverRef.name as field selector",
        "spec.partnerRef.name as field selector",
    )
    version["served"] = False
    assert lacking_in_crd(Kind.APPLICATION, old) == ("version v1alpha1",)


def test_a_crd_that_is_newer_or_keeps_everything_lacks_nothing() -> None:
    newer = crd("partnerservers")
    schema = newer["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"]["status"]["properties"]["tomorrow"] = {"type": "string"}
    assert lacking_in_crd(Kind.SERVER, newer) == ()
    schema["properties"]["status"] = {
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": True,
    }
    assert lacking_in_crd(Kind.SERVER, newer) == ()


@pytest.fixture
def restored(api: Any, crds: list[str]) -> Iterator[None]:
    """The other tests get the CRDs back as they are."""
    yield
    install_crds(api, sorted((ROOT / "crds").glob("*.yaml")))


def install(api: Any, folder: Path, document: dict[str, Any]) -> None:
    """Somebody applies an old CRD."""
    path = folder / "old.yaml"
    path.write_text(yaml.safe_dump(document))
    install_crds(api, [path])


@pytest.fixture
async def without_crd_rights(
    plane: ControlPlane,
    api: Any,
    cluster: Cluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Connection]:
    """A ServiceAccount that may do all to our kinds here, and may not read CRDs, whoever else was granted it."""
    core: Any = cluster.core
    rbac: Any = client.RbacAuthorizationV1Api(api)
    core.create_namespaced_service_account(cluster.namespace, {"metadata": {"name": "blind"}})
    rule = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
    rbac.create_namespaced_role(cluster.namespace, {"metadata": {"name": "all"}, "rules": [rule]})
    rbac.create_namespaced_role_binding(
        cluster.namespace,
        {
            "metadata": {"name": "all"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "all"},
            "subjects": [
                {"kind": "ServiceAccount", "name": "blind", "namespace": cluster.namespace}
            ],
        },
    )
    path = plane.service_account_kubeconfig(cluster.namespace, "blind", tmp_path / "blind")
    monkeypatch.setenv("KUBECONFIG", str(path))
    with proxied(path) as proxy:
        proxy.choose = lambda method, path: 403 if "customresourcedefinitions" in path else None
        async with await Connection.open() as opened:
            yield opened


async def declared(connection: Connection, cluster: Cluster, kinds: ServedKinds) -> DeclaredServer:
    """What a pass would begin with."""
    reader = KubernetesReader(
        connection, LastSeen(Echo()), CATALOG, [cluster.namespace], kinds=kinds
    )
    found = await reader.server(ServerName(cluster.namespace, "exchange"))
    assert found is not None
    return found


@pytest.mark.controlplane
@pytest.mark.usefixtures("restored")
async def test_a_pass_over_an_old_crd_begins_with_the_problem_and_goes_on_when_it_is_mended(
    api: Any,
    cluster: Cluster,
    connection: Connection,
    tmp_path: Path,
    monkeypatch: Any,
    caplog: Any,
) -> None:
    monkeypatch.setattr(kinds_module, "LOOK", 0.1)
    monkeypatch.setattr(kinds_module, "LOOK_AGAIN", 0.1)
    cluster.create(server("exchange"))
    kinds = ServedKinds(connection)
    assert (await declared(connection, cluster, kinds)).problem is None
    rung: list[str] = []
    looking = asyncio.create_task(kinds.keep_looking(lambda: rung.append(kinds.too_old)))
    install(api, tmp_path, without(Kind.SERVER, "status.organization"))
    await until(lambda: len(rung) == 1)
    problem = (await declared(connection, cluster, kinds)).problem
    assert problem is not None
    assert (problem.reason, problem.then) == (Reason.CRD_TOO_OLD, Next.HUMAN)
    assert "PartnerServer lacks status.organization. No server is contacted" in problem.message
    assert problem.message.endswith("kubectl apply -f crds/")
    assert caplog.text.count("are older than this operator") == 1
    install_crds(api, sorted((ROOT / "crds").glob("*.yaml")))
    await until(lambda: len(rung) == 2)
    looking.cancel()
    assert rung == [problem.message, ""]
    assert (await declared(connection, cluster, kinds)).problem is None


@pytest.mark.controlplane
@pytest.mark.usefixtures("restored")
async def test_without_the_right_to_read_crds_it_is_found_all_the_same_and_said_once(
    api: Any, cluster: Cluster, without_crd_rights: Connection, tmp_path: Path, caplog: Any
) -> None:
    cluster.create(server("exchange"))
    kinds = ServedKinds(without_crd_rights)
    for _ in range(2):
        found = await declared(without_crd_rights, cluster, kinds)
        assert (found.problem, found.crd_deleting) == (None, False)
    assert caplog.text.count("may not read its CRDs") == 1
    install(api, tmp_path, without(Kind.APPLICATION, "status.intent.settledAt"))
    for _ in range(600):
        problem = (await declared(without_crd_rights, cluster, kinds)).problem
        if problem is not None:
            break
        await asyncio.sleep(0.1)
    assert problem is not None
    assert "PartnerApplication lacks status.intent.settledAt." in problem.message
    assert caplog.text.count("may not read its CRDs") == 1
