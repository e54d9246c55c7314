"""The image's program as a pod of the cluster: with the token of its ServiceAccount, and on the demo's stage."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

from kubernetes import client

from partner_demo.operator_process import OperatorProcess
from partner_demo.stage import Stage
from partner_release.facts import ROOT
from partner_testbed import ControlPlane
from support.release.container import ACCOUNT, Container, terminate

NAMESPACE = "partner-operator"
_NAMES = ROOT / "simulator" / "partner_simulator" / "names" / "sitecustomize.py"


def account_of(plane: ControlPlane, folder: Path) -> Path:
    """What a pod of the shipped Deployment gets: the token of its ServiceAccount, authority, namespace."""
    folder.mkdir()
    request = client.AuthenticationV1TokenRequest(
        spec=client.V1TokenRequestSpec(audiences=[], expiration_seconds=3600)
    )
    with plane.api_client() as api:
        core: Any = client.CoreV1Api(api)
        answer = core.create_namespaced_service_account_token(NAMESPACE, NAMESPACE, request)
    assert plane.ca is not None
    (folder / "token").write_text(answer.status.token)
    (folder / "ca.crt").write_bytes(plane.ca)
    (folder / "namespace").write_text(NAMESPACE)
    return folder


def api_server(plane: ControlPlane) -> dict[str, str]:
    """Where a pod finds it."""
    host, _, port = plane.url.removeprefix("https://").partition(":")
    return {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}


def free_port() -> int:
    """One of loopback that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class FromImage(OperatorProcess):
    """The image's program on a stage, as a pod that serves its own namespace."""

    def __init__(self, container: Container, stage: Stage) -> None:
        """Not started yet."""
        self._given = stage.folder
        self._plane = stage.plane
        self._container = container
        super().__init__(
            kubeconfig=stage.folder / "unused",
            names=stage.folder / "names.json",
            ca_file=stage.folder / "windows-ca.crt",
            namespace=stage.namespace,
            log=stage.folder / "operator.log",
        )

    def start(self) -> None:
        """With the simulated domain's DNS and authority in a volume."""
        self.liveness = f"http://127.0.0.1:{free_port()}/healthz"
        volume = self._given / "volume"
        volume.mkdir()
        for path in (self._given / "names.json", self._given / "windows-ca.crt", _NAMES):
            (volume / path.name).write_bytes(path.read_bytes())
        arguments = ["run", "--namespace", NAMESPACE, "--liveness", self.liveness]
        arguments += ["--ca-file", "/run/given/windows-ca.crt"]
        variables = {"PYTHONPATH": "/run/given", "PARTNER_SIMULATOR_NAMES": "/run/given/names.json"}
        with self.log.open("ab") as log:
            self._process = self._container.start(
                arguments,
                variables=variables | api_server(self._plane),
                volumes={
                    ACCOUNT: account_of(self._plane, self._given / "account"),
                    Path("run/given"): volume,
                },
                output=log,
            )
        self._wait_ready()

    def stop(self) -> None:
        """As the kubelet ends it."""
        if self._process is not None:
            terminate(self._process)
            assert self._process.wait(60) == 0, self.tail()
            self._process = None
