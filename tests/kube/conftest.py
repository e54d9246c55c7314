"""Our CRDs in the shared control plane, a namespace per test, and a connection as the operator's."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from kubernetes import client

from partner_operator.kube.client import Connection
from partner_operator.kube.health import Echo
from partner_operator.kube.objects import LastSeen
from partner_testbed import ControlPlane, install_crds
from support.kube.cluster import Cluster
from support.kube.objects import ROOT


@pytest.fixture(scope="session")
def crds(api: Any) -> list[str]:
    """Our kinds, installed."""
    return install_crds(api, sorted((ROOT / "crds").glob("*.yaml")))


@pytest.fixture
def cluster(api: Any, crds: list[str]) -> Cluster:
    """The administrator at work in a new namespace."""
    return _at_work_in_a_new_namespace(api)


@pytest.fixture
def elsewhere(api: Any, crds: list[str]) -> Cluster:
    """The administrator at work in another namespace."""
    return _at_work_in_a_new_namespace(api)


def _at_work_in_a_new_namespace(api: Any) -> Cluster:
    # It is left there: emptying one takes seconds.
    namespace = f"kube-{uuid.uuid4().hex[:8]}"
    core: Any = client.CoreV1Api(api)
    core.create_namespace({"metadata": {"name": namespace}})
    return Cluster(api, namespace)


@pytest_asyncio.fixture
async def connection(
    plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Connection]:
    """A connection as the administrator."""
    monkeypatch.setenv("KUBECONFIG", str(plane.kubeconfig))
    async with await Connection.open() as opened:
        yield opened


@pytest.fixture
def echo() -> Echo:
    """Nothing expected yet."""
    return Echo()


@pytest.fixture
def seen(echo: Echo) -> LastSeen:
    """Nothing seen yet."""
    return LastSeen(echo)
