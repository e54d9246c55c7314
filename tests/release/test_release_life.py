"""Install, uninstall, install again, upgrade and back, with Helm: told by what the servers trust."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from partner_demo.stage import Stage
from partner_demo.story import EXCHANGE_OBJECT, LYNC_OBJECT
from partner_simulator.simulation import Simulation
from partner_testbed import ControlPlane
from support.docs.pages import DOCS, commands
from support.kube.objects import ROOT
from support.release.pod import NAMESPACE, Pod
from support.release.reader import Reader

(INSTALL,) = commands(ROOT / "README.md", "With Helm")
UNINSTALL, _, LAST = commands(DOCS / "uninstall.md", "In order")
(UPGRADE,) = commands(DOCS / "upgrade.md", "With Helm")
(BACK,) = commands(DOCS / "upgrade.md", "Back again")
CHART = Path("charts") / "partner-operator"
OBJECTS = (EXCHANGE_OBJECT, LYNC_OBJECT)
OURS = "kubectl get all,sa,roles,rolebindings,networkpolicies,configmaps,clusterroles,clusterrolebindings"

pytestmark = pytest.mark.timeout(1800)  # the first test may build Helm


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    """Exchange and Lync; what the operator's scripts do there, other tests show."""
    with Simulation(None) as running:
        yield running


@pytest.fixture
def stage(own_plane: ControlPlane, simulation: Simulation, tmp_path: Path) -> Iterator[Stage]:
    """People's namespace; the operator is the pod of the release."""
    made = Stage(namespace="trust", plane=own_plane, simulation=simulation, settle="1s")
    simulation.write_names(tmp_path / "names.json")
    made.operator = Pod(own_plane, tmp_path, tmp_path / "names.json")
    yield made
    made.close()


def state(simulation: Simulation) -> tuple[Any, ...]:
    """What the servers trust, and what was ever done to them."""
    return (
        simulation.exchange_entries(),
        simulation.lync_entries(),
        simulation.configuration_writes(),
        [simulation.restarts(host) for host in simulation.exchange_hosts()],
    )


def kept(stage: Stage) -> list[tuple[Any, ...]]:
    """What each object is, what holds it, and which entry it stands for."""
    found = [stage.get("papp", name) for name in OBJECTS]
    assert all("deletionTimestamp" not in one["metadata"] for one in found)
    assert all(one["metadata"]["finalizers"] for one in found)
    return [
        (
            one["metadata"]["uid"],
            one["metadata"]["finalizers"],
            one["spec"],
            one["status"]["registration"]["reference"],
            one["status"]["registration"]["createdByUs"],
        )
        for one in found
    ]


def declare(stage: Stage) -> None:
    """What people apply."""
    stage.kubectl("create", "namespace", stage.namespace)
    for name, (user, password) in zip(
        ("exchange-admin", "lync-admin"), stage.simulation.credentials(), strict=True
    ):
        stage.secret(name, user, password)
    stage.apply_text(stage.examples())


def look_again(stage: Stage, value: str) -> None:
    """Ask for a pass over each object, and wait for its end."""
    for name in OBJECTS:
        annotation = f"partner-operator.io/reconcile-requested-at={value}"
        stage.kubectl("annotate", "papp", name, annotation, "--overwrite")

    def handled() -> bool:
        return all(
            stage.get("papp", name)["status"].get("lastHandledReconcileAt") == value
            for name in OBJECTS
        )

    stage.wait_for("each object was looked at again", handled)
    for name in OBJECTS:
        stage.wait_ready(name)


def next_version(reader: Reader) -> None:
    """Turn the clone into that of a later version: its CRDs have one more field."""
    path = reader.clone / CHART / "Chart.yaml"
    path.write_text(path.read_text().replace("0.1.0", "0.2.0"))
    for folder in (reader.clone / CHART / "files" / "crds", reader.clone / "crds"):
        file = folder / "partnerapplications.yaml"
        crd = yaml.safe_load(file.read_text())
        schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
        schema["status"]["properties"]["laterField"] = {"type": "string"}
        file.write_text(yaml.safe_dump(crd))


def has_later_field(reader: Reader) -> bool:
    """Whether the cluster has the later CRD."""
    return "laterField" in reader.types(
        "kubectl get crd partnerapplications.partner-operator.io -o json"
    )


def test_trust_stays_over_uninstall_install_upgrade_and_back(
    reader: Reader, stage: Stage, simulation: Simulation, tmp_path: Path
) -> None:
    (tmp_path / "ca.pem").write_text(simulation.ca_pem)
    install = f"{INSTALL.rstrip()} --set-file caBundle={tmp_path}/ca.pem"
    reader.types(install)
    stage.operator.start()
    declare(stage)
    for name in OBJECTS:
        stage.wait_ready(name, 240)
    assert simulation.trust_works() is None
    trusted = state(simulation)
    declared = kept(stage)

    reader.types(UNINSTALL)
    stage.operator.stop()
    assert reader.types(f"{OURS} -n {NAMESPACE} -l app.kubernetes.io/name={NAMESPACE}") == ""
    assert kept(stage) == declared
    assert state(simulation) == trusted

    reader.types(install)
    stage.operator.start()
    look_again(stage, "after the second installation")
    assert state(simulation) == trusted
    assert kept(stage) == declared

    shutil.copytree(reader.clone / CHART, tmp_path / "older")
    next_version(reader)
    reader.types(UPGRADE)
    assert has_later_field(reader)
    look_again(stage, "an older operator with newer CRDs")
    stage.operator.stop()
    stage.operator.start()
    look_again(stage, "after the upgrade")
    assert state(simulation) == trusted

    shutil.rmtree(reader.clone / CHART)
    shutil.copytree(tmp_path / "older", reader.clone / CHART)
    reader.types(BACK)
    assert has_later_field(reader)
    look_again(stage, "after the way back")
    assert state(simulation) == trusted

    reader.types(UNINSTALL)
    stage.operator.stop()
    stage.kubectl("delete", "papp", *OBJECTS, "--wait=false")
    assert state(simulation) == trusted
    reader.types(f"{install} --set crds.enabled=false")
    stage.operator.start()
    stage.wait_for("both objects are gone", lambda: not stage.kubectl("get", "papp", "-o", "name"))
    assert [e for e in simulation.exchange_entries() if not e.use_auth_server] == []
    assert simulation.lync_entries() == []

    stage.kubectl("delete", "pserver", "--all")
    reader.types(UNINSTALL)
    stage.operator.stop()
    reader.types(LAST)
    assert reader.types("kubectl get crd -o name") == ""
