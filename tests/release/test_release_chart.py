"""The chart as Helm renders it: the same objects as kustomize, and each value where it belongs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from partner_operator.kube.lease import lease_name
from partner_testbed import ControlPlane
from support.docs.pages import links
from support.kube.objects import ROOT, crd
from support.release.reader import Reader

pytestmark = pytest.mark.timeout(1800)  # the first test may build Helm

CHART = "charts/partner-operator"
RENDER = f"helm template partner-operator {CHART}"
KEEP = {"helm.sh/resource-policy": "keep"}
SCOPES = {"cluster": "", "namespaced": "--set scope=namespaced"}
MONITORING = ("serviceMonitor", "alerts", "dashboard")
EVERYTHING: dict[str, Any] = {
    "image": {
        "repository": "registry.example.com:5000/team/partner-operator",
        "digest": f"sha256:{'0' * 64}",
        "pullPolicy": "Always",
    },
    "imagePullSecrets": [{"name": "my-registry"}],
    "scope": "namespaced",
    "namespaces": ["team-b", "team-a", "team-b"],
    "rbac": {"leavingNamespaces": True},
    "serviceAccount": {"annotations": {"example.com/role": "x"}},
    "replicas": 2,
    "allowedHosts": ["exchange.contoso.com", "*.lync.contoso.com"],
    "allowedPorts": [5986, 15986],
    "caBundleConfigMap": {"name": "my-roots", "key": "roots.pem"},
    "logLevel": "debug",
    "extraArgs": ["--record=/runs"],
    "extraEnv": [{"name": "KRB5_TRACE", "value": "/runs/trace"}],
    "extraVolumes": [{"name": "krb5", "configMap": {"name": "krb5"}}],
    "extraVolumeMounts": [
        {"name": "krb5", "mountPath": "/etc/krb5.conf", "subPath": "krb5.conf", "readOnly": True}
    ],
    "networkPolicy": {
        "apiServer": {"cidrs": ["192.0.2.10/32", "2001:db8::/64"], "ports": [16443]},
        "winrm": {"cidrs": ["198.51.100.0/24"]},
        "extraEgress": [{"ports": [{"protocol": "TCP", "port": 88}]}],
    },
    "monitoring": {name: {"enabled": True, "labels": {"release": "x"}} for name in MONITORING},
    "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
    "podAnnotations": {"example.com/a": "b"},
    "podLabels": {"example.com/team": "mail"},
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
    "topologySpreadConstraints": [
        {
            "maxSkew": 1,
            "topologyKey": "zone",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"app.kubernetes.io/name": "partner-operator"}},
        }
    ],
    "priorityClassName": "system-cluster-critical",
    "hostAliases": [{"ip": "192.0.2.20", "hostnames": ["exchange.contoso.com"]}],
    "dnsPolicy": "None",
    "dnsConfig": {"nameservers": ["192.0.2.53"]},
}
"""A value for each name that has none by default."""

Objects = dict[tuple[str, str, str], dict[str, Any]]


def objects(text: str) -> Objects:
    """By kind, namespace and name."""
    found = [document for document in yaml.safe_load_all(text) if document]
    return {
        (one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]): one
        for one in found
    }


def values(reader: Reader, given: dict[str, Any]) -> str:
    """The option that gives them to Helm."""
    path = reader.clone.parent / "values.json"
    path.write_text(json.dumps(given))
    return f"--values {path}"


def shared_by_all(rendered: Objects) -> Objects:
    """kustomize's names of what each release has for itself; kustomize has one for all operators."""
    text = json.dumps(list(rendered.values()))
    return objects(
        "\n---\n".join(
            json.dumps(one)
            for one in json.loads(
                text.replace("partner-operator-crds-partner-operator", "partner-operator-crds")
            )
        )
    )


@pytest.mark.parametrize("monitoring", [False, True])
@pytest.mark.parametrize("scope", SCOPES)
def test_chart_and_kustomize_make_the_same_objects(
    renderer: Reader, scope: str, monitoring: bool
) -> None:
    options = ["--namespace partner-operator", SCOPES[scope]]
    folders = [f"overlays/{scope}"]
    if monitoring:
        options += [f"--set monitoring.{name}.enabled=true" for name in MONITORING]
        folders += ["monitoring"]
    rendered = shared_by_all(objects(renderer.types(f"{RENDER} {' '.join(options)}")))
    wanted: Objects = {}
    for folder in folders:
        wanted |= objects(renderer.types(f"kubectl kustomize manifests/{folder}"))
    for plural in ("partnerservers", "partnerapplications"):
        body = crd(plural)
        body["metadata"]["annotations"] = body["metadata"].get("annotations", {}) | KEEP
        wanted["CustomResourceDefinition", "", body["metadata"]["name"]] = body
    assert rendered.keys() == wanted.keys()
    for name, body in wanted.items():
        assert rendered[name] == body


@pytest.mark.parametrize("given", [{}, {"scope": "namespaced"}, EVERYTHING], ids=str)
def test_lint_finds_nothing(renderer: Reader, given: dict[str, Any]) -> None:
    told = renderer.types(f"helm lint --strict {CHART} {values(renderer, given)}")
    assert "[WARNING]" not in told


def test_everything_is_every_value_that_there_is() -> None:
    default = yaml.safe_load((ROOT / CHART / "values.yaml").read_text())
    by_default = {"caBundle", "crds"}
    assert EVERYTHING.keys() == default.keys() - by_default


def test_the_schema_knows_exactly_the_values_that_there_are() -> None:
    schema = json.loads((ROOT / CHART / "values.schema.json").read_text())
    default = yaml.safe_load((ROOT / CHART / "values.yaml").read_text())

    def same(schema: dict[str, Any], value: Any, place: str) -> None:
        known = schema.get("properties")
        if known is None:
            return
        assert known.keys() - {"global"} == value.keys(), place
        for name in value:
            same(known[name], value[name], f"{place}.{name}")

    same(schema, default, "")


def test_the_api_server_takes_everything_without_an_unknown_field(
    own_plane: ControlPlane, reader: Reader
) -> None:
    """And Pod Security, asked to warn of what its strictest profile would not take, warns of nothing."""
    for namespace in ("team-a", "team-b", "ops"):
        reader.types(f"kubectl create namespace {namespace}")
    reader.types("kubectl label namespace ops pod-security.kubernetes.io/warn=restricted")
    # The Prometheus Operator's kinds are not there.
    everything = {name: value for name, value in EVERYTHING.items() if name != "monitoring"}
    for given in ({}, {"scope": "namespaced"}, everything):
        option = f"--namespace ops {values(reader, given)}"
        dry = "kubectl apply --dry-run=server --validate=strict -f -"
        assert "Warning" not in reader.types(f"{RENDER} {option} | {dry} 2>&1")


def test_each_value_is_where_it_belongs(renderer: Reader) -> None:
    rendered = objects(renderer.types(f"{RENDER} --namespace ops {values(renderer, EVERYTHING)}"))
    deployment = rendered["Deployment", "ops", "partner-operator"]
    assert deployment["spec"]["replicas"] == 2
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    image = EVERYTHING["image"]
    assert container["image"] == f"{image['repository']}@{image['digest']}"
    assert container["imagePullPolicy"] == "Always"
    assert [a for a in container["args"] if a.startswith("--")] == [
        "--namespace=team-a",
        "--namespace=team-b",
        "--log-format=json",
        "--liveness=http://0.0.0.0:8080/healthz",
        "--metrics=http://0.0.0.0:9402/metrics",
        "--log-level=debug",
        "--allowed-hosts=exchange.contoso.com,*.lync.contoso.com",
        "--allowed-ports=5986,15986",
        "--ca-file=/etc/partner-operator/ca.crt",
        "--record=/runs",
    ]
    assert container["resources"] == EVERYTHING["resources"]
    assert container["env"] == EVERYTHING["extraEnv"]
    assert container["volumeMounts"][1:] == [
        {"name": "authorities", "mountPath": "/etc/partner-operator", "readOnly": True},
        *EVERYTHING["extraVolumeMounts"],
    ]
    items = [{"key": "roots.pem", "path": "ca.crt"}]
    assert pod["volumes"][1:] == [
        {"name": "authorities", "configMap": {"name": "my-roots", "items": items}},
        *EVERYTHING["extraVolumes"],
    ]
    for name in (
        *("imagePullSecrets", "nodeSelector", "tolerations", "affinity", "priorityClassName"),
        *("topologySpreadConstraints", "hostAliases", "dnsPolicy", "dnsConfig"),
    ):
        assert pod[name] == EVERYTHING[name]
    metadata = deployment["spec"]["template"]["metadata"]
    assert metadata["annotations"] == EVERYTHING["podAnnotations"]
    assert metadata["labels"] == {
        "app.kubernetes.io/name": "partner-operator",
        **EVERYTHING["podLabels"],
    }
    account = rendered["ServiceAccount", "ops", "partner-operator"]
    assert account["metadata"]["annotations"] == EVERYTHING["serviceAccount"]["annotations"]
    assert ("ClusterRoleBinding", "", "partner-operator-leaving-namespaces-ops") in rendered
    for kind, labelled in (
        ("ServiceMonitor", "partner-operator"),
        ("PrometheusRule", "partner-operator"),
        ("ConfigMap", "partner-operator-dashboard"),
    ):
        labels = rendered[kind, "ops", labelled]["metadata"]["labels"]
        labels.pop("grafana_dashboard", None)
        assert labels == {"app.kubernetes.io/name": "partner-operator", "release": "x"}
    _, api_server, winrm, kerberos = rendered["NetworkPolicy", "ops", "partner-operator"]["spec"][
        "egress"
    ]
    assert api_server == {
        "ports": [{"protocol": "TCP", "port": 16443}],
        "to": [
            {"ipBlock": {"cidr": "192.0.2.10/32"}},
            {"ipBlock": {"cidr": "2001:db8::/64"}},
        ],
    }
    assert winrm == {
        "ports": [{"protocol": "TCP", "port": 5986}, {"protocol": "TCP", "port": 15986}],
        "to": [{"ipBlock": {"cidr": "198.51.100.0/24"}}],
    }
    assert [kerberos] == EVERYTHING["networkPolicy"]["extraEgress"]


def test_a_disruption_budget_is_there_from_two_replicas_on(renderer: Reader) -> None:
    name = ("PodDisruptionBudget", "partner-operator", "partner-operator")
    for replicas, there in ((0, False), (1, False), (2, True), (3, True)):
        option = f"--namespace partner-operator --set replicas={replicas}"
        assert (name in objects(renderer.types(f"{RENDER} {option}"))) is there


def test_what_is_switched_off_is_not_there(renderer: Reader) -> None:
    off = {
        "crds": {"enabled": False},
        "rbac": {"people": False},
        "networkPolicy": {"enabled": False},
    }
    rendered = objects(renderer.types(f"{RENDER} --namespace ops {values(renderer, off)}"))
    assert {kind for kind, _, _ in rendered} & {
        "CustomResourceDefinition",
        "NetworkPolicy",
    } == set()
    assert [name for kind, _, name in rendered if kind == "ClusterRole"] == ["partner-operator"]


@pytest.mark.parametrize(
    "served",
    [
        [],
        ["ops"],
        ["ops", "ops"],
        ["team-a"],
        ["team-b", "ops", "team-a"],
        ["b-a", "b", "b0"],
        [f"{letter * 62}" for letter in "abcd"],
    ],
    ids=str,
)
def test_the_lease_is_the_one_that_the_operator_asks_for(
    renderer: Reader, served: list[str]
) -> None:
    given = {"scope": "namespaced", "namespaces": served}
    rendered = objects(renderer.types(f"{RENDER} --namespace ops {values(renderer, given)}"))
    deployment = rendered["Deployment", "ops", "partner-operator"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    told = [a.partition("=")[2] for a in container["args"] if a.startswith("--namespace=")]
    assert set(told) == set(served or ["ops"])
    role = rendered["Role", "ops", "partner-operator-lease"]
    names = [name for rule in role["rules"] for name in rule.get("resourceNames", [])]
    assert names == [lease_name("ops", told)]
    where = {
        space for kind, space, name in rendered if (kind, name) == ("Role", "partner-operator")
    }
    assert where == set(told)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"scop": "cluster"}, "'scop'"),
    ({"scope": "Cluster"}, "'/scope': value must be one of 'cluster', 'namespaced'"),
    ({"image": {"repo": "x"}}, "'/image': additional properties 'repo'"),
    ({"image": {"repository": "registry.example.com/a:1.0"}}, "'/image/repository'"),
    ({"image": {"repository": ""}}, "'/image/repository'"),
    ({"image": {"digest": "1234"}}, "'/image/digest'"),
    ({"image": {"pullPolicy": "never"}}, "'/image/pullPolicy'"),
    ({"replicas": "two"}, "'/replicas': got string, want integer"),
    ({"replicas": -1}, "'/replicas'"),
    ({"namespaces": "team-a"}, "'/namespaces'"),
    ({"namespaces": ["Team A"]}, "'/namespaces/0'"),
    ({"crds": True}, "'/crds'"),
    ({"crds": {"enabled": "yes"}}, "'/crds/enabled': got string, want boolean"),
    ({"allowedHosts": ["*"]}, "'/allowedHosts/0'"),
    ({"allowedPorts": ["5986"]}, "'/allowedPorts/0'"),
    ({"allowedPorts": [0]}, "'/allowedPorts/0'"),
    ({"allowedPorts": []}, "'/allowedPorts'"),
    ({"caBundle": "ca.pem"}, "'/caBundle'"),
    ({"caBundleConfigMap": {"name": "x"}}, "missing property 'key'"),
    (
        {"networkPolicy": {"apiServer": {"cidrs": ["192.0.2.1"]}}},
        "'/networkPolicy/apiServer/cidrs/0'",
    ),
    ({"networkPolicy": {"winrm": {"ports": [5986]}}}, "'/networkPolicy/winrm'"),
    ({"extraArgs": ["record"]}, "'/extraArgs/0'"),
    ({"logLevel": "verbose"}, "'/logLevel'"),
    (
        {"namespaces": ["team-a"]},
        "scope: cluster serves all namespaces, and namespaces names some.",
    ),
    ({"rbac": {"leavingNamespaces": True}}, "rbac.leavingNamespaces is for scope: namespaced."),
    (
        {
            "caBundle": "-----BEGIN CERTIFICATE-----",
            "caBundleConfigMap": {"name": "a", "key": "b"},
        },
        "caBundle and caBundleConfigMap both name certificate authorities. Set one of them.",
    ),
]


@pytest.mark.parametrize(("given", "place"), WRONG, ids=[json.dumps(g) for g, _ in WRONG])
def test_a_wrong_value_is_named(renderer: Reader, given: dict[str, Any], place: str) -> None:
    assert place in renderer.is_refused(f"{RENDER} --namespace ops {values(renderer, given)}")


def test_the_page_leads_to_the_values() -> None:
    page = ROOT / "docs" / "install.md"
    targets = {(page.parent / link.partition("#")[0]).resolve() for link in links(page)}
    assert Path(ROOT / CHART / "values.yaml") in targets
