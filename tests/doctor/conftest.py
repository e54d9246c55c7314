"""One domain per file, two servers to examine, and the claim that examining them did no harm."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from partner_operator.trust.model import Product
from partner_simulator.simulation import Simulation
from support.doctor.examination import Patient
from support.operated_domain import names_of
from support.pwsh import find_pwsh


@pytest.fixture(scope="module")
def simulation() -> Iterator[Simulation]:
    """One domain for all; every test gives it back as it was."""
    with Simulation(pwsh=find_pwsh()) as running, names_of(running):
        yield running


@pytest.fixture
def unharmed(simulation: Simulation) -> Iterator[None]:
    """The doctor changes nothing and leaves nothing open, whatever it finds."""
    yield
    simulation.faults.clear()
    assert simulation.writes() == []
    assert simulation.open_shells() == ()
    for account in simulation.domain.accounts.known:
        account.rejected = 0


@pytest.fixture
def exchange(simulation: Simulation, unharmed: None) -> Patient:
    """Exchange with both of its hosts."""
    return Patient(simulation, Product.EXCHANGE)


@pytest.fixture
def lync(simulation: Simulation, unharmed: None) -> Patient:
    """Lync with its first Front End."""
    patient = Patient(simulation, Product.LYNC)
    patient.one_host()
    return patient
