"""What `kubectl apply -k` of the overlays would apply, and what cannot be applied by accident."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from partner_operator.kube.lease import lease_name
from support.docs.pages import DOCS, commands
from support.kube.objects import ROOT, manifest

MANIFESTS = ROOT / "manifests"
OVERLAYS = ("cluster", "namespaced")
KUBECTL = Path(sys.executable).parent / "kubectl"


def kustomize(folder: Path) -> subprocess.CompletedProcess[str]:
    """`kubectl kustomize`, which is what `apply -k` does first."""
    return subprocess.run(
        [KUBECTL, "kustomize", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def rendered(folder: Path) -> list[dict[str, Any]]:
    """The objects of a kustomization."""
    done = kustomize(folder)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def one(objects: list[dict[str, Any]], kind: str, name: str = "partner-operator") -> dict[str, Any]:
    """The object of this kind and name."""
    (found,) = (o for o in objects if o["kind"] == kind and o["metadata"]["name"] == name)
    return found


def arguments(objects: list[dict[str, Any]]) -> list[str]:
    """What the container is started with."""
    (container,) = one(objects, "Deployment")["spec"]["template"]["spec"]["containers"]
    given: list[str] = container["args"]
    return given


def own_lease(objects: list[dict[str, Any]]) -> list[str]:
    """The Leases that the operator may write."""
    role = one(objects, "Role", "partner-operator-lease")
    return [name for rule in role["rules"] for name in rule.get("resourceNames", [])]


def test_nothing_lies_where_a_whole_folder_is_applied() -> None:
    """`kubectl apply -f manifests/` finds no file, so no right is given that nobody chose."""
    assert [path.name for path in MANIFESTS.iterdir() if path.is_file()] == []
    assert [path.name for path in (MANIFESTS / "rbac").iterdir() if path.is_file()] == []


def test_an_overlay_serves_what_its_rights_are_for() -> None:
    cluster, namespaced = (rendered(MANIFESTS / "overlays" / name) for name in OVERLAYS)
    assert "--all-namespaces" in arguments(cluster)
    assert own_lease(cluster) == [lease_name("partner-operator", [])]
    assert not any("--namespace" in argument for argument in arguments(cluster))
    assert "--namespace=partner-operator" in arguments(namespaced)
    assert "--all-namespaces" not in arguments(namespaced)
    assert own_lease(namespaced) == [lease_name("partner-operator", ["partner-operator"])]


def test_an_operator_of_one_namespace_reads_secrets_there_only() -> None:
    for each in rendered(MANIFESTS / "overlays" / "namespaced"):
        resources = {name for rule in each.get("rules", []) for name in rule["resources"]}
        assert "secrets" not in resources or each["kind"] == "Role"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_delete_k_takes_away_holds_no_object_of_ours(overlay: str) -> None:
    """With the CRDs, or with a namespace, the declared trust would go."""
    kinds = {each["kind"] for each in rendered(MANIFESTS / "overlays" / overlay)}
    assert kinds & {"Namespace", "CustomResourceDefinition"} == set()


def test_monitoring_is_what_one_adds_and_has_all_that_its_folder_has() -> None:
    added = rendered(MANIFESTS / "monitoring")
    for overlay in OVERLAYS:
        kinds = {each["kind"] for each in rendered(MANIFESTS / "overlays" / overlay)}
        assert {each["kind"] for each in added} & kinds == set()
    folder = MANIFESTS / "monitoring"
    for name in ("servicemonitor.yaml", "alerts.yaml"):
        assert all(document in added for document in manifest(f"monitoring/{name}"))
    dashboard = one(added, "ConfigMap", "partner-operator-dashboard")
    assert list(dashboard["data"].values()) == [(folder / "dashboard.json").read_text()]


def test_both_rights_together_are_refused(tmp_path: Path) -> None:
    shutil.copytree(MANIFESTS, tmp_path / "manifests")
    both = {"resources": [f"manifests/rbac/{name}" for name in OVERLAYS]}
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(both))
    done = kustomize(tmp_path)
    assert done.returncode != 0
    assert "partner-operator-lease" in done.stderr


def test_the_page_s_operator_of_two_namespaces_has_their_rights_and_their_lease(
    tmp_path: Path,
) -> None:
    shutil.copytree(MANIFESTS, tmp_path / "manifests")
    (block,) = commands(DOCS / "install.md", "More namespaces")
    subprocess.run(["sh", "-euc", block], cwd=tmp_path, check=True, timeout=60)
    objects = rendered(tmp_path / "my-operator")
    served = [a.partition("=")[2] for a in arguments(objects) if a.startswith("--namespace=")]
    assert len(served) > 1
    assert own_lease(objects) == [lease_name("partner-operator", served)]
    for kind in ("Role", "RoleBinding"):
        where = [
            each["metadata"]["namespace"]
            for each in objects
            if each["kind"] == kind and each["metadata"]["name"] == "partner-operator"
        ]
        assert sorted(where) == sorted(served)
    subjects = [
        subject for each in objects if each["kind"] == "RoleBinding" for subject in each["subjects"]
    ]
    account = manifest("base/serviceaccount.yaml")[0]["metadata"]
    assert {(s["name"], s["namespace"]) for s in subjects} == {
        (account["name"], account["namespace"])
    }
