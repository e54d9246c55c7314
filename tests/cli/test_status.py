"""`status` and `report` against a real API server."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client

from partner_testbed import ControlPlane, install_crds
from support.cli.commands import Terminal, piped
from support.kube.cluster import Cluster
from support.kube.objects import ROOT
from support.view import scenes
from support.view.scenes import Scene

pytestmark = pytest.mark.controlplane


@pytest.fixture(scope="module")
def told(api: Any) -> Cluster:
    """A namespace that holds every state, statuses and all."""
    install_crds(api, sorted((ROOT / "crds").glob("*.yaml")))
    return _stored(api, scenes.all_sorts())


def _stored(api: Any, scene: Scene) -> Cluster:
    namespace = f"view-{uuid.uuid4().hex[:8]}"
    core: Any = client.CoreV1Api(api)
    core.create_namespace({"metadata": {"name": namespace}})
    cluster = Cluster(api, namespace)
    for body in (*scene.servers, *scene.trusts):
        kind, name = body["kind"], body["metadata"]["name"]
        cluster.create({**body, "metadata": {"name": name}})
        cluster.patch(kind, name, {"status": body["status"]}, status=True)
    return cluster


def test_a_tree_in_a_terminal_and_lines_in_a_pipe(plane: ControlPlane, told: Cluster) -> None:
    code, seen = Terminal(["status", "-n", told.namespace], plane.kubeconfig).end()
    assert code == 0
    assert "├── " in seen
    assert "\x1b[" in seen
    done = piped(["status", "-n", told.namespace], plane.kubeconfig)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert (
        "    Suspended  lync trusts sharepoint  sharepoint-on-lync  mode Suspend\n" in done.stdout
    )
    assert "舊的 SharePoint" in done.stdout


def test_data_for_programs(plane: ControlPlane, told: Cluster) -> None:
    printed = piped(["status", "-n", told.namespace, "-o", "json"], plane.kubeconfig).stdout
    found = json.loads(printed)
    assert (
        yaml.safe_load(
            piped(["status", "-n", told.namespace, "-o", "yaml"], plane.kubeconfig).stdout
        ).keys()
        == found.keys()
    )
    states = {trust["name"]: trust["told"]["state"] for trust in found["trusts"]}
    assert states["lync-on-sharepoint"] == "Differs"
    [exchange] = [server for server in found["servers"] if server["name"] == "exchange"]
    assert exchange["wait"]["command"].startswith("partner-operator approve-restart exchange")
    assert exchange["undeclared"][0]["identity"] == "舊的 SharePoint"


def test_one_object_with_all_that_is_known(plane: ControlPlane, told: Cluster) -> None:
    done = piped(["status", "papp/exchange-on-lync", "-n", told.namespace], plane.kubeconfig)
    assert "Registered is True (" in done.stdout
    assert "lync-on-exchange" in done.stdout
    assert "sharepoint" not in done.stdout
    lost = piped(["status", "nobody", "-n", told.namespace], plane.kubeconfig)
    assert lost.returncode == 1
    assert lost.stderr == (
        "partner-operator: Neither a PartnerServer nor a PartnerApplication nobody exists in namespace "
        f"{told.namespace}.\n"
    )


def test_watching_follows_and_ends_well(api: Any, plane: ControlPlane, told: Cluster) -> None:
    cluster = _stored(api, scenes.six_trusts())
    watched = Terminal(["status", "-n", cluster.namespace, "--watch"], plane.kubeconfig)
    watched.until("6 Ready")
    status = cluster.get("PartnerApplication", "lync-on-exchange")["status"]
    conditions = [
        each | ({"status": "False", "reason": "Forbidden"} if each["type"] == "Ready" else {})
        for each in status["conditions"]
    ]
    cluster.patch(
        "PartnerApplication",
        "lync-on-exchange",
        {"status": {"conditions": conditions}},
        status=True,
    )
    watched.until("1 Failing")
    watched.interrupt()
    code, seen = watched.end()
    assert code == 0
    assert "Traceback" not in seen
    # It leaves the screen as it was, and what was seen last below it.
    assert "1 Failing" in seen.rpartition("\x1b[?1049l")[2]


def test_a_name_that_the_pipe_cannot_carry_is_written_out(
    plane: ControlPlane, told: Cluster
) -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = piped(["status", "-n", told.namespace], plane.kubeconfig, **plain)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u90f5" in done.stdout


def test_the_page_is_written_and_asks_nobody(
    plane: ControlPlane, told: Cluster, tmp_path: Path
) -> None:
    target = tmp_path / "報告.html"
    done = piped(["report", "-n", told.namespace, "-o", str(target)], plane.kubeconfig)
    assert (done.returncode, done.stdout) == (0, "")
    page = target.read_text(encoding="utf-8")
    assert "舊的 SharePoint" in page
    through = piped(["report", "-n", told.namespace], plane.kubeconfig).stdout
    assert through.startswith("<!DOCTYPE html>")
    assert through.endswith("</html>\n")
    nowhere = piped(
        ["report", "-n", told.namespace, "-o", "/nowhere/at/all.html"], plane.kubeconfig
    )
    assert nowhere.returncode == 1
    assert "Traceback" not in nowhere.stderr
    code, seen = Terminal(["report", "-n", told.namespace], plane.kubeconfig).end()
    assert code == 2
    assert "--output report.html" in seen


def test_nothing_declared_is_said(api: Any, plane: ControlPlane, told: Cluster) -> None:
    empty = _stored(api, Scene([], [], scenes.six_trusts().now))
    assert piped(["status", "-n", empty.namespace], plane.kubeconfig).stdout == (
        "0 servers. 0 trusts.\n"
    )
    assert (
        "No trust is declared." in piped(["report", "-n", empty.namespace], plane.kubeconfig).stdout
    )
