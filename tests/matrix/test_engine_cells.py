"""The engine layer: a whole pass on a whole domain, one fault in it, and a clean pass afterwards."""

from __future__ import annotations

import pytest

from partner_operator.trust.reasons import Reason
from partner_simulator.wsman import Step, Tally
from support.matrix.damage import Damage, damages
from support.matrix.domain import Landscape
from support.matrix.engine import UP_TO_CREATE, Run, Scene, scenes
from support.matrix.model import SHOWN, Changed
from support.matrix.rules import Strikes


@pytest.mark.parametrize("scene", scenes(), ids=lambda scene: scene.name)
def test_a_pass_with_this_fault_shows_it_and_the_next_one_heals(
    land: Landscape, scene: Scene
) -> None:
    """Condition and reason, whether Exchange changed, and one entry made once in the end."""
    assert isinstance(scene.cell.arrange, Strikes)
    armed = land.simulation.faults.add(scene.fault(scene.cell.arrange))
    if scene.cell.step is Step.SIGNAL:
        land.simulation.faults.add(scene.no_output())
    land.keeps_connections = scene.cell.step not in UP_TO_CREATE
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
    _healed(land)


def _healed(land: Landscape) -> None:
    """One entry, made once, and known to need a restart that is not allowed here."""
    assert land.registered()
    assert (len(land.entries()), land.made()) == (1, 1)
    assert land.activation() is Reason.RESTART_PENDING


@pytest.mark.parametrize("run", list(Run))
@pytest.mark.parametrize("damage", damages(), ids=lambda damage: damage.name)
def test_an_answer_that_is_damaged_on_its_way_is_not_believed(
    land: Landscape, run: Run, damage: Damage
) -> None:
    """The script ran to its end; what it did is read, not guessed."""
    armed = land.simulation.faults.add(damage.fault(run))
    land.pass_by()
    assert armed.struck >= 1
    land.simulation.faults.clear()
    if damage.failure is None:
        _healed(land)
        return
    assert land.shown() == SHOWN[damage.failure]
    assert len(land.entries()) == (1 if run is Run.REGISTER else 0)
    assert land.shells() == []
    land.heal()
    _healed(land)
