"""Traps of Windows PowerShell that only a run can show: errors, questions, noise, preferences, strict mode."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from partner_operator.products.scripts import script
from partner_operator.winrm import ScriptError
from support.scripts import lync as scripts_lync
from support.scripts.exchange import exchange
from support.scripts.lync import lync
from support.scripts.stubs import Code, literal
from support.winrm.powershell import Ended, call

pytestmark = pytest.mark.pwsh
COMMON = script("lync", "remove").partition("Import-Lync\n$removed")[0]
"""The functions that every operation has in front."""


def answer(text: str) -> Any:
    """What a script answers in a process of its own."""
    return call(text).answer.data


def refused(ended: Ended) -> str:
    """The id of the error that ended a script."""
    failure = ended.failure
    assert isinstance(failure, ScriptError)
    return failure.details.error_id


ASKING = """
function Get-Own {
    [CmdletBinding(SupportsShouldProcess=$true,ConfirmImpact='High')] param()
    if ($PSCmdlet.ShouldProcess('a')) { 1 }
}
function Get-Needy { [CmdletBinding()] param([Parameter(Mandatory=$true)]$Name) $Name }
$told = @{}
try { $null = Read-Host -Prompt 'Password' } catch { $told['read'] = $_.FullyQualifiedErrorId }
try { $null = Get-Own } catch { $told['confirm'] = $_.FullyQualifiedErrorId }
try { $null = Get-Needy } catch { $told['mandatory'] = $_.FullyQualifiedErrorId }
$told
"""


def test_a_question_is_an_error_and_not_a_wait() -> None:
    """Nobody is there to answer; the ids are those of Windows PowerShell."""
    told = answer(ASKING)
    assert {name: text.partition(",")[0] for name, text in told.items()} == {
        "read": "InvalidOperation",
        "confirm": "PSInvalidOperationException",
        "mandatory": "MissingMandatoryParameter",
    }


async def test_operations_are_tried_in_strict_mode() -> None:
    """The stand-ins switch it on, and it reaches the functions of a script: every run is held to it."""
    stubs = exchange()
    for text in ("(Get-Item -LiteralPath /).Nothing", "function Get-A { $a = 1; $a.Count }\nGet-A"):
        ended = call(f"{text}\n@{{}}", before=stubs.before)
        assert refused(ended) == "PropertyNotFoundStrict"
    assert refused(call("$nothing\n@{}", before=stubs.before)) == "VariableIsUndefined"


MODULE = """
$null = New-Module -Name Far -ScriptBlock {
    function Get-Far {
        [CmdletBinding()] param()
        Write-Error -Message 'far' -ErrorId Far
        [Console]::Out.Write("went on: $ErrorActionPreference")
    }
    Export-ModuleMember -Function Get-Far
} | Import-Module -Global
"""


def test_a_module_sees_the_preference_of_the_bootstrap() -> None:
    """It is a global one: a variable of the caller's would not reach a function of a module."""
    ended = call("Get-Far\n@{}", before=MODULE)
    assert refused(ended).startswith("Far")
    assert b"went on" not in ended.stdout
    local = "$global:ErrorActionPreference = 'Continue'\n$ErrorActionPreference = 'Stop'\n"
    scoped = call(f"& {{ {local}Get-Far }}\n@{{}}", before=MODULE)
    assert b"went on: Continue" in scoped.stdout


NOTED = """
$text = 'a' | Add-Member -NotePropertyName ReadCount -NotePropertyValue 1 -PassThru
$sent = wk $text 1
$notes = @($text.PSObject.Properties | Where-Object -Property MemberType -EQ -Value 'NoteProperty')
$left = @($sent.PSObject.Properties | Where-Object -Property MemberType -EQ -Value 'NoteProperty')
@{ notes = $notes.Count; left = $left.Count; text = $text }
"""


def test_notes_on_a_text_do_not_come_along() -> None:
    """Windows PowerShell would write such a text as an object; the bootstrap makes a new one of it."""
    assert answer(NOTED) == {"notes": 1, "left": 0, "text": "a"}


TLS = """
$told = New-Object System.Collections.ArrayList
foreach ($before in 0, 192, 3072, 3264) {
    [System.Net.ServicePointManager]::SecurityProtocol = $before
    Set-Tls
    $null = $told.Add([int][System.Net.ServicePointManager]::SecurityProtocol)
}
@{ told = $told.ToArray() }
"""


def test_tls_1_2_is_added_and_the_choice_of_the_system_kept() -> None:
    """.NET before 4.7 has SSL 3 and TLS 1.0 alone; 0 means that the system chooses, TLS 1.3 included."""
    assert answer(COMMON + TLS) == {"told": [0, 192 | 3072, 3072, 3264]}


@pytest.mark.parametrize("thumbprint", ["", None])
async def test_no_path_is_asked_for_where_there_is_no_thumbprint(thumbprint: str | None) -> None:
    """`Test-Path` of nothing is an error of binding on Windows, and the whole store here."""
    shown = {"Thumbprint": thumbprint, "PreviousThumbprint": thumbprint, "Subject": ""}
    shown |= dict.fromkeys(("NotBefore", "NotAfter", "EffectiveDate"))
    stubs = lync().cmdlet("Get-CsCertificate", [shown])
    stubs.tool("Test-Path", "LiteralPath", True).tool(
        "Get-Item", "LiteralPath", [{"RawData": None}]
    )
    await scripts_lync.observe(stubs)
    assert stubs.named("Test-Path", "Get-Item") == []
    stubs.cmdlet("Get-CsCertificate", [shown | {"Thumbprint": "AB" * 20}])
    await scripts_lync.observe(stubs)
    assert [asked["LiteralPath"] for asked in stubs.named("Test-Path")] == [
        f"Cert:\\LocalMachine\\My\\{'AB' * 20}"
    ]


async def test_a_property_that_throws_is_no_value() -> None:
    """It reads as `$null`; an entry whose identifier is so is not taken for somebody else's."""
    getter = "-MemberType ScriptProperty -Name ApplicationIdentifier -Value { throw 'gone' } -Force"
    shown = Code(f"{literal(scripts_lync.entry())} | Add-Member {getter} -PassThru")
    seen = await scripts_lync.observe(lync().cmdlet("Get-CsPartnerApplication", shown))
    assert seen.incomplete is not None
    assert "without an application identifier" in seen.incomplete


def test_the_exit_code_says_nothing_about_an_answer() -> None:
    """It follows the last error, even a silenced one; an answer is an answer, and none is none."""
    ended = call("@{ a = 1 }")
    assert (ended.code, replace(ended, code=1).answer.data) == (0, {"a": 1})
    for code in (0, 1, 255):
        assert replace(ended, stdout=b"", code=code).failure


@pytest.mark.parametrize(
    "text", ["1/0; @{ a = 1 }", "try { No-Such } catch { 1 }; exit 0", "exit 1"]
)
def test_a_script_without_an_answer_is_never_a_success(text: str) -> None:
    """Whatever code PowerShell ends with."""
    assert call(text).failure
