"""A reused process answers exactly as a cold one: stdout, stderr and exit code."""

from __future__ import annotations

import re

import pytest

from partner_simulator.ports import CmdletCall, CmdletOutput, CommandEngine, Session
from support.world.powershell import (
    EXCHANGE,
    LYNC,
    S1,
    SNAPIN,
    TinyWorld,
    application,
    emits,
    not_found,
    run,
)

BOOTSTRAP = r"""
$ProgressPreference = 'SilentlyContinue'
try {
    $line = @($input)[0]
    $request = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($line)) | ConvertFrom-Json
    $block = [scriptblock]::Create($request.script)
    $answer = & $block $request
    $json = ConvertTo-Json -InputObject ([ordered]@{ ok = $true; value = $answer }) -Compress -Depth 5
    [Console]::Out.Write('<<' + [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($json)) + '>>')
    exit 0
}
catch { [Console]::Out.Write("<<$($_.FullyQualifiedErrorId)>>"); exit 3 }
"""
REQUEST = (  # {"script":"param($r) 'ä' * 3"}
    b"eyJzY3JpcHQiOiJwYXJhbSgkcikgJ1x1MDBlNCcgKiAzIn0=\n"
)

CASES: dict[str, str] = {
    "success stream": "1; 'ä€𝄞'; @{a=1}; Get-Date -Year 2020 -Format yyyy",
    "all streams": "'o'; Write-Error e; Write-Warning w; Write-Verbose v -Verbose; Write-Host h",
    "debug and information": "$DebugPreference='Continue'; Write-Debug d; Write-Information i",
    "progress": "Write-Progress -Activity a -Status s -PercentComplete 5; 'x'",
    "table": "[pscustomobject]@{Name='n';Value=1}, [pscustomobject]@{Name='m';Value=22}",
    "list": "[pscustomobject]@{Name='n';Value=1;Other=$null;More=@(1,2);Deep=@{a=1}} | Format-List",
    "exit 3": "'a'; exit 3",
    "exit 1722 keeps 32 bits": "exit 1722",
    "exit -1": "exit -1",
    "exit 256 is not 0": "exit 256",
    "throw": "'a'; throw 'boom'",
    "failing last statement": "Get-Item C:\\nowhere",
    "error before a good end": "Get-Item C:\\nowhere; 'fine'",
    "division by zero last": "1/0",
    "parse error": "if (",
    "parse error in a block": "try { [scriptblock]::Create('if (') } catch { $_.FullyQualifiedErrorId }",
    "unknown command": "No-SuchCommand",
    "stop preference": "$ErrorActionPreference='Stop'; Get-Item C:\\nowhere; 'never'",
    "trap": "trap { 'trapped'; continue } throw 'x'; 'on'",
    "console writers": "[Console]::Out.Write('raw'); [Console]::Error.Write('err'); 'line'",
    "strict mode": "Set-StrictMode -Version 2; $x.y",
    "environment exit": "'before'; [Environment]::Exit(7); 'after'",
    "input lines": '$n = 0; foreach ($l in $input) { $n++; "[$l]" }; $n',
    "console input": "[Console]::In.ReadLine(); [Console]::In.ReadToEnd()",
    "environment": "$env:COMPUTERNAME; $env:windir; $env:ExchangeInstallPath; $env:OS; $env:PARTNER",
    "location": "(Get-Location).Drive.Name; Test-Path C:\\Windows\\System32\\iisreset.exe",
    "native program by path": "& C:\\Windows\\System32\\iisreset.exe /noforce; $LASTEXITCODE",
    "native program started": (
        "(Start-Process iisreset.exe -ArgumentList '/status' -PassThru -Wait).ExitCode"
    ),
    "services": "Get-Service W3SVC, Nope | Format-List Name, Status",
    "worker processes": (
        "Get-CimInstance Win32_Process -Filter \"Name='w3wp.exe'\" | ForEach-Object {"
        " $_.ProcessId; $_.CreationDate.GetType().Name; $_.CreationDate.ToUniversalTime().Ticks }"
    ),
    "snap-in": f"Add-PSSnapin {SNAPIN}; (Get-Command Get-PartnerApplication).ModuleName",
    "no snap-in, no cmdlet": "Get-PartnerApplication",
    "objects": (
        f"Add-PSSnapin {SNAPIN}; Get-PartnerApplication | Format-List *;"
        " Get-PartnerApplication | ConvertTo-Json -Compress"
    ),
    "non-terminating error": f"Add-PSSnapin {SNAPIN}; Set-PartnerApplication x -Enabled $true; 'on'",
    "terminating error": f"Add-PSSnapin {SNAPIN}; New-PartnerApplication x -AuthMetadataUrl y; 'on'",
    "confirmation": f"Add-PSSnapin {SNAPIN}; Remove-PartnerApplication x; 'on'",
    "what if": f"Add-PSSnapin {SNAPIN}; Remove-PartnerApplication x -WhatIf",
    "console width": "'x' * 200; [pscustomobject]@{Long='y' * 200}",
    "types and jobs": "Add-Type 'public class P { public static int V = 1; }'; [P]::V",
    "culture and encoding": "[cultureinfo]::CurrentCulture.Name; [Console]::OutputEncoding.WebName",
    "no aliases of Linux": "sort",
}

LYNC_CASES: dict[str, str] = {
    "module": "Import-Module Lync; Get-CsPartnerApplication",
    "module loads itself": "Get-CsPartnerApplication -Identity Exchange",
    "S1": "New-CsPartnerApplication Exchange -ApplicationTrustLevel Full -MetadataUrl https://x",
}


def _fill(world: TinyWorld) -> None:
    def remove(call: CmdletCall, output: CmdletOutput) -> None:
        output.should_process(str(call.parameters["Identity"]), "Remove")

    def change(call: CmdletCall, output: CmdletOutput) -> None:
        output.write_error(not_found("x"))

    def create(call: CmdletCall, output: CmdletOutput) -> None:
        output.write_warning("about to fail")
        raise not_found("y", terminating=True)

    world.handlers = {
        "Get-PartnerApplication": emits(application("Exchange Online"), application("Lync ä")),
        "Get-CsPartnerApplication": emits(application("Exchange")),
        "Set-PartnerApplication": change,
        "New-PartnerApplication": create,
        "Remove-PartnerApplication": remove,
    }
    world.answers = {"iisreset": {"exit_code": 1722, "output": "\r\nAttempting stop...\r\n"}}
    world.refusal = S1


def _comparable(stderr: str) -> str:
    """Without what differs between any two runs: times, process and thread numbers, folders."""
    stderr = re.sub(r'<DT N="[^"]*">[^<]*</DT>', "", stderr)
    stderr = re.sub(r'<(U32|I32|I64) N="[^"]*">\d+</\1>', "", stderr)
    return re.sub(r"/ps-[^/]+/", "/ps/", stderr)


def _agree(cold: CommandEngine, reused: CommandEngine, script: str, session: Session) -> None:
    stdin = REQUEST if script == BOOTSTRAP else b"first\nzweite \xc3\xa4\n"
    expected = run(cold, script, session, stdin)
    for _ in range(2):
        answer = run(reused, script, session, stdin)
        assert answer.stdout == expected.stdout
        assert _comparable(answer.stderr) == _comparable(expected.stderr)
        assert answer.code == expected.code


@pytest.mark.pwsh
@pytest.mark.parametrize("script", CASES.values(), ids=CASES.keys())
def test_a_reused_process_answers_as_a_cold_one(
    cold_engine: CommandEngine, reused_engine: CommandEngine, world: TinyWorld, script: str
) -> None:
    _fill(world)
    _agree(cold_engine, reused_engine, script, EXCHANGE)


@pytest.mark.pwsh
@pytest.mark.parametrize("script", LYNC_CASES.values(), ids=LYNC_CASES.keys())
def test_a_reused_process_answers_as_a_cold_one_on_lync(
    cold_engine: CommandEngine, reused_engine: CommandEngine, world: TinyWorld, script: str
) -> None:
    _fill(world)
    _agree(cold_engine, reused_engine, script, LYNC)


@pytest.mark.pwsh
def test_a_bootstrap_with_a_framed_answer_agrees(
    cold_engine: CommandEngine, reused_engine: CommandEngine, world: TinyWorld
) -> None:
    _agree(cold_engine, reused_engine, BOOTSTRAP, EXCHANGE)
    answer = run(reused_engine, BOOTSTRAP, EXCHANGE, REQUEST)
    assert answer.code == 0
    assert answer.stdout.startswith("<<")
    assert answer.stdout.endswith(">>")
