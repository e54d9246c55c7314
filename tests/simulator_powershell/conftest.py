"""Both engines over one tiny world; engines live for the whole run, the world is emptied per test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from partner_simulator.ports import CommandEngine
from partner_simulator.powershell import PowerShellEngine
from support.pwsh import find_pwsh
from support.world.powershell import TinyWorld


@pytest.fixture(scope="session")
def shared_world() -> TinyWorld:
    return TinyWorld()


@pytest.fixture
def world(shared_world: TinyWorld) -> TinyWorld:
    """What both engines ask; put handlers and answers in."""
    shared_world.reset()
    return shared_world


@pytest.fixture(scope="session")
def reused_engine(shared_world: TinyWorld) -> Iterator[CommandEngine]:
    engine = PowerShellEngine(find_pwsh(), shared_world)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def cold_engine(shared_world: TinyWorld) -> Iterator[CommandEngine]:
    engine = PowerShellEngine(find_pwsh(), shared_world, reuse=False)
    yield engine
    engine.close()


@pytest.fixture
def engine(reused_engine: CommandEngine, world: TinyWorld) -> CommandEngine:
    """The engine that everybody uses, over an emptied world."""
    return reused_engine
