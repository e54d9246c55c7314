"""One control plane for all tests of this folder."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from partner_testbed import ControlPlane


@pytest.fixture(scope="session")
def plane() -> Iterator[ControlPlane]:
    """Return a running control plane."""
    with ControlPlane(progress=print) as running:
        yield running


@pytest.fixture(scope="session")
def api(plane: ControlPlane) -> Iterator[Any]:
    """Return an ApiClient of the administrator."""
    with plane.api_client() as client:
        yield client


@pytest.fixture
def namespace(core: Any) -> str:
    """Return the name of a new namespace. It is left there: to empty one takes five seconds."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    core.create_namespace({"metadata": {"name": name}})
    return name
