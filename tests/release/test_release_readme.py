"""README, word by word: from a clone to an operator that runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from support.docs.pages import DOCS, commands
from support.kube.objects import ROOT
from support.release.pod import Pod
from support.release.reader import Reader
from support.waiting import comes_true

OBJECTS = "kubectl get pserver,papp -o jsonpath='{range .items[*]}{.metadata.uid}{.metadata.deletionTimestamp} {end}'"
WAYS = [
    (page, heading) for page in ("README.md", "install.md") for heading in ("Helm", "kustomize")
]

pytestmark = pytest.mark.timeout(1800)  # the first test may build Helm


def looked_at(reader: Reader) -> Callable[[], bool]:
    """Whether the operator wrote what it thinks of the example's server."""

    def holds() -> bool:
        found: dict[str, Any] = json.loads(reader.types("kubectl get pserver exchange -o json"))
        return bool(found.get("status", {}).get("conditions"))

    return holds


@pytest.mark.parametrize(("page", "heading"), WAYS)
def test_from_a_clone_to_an_operator_that_runs(
    reader: Reader, pod: Pod, page: str, heading: str
) -> None:
    path = ROOT / page if page == "README.md" else DOCS / page
    (block, *_) = commands(path, f"With {heading}")
    reader.types(block)
    (image,) = {one.image for one in pod.deployment().spec.template.spec.containers}
    assert image.partition(":")[0] in block
    pod.start()
    pod.works()
    reader.types("kubectl apply -f examples/")
    assert comes_true(looked_at(reader), 120), pod.tail()
    assert pod.running
    (upgrade,) = commands(DOCS / "upgrade.md", f"With {heading}")
    reader.types(upgrade)
    declared = reader.types(OBJECTS)
    helm, kustomize, *_ = commands(DOCS / "uninstall.md", "In order")
    reader.types(helm if heading == "Helm" else kustomize)
    pod.stop()
    assert len(declared.split()) >= 4
    assert reader.types(OBJECTS) == declared


def by_helm(reader: Reader) -> None:
    """First for the whole cluster, then for two namespaces: the right to all Secrets goes."""
    (install,) = commands(ROOT / "README.md", "With Helm")
    (upgrade,) = commands(DOCS / "upgrade.md", "With Helm")
    told = reader.types(f"{install}kubectl create namespace team-a")
    assert "partner-operator serves the whole cluster." in told
    reader.types("kubectl get clusterrole partner-operator")
    served = "namespaces={partner-operator,team-a}"
    told = reader.types(f"{upgrade.rstrip()} --set scope=namespaced --set '{served}'")
    assert "partner-operator serves partner-operator, team-a." in told
    assert "NotFound" in reader.is_refused("kubectl get clusterrole partner-operator")


def by_kustomize(reader: Reader) -> None:
    """As the page says."""
    (block,) = commands(DOCS / "install.md", "More namespaces")
    reader.types("kubectl apply -f crds/ -f manifests/namespace/; kubectl create namespace team-a")
    reader.types(f"{block}kubectl apply -k my-operator")


@pytest.mark.parametrize("install", [by_helm, by_kustomize])
def test_an_operator_of_two_namespaces_serves_the_second(
    reader: Reader, pod: Pod, install: Callable[[Reader], None]
) -> None:
    install(reader)
    pod.start()
    pod.works()
    reader.types("kubectl config set-context --current --namespace team-a")
    reader.types("kubectl apply -f examples/")
    assert comes_true(looked_at(reader), 120), pod.tail()
