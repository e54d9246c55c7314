"""One domain for the room; per cell a fresh host, or a fresh cluster."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from partner_operator.trust.model import Product
from partner_simulator.certificates import CertificateAuthority
from partner_simulator.simulation import Simulation
from support.matrix.domain import Landscape, Reset
from support.matrix.stage import Stage
from support.operated_domain import names_of
from support.winrm.host import host_of


@pytest.fixture
def stage(authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with host_of(authority) as host:
        host.shells_may_remain = True
        made = Stage(host, monkeypatch)
        with made.closing:
            yield made


@pytest.fixture(scope="session")
def simulation() -> Iterator[Simulation]:
    """One running domain for all cells. Faults strike on the wire, before any engine and after it."""
    with Simulation(pwsh=None) as running:
        yield running


@pytest.fixture
def land(request: pytest.FixtureRequest, simulation: Simulation) -> Iterator[Landscape]:
    """The domain as it was at first, and a fresh cluster; Exchange is told to trust, or who is asked for."""
    reset = Reset(simulation)
    made = Landscape(simulation, getattr(request, "param", Product.EXCHANGE))
    with names_of(simulation):
        yield made
        reset()
        made.delete_shells()
    assert simulation.open_shells() == ()
    assert simulation.counters.open_operations() == ()
