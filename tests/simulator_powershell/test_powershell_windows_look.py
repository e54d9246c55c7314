"""A simulated machine looks like Windows as far as scripts of ours look."""

from __future__ import annotations

import pytest

from partner_simulator.ports import (
    CmdletCall,
    CmdletOutput,
    CommandEngine,
    PsEnum,
    PsObject,
    PsText,
)
from support.world.powershell import DIRECTORY, EXCHANGE, LYNC, SNAPIN, TinyWorld, emits, run

METADATA = "https://atl-cs-001.litwareinc.com/metadata/json/1"
CONFIGURE = (
    f"Add-PSSnapin {SNAPIN}\n"
    '& "$env:ExchangeInstallPath\\Scripts\\Configure-EnterprisePartnerApplication.ps1"'
    f" -AuthMetadataUrl {METADATA} -ApplicationType {{kind}}\n"
    '"`$?=$? LASTEXITCODE=$LASTEXITCODE"'
)


@pytest.mark.pwsh
def test_a_snap_in_is_there_only_where_it_is_installed(
    engine: CommandEngine, world: TinyWorld
) -> None:
    look = f"Add-PSSnapin {SNAPIN}; (Get-Command Get-PartnerApplication).ModuleName"
    assert run(engine, look, EXCHANGE).lines == [SNAPIN]
    refused = run(engine, look, LYNC)
    assert refused.stdout == ""
    assert "AddPSSnapInRead,Microsoft.PowerShell.Commands.AddPSSnapinCommand" in refused.stderr
    assert "CommandNotFoundException" in refused.stderr


@pytest.mark.pwsh
def test_a_module_is_there_only_where_it_is_installed(
    engine: CommandEngine, world: TinyWorld
) -> None:
    look = "Import-Module Lync; (Get-Command New-CsPartnerApplication).ModuleName"
    assert run(engine, look, LYNC).lines == ["Lync"]
    assert "Modules_ModuleNotFound" in run(engine, look, EXCHANGE).stderr


@pytest.mark.pwsh
def test_the_snap_in_guard_of_careful_scripts_works(
    engine: CommandEngine, world: TinyWorld
) -> None:
    guard = (
        f"if (-not (Get-PSSnapin -Name {SNAPIN} -ErrorAction SilentlyContinue))"
        f" {{ Add-PSSnapin {SNAPIN}; 'added' }} else {{ 'there' }}\n"
    )
    assert run(engine, guard + guard).lines == ["added", "there"]


@pytest.mark.pwsh
def test_services_have_real_states_and_refresh(engine: CommandEngine, world: TinyWorld) -> None:
    look = (
        "$s = Get-Service W3SVC; \"$($s.Status)\"; $s.Status -eq 'Running'; [int]$s.Status;"
        " $s.Refresh(); @(Get-Service).Count; @(Get-Service W*).Count"
    )
    assert run(engine, look).lines == ["Running", "True", "4", "3", "2"]
    missing = run(engine, "Get-Service Nope -ErrorAction Stop")
    assert missing.code == 1
    expected = "NoServiceFoundForGivenName,Microsoft.PowerShell.Commands.GetServiceCommand"
    assert expected in missing.stderr


@pytest.mark.pwsh
@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("Name='w3wp.exe'", ["4711", "4712"]),
        ("Name = 'W3WP.EXE' AND ProcessId = 4712", ["4712"]),
        ("ProcessId=4711 OR ProcessId=4712", ["4711", "4712"]),
        ("Name LIKE 'w3%'", ["4711", "4712"]),
        ("Name='other.exe'", []),
    ],
)
def test_wmi_filters_select(
    engine: CommandEngine, world: TinyWorld, condition: str, expected: list[str]
) -> None:
    script = (
        f'Get-CimInstance Win32_Process -Filter "{condition}" | ForEach-Object {{ $_.ProcessId }}'
    )
    assert run(engine, script).lines == expected
    query = f'Get-CimInstance -Query "SELECT * FROM Win32_Process WHERE {condition}"'  # noqa: S608
    assert run(engine, query + " | ForEach-Object { $_.ProcessId }").lines == expected


@pytest.mark.pwsh
def test_wmi_times_are_local_datetimes(engine: CommandEngine, world: TinyWorld) -> None:
    script = (
        '$p = @(Get-CimInstance Win32_Process)[0].CreationDate; $p.GetType().Name; "$($p.Kind)";'
        " [int64]($p.ToUniversalTime() - (New-Object DateTime 1970,1,1,0,0,0,([DateTimeKind]::Utc)))"
        ".TotalSeconds; (Get-CimInstance Win32_OperatingSystem).Version;"
        " (Get-Process -Name w3wp).Count"
    )
    assert run(engine, script).lines == ["DateTime", "Local", "1790004711", "6.3.9600", "2"]


@pytest.mark.pwsh
@pytest.mark.parametrize(
    ("script", "error_id"),
    [
        ("Get-CimInstance Win32_Nothing", "HRESULT 0x80041010"),
        ("Get-CimInstance Win32_Process -Filter 'rubbish'", "HRESULT 0x80041017"),
        ('Get-CimInstance Win32_Process -Filter "Nope=1"', "HRESULT 0x80041017"),
        ("Get-Process -Name nope", "NoProcessFoundForGivenName"),
    ],
)
def test_what_windows_does_not_know_is_an_error(
    engine: CommandEngine, world: TinyWorld, script: str, error_id: str
) -> None:
    assert error_id in run(engine, script).stderr


@pytest.mark.pwsh
@pytest.mark.parametrize(
    "call",
    [
        '& "$env:windir\\System32\\iisreset.exe" /noforce',
        "& 'C:\\windows\\system32\\IISRESET.EXE' /noforce",
        "iisreset /noforce",
        "iisreset.exe '/noforce' 2>&1",
    ],
)
@pytest.mark.parametrize("code", [0, 5, 1722, -2147023174])
def test_iisreset_keeps_all_bits_of_its_exit_code(
    engine: CommandEngine, world: TinyWorld, call: str, code: int
) -> None:
    world.answers["iisreset"] = {"exit_code": code, "output": "\r\nAttempting stop...\r\n"}
    ended = run(engine, f"$text = {call}; $LASTEXITCODE; $text.Count; $text[1]")
    assert ended.lines == [str(code), "2", "Attempting stop..."]
    assert world.asked[-1] == ("iisreset", {"arguments": ["/noforce"]})


def _configured(world: TinyWorld) -> list[CmdletCall]:
    """An organisation in which the script finds nothing yet; writes are collected."""
    account = "litwareinc.com/Users/LyncEnterprise-ApplicationAccount"
    identity = PsText(f"{DIRECTORY}.ADObjectId", account)
    user = PsObject(
        ("User",),
        account,
        {
            "Name": "LyncEnterprise-ApplicationAccount",
            "Identity": identity,
            "RecipientType": PsEnum("RecipientType", "MailUser", 4),
        },
    )
    writes: list[CmdletCall] = []

    def create(call: CmdletCall, output: CmdletOutput) -> None:
        assert output.should_process("x", "y")
        writes.append(call)
        name = str(call.parameters.get("Name", "assignment"))
        made = user if call.name == "New-MailUser" else PsObject(("X",), name, {"Identity": name})
        if call.name != "Set-MailUser":
            output.write_object(made)

    domain = PsObject(("AcceptedDomain",), "litwareinc.com", {"Name": "litwareinc.com"})
    world.handlers = {
        "Get-AcceptedDomain": emits(domain),
        "New-MailUser": create,
        "Set-MailUser": create,
        "New-ManagementRoleAssignment": create,
        "New-PartnerApplication": create,
    }
    return writes


@pytest.mark.pwsh
def test_the_shipped_script_prints_the_documented_transcript(
    engine: CommandEngine, world: TinyWorld
) -> None:
    """P-EX-3, in its 2013 variant; nothing on the success stream, no exit code."""
    writes = _configured(world)
    ended = run(engine, CONFIGURE.format(kind="Lync"))
    account = "LyncEnterprise-ApplicationAccount"
    application = str(writes[-1].parameters["Name"])
    assert len(application) == len("LyncEnterprise-") + 32
    assert ended.lines == [
        "",
        f"Creating User <{account}> for Partner Application.",
        "",
        f"Created User <litwareinc.com/Users/{account}> for Partner Application.",
        "",
        f"Assigning role <UserApplication> to Application User <litwareinc.com/Users/{account}>.",
        "",
        f"Assigning role <ArchiveApplication> to Application User <litwareinc.com/Users/{account}>.",
        "",
        f"Creating Partner Application <{application}> using metadata <{METADATA}>"
        f" with linked account <litwareinc.com/Users/{account}>.",
        "",
        f"Created Partner Application <{application}>.",
        "",
        "THE CONFIGURATION HAS SUCCEEDED.",
        "$?=True LASTEXITCODE=",
    ]
    assert [call.name for call in writes] == [
        "New-MailUser",
        "Set-MailUser",
        "New-ManagementRoleAssignment",
        "New-ManagementRoleAssignment",
        "New-PartnerApplication",
    ]
    assert writes[0].parameters["ExternalEmailAddress"] == f"{account}@litwareinc.com"
    assert writes[-1].parameters["AcceptSecurityIdentifierInformation"] is True
    assert writes[-1].parameters["LinkedAccount"] == f"litwareinc.com/Users/{account}"


@pytest.mark.pwsh
def test_the_shipped_script_refuses_an_unknown_type_and_its_caller_goes_on(
    engine: CommandEngine, world: TinyWorld
) -> None:
    ended = run(engine, CONFIGURE.format(kind="Wiki"))
    assert ended.lines == [
        "",
        "Invalid (ServiceName) specified. Possible values are 'Lync', 'SharePoint', or 'Generic'.",
        "$?=False LASTEXITCODE=1",
    ]
    assert world.calls == []


@pytest.mark.pwsh
def test_the_shipped_script_dies_without_an_accepted_domain(
    engine: CommandEngine, world: TinyWorld
) -> None:
    _configured(world)
    del world.handlers["Get-AcceptedDomain"]
    ended = run(engine, CONFIGURE.format(kind="Lync"))
    assert "There is no accepted domain so user can not be created." in ended.lines
    assert "NullArray" in ended.stderr
    assert "THE CONFIGURATION HAS SUCCEEDED." not in ended.stdout
