"""Control plane, simulated servers and the operator process, set up as a user would set them up."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self, cast

from kubernetes import client

from partner_demo.operator_process import ROOT, OperatorProcess
from partner_simulator.simulation import Simulation
from partner_testbed import Choice, ControlPlane, choose_engine, install_crds, program_for_demo

Progress = Callable[[str], None]
SERVICE_ACCOUNT = "partner-operator"
_TOKEN_SECONDS = 24 * 3600
_KUBECTL_SECONDS = 600
_AT_MOST = 10
"""How many times as long as nothing may move a wait can be in all: who only retries does not get there."""


def _control_plane(progress: Progress) -> ControlPlane:
    """The cluster that the environment names, else one of our own."""
    if "PARTNER_OPERATOR_KUBECONFIG" in os.environ:
        return ControlPlane.from_environment(progress=progress)
    return ControlPlane(progress=progress, find=program_for_demo)


class StageError(RuntimeError):
    """Something did not come true in time, or kubectl refused."""


class Stage:
    """Everything that a story needs, on loopback, in one folder that goes away with it."""

    def __init__(
        self,
        *,
        namespace: str = "partners",
        plane: ControlPlane | None = None,
        simulation: Simulation | None = None,
        choice: Choice | None = None,
        settle: str | None = None,
        operator_arguments: Sequence[str] = (),
        progress: Progress = lambda message: None,
    ) -> None:
        """Describe a stage. A given control plane or simulation is used and left running.

        `choice`: the engine for a simulation of its own; what is found on this machine without it.
        """
        self.namespace = namespace
        self._settle = settle
        self._progress = progress
        self._owns_plane = plane is None
        self._owns_simulation = simulation is None
        self.plane = plane or _control_plane(progress)
        self.simulation = simulation or Simulation(pwsh=(choice or choose_engine()).pwsh)
        self.folder = Path(tempfile.mkdtemp(prefix="partner-stage-"))
        self._operator_arguments = tuple(operator_arguments)
        self.operator: OperatorProcess = self._describe_operator()

    def _describe_operator(self) -> OperatorProcess:
        return OperatorProcess(
            kubeconfig=self.folder / "operator.kubeconfig",
            names=self.folder / "names.json",
            ca_file=self.folder / "windows-ca.crt",
            namespace=self.namespace,
            log=self.folder / "operator.log",
            arguments=self._operator_arguments,
        )

    def __enter__(self) -> Self:
        """Set it up."""
        try:
            self.set_up()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def set_up(self) -> None:
        """Start what is not running and install the operator's manifests; the operator waits."""
        if self._owns_plane:
            self._progress("Starting the Kubernetes API server")
            self.plane.start()
        if self._owns_simulation:
            self._progress("Starting Exchange, Lync and SharePoint")
            self.simulation.start()
        self._progress("Installing the operator's kinds and rights")
        with self.plane.api_client() as api:
            install_crds(api, sorted((ROOT / "crds").glob("*.yaml")))
        self._install_rights()
        self.simulation.write_names(self.folder / "names.json")
        (self.folder / "windows-ca.crt").write_text(self.simulation.ca_pem)
        self.plane.service_account_kubeconfig(
            self.namespace,
            SERVICE_ACCOUNT,
            self.folder / "operator.kubeconfig",
            seconds=_TOKEN_SECONDS,
        )

    def _install_rights(self) -> None:
        """The manifests as shipped, put into our namespace."""
        self.apply_text(
            json.dumps(
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}}
            )
        )
        manifests = ROOT / "manifests"
        for text in (
            (manifests / "base" / "serviceaccount.yaml").read_text(),
            self.kubectl("kustomize", str(manifests / "rbac" / "namespaced")),
        ):
            self.apply_text(
                text.replace("namespace: partner-operator", f"namespace: {self.namespace}")
            )

    def close(self) -> None:
        """Stop everything that this stage started."""
        self.operator.stop()
        if self._owns_simulation:
            self.simulation.stop()
        if self._owns_plane:
            self.plane.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def lost(self) -> str:
        """That the API server, which this stage started, has ended; empty while it is there."""
        if not self._owns_plane or not self.plane.managed or self.plane.running:
            return ""
        return f"The API server at {self.plane.url} has ended."

    @property
    def kubectl_path(self) -> Path:
        """The real kubectl, which the locked dependencies bring."""
        return Path(sys.executable).parent / "kubectl"

    def kubectl(self, *arguments: str, text: str | None = None) -> str:
        """Run the real kubectl as the administrator. Raises StageError with its own words."""
        command = [
            str(self.kubectl_path),
            "--kubeconfig",
            str(self.plane.kubeconfig),
            "--namespace",
            self.namespace,
            *arguments,
        ]
        answer = subprocess.run(
            command,
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=_KUBECTL_SECONDS,
        )
        if answer.returncode != 0:
            raise StageError(answer.stderr.strip() or answer.stdout.strip())
        return answer.stdout

    def apply_text(self, text: str) -> str:
        """`kubectl apply -f -`."""
        return self.kubectl("apply", "-f", "-", text=text)

    def examples(self, name: str = "litwareinc") -> str:
        """examples/<name>.yaml; with `settle`s of the stage's own where one was given."""
        text = (ROOT / "examples" / f"{name}.yaml").read_text()
        if self._settle is None:
            return text
        lines = re.findall(r"^  credentialsSecretRef: .*\n", text, flags=re.MULTILINE)
        assert lines, name
        for line in lines:
            settles = f"  removal: {{settle: {self._settle}}}\n"
            if "exchange-admin" in line:
                settles += f"  restart: {{settle: {self._settle}}}\n"
            text = text.replace(line, line + settles)
        return text

    def secret(
        self, name: str, username: str, password: str, hosts: str = "*.litwareinc.com"
    ) -> None:
        """A Secret with a logon, made or replaced."""
        values = {"username": username, "password": password, "hosts": hosts}
        document = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": self.namespace},
            "type": "partner-operator.io/logon",
            "data": {
                key: base64.b64encode(value.encode()).decode() for key, value in values.items()
            },
        }
        self.apply_text(json.dumps(document))

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """An object as the API server has it."""
        plural = {"papp": "partnerapplications", "pserver": "partnerservers"}[kind]
        with self.plane.api_client() as api:
            found = client.CustomObjectsApi(api).get_namespaced_custom_object(
                "partner-operator.io", "v1alpha1", self.namespace, plural, name
            )
        return cast("dict[str, Any]", found)

    def condition(self, kind: str, name: str, condition: str) -> dict[str, Any]:
        """One condition of an object, empty where it does not exist."""
        conditions = self.get(kind, name).get("status", {}).get("conditions", [])
        return next((found for found in conditions if found["type"] == condition), {})

    def delete(self, *names: str) -> None:
        """`kubectl delete papp` of these, or of all, and wait until they are gone."""
        self.kubectl("delete", "papp", *(names or ("--all",)), "--wait=false")

        def gone() -> bool:
            there = {
                line.partition("/")[2] for line in self.kubectl("get", "papp", "-o", "name").split()
            }
            return not (there & set(names) if names else there)

        self.wait_for(f"{' and '.join(names) or 'all of them'} are gone", gone)

    def wait_for(self, what: str, holds: Callable[[], bool], seconds: float = 120) -> float:
        """Wait until it holds and return how long that took. Raises StageError with the log's end.

        Nothing may move for `seconds`: a slow machine takes longer, and one that stands still is seen.
        """
        begun = moved = time.monotonic()
        before = self._moves()
        while time.monotonic() - moved < seconds and time.monotonic() - begun < _AT_MOST * seconds:
            if (now := self._moves()) != before:
                before, moved = now, time.monotonic()
            if not self.operator.running:
                raise StageError(
                    f"the operator ended while waiting for {what}\n{self.operator.tail()}"
                )
            if lost := self.lost():
                raise StageError(lost)
            if holds():
                return time.monotonic() - begun
            time.sleep(0.2)
        objects = self.kubectl("get", "pserver,papp", "-o", "wide")
        waited = time.monotonic() - begun
        raise StageError(
            f"did not come true within {waited:.0f} s, the last {time.monotonic() - moved:.0f} of them "
            f"without a move: {what}\n{objects}\n{self.operator.tail()}"
        )

    def _moves(self) -> object:
        """What changes whenever the operator or a server does something."""
        return (
            self.simulation.commands_started(),
            len(self.simulation.writes()),
            [self.simulation.restarts(host) for host in self.simulation.exchange_hosts()],
        )

    def wait_ready(self, name: str, seconds: float = 120) -> float:
        """Wait until an application is Ready for its present generation (kubectl wait's rule)."""

        def ready() -> bool:
            found = self.get("papp", name)
            generation = found["metadata"]["generation"]
            return any(
                condition["type"] == "Ready"
                and condition["status"] == "True"
                and condition.get("observedGeneration") == generation
                for condition in found.get("status", {}).get("conditions", [])
            )

        return self.wait_for(f"papp {name} is Ready", ready, seconds)
