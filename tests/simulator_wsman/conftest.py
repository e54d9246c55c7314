"""One fresh host per test, of which no thread is left."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from partner_simulator.certificates import CertificateAuthority
from support.wsman.bench import Bench, bench_in


@pytest.fixture
def bench(tmp_path: Path, authority: CertificateAuthority) -> Iterator[Bench]:
    with bench_in(tmp_path, authority) as made:
        yield made
    left = [thread.name for thread in threading.enumerate() if "ex1.litware" in thread.name]
    assert left == []
