"""The prelude's list of commands: complete for this pwsh, and in agreement with the checker's."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest

from partner_simulator.powershell import PowerShellEngine, WindowsPowerShell
from support.world.powershell import run

DATA = Path(__file__).parent.parent / "data" / "windows_powershell_commands.json"
FUNCTIONS = {"Get-Verb"}
"""Functions of Windows PowerShell, which its list of cmdlets leaves out."""


def listed() -> dict[str, str]:
    """Command to the first Windows PowerShell that has it; 6.0 for none."""
    text = (
        resources.files("partner_simulator.powershell") / "data" / "windows_powershell.txt"
    ).read_text("utf-8")
    lines = [line.split(" ") for line in text.splitlines() if not line.startswith("#")]
    return {words[0]: words[1] for words in lines}


@pytest.mark.pwsh
def test_every_command_of_this_pwsh_is_listed(
    engines: dict[WindowsPowerShell, PowerShellEngine],
) -> None:
    """Another pwsh may bring commands that no Windows PowerShell has; they must not slip through."""
    ended = run(
        engines[WindowsPowerShell.NONE],
        "Get-Command -CommandType Cmdlet | Where-Object { $_.Source -like 'Microsoft.PowerShell.*' }"
        " | ForEach-Object { $_.Name }",
    )
    assert len(ended.lines) > 150
    assert set(ended.lines) - FUNCTIONS - set(listed()) == set()


def test_both_lists_agree() -> None:
    """What the static check takes for 3.0 is what the prelude offers in 3.0."""
    known = json.loads(DATA.read_text("utf-8"))["commands"]
    both = {name: since for name, since in listed().items() if name in known}
    assert len(both) > 150
    for name, since in both.items():
        assert (since == "3.0") == ("3.0" in known[name]["versions"]), name
