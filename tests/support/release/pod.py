"""What a kubelet would make of the operator's Deployment: a process with its arguments, environment, token and files.

There is no kubelet here. The image is that of this checkout's Python; its own tests are in test_release_image.py.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kubernetes import client

from partner_demo.operator_process import ROOT, OperatorProcess
from partner_testbed import ControlPlane, MissingError
from support.waiting import comes_true

NAMESPACE = NAME = "partner-operator"
_TOKEN_SECONDS = 3600
_LOOKED = 120.0
_IN_POD = """
set -eu
files=$1; shift
mount -t tmpfs tmpfs /run
mkdir -p /run/secrets/kubernetes.io
cp -R "$files/token" /run/secrets/kubernetes.io/serviceaccount
mkdir /run/upper /run/work
mount -t overlay overlay -o lowerdir=/etc,upperdir=/run/upper,workdir=/run/work /etc
cp -R "$files/etc/." /etc/
exec "$@"
"""
"""Mounts of its own hide what the process of a container would not see; nothing of the machine is changed."""


class NoMountsError(MissingError):
    """Nobody here may have mounts of his own."""

    what = "mounts of a process's own"
    brings = "Linux with util-linux' unshare, and root or user namespaces"


class Pod(OperatorProcess):
    """One pod of the Deployment as the API server has it when it is started."""

    def __init__(
        self, plane: ControlPlane, folder: Path, names: Path, namespace: str = NAMESPACE
    ) -> None:
        """`names`: the simulated domain's DNS. Files and log are in `folder`."""
        super().__init__(
            kubeconfig=folder / "unused",
            names=names,
            ca_file=folder / "unused",
            namespace=namespace,
            log=folder / "operator.log",
        )
        self.log.touch()
        self._plane = plane
        self._files = folder / "pod"

    def deployment(self) -> Any:
        """The Deployment. Raises ApiException where it is not there."""
        with self._plane.api_client() as api:
            return client.AppsV1Api(api).read_namespaced_deployment(NAME, self._namespace)

    def works(self) -> None:
        """Wait until it has its Lease. Raises AssertionError."""
        self.says("and works")

    def says(self, text: str, times: int = 1) -> None:
        """Wait until its log has a text so often. Raises AssertionError."""
        found = comes_true(lambda: self.log.read_text().count(text) >= times, _LOOKED)
        assert found, f"{text!r} is not in\n{self.tail()}"

    def address(self) -> str:
        """As the readiness probe asks."""
        container = self._container()
        probe = container.readiness_probe.http_get
        (port,) = (p.container_port for p in container.ports if p.name == probe.port)
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind(("127.0.0.1", port))  # else another program would answer for it
        return f"http://127.0.0.1:{port}{probe.path}"

    def command(self) -> list[str]:
        """The image's entry point with the container's arguments, in mounts of its own."""
        self._write_files()
        rights = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        inside = ["unshare", "--mount", *rights, "sh", "-c", _IN_POD, "sh", str(self._files)]
        try:
            subprocess.run([*inside, "true"], check=True, capture_output=True, timeout=60)
        except (OSError, subprocess.CalledProcessError) as error:
            raise NoMountsError(
                f"The pod cannot have its files where they belong: {error}"
            ) from None
        return [*inside, sys.executable, "-m", "partner_operator", *self._container().args]

    def environment(self) -> dict[str, str]:
        """What a kubelet and the Deployment set, and where the simulated hosts are."""
        url = urlsplit(self._plane.url)
        given = {one.name: one.value for one in self._container().env or []}
        paths = [ROOT / "operator", ROOT / "simulator" / "partner_simulator" / "names"]
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(str(path) for path in paths),
            "PARTNER_SIMULATOR_NAMES": str(self._names),
            "KUBERNETES_SERVICE_HOST": str(url.hostname),
            "KUBERNETES_SERVICE_PORT": str(url.port),
            **given,
        }

    def _container(self) -> Any:
        (container,) = self.deployment().spec.template.spec.containers
        return container

    def _write_files(self) -> None:
        """Its ServiceAccount's token, and the ConfigMaps that it mounts below /etc."""
        pod = self.deployment().spec.template.spec
        token = self._files / "token"
        etc = self._files / "etc"
        for folder in (token, etc):
            folder.mkdir(parents=True, exist_ok=True)
        with self._plane.api_client() as api:
            core = client.CoreV1Api(api)
            request: Any = {"spec": {"audiences": [], "expirationSeconds": _TOKEN_SECONDS}}
            account = pod.service_account_name
            answer: Any = core.create_namespaced_service_account_token(
                account, self._namespace, request
            )
            (token / "token").write_text(answer.status.token)
            (token / "ca.crt").write_bytes(self._plane.ca or b"")
            (token / "namespace").write_text(self._namespace)
            mounted = {one.name: one.mount_path for one in pod.containers[0].volume_mounts}
            for volume in (one for one in pod.volumes if one.config_map):
                found: Any = core.read_namespaced_config_map(
                    volume.config_map.name, self._namespace
                )
                target = etc / Path(mounted[volume.name]).relative_to("/etc")
                target.mkdir(parents=True, exist_ok=True)
                items = volume.config_map.items or []
                paths = {item.key: item.path for item in items} or {key: key for key in found.data}
                for key, path in paths.items():
                    (target / path).write_text(found.data[key])
