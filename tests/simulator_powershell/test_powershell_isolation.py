"""What one run leaves behind, the next on the same process does not see."""

from __future__ import annotations

import pytest

from partner_simulator.ports import CommandEngine
from support.world.powershell import EXCHANGE, LYNC, SNAPIN, TinyWorld, run

POLLUTIONS: dict[str, tuple[str, str]] = {
    "variable": ("$global:leak = 1", "[string]$global:leak"),
    "function": (
        "function global:Leak {}",
        "[string](Get-Command Leak -ErrorAction SilentlyContinue)",
    ),
    "shadowed cmdlet": ("function global:Get-Item { 'x' }", "(Get-Command Get-Item).CommandType"),
    "alias": ("Set-Alias leak Get-Item -Scope Global", "Test-Path alias:leak"),
    "preference": ("$global:ErrorActionPreference = 'Stop'", "$ErrorActionPreference"),
    "strict mode": ("Set-StrictMode -Version 2", "try { $nothing.here; 'lax' } catch { 'strict' }"),
    "error list": ("Get-Item C:\\no -ErrorAction SilentlyContinue", "$Error.Count"),
    "exit code of a program": ("$global:LASTEXITCODE = 5", "[string]$LASTEXITCODE"),
    "environment": ("$env:LEAK = 'x'; $env:COMPUTERNAME = 'y'", '"$env:LEAK$env:COMPUTERNAME"'),
    "path": ("$env:PATH = '/nowhere'", "$env:PATH -match 'nowhere'"),
    "location": ("Set-Location /", "(Get-Location).Path -match 'Users'"),
    "process directory": (
        "[IO.Directory]::SetCurrentDirectory('/')",
        "[Environment]::CurrentDirectory",
    ),
    "drive": ("$null = New-PSDrive L FileSystem /", "Test-Path L:"),
    "type data": (
        "Update-TypeData -TypeName System.Int32 -MemberName Leak -MemberType NoteProperty -Value 1",
        "[string](1).Leak",
    ),
    "snap-in": (f"Add-PSSnapin {SNAPIN}", "@(Get-PSSnapin).Count"),
    "event": ("$null = Register-EngineEvent Leak -Action {}", "@(Get-EventSubscriber).Count"),
    "module": (
        "$null = New-Module -Name leak { function L {} } | Import-Module",
        "@(Get-Module leak).Count",
    ),
    "console writer": (
        "[Console]::SetOut((New-Object IO.StringWriter))",
        "[Console]::Out.Write('out')",
    ),
    "console encoding": (
        "[Console]::OutputEncoding = [Text.Encoding]::Unicode",
        "[Console]::OutputEncoding.WebName; 'ä'",
    ),
    "certificate callback": (
        "[Net.ServicePointManager]::ServerCertificateValidationCallback = { $true }",
        "[string][Net.ServicePointManager]::ServerCertificateValidationCallback",
    ),
    "protocols": (
        "[Net.ServicePointManager]::SecurityProtocol = 'Tls12'",
        "[Net.ServicePointManager]::SecurityProtocol",
    ),
    "style": ("$PSStyle.OutputRendering = 'Ansi'", "$PSStyle.OutputRendering"),
    "input": ("$null = 1", "@($input).Count"),
    "temporary file": (
        "Set-Content (Join-Path $env:TEMP leak) x",
        "Test-Path (Join-Path $env:TEMP leak)",
    ),
}


@pytest.mark.pwsh
@pytest.mark.parametrize(("pollute", "look"), POLLUTIONS.values(), ids=POLLUTIONS.keys())
def test_a_run_leaves_nothing_for_the_next(
    engine: CommandEngine, world: TinyWorld, pollute: str, look: str
) -> None:
    before = run(engine, look)
    polluted = run(engine, f"{pollute}\n{look}")
    after = run(engine, look)
    assert (after.stdout, after.code) == (before.stdout, before.code)
    if pollute != "$null = 1":
        assert polluted.stdout != before.stdout, "the pollution itself does not work"


@pytest.mark.pwsh
def test_machines_do_not_mix_on_one_process(engine: CommandEngine, world: TinyWorld) -> None:
    """The products, name and account are the session's, whatever ran before on that process."""
    look = (
        "$env:COMPUTERNAME; $env:USERNAME; [string]$env:ExchangeInstallPath;"
        " @(Get-PSSnapin -Registered).Count; @(Get-Module -ListAvailable Lync).Count"
    )
    for _ in range(2):
        assert run(engine, look, EXCHANGE).lines == [
            "ATL-EXCHANGE-001",
            "exadmin",
            "C:\\Program Files\\Microsoft\\Exchange Server\\V15\\",
            "1",
            "0",
        ]
        assert run(engine, look, LYNC).lines == ["ATL-FE-001", "csadmin", "", "0", "1"]


@pytest.mark.pwsh
@pytest.mark.parametrize(
    "end",
    ["[Environment]::Exit(9)", "Stop-Process -Id $PID -Force", "[Environment]::FailFast('x')"],
)
def test_a_script_that_ends_the_process_ends_only_itself(
    engine: CommandEngine, world: TinyWorld, end: str
) -> None:
    ended = run(engine, f"'before'; {end}; 'after'")
    assert ended.lines[0] == "before"
    assert "after" not in ended.stdout
    assert ended.code == 9 if "Exit" in end else ended.code != 0
    assert run(engine, "'next'").lines == ["next"]
