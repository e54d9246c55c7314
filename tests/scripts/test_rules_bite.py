"""Every rule bites, also where no trap of Windows PowerShell lies (test_traps.py), and good text stays unhurt.

A rule that fires on nothing is a bug of the check.
"""

from __future__ import annotations

import pytest

from powershell_traps.page import all_samples
from powershell_traps.trap import LYNC, product_of
from support.scripts.facts import Facts, read_facts
from support.scripts.rules import RULES

pytestmark = pytest.mark.pwsh
GET = "Get-PartnerApplication -ErrorAction Stop"
SET = "Set-PartnerApplication -Confirm:$false -ErrorAction Stop"

BAD: list[tuple[str, str]] = [
    ("parses", "if ("),
    ("no_new_tokens", "0b101"),
    ("no_forbidden_variables", "if ($?) { 1 }"),
    ("commands_known", "Get-Nothing"),
    ("commands_known", "Invoke-WebRequest -Uri $a"),
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
    ("product_calls_guarded", LYNC + "Test-CsExStorageConnectivity -SipUri a -Verbose"),
    (
        "product_calls_guarded",
        "Set-PartnerApplication -Identity a -Enabled $true -ErrorAction Stop",
    ),
    ("product_calls_guarded", GET + " -Debug"),
    ("builtin_calls_bind", "Get-Service -NoSuch 1"),
    ("builtin_calls_bind", "Stop-Service -Name a -NoWait"),
    ("builtin_calls_bind", "function Get-Own { param($A) $A }\nGet-Own -B 1"),
    ("builtin_calls_bind", "function Get-Own { param($A) $A }\nGet-Own 1 2"),
    ("functions_named", "function Get-Service { 1 }"),
    ("functions_named", "function Get-PartnerApplication { 1 }"),
    ("types_known", "New-Object $name"),
    ("members_known", "$text.Contains('a', 'OrdinalIgnoreCase')"),
]

GOOD = """
function Get-Own { param($First, [string]$Second) return $First }
$keys = @{ SipUri = 'a' }
$keys['Folder'] = 'b'
$null = Get-PartnerApplication -Identity $x -DomainController $dc -ErrorAction Stop 3>&1
$null = Set-PartnerApplication -Identity $x -RefreshAuthMetadata -DomainController $dc -Confirm:$false -ErrorAction Stop
$list = New-Object System.Collections.ArrayList
if (($list.Count -eq 0x10) -or ($a -gt 1.5) -or ($b -lt 4kb)) { $null = $list.Add((Get-Own -First 1)) }
$text = [Convert]::ToBase64String([byte[]]$raw)
Get-Service -Name W3SVC -ErrorAction Stop | Where-Object -FilterScript { $_.Name -clike 'W*' }
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
        texts[str(place)] = product_of(sample)
    texts["good"] = ("exchange", GOOD)
    return read_facts(texts)[0]


@pytest.mark.parametrize("place", range(len(BAD)), ids=[f"{rule}: {text}" for rule, text in BAD])
def test_a_bad_sample_is_caught_by_its_rule(parsed: dict[str, Facts], place: int) -> None:
    """The named rule says something about its sample."""
    rule, _ = BAD[place]
    assert list(RULES[rule](parsed[str(place)]))


def test_every_rule_has_a_bad_sample() -> None:
    """No rule is without a proof."""
    assert {rule for rule, _ in (*BAD, *all_samples())} == set(RULES)


def test_good_text_is_left_alone(parsed: dict[str, Facts]) -> None:
    """The rules do not cry wolf on what is allowed."""
    said = [f"{name}: {text}" for name, rule in RULES.items() for text in rule(parsed["good"])]
    assert not said, "\n".join(said)
