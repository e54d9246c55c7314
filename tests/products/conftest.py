"""Scripts behind stand-ins run in warm processes, as PowerShell 7, 3.0 and 5.1."""

from __future__ import annotations

import pytest

from support.prelude.warm import WarmPowerShells
from support.scripts import stubs as scripts_stubs


@pytest.fixture(autouse=True)
def run_everywhere(powershells: WarmPowerShells, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run of stand-ins is three: PowerShell 7 as it is, and what it passes for; all must agree."""
    monkeypatch.setattr(scripts_stubs, "call", powershells.everywhere)
