"""What is known of Windows PowerShell, as PowerShell and what it prints; and how such rows are run."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from partner_simulator.ports import CommandEngine
from partner_simulator.powershell import WindowsPowerShell
from support.world.powershell import run

OLD = (WindowsPowerShell.V3_0, WindowsPowerShell.V4_0, WindowsPowerShell.V5_1)
V3_0, V4_0, V5_1 = OLD

NOTHING, NULL = "(nothing)", "(null)"


@dataclass(frozen=True, slots=True)
class Row:
    """One difference. Results: texts of what comes out, joined by `|`, or `!` and an error's id."""

    name: str
    script: str
    windows: str
    """In Windows PowerShell, in every version of `versions`."""
    seven: str
    """In PowerShell 7."""
    versions: tuple[WindowsPowerShell, ...] = OLD
    """Where the row claims anything."""


_SHOW = """
function Show-Row($text) {
    $shown = try {
        $all = @(& ([scriptblock]::Create($text)))
        $texts = @(foreach ($one in $all) { if ($null -eq $one) { '(null)' } else { "$one" } })
        if ($texts.Length -eq 0) { '(nothing)' } else { $texts -join '|' }
    }
    catch { '!' + ($_.FullyQualifiedErrorId -split ',')[0] }
    $bytes = [Text.Encoding]::UTF8.GetBytes($shown)
    [Console]::Out.WriteLine('row ' + [Convert]::ToBase64String($bytes))
}
$ErrorActionPreference = 'Stop'
foreach ($line in @($input)) {
    Show-Row ([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($line)))
}
"""


def shown(engine: CommandEngine, scripts: Sequence[str]) -> list[str]:
    """The results of these scripts, one after the other in one run of `engine`."""
    lines = "\n".join(base64.b64encode(script.encode()).decode() for script in scripts)
    ended = run(engine, _SHOW, stdin=f"{lines}\n".encode())
    rows = [line[4:] for line in ended.stdout.splitlines() if line.startswith("row ")]
    assert len(rows) == len(scripts), ended
    return [base64.b64decode(row).decode("utf-8") for row in rows]
