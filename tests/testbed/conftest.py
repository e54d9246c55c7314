"""A namespace for each test that wants one."""

import uuid
from typing import Any

import pytest


@pytest.fixture
def namespace(core: Any) -> str:
    """Return the name of a new namespace. It is left there: to empty one takes five seconds."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    core.create_namespace({"metadata": {"name": name}})
    return name
