"""A fresh domain for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.world.bench import Bench, bench


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Bench]:
    """The default world."""
    with bench(tmp_path) as running:
        yield running
