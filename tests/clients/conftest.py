"""One fresh host per test, one PowerShell for all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from partner_simulator.certificates import CertificateAuthority
from partner_simulator.wsman import WsmanSettings
from support.clients.powershell import Exchange, Inside, exchange_in, powershell_inside
from support.wsman.bench import Bench, bench_in


@pytest.fixture
def bench(tmp_path: Path, authority: CertificateAuthority) -> Iterator[Bench]:
    """A host with the settings that Windows has; at its end there is no shell and no operation."""
    with bench_in(tmp_path, authority) as made:
        yield made


@pytest.fixture
def lenient(bench: Bench) -> Bench:
    """A host whose administrator allows clear SOAP over http."""
    bench.server.settings = replace(WsmanSettings(), allow_unencrypted=True)
    return bench


@pytest.fixture(scope="session")
def inside() -> Iterator[Inside]:
    """One simulated domain and one PowerShell for the room."""
    with powershell_inside() as made:
        yield made


@pytest.fixture
def exchange(tmp_path: Path, inside: Inside) -> Iterator[Exchange]:
    """An Exchange server whose command lines a real PowerShell runs."""
    with exchange_in(tmp_path, inside) as made:
        yield made
