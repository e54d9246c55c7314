"""One engine per emulated version, all over one tiny world, for the whole run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from partner_simulator.powershell import PowerShellEngine, WindowsPowerShell
from support.pwsh import find_pwsh
from support.world.powershell import TinyWorld


@pytest.fixture(scope="session")
def engines() -> Iterator[dict[WindowsPowerShell, PowerShellEngine]]:
    """What runs scripts, by version; each keeps one process."""
    made = {
        version: PowerShellEngine(find_pwsh(), TinyWorld(), processes=1, windows_powershell=version)
        for version in WindowsPowerShell
    }
    yield made
    for engine in made.values():
        engine.close()
