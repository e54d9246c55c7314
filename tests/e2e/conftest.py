"""Stages for the end-to-end tests: one API server for all, a fresh domain and namespace for each."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from partner_demo.stage import Stage
from partner_simulator.simulation import Simulation
from partner_testbed import ControlPlane
from support.observer import Observer
from support.pwsh import chosen_pwsh


@pytest.fixture
def pwsh(request: pytest.FixtureRequest) -> Path | None:
    """The PowerShell of the simulated hosts; None: the embedded engine answers for them."""
    return chosen_pwsh(getattr(request, "param", None))


@pytest.fixture
def make_stage(plane: ControlPlane, pwsh: Path | None) -> Iterator[Callable[..., Stage]]:
    """Set up stages; whatever the test did, all of them are checked and closed at the end."""
    stages: list[tuple[Stage, Observer]] = []
    simulations = ExitStack()

    def make(simulation: Simulation | None = None, settle: str = "1s", **options: Any) -> Stage:
        stage = Stage(
            plane=plane,
            namespace=f"e2e-{uuid.uuid4().hex[:8]}",
            simulation=simulation or simulations.enter_context(Simulation(pwsh)),
            settle=settle,
            **options,
        )
        observer = Observer(stage)
        stages.append((stage, observer))
        stage.set_up()
        observer.start()
        return stage

    yield make
    problems: list[str] = []
    for stage, observer in stages:
        stage.operator.stop()
        problems += observer.finish()
        stage.close()
    simulations.close()
    assert not problems, "\n".join(problems)


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    """One stage with default settings; its operator is not started yet."""
    return make_stage()
