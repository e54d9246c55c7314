"""The engine layer: a whole pass on a whole domain, one fault in it, and a clean pass afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from partner_simulator.simulation import Simulation
from partner_simulator.wsman import Tally
from support.matrix_domain import Landscape, Reset, lead_to_loopback
from support.matrix_engine import Scene, scenes
from support.matrix_model import Changed
from support.matrix_rules import Strikes
from support.pwsh import find_pwsh

pytestmark = pytest.mark.pwsh


@pytest.fixture(scope="module")
def simulation() -> Iterator[Simulation]:
    """One running domain for all cells."""
    with Simulation(pwsh=find_pwsh()) as running:
        yield running


@pytest.fixture
def land(simulation: Simulation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Landscape]:
    """The domain as it was at first, and a fresh cluster."""
    lead_to_loopback(simulation, monkeypatch)
    reset = Reset(simulation)
    made = Landscape(simulation)
    yield made
    reset()
    made.delete_shells()
    assert simulation.open_shells() == ()
    assert simulation.counters.open_operations() == ()


@pytest.mark.parametrize("scene", scenes(), ids=lambda scene: scene.name)
def test_a_pass_with_this_fault_shows_it_and_the_next_one_heals(
    land: Landscape, scene: Scene
) -> None:
    """Condition and reason, whether Exchange changed, and one entry made once in the end."""
    assert isinstance(scene.cell.arrange, Strikes)
    armed = land.simulation.faults.add(scene.fault(scene.cell.arrange))
    land.pass_by()
    assert armed.struck >= 1
    land.simulation.faults.clear()
    if scene.shown is None:
        assert land.registered()
    else:
        assert land.shown() == scene.shown
        assert land.shown_on_server() == scene.shown_on_server
    if scene.changed is not Changed.PERHAPS:
        assert len(land.entries()) == (1 if scene.changed is Changed.YES else 0)
    assert len(land.shells()) == scene.cell.expected.counts.shells_left
    assert land.count(Tally.LOGONS_REJECTED) == 0
    land.heal()
    assert land.registered()
    assert len(land.entries()) == 1
    assert land.made() == 1
