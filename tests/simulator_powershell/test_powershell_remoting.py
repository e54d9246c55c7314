"""The Exchange endpoint: an inner session with an explicit credential, and its imported commands."""

from __future__ import annotations

import json
from typing import Any

import pytest

from partner_simulator.ports import (
    CmdletCall,
    CmdletOutput,
    CommandEngine,
    Logon,
    LogonKind,
    PsObject,
)
from support.world.powershell import (
    DIRECTORY,
    ENDPOINT,
    SNAPIN,
    TinyWorld,
    application,
    emits,
    not_found,
    run,
)

CONNECT = f"""
$password = New-Object Security.SecureString
foreach ($letter in "Pässw0rd'`$(x)".ToCharArray()) {{ $password.AppendChar($letter) }}
$credential = New-Object Management.Automation.PSCredential 'LITWAREINC\\exadmin', $password
$endpoint = @{{ ConfigurationName = 'Microsoft.Exchange'; ConnectionUri = '{ENDPOINT}'; Authentication = 'Kerberos' }}
$session = New-PSSession @endpoint -Credential $credential
$null = Import-PSSession $session -DisableNameChecking -AllowClobber
"""

RECORD = (
    "@{id=$_.FullyQualifiedErrorId; reason=$_.CategoryInfo.Reason; activity=$_.CategoryInfo.Activity;"
    ' type=$_.Exception.GetType().FullName; message="$_"} | ConvertTo-Json -Compress'
)


def answer(engine: CommandEngine, script: str) -> Any:
    """The JSON that a script prints inside an inner session."""
    ended = run(engine, CONNECT + script)
    assert ended.stdout, ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.pwsh
def test_calls_through_the_endpoint_carry_its_credential(
    engine: CommandEngine, world: TinyWorld
) -> None:
    run(engine, CONNECT + "Get-PartnerApplication\nRemove-PSSession $session")
    (call,) = world.calls
    assert call.name == "Get-PartnerApplication"
    assert call.second_hop == Logon("LITWAREINC\\exadmin", LogonKind.NETWORK)
    assert call.session.logon.kind is LogonKind.NETWORK


@pytest.mark.pwsh
def test_the_snap_in_carries_no_second_credential(engine: CommandEngine, world: TinyWorld) -> None:
    run(engine, f"Add-PSSnapin {SNAPIN}; Get-PartnerApplication")
    assert world.calls[0].second_hop is None


@pytest.mark.pwsh
def test_objects_come_back_deserialised(engine: CommandEngine, world: TinyWorld) -> None:
    """Enums are numbers with a Value, lists ArrayLists, type names say Deserialized."""
    world.handlers["Get-PartnerApplication"] = emits(application("Lync", CertificateStrings=["a"]))
    seen = answer(
        engine,
        '$a = Get-PartnerApplication; @{ types = $a.PSObject.TypeNames[0]; text = "$a";'
        ' account = "$($a.LinkedAccount)"; enum = $a.AccountType.GetType().Name;'
        " value = $a.AccountType.Value; equal = ($a.AccountType -eq 'OrganizationalAccount');"
        " list = $a.CertificateStrings.GetType().Name; computer = $a.PSComputerName } | ConvertTo-Json",
    )
    assert seen == {
        "types": f"Deserialized.{DIRECTORY}.SystemConfiguration.PartnerApplication",
        "text": "Lync",
        "account": "litwareinc.com/Users/Lync",
        "enum": "Int32",
        "value": "OrganizationalAccount",
        "equal": False,
        "list": "ArrayList",
        "computer": "atl-exchange-001.litwareinc.com",
    }


@pytest.mark.pwsh
@pytest.mark.parametrize("values", ["text", "object"])
def test_values_of_the_products_own_types_are_text_or_objects_that_only_print_so(
    engine: CommandEngine, world: TinyWorld, values: str
) -> None:
    world.handlers["Get-PartnerApplication"] = emits(application("Lync"))
    world.answers["credential"] = {"user": "LITWAREINC\\exadmin", "values": values}
    seen = answer(
        engine,
        '$a = (Get-PartnerApplication).LinkedAccount; @{ text = "$a"; string = $a -is [string];'
        " equal = ($a -eq 'litwareinc.com/Users/Lync') } | ConvertTo-Json",
    )
    text = values == "text"
    assert seen == {"text": "litwareinc.com/Users/Lync", "string": text, "equal": text}


@pytest.mark.pwsh
def test_the_same_objects_are_live_in_the_snap_in(engine: CommandEngine, world: TinyWorld) -> None:
    world.handlers["Get-PartnerApplication"] = emits(application("Lync"))
    ended = run(
        engine,
        f"Add-PSSnapin {SNAPIN}; $a = Get-PartnerApplication; $a.PSObject.TypeNames[0];"
        " $a.AccountType -eq 'OrganizationalAccount'; \"$($a.AccountType)\";"
        " ConvertTo-Json $a.AccountType; $a.CertificateStrings.GetType().Name",
    )
    assert ended.lines == [
        f"{DIRECTORY}.SystemConfiguration.PartnerApplication",
        "True",
        "OrganizationalAccount",
        "1",
        "List`1",
    ]


@pytest.mark.pwsh
@pytest.mark.parametrize("terminating", [True, False])
def test_errors_of_the_far_side_stop_only_by_the_global_preference(
    engine: CommandEngine, world: TinyWorld, *, terminating: bool
) -> None:
    """-ErrorAction Stop works on the far side, and the record arrives as a non-terminating one."""

    def fail(call: CmdletCall, output: CmdletOutput) -> None:
        if terminating:
            raise not_found("x", terminating=True)
        output.write_error(not_found("x"))

    world.handlers["Set-PartnerApplication"] = fail
    call = "Set-PartnerApplication x -Enabled $true -ErrorAction Stop"
    assert answer(engine, f"try {{ {call} 2>$null; '\"on\"' }} catch {{ '\"caught\"' }}") == "on"
    record = answer(
        engine, f"$global:ErrorActionPreference = 'Stop'; try {{ {call} }} catch {{ {RECORD} }}"
    )
    assert record == {
        "id": not_found("x").error_id
        + ",Microsoft.Exchange.Management.SystemConfigurationTasks.SetPartnerApplication",
        "reason": "ManagementObjectNotFoundException",
        "activity": "Set-PartnerApplication",
        "type": "System.Management.Automation.RemoteException",
        "message": not_found("x").message,
    }


@pytest.mark.pwsh
@pytest.mark.parametrize(
    ("command", "error_id"),
    [
        ("Set-PartnerApplication x -Bogus 1", "NamedParameterNotFound,Set-PartnerApplication"),
        (
            "Set-PartnerApplication x -Enabled yes",
            "CannotConvertArgument,Microsoft.Exchange.Management.SystemConfigurationTasks.SetPartnerApplication",
        ),
    ],
)
def test_an_unknown_parameter_fails_here_and_a_wrong_value_there(
    engine: CommandEngine, world: TinyWorld, command: str, error_id: str
) -> None:
    script = f"$global:ErrorActionPreference = 'Stop'; try {{ {command} }} catch {{ {RECORD} }}"
    assert answer(engine, script)["id"] == error_id
    assert world.calls == []


@pytest.mark.pwsh
def test_imported_commands_are_functions_that_a_called_script_sees(
    engine: CommandEngine, world: TinyWorld
) -> None:
    world.handlers["Get-PartnerApplication"] = emits(application("Lync"))
    ended = run(
        engine,
        CONNECT
        + "Set-Content (Join-Path $env:TEMP inner.ps1) 'Get-PartnerApplication | ForEach-Object"
        " { $_.Name }'\n& (Join-Path $env:TEMP inner.ps1)\n(Get-Command Get-PartnerApplication).CommandType",
    )
    assert ended.lines == ["Lync", "Function"]


@pytest.mark.pwsh
def test_only_the_named_commands_are_imported(engine: CommandEngine, world: TinyWorld) -> None:
    script = CONNECT.replace("-AllowClobber", "-AllowClobber -CommandName Get-User, *-AuthConfig")
    ended = run(engine, script + "(Get-Command -Module tmp_* | Sort-Object Name).Name")
    assert ended.lines == ["Get-AuthConfig", "Get-User", "Set-AuthConfig"]


@pytest.mark.pwsh
@pytest.mark.parametrize("credential", ["-Credential $credential", ""])
def test_a_refused_logon_opens_no_session(
    engine: CommandEngine, world: TinyWorld, credential: str
) -> None:
    """A wrong password, and the outer logon's own identity over NTLM (the second hop)."""
    script = CONNECT.replace("Pässw0rd", "wrong").replace("-Credential $credential", credential)
    ended = run(engine, script.replace("$null = Import", '"[$session]"; $null = Import'))
    assert ended.lines[0] == "[]"
    assert "AccessDenied,PSSessionOpenFailed" in ended.stderr
    assert "Access is denied." in ended.stderr
    arguments = next(given for what, given in world.asked if what == "credential")
    assert arguments["endpoint"] == ENDPOINT
    assert (arguments["user"] is None) == (credential == "")


@pytest.mark.pwsh
def test_a_removed_session_takes_no_more_commands(engine: CommandEngine, world: TinyWorld) -> None:
    record = answer(
        engine, f"Remove-PSSession $session; try {{ Get-PartnerApplication }} catch {{ {RECORD} }}"
    )
    assert record["id"].startswith("InvalidRunspaceState")
    assert world.calls == []


@pytest.mark.pwsh
def test_the_management_shell_under_a_network_logon_is_refused(
    engine: CommandEngine, world: TinyWorld
) -> None:
    ended = run(
        engine,
        '. "$env:ExchangeInstallPath\\bin\\RemoteExchange.ps1"\n'
        "Connect-ExchangeServer -Auto -ClientApplication:ManagementShell",
    )
    assert "Failed to connect to an Exchange server" in ended.stderr
    world.answers["credential"] = {"user": "LITWAREINC\\exadmin"}
    world.handlers["Get-PartnerApplication"] = emits(application("Lync"))
    ended = run(
        engine,
        '. "$env:ExchangeInstallPath\\Bin\\RemoteExchange.ps1"\n'
        "Connect-ExchangeServer -Auto; (Get-PartnerApplication).Name",
    )
    assert ended.lines == ["Lync"]


@pytest.mark.pwsh
def test_absent_values_and_empty_lists_survive_the_way_back(
    engine: CommandEngine, world: TinyWorld
) -> None:
    item = PsObject(("X.Y",), "x", {"Nothing": None, "Empty": [], "Many": ["a", "b"], "Yes": True})
    world.handlers["Get-User"] = emits(item)
    seen = answer(
        engine,
        "$u = Get-User; @{ nothing = ($null -eq $u.Nothing); empty = @($u.Empty).Count;"
        " many = @($u.Many).Count; yes = $u.Yes } | ConvertTo-Json",
    )
    assert seen == {"nothing": True, "empty": 0, "many": 2, "yes": True}
