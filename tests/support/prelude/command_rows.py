"""Rows for versions, variables, types, commands and parameters (docs/powershell-traps.md)."""

from __future__ import annotations

from partner_simulator.powershell import WindowsPowerShell
from support.prelude.rows import NOTHING, OLD, V3_0, V4_0, V5_1, Row

Versions = tuple[WindowsPowerShell, ...]


def _absent(versions: Versions, *commands: str) -> tuple[Row, ...]:
    return tuple(
        Row(
            f"there is no {command}",
            f"(Get-Command {command}).Name; $null = {command} -WhatIfThisIsNoParameter",
            "!CommandNotFoundException",
            "!NamedParameterNotFound",
            versions,
        )
        for command in commands
    )


def _refused(
    versions: Versions, *calls: str, error: str = "NamedParameterNotFound"
) -> tuple[Row, ...]:
    return tuple(
        Row(f"refused: {call}", f"$null = {call}; 'accepted'", f"!{error}", "accepted", versions)
        for call in calls
    )


COMMANDS = (
    *(
        Row(
            f"it says {version}",
            '"$($PSVersionTable.PSVersion.Major).$($PSVersionTable.PSVersion.Minor)"',
            version,
            "7.6",
            (version,),
        )
        for version in OLD
    ),
    Row("no edition", "$PSVersionTable.ContainsKey('PSEdition')", "False", "True", (V3_0, V4_0)),
    Row("the edition", "$PSVersionTable.PSEdition", "Desktop", "Core", (V5_1,)),
    Row(
        "no variables that name a system",
        "@(Get-Variable Is* | ForEach-Object { $_.Name }).Length; $null -eq $IsLinux",
        "0|True",
        "4|False",
    ),
    Row(
        "such a variable is an error in strict mode",
        "Set-StrictMode -Version 2; $IsCoreCLR",
        "!VariableIsUndefined",
        "True",
    ),
    *(
        Row(f"no short name {name}", f"[{name}].Name", "!TypeNotFound", seven)
        for name, seven in {
            "short": "Int16",
            "ushort": "UInt16",
            "uint": "UInt32",
            "ulong": "UInt64",
            "semver": "SemanticVersion",
            "X509Certificate": "X509Certificate",
            "IPEndpoint": "IPEndPoint",
        }.items()
    ),
    *_absent((V3_0,), "Get-FileHash", "Get-CmsMessage", "Protect-CmsMessage"),
    *_absent(
        (V3_0, V4_0),
        "New-Guid",
        "New-TemporaryFile",
        "Get-ItemPropertyValue",
        "Write-Information",
        "Format-Hex",
        "Import-PowerShellDataFile",
        "Get-Clipboard",
        "Get-TimeZone",
        "Get-Runspace",
    ),
    *_absent(OLD, "Test-Json", "Join-String", "Get-Error", "Remove-Alias", "Get-Uptime"),
    *_refused(
        OLD,
        "1 | Sort-Object -Top 1",
        "1 | Sort-Object -Bottom 1",
        "1 | Sort-Object -Stable",
        "Split-Path a/b.c -LeafBase",
        "Split-Path a/b.c -Extension",
        "Get-Date -AsUTC",
        "Get-Date -UnixTimeSeconds 1",
        "1,2 | Get-Random -Shuffle",
        "'x' | Select-String x -Raw",
        "1 | Measure-Object -AllStats",
        "1 | Select-Object -SkipIndex 1",
        "Out-String -InputObject x -NoNewline",
        "Start-Sleep -Duration 0",
        "Get-Date -ProgressAction SilentlyContinue",
        "New-TimeSpan -Milliseconds 1",
    ),
    *_refused(OLD, "1 | ForEach-Object -Parallel { 1 }", error="AmbiguousParameterSet"),
    *_refused(OLD, "Join-Path a b c", error="PositionalParameterNotFound"),
    *_refused(OLD, "1 | Where-Object -Not a", error="AmbiguousParameter"),
    *_refused(
        (V3_0, V4_0),
        "Get-Date -InformationAction Ignore",
        "Get-Date -InformationVariable v",
        "1,2 | Select-Object -SkipLast 1",
    ),
    *_refused(
        (V3_0,),
        "Get-Date -PipelineVariable v",
    ),
    Row(
        "a splatted parameter that is too new",
        "$more = @{Top = 1}; 1 | Sort-Object @more",
        "!NamedParameterNotFound",
        "1",
    ),
    Row(
        "half a second is none",
        "$w = [Diagnostics.Stopwatch]::StartNew(); Start-Sleep -Seconds 0.5;"
        " $w.ElapsedMilliseconds -lt 400",
        "True",
        "False",
    ),
    Row(
        "a path that is null",
        "Test-Path $null -ErrorAction SilentlyContinue",
        "!ParameterArgumentValidationErrorNullNotAllowed",
        NOTHING,
    ),
    Row(
        "a path without a letter",
        "Test-Path ''",
        "!ParameterArgumentValidationErrorEmptyStringNotAllowed",
        "False",
    ),
    Row(
        "a service without a name is every service",
        "@(Get-Service -Name $null | ForEach-Object { $_.Name }).Length",
        "3",
        "!ParameterArgumentValidationError",
    ),
    Row(
        "a variable without a name is every variable",
        "@(Get-Variable -Name $null | ForEach-Object { $_.Name }).Length -gt 20",
        "True",
        "!ParameterArgumentValidationError",
    ),
    Row(
        "groups come as first seen",
        "'b','a','b' | Group-Object | ForEach-Object { \"$($_.Name)$($_.Count)\" };"
        " 'b','a' | Group-Object -NoElement | ForEach-Object { $_.Name }",
        "b2|a1|b|a",
        "a1|b2|a|b",
    ),
    *(
        Row(
            f"{command} is not allowed",
            f"{command} -Uri http://127.0.0.1:1/ -UseBasicParsing",
            "!NotAllowedHere",
            "!WebCmdletWebResponseException",
        )
        for command in ("Invoke-WebRequest", "Invoke-RestMethod")
    ),
)

COMMANDS_ALIKE = {
    "names after the module are looked up as ever": (
        'Microsoft.PowerShell.Utility\\ConvertTo-Json -Compress "\'"',
        '"\'"',
    ),
    "a function of the script comes first": (
        "function New-Guid { 'mine' }; function ConvertTo-Json { 'mine too' };"
        " New-Guid; ConvertTo-Json; function Test-Json { 'and mine' }; Test-Json",
        "mine|mine too|and mine",
    ),
    "seconds and milliseconds": (
        "$w = [Diagnostics.Stopwatch]::StartNew(); Start-Sleep -Milliseconds 60; Start-Sleep 0;"
        " $w.ElapsedMilliseconds -ge 50",
        "True",
    ),
    "paths": ("Test-Path C:\\Windows; Test-Path C:\\nowhere", "True|False"),
    "services by name": ("(Get-Service W3SVC).Name", "W3SVC"),
    "filters and order": (
        "3,1,2 | Sort-Object -Descending | Where-Object { $_ -gt 1 } | ForEach-Object { $_ * 2 }",
        "6|4",
    ),
    "comparison statements": ("'a','b' | Where-Object Length -eq 1", "a|b"),
    "choice of properties": (
        "[pscustomobject]@{a=1;b=2} | Select-Object -ExpandProperty b; (1..5 | Select-Object -First 1)",
        "2|1",
    ),
    "groups by a property": (
        "$g = @('a','bb','c' | Group-Object Length); $g.Length; $g[0].Name; $g[0].Group.Count;"
        " ('b','a' | Group-Object -AsHashTable -AsString).a",
        "2|1|2|a",
    ),
    "groups by a block": ("'x1' | Group-Object { $_[0] } | ForEach-Object { $_.Name }", "x"),
    "no group of nothing": ("@($null | Group-Object).Length", "0"),
    "texts and dates": ("'{0}' -f (Get-Date -Year 2020 -Format yyyy); Join-Path a b", "2020|a/b"),
    "measuring": ("(1,2,3 | Measure-Object -Sum).Sum", "6"),
    "unknown parameters": ("Get-Date -Nope", "!NamedParameterNotFound"),
    "unknown commands": ("Get-Nope", "!CommandNotFoundException"),
    "modules": ("Import-Module Nope", "!Modules_ModuleNotFound"),
    "every stream": (
        'Write-Error e -ErrorAction SilentlyContinue; Write-Warning w 3>&1 | ForEach-Object { "$_" };'
        " Write-Verbose v; Write-Output o",
        "w|o",
    ),
}
