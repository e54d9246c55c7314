"""What is deployed: one pod, few rights on its node, probes; and examples without real secrets."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from kubernetes import client

from partner_operator.kube.doorbell import build_settings
from partner_operator.kube.lease import lease_name
from partner_operator.kube.watches import LONGEST_END
from support.kube.cluster import LOGON, Cluster
from support.kube.objects import ROOT, manifest

FILES = sorted(
    str(path.relative_to(ROOT / "manifests"))
    for path in (ROOT / "manifests").rglob("*.yaml")
    if path.name != "kustomization.yaml"
)


def pod() -> dict[str, Any]:
    """The pod template's spec."""
    (deployment,) = manifest("base/deployment.yaml")
    spec: dict[str, Any] = deployment["spec"]["template"]["spec"]
    return spec


def test_a_new_pod_stands_by_before_the_old_one_is_told_to_end() -> None:
    (deployment,) = manifest("base/deployment.yaml")
    rolling = {"maxSurge": 1, "maxUnavailable": 0}
    assert deployment["spec"]["strategy"] == {"type": "RollingUpdate", "rollingUpdate": rolling}


@pytest.mark.parametrize(
    ("name", "served"), [("rbac/cluster", []), ("rbac/namespaced", ["partner-operator"])]
)
def test_the_operator_may_write_its_own_lease_and_no_other(name: str, served: list[str]) -> None:
    (role,) = [d for d in manifest(name) if d["metadata"]["name"] == "partner-operator-lease"][:1]
    named = [rule for rule in role["rules"] if rule["verbs"] != ["create"]]
    assert [rule["resourceNames"] for rule in named] == [[lease_name("partner-operator", served)]]
    namespaces = {
        document["metadata"]["namespace"]
        for document in manifest(name)
        if document["metadata"]["name"] == "partner-operator-lease"
    }
    assert namespaces == {"partner-operator"}


def test_the_pod_has_time_to_end_in_order() -> None:
    """Our own last resort must come before the kubelet's; kopf's, which kills the process, is off."""
    assert build_settings().process.ultimate_exiting_timeout is None
    assert pod()["terminationGracePeriodSeconds"] > LONGEST_END


def test_the_probes_ask_where_the_operator_answers() -> None:
    (container,) = pod()["containers"]
    assert "--liveness=http://0.0.0.0:8080/healthz" in container["args"]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"] == {"path": "/healthz", "port": "health"}


def test_everything_lives_in_one_namespace() -> None:
    for name in FILES:
        for document in manifest(name):
            namespace = document["metadata"].get("namespace", "partner-operator")
            assert namespace == "partner-operator", name


def test_examples_touch_no_namespace_so_that_kubectl_n_decides() -> None:
    """`kubectl apply -f examples/` must not take the labels off a namespace, nor put anything into a certain one."""
    for file in (ROOT / "examples").glob("*"):
        for document in yaml.safe_load_all(file.read_text()):
            assert document["kind"] in {"PartnerServer", "PartnerApplication", "Secret"}, file
            assert "namespace" not in document["metadata"], file


def test_logons_of_examples_say_where_their_password_may_go() -> None:
    secrets = [
        document
        for file in (ROOT / "examples").glob("*")
        for document in yaml.safe_load_all(file.read_text())
        if document["kind"] == "Secret"
    ]
    assert len(secrets) >= 2
    for secret in secrets:
        assert secret["type"] == LOGON
        assert secret["stringData"].keys() == {"username", "password", "hosts"}


@pytest.mark.controlplane
def test_the_api_server_takes_the_pod_under_its_strictest_profile(
    cluster: Cluster, api: Any
) -> None:
    """Pod Security `restricted`, asked by a dry run in a namespace that enforces it."""
    core: Any = client.CoreV1Api(api)
    (namespace,) = manifest("namespace/namespace.yaml")
    labels = {"metadata": {"labels": namespace["metadata"]["labels"]}}
    core.patch_namespace(cluster.namespace, labels)
    core.create_namespaced_service_account(
        cluster.namespace, {"metadata": {"name": "partner-operator"}}
    )
    body = {"metadata": {"name": "operator"}, "spec": pod()}
    made = core.create_namespaced_pod(cluster.namespace, body, dry_run="All")
    assert made.spec.service_account_name == "partner-operator"


@pytest.mark.controlplane
@pytest.mark.parametrize("name", ["base/deployment.yaml", "base/networkpolicy.yaml"])
def test_the_api_server_knows_every_field(cluster: Cluster, api: Any, name: str) -> None:
    apis: dict[str, Any] = {
        "Deployment": client.AppsV1Api(api).create_namespaced_deployment,
        "NetworkPolicy": client.NetworkingV1Api(api).create_namespaced_network_policy,
    }
    for document in manifest(name):
        document["metadata"]["namespace"] = cluster.namespace
        apis[document["kind"]](
            cluster.namespace, document, dry_run="All", field_validation="Strict"
        )
