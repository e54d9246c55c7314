"""A control plane starts, stops, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from partner_testbed import (
    ControlPlane,
    ControlPlaneError,
    Program,
)
from support.waiting import eventually

pytestmark = pytest.mark.controlplane


def alive(pid: int) -> bool:
    """Return whether a process runs (one that only waits to be reaped does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_stop_restart_and_kill(tmp_path: Path) -> None:
    with ControlPlane(tmp_path / "plane", apiserver_flags=["--min-request-timeout=5"]) as plane:
        first = (plane.pid, plane.port)
        with plane.api_client() as api:
            core: Any = client.CoreV1Api(api)
            core.create_namespaced_config_map("default", {"metadata": {"name": "stays"}})
            plane.restart()
            assert plane.pid != first[0]
            assert plane.port == first[1]
            assert core.read_namespaced_config_map("stays", "default")
            killed = plane.pid
            plane.kill()
            assert not alive(killed)
            plane.start()
            assert core.read_namespaced_config_map("stays", "default")
        last = plane.pid
    assert not alive(last)
    assert (tmp_path / "plane" / "etcd").exists()


def test_control_plane_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys, time\n"
        "from partner_testbed import ControlPlane\n"
        "plane = ControlPlane(pathlib.Path(sys.argv[1]))\n"
        "plane.start()\n"
        "print(plane.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", script, tmp_path / "plane"], stdout=subprocess.PIPE, env=env
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.send_signal(signal.SIGKILL)
    eventually(lambda: not alive(pid))


def test_failed_start_shows_the_end_of_the_log(tmp_path: Path) -> None:
    plane = ControlPlane(tmp_path / "plane", apiserver_flags=["--no-such-flag"])
    with pytest.raises(ControlPlaneError, match=r"ended with code 1(.|\n)*no-such-flag"):
        plane.start()
    assert not plane.running


def test_start_waits_no_longer_than_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("partner_testbed.controlplane._START_LIMIT", 0.3)
    sleeper = Program((sys.executable, "-c", "import time; time.sleep(60)"), "a test")
    plane = ControlPlane(tmp_path / "plane", find=lambda _progress: sleeper)
    with pytest.raises(ControlPlaneError, match="was not ready after"):
        plane.start()
    assert not plane.running


def test_existing_cluster_is_used_and_left_alone(
    plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARTNER_OPERATOR_KUBECONFIG", str(plane.kubeconfig))
    with ControlPlane.from_environment() as other:
        assert not other.managed
        assert other.url == plane.url
        assert other.kubeconfig != plane.kubeconfig
        with other.api_client() as api:
            assert client.VersionApi(api).get_code()
    assert plane.running
    assert not other.folder.exists()
