"""Our CRDs in the shared control plane, a namespace per test, and the program as somebody runs it there."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result
from kubernetes import client

from partner_operator.cli.main import partner_operator
from partner_testbed import ControlPlane, install_crds
from support.kube.cluster import Cluster
from support.kube.objects import ROOT

Cli = Callable[..., Result]


@pytest.fixture
def cluster(api: Any) -> Cluster:
    """The administrator at work in a new namespace."""
    install_crds(api, sorted((ROOT / "crds").glob("*.yaml")))
    namespace = f"cli-{uuid.uuid4().hex[:8]}"
    core: Any = client.CoreV1Api(api)
    core.create_namespace({"metadata": {"name": namespace}})
    return Cluster(api, namespace)


@pytest.fixture
def cli(plane: ControlPlane, cluster: Cluster) -> Cli:
    """`partner-operator`, in the test's namespace unless another one is named, as the administrator unless another
    kubeconfig is."""

    def run(*arguments: str, answer: str | None = None) -> Result:
        given = {word.partition("=")[0] for word in arguments}
        where = [] if given & {"-n", "-A", "--namespace"} else ["-n", cluster.namespace]
        who = [] if "--kubeconfig" in given else ["--kubeconfig", str(plane.kubeconfig)]
        return CliRunner().invoke(partner_operator, [*arguments, *where, *who], input=answer)

    return run
