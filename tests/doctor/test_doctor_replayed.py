"""A recording of the doctor's runs shows the same list again, without the servers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from partner_operator.recorder import Recorder
from partner_operator.trust.model import Product
from partner_simulator.simulation import Simulation
from partner_simulator.web.faults import DocumentFault
from partner_simulator.world import names
from support.doctor.examination import Patient
from support.operated_domain import names_of, remotely
from support.pwsh import find_pwsh
from support.replay.recorded import Replay
from support.secrets.search import found

pytestmark = pytest.mark.pwsh


def test_a_recorded_examination_is_told_again(tmp_path: Path) -> None:
    """Lync with a partner whose document is damaged: the same ticks and the same cross, from files."""
    with Simulation(pwsh=find_pwsh()) as simulation, names_of(simulation):
        simulation.spoil_document(names.AUTODISCOVER, DocumentFault.TRUNCATED)
        patient = Patient(simulation, Product.LYNC)
        patient.runner = Recorder(remotely, tmp_path)
        told = patient.ask()
        assert told.code == 1
        replay = Replay(tmp_path)
        patient.runner = replay
        patient.clock = replay
        patient.credentials = replace(patient.credentials, password="not-the-recorded-one")
        assert patient.ask() == told
        assert replay.left == []
        assert simulation.open_shells() == ()
        secrets = tuple(simulation.secrets())
    for path in tmp_path.iterdir():
        assert not found(path.read_text(), secrets)
