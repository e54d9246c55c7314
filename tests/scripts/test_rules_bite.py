"""Every rule of the static check bites: one bad sample per row, and good text stays unhurt.

A rule that fires on nothing is a bug of the check.
"""

from __future__ import annotations

import pytest

from support.scripts_commands import COMMAND_RULES
from support.scripts_facts import Facts, read_facts
from support.scripts_syntax import SYNTAX_RULES
from support.scripts_types import TYPE_RULES

pytestmark = pytest.mark.pwsh
RULES = {rule.__name__: rule for rule in (*SYNTAX_RULES, *COMMAND_RULES, *TYPE_RULES)}
GET = "Get-PartnerApplication -ErrorAction Stop"
SET = "Set-PartnerApplication -Confirm:$false -ErrorAction Stop"
LYNC = "lync:"
"""Prefix of samples that are judged as Lync's; the others are Exchange's."""

BAD: list[tuple[str, str]] = [
    ("ascii_only", "'\u2019'"),
    ("ascii_only", "if ($a) {\n\t1 }"),
    ("parses", "if ("),
    ("no_new_nodes", "class A {}"),
    ("no_new_nodes", "enum A { B }"),
    ("no_new_nodes", "using namespace System.Text\n1"),
    ("no_new_nodes", "$a ? 1 : 2"),
    ("no_new_nodes", "1 && 2"),
    ("no_new_nodes", "1 || 2"),
    ("no_new_nodes", "Get-Service &"),
    ("no_new_nodes", "function Get-A { clean {} end { 1 } }"),
    ("no_new_nodes", "trap { continue }"),
    ("no_new_nodes", "#requires -Version 3.0\n1"),
    ("no_new_tokens", "$a ?? 1"),
    ("no_new_tokens", "$a ??= 1"),
    ("no_new_tokens", "1\n| ForEach-Object -Process { 1 }"),
    ("no_new_tokens", "0b101"),
    ("no_new_tokens", "1u"),
    ("no_new_tokens", "1n"),
    ("no_new_tokens", "1us"),
    ("no_new_tokens", '"`e[0m"'),
    ("no_new_tokens", '"`u{41}"'),
    ("no_new_members", "[string]::new('a')"),
    ("no_new_members", "$a.Where({ 1 })"),
    ("no_new_members", "$a.ForEach({ 1 })"),
    ("no_new_members", "$a.$name()"),
    ("no_new_members", "$a.M[int](1)"),
    ("no_new_members", "${a}?.B"),
    ("no_new_members", "${a}?[0]"),
    ("no_character_ranges", "'a'..'c'"),
    ("no_forbidden_variables", "if ($?) { 1 }"),
    ("no_forbidden_variables", "$IsWindows"),
    ("no_forbidden_variables", "$IsLinux"),
    ("commands_known", "Get-Nothing"),
    ("commands_known", "New-Guid"),
    ("commands_known", "Get-FileHash -Path a"),
    ("commands_known", "gci"),
    ("commands_known", "sort"),
    ("commands_known", "Microsoft.PowerShell.Utility\\Get-Member"),
    ("commands_known", "Invoke-Expression -Command $a"),
    ("commands_known", "Write-Host -Object $a"),
    ("commands_known", "Invoke-WebRequest -Uri $a"),
    ("commands_known", "Get-Date -Format o"),
    ("commands_known", "ConvertTo-Json -InputObject $a"),
    ("commands_known", "& $anything"),
    ("commands_known", ". $configure"),
    ("commands_known", "& 'Get-Service'"),
    ("commands_known", LYNC + GET),
    ("commands_known", "Get-CsPartnerApplication -ErrorAction Stop"),
    ("product_calls_bind", GET + " -Nothing 1"),
    ("product_calls_bind", GET + " -Domain x"),
    ("product_calls_bind", GET + " x"),
    ("product_calls_bind", GET + " @unknown"),
    ("product_calls_bind", SET + " -Identity a -RefreshAuthMetadata -ApplicationIdentifier b"),
    ("product_calls_bind", "Get-ExchangeCertificate -Instance $a -Thumbprint b -ErrorAction Stop"),
    ("product_calls_bind", "New-PartnerApplication -Name a -Confirm:$false -ErrorAction Stop"),
    ("product_calls_bind", "$h = @{ Nothing = 1 }\n" + GET + " @h"),
    ("product_calls_bind", "$h = @{}\n$h['Nothing'] = 1\n" + GET + " @h"),
    ("product_calls_guarded", "Get-PartnerApplication"),
    ("product_calls_guarded", "Get-PartnerApplication -ErrorAction SilentlyContinue"),
    ("product_calls_guarded", LYNC + "Test-CsExStorageConnectivity -SipUri a -Verbose"),
    (
        "product_calls_guarded",
        "Set-PartnerApplication -Identity a -Enabled $true -ErrorAction Stop",
    ),
    ("product_calls_guarded", "Remove-PartnerApplication -Identity a -ErrorAction Stop"),
    ("product_calls_guarded", GET + " -Debug"),
    ("builtin_calls_bind", "Get-Service -NoSuch 1"),
    ("builtin_calls_bind", "Get-Service -Exc W3SVC"),
    ("builtin_calls_bind", "Stop-Service -Name a -NoWait"),
    ("builtin_calls_bind", "ConvertFrom-Json -AsHashtable"),
    ("builtin_calls_bind", "ForEach-Object -Parallel { 1 }"),
    ("builtin_calls_bind", "ForEach-Object -PipelineVariable x -Process { 1 }"),
    ("builtin_calls_bind", "Get-Service -InformationAction Ignore"),
    ("builtin_calls_bind", "function Get-Own { param($A) $A }\nGet-Own -B 1"),
    ("builtin_calls_bind", "function Get-Own { param($A) $A }\nGet-Own 1 2"),
    ("redirections_merge", "Get-Service 6>&1"),
    ("redirections_merge", "Get-Service 2>$null"),
    ("redirections_merge", "Get-Service > a.txt"),
    ("redirections_merge", "& $program 2>&1"),
    ("exit_and_codes", "exit 3"),
    ("exit_and_codes", "$LASTEXITCODE"),
    ("functions_named", "function h { 1 }"),
    ("functions_named", "function Get-Service { 1 }"),
    ("functions_named", "function Get-PartnerApplication { 1 }"),
    ("types_known", "[System.Text.Json.JsonDocument]::Parse($a)"),
    ("types_known", "[ushort]1"),
    ("types_known", "[semver]'1.0.0'"),
    ("types_known", "[X509Certificate]$a"),
    ("types_known", "try { 1 } catch [System.Net.Http.HttpRequestException] { 2 }"),
    ("types_known", "New-Object -TypeName System.Net.WebClient"),
    ("types_known", "New-Object $name"),
    ("members_known", "[Convert]::ToHexString($a)"),
    ("members_known", "[System.Text.Encoding]::Default"),
    ("members_known", "[System.Security.Cryptography.SHA256]::HashData($a)"),
    ("members_known", "[DateTime]::UnixEpoch"),
    ("members_known", "$certificate.Dispose()"),
    ("members_known", "$certificate.GetRSAPublicKey()"),
    ("members_known", "$date.ToString('yyyy')"),
    ("members_known", "$text.Split('::')"),
    ("members_known", "$text.Contains('a', 'OrdinalIgnoreCase')"),
    ("members_known", "$text.ToLower()"),
]

GOOD = """
function Get-Own { param($First, [string]$Second) return $First }
$keys = @{ SipUri = 'a' }
$keys['Folder'] = 'b'
$null = Get-PartnerApplication -Identity $x -DomainController $dc -ErrorAction Stop 3>&1
Set-PartnerApplication -Identity $x -RefreshAuthMetadata -DomainController $dc -Confirm:$false -ErrorAction Stop
$list = New-Object System.Collections.ArrayList
if (($list.Count -eq 0x10) -or ($a -gt 1.5) -or ($b -lt 4kb)) { $null = $list.Add((Get-Own -First 1)) }
[Convert]::ToBase64String([byte[]]$raw)
Get-Service -Name W3SVC -ErrorAction Stop | Where-Object -FilterScript { $_.Name -like 'W*' }
$program = "$($env:windir)\\System32\\iisreset.exe"
& $program /RESTART
$LASTEXITCODE
"a``e"
"""


@pytest.fixture(scope="module")
def parsed() -> dict[str, Facts]:
    """Facts of all samples, from one process."""
    texts = {}
    for place, (_, sample) in enumerate(BAD):
        product = "lync" if sample.startswith(LYNC) else "exchange"
        if "Test-Cs" in sample:
            product = "lync"
        texts[str(place)] = (product, sample.removeprefix(LYNC))
    texts["good"] = ("exchange", GOOD)
    return read_facts(texts)[0]


@pytest.mark.parametrize("place", range(len(BAD)), ids=[f"{rule}: {text}" for rule, text in BAD])
def test_a_bad_sample_is_caught_by_its_rule(parsed: dict[str, Facts], place: int) -> None:
    """The named rule says something about its sample."""
    rule, _ = BAD[place]
    assert list(RULES[rule](parsed[str(place)]))


def test_every_rule_has_a_bad_sample() -> None:
    """No rule is without a proof."""
    assert {rule for rule, _ in BAD} == set(RULES)


def test_good_text_is_left_alone(parsed: dict[str, Facts]) -> None:
    """The rules do not cry wolf on what is allowed."""
    said = [f"{name}: {text}" for name, rule in RULES.items() for text in rule(parsed["good"])]
    assert not said, "\n".join(said)
