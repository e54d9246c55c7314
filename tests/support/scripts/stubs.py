"""Small stand-ins for product cmdlets, written as PowerShell functions in front of the bootstrap.

Each has exactly the parameters of the real cmdlet (from the signature data) and reports every call on
the console, so that a test sees in order what a script did. Bodies are PowerShell, or values.
Scripts run in strict mode here, which makes tests stricter than servers: a missing property throws.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from partner_operator.winrm import Answer, Endpoint, RemoteRequest
from support.scripts.oracle import COMMON_PARAMETERS, product_cmdlets
from support.winrm.powershell import Ended, call

_CALLS_BEGIN, _CALLS_END = "<call ", " call>"


@dataclass(frozen=True, slots=True)
class Code:
    """PowerShell, where everything else is a value."""

    text: str


def literal(value: Any) -> str:
    """A Python value as a PowerShell expression; no text of it is ever read as PowerShell."""
    match value:
        case Code():
            return value.text
        case None:
            return "$null"
        case bool():
            return f"${str(value).lower()}"
        case int():
            return str(value)
        case str():
            encoded = base64.b64encode(value.encode("utf-16-le", "surrogatepass")).decode()
            return f"[Text.Encoding]::Unicode.GetString([Convert]::FromBase64String('{encoded}'))"
        case bytes():
            return f"(,[Convert]::FromBase64String('{base64.b64encode(value).decode()}'))"
        case datetime():
            ticks = int((value - datetime(1, 1, 1, tzinfo=UTC)).total_seconds()) * 10_000_000
            return f"(New-Object DateTime {ticks},([DateTimeKind]::Utc))"
        case Mapping():
            items = ";".join(f"'{key}'=({literal(inner)})" for key, inner in value.items())
            return f"[pscustomobject]@{{{items}}}"
        case list() | tuple():
            return f"@({','.join(f'({literal(inner)})' for inner in value)})"
    raise TypeError(type(value))


def stub(name: str, body: Any = None) -> str:
    """A function that stands for a product cmdlet and returns `body`: each item of a list by itself."""
    raw = product_cmdlets()[name.lower()].raw["parameters"]
    declared = [
        ("[switch]" if facts["switch"] else "") + f"${parameter}"
        for parameter, facts in raw.items()
        if parameter.lower() not in COMMON_PARAMETERS
    ]
    asks = "confirm" in {parameter.lower() for parameter in raw}
    return _function(name, declared, body, SURE if asks else "")


def tool(name: str, parameters: str, body: Any = None) -> str:
    """A function that stands for a cmdlet of Windows; a parameter with a dash in front is a switch."""
    declared = [
        f"[switch]${word[1:]}" if word.startswith("-") else f"${word}"
        for word in parameters.split()
    ]
    return _function(name, declared, body)


SURE = "if (-not $PSCmdlet.ShouldProcess('it')) { return }\n"
IMPACT = "ConfirmImpact='Medium'"
"""How changing cmdlets ask: with a high impact they would really do it."""


def _function(name: str, declared: list[str], body: Any, first: str = "") -> str:
    text = "" if body is None else f". {{ {literal(body)}\n}} | Copy-Object"
    return (
        f"function global:{name} {{ [CmdletBinding(SupportsShouldProcess=$true,{IMPACT})] "
        f"param({','.join(declared)})\n{first}Write-Call '{name}' $PSBoundParameters\n{text}\n}}\n"
    )


_BEFORE = """
Set-StrictMode -Version 2
$global:Broken = ''; $global:BrokenFar = ''; $global:Noisy = $false; $global:Copied = $false; $global:Talkative = $false
function global:Copy-Object { process {
    if (-not $global:Copied) { return $_ }
    [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($_, 3))
} }
function global:Write-Call { param($Name, $Bound)
    $said = @{}
    foreach ($key in $Bound.Keys) { $said[$key] = "$($Bound[$key])" }
    $said['.name'] = $Name
    $bytes = [Text.Encoding]::UTF8.GetBytes((ConvertTo-Json $said -Compress))
    [Console]::Out.Write('<call ' + [Convert]::ToBase64String($bytes) + ' call>')
    if ($global:Noisy) { Write-Noise $Name }
    if ($global:Talkative -and $Name -notmatch '^(Get|Test)-|^Import-Module$|PSSession$') { "$Name says" }
    if ($global:Broken -eq $Name) { Write-Error 'This call is broken.' }
    if ($global:BrokenFar -eq $Name) { Write-FarError }
}
function global:Write-Noise { param($Name)
    Write-Progress -Activity 'Preparing modules for first use.'
    Write-Host 'to the host'
    Write-Information 'to whom it may concern' -InformationAction Continue
    [Console]::Error.WriteLine('to standard error')
    if ($Name -like 'Test-*') { return }
    Write-Verbose 'much' -Verbose
    Write-Debug 'more'
    if ($Name -notmatch 'PartnerApplication$|AuthServer$') { Write-Warning 'careful' }
}
"""
_FAR = """
$null = New-Module -Name Far -ScriptBlock {
    function Write-FarError { [CmdletBinding()] param() Write-Error 'This call is broken, far away.' }
    Export-ModuleMember -Function Write-FarError
} | Import-Module -Global
"""


class Stubs:
    """A set of stand-ins, and the runner that gives scripts to a PowerShell that has them."""

    def __init__(self) -> None:
        """Start with none."""
        self._functions: dict[str, str] = {}
        self._before = _BEFORE
        self.calls: list[tuple[str, dict[str, str]]] = []
        """(cmdlet, parameters as text) of all runs, in order."""
        self.ended: Ended | None = None
        """The last run's process."""
        self.environment: dict[str, str] = {}

    def cmdlet(self, name: str, body: Any = None) -> Stubs:
        """Let this product cmdlet return `body`."""
        self._functions[name] = stub(name, body)
        return self

    def tool(self, name: str, parameters: str, body: Any = None) -> Stubs:
        """Let this cmdlet of Windows return `body`."""
        self._functions[name] = tool(name, parameters, body)
        return self

    def state(self, text: str) -> Stubs:
        """PowerShell that runs before everything, to give stand-ins a memory."""
        self._before += text + "\n"
        return self

    def broken(self, name: str) -> Stubs:
        """Let this one write an error that does not end it, and heed `-ErrorAction`, as compiled cmdlets do."""
        return self.state(f"$global:Broken = '{name}'")

    def broken_far(self, name: str) -> Stubs:
        """The same of a cmdlet behind a session: it heeds nothing but the global preference."""
        return self.state(f"{_FAR}$global:BrokenFar = '{name}'")

    def noisy(self) -> Stubs:
        """Let all of them write to every stream that there is."""
        return self.state("$global:Noisy = $true")

    def talkative(self) -> Stubs:
        """Let all that change something return an object, as some do when all goes well."""
        return self.state("$global:Talkative = $true")

    def copied(self) -> Stubs:
        """Let their objects come as a session brings them: copies without methods, lists as ArrayList."""
        return self.state("$global:Copied = $true")

    def lax(self) -> Stubs:
        """Leave strict mode, as servers do."""
        return self.state("Set-StrictMode -Off")

    def named(self, *names: str) -> list[dict[str, str]]:
        """The parameters of each call of these cmdlets."""
        return [parameters for name, parameters in self.calls if name in names]

    @property
    def before(self) -> str:
        """The text of all stand-ins, to stand in front of the bootstrap."""
        return self._before + "".join(self._functions.values())

    async def run(self, endpoint: Endpoint, request: RemoteRequest) -> Answer:
        """Run as `winrm.run` would, here and now."""
        ended = call(
            request.script,
            dict(request.parameters),
            dict(request.secrets),
            before=self.before,
            environment=self.environment,
        )
        return self.heard(ended)

    def heard(self, ended: Ended) -> Answer:
        """Note what a run said of its calls, and give its answer. Raises RemoteRunError."""
        self.ended = ended
        for part in ended.stdout.decode("utf-8", "replace").split(_CALLS_BEGIN)[1:]:
            said = json.loads(base64.b64decode(part.partition(_CALLS_END)[0]))
            self.calls.append((said.pop(".name"), said))
        return ended.answer


def changing(calls: list[tuple[str, dict[str, str]]]) -> list[str]:
    """The names of calls that change a server, in order."""
    verbs = ("New-", "Set-", "Remove-", "Enable-")
    inner = {"Set-ADServerSettings", "New-PSSession", "Remove-PSSession"}
    return [name for name, _ in calls if name.startswith(verbs) and name not in inner]
