"""Token servers in a real PowerShell: Exchange's auth servers and Lync's OAuth servers, over the whole domain."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from partner_simulator.hybrid_people import ACS_URL, ENTRA_URL
from partner_simulator.ports import CommandEngine, Logon, LogonKind, Session
from partner_simulator.powershell import PowerShellEngine
from partner_simulator.world import names
from partner_simulator.world.switches import Name
from partner_simulator.world.token_documents import Shape
from partner_simulator.world.token_server import OWN_ID
from support.pwsh import find_pwsh
from support.world.bench import LYNC_SESSION, Bench, bench
from support.world.powershell import SNAPIN, run

EXCHANGE = Session(
    names.EXCHANGE_HOSTS[0], Logon(names.EXCHANGE_ADMIN, LogonKind.CREDSSP), "ex-credssp"
)
URL = names.TOKEN_SERVER_METADATA_URL
RECORD = 'catch { @{ id = $_.FullyQualifiedErrorId; message = "$_" } | ConvertTo-Json -Compress; exit }\n'


@dataclass
class Shells:
    """Scripts on an Exchange server and on a Front End."""

    world: Bench
    engine: CommandEngine

    def exchange(self, script: str) -> Any:
        """The JSON that a script prints."""
        return self._told(EXCHANGE, f"Add-PSSnapin {SNAPIN}\ntry {{ {script} }} {RECORD}")

    def lync(self, script: str) -> Any:
        """The same on Lync, in strict mode as careful scripts have it."""
        head = "Import-Module Lync\nSet-StrictMode -Version Latest\n"
        return self._told(LYNC_SESSION, f"{head}try {{ {script} }} {RECORD}")

    def _told(self, session: Session, script: str) -> Any:
        ended = run(self.engine, f"$ErrorActionPreference = 'Stop'\n{script}", session)
        assert ended.stdout, ended.stderr
        return json.loads(ended.stdout)


@pytest.fixture
def shells(tmp_path: Path) -> Iterator[Shells]:
    with bench(tmp_path, {Name.EXCHANGE_VERSION: "Exchange Server SE"}) as world:
        engine = PowerShellEngine(find_pwsh(), world.world)
        yield Shells(world, engine)
        engine.close()


@pytest.mark.pwsh
def test_an_auth_server_from_its_making_to_its_end(shells: Shells) -> None:
    script = f"""
$null = New-AuthServer STS -AuthMetadataUrl {URL} -DomainName litwareinc.com, example.com
$null = New-AuthServer -Name Entra -AuthMetadataUrl '{ENTRA_URL}' -Type azuread
Set-AuthServer STS -RefreshAuthMetadata -WarningAction SilentlyContinue
Set-AuthServer -Identity Entra -IsDefaultAuthorizationEndpoint $true
$null = New-PartnerApplication HR -ApplicationIdentifier a-b -Realm x.y
$sts, $entra = @(Get-AuthServer | Sort-Object Name -Descending)
$application = Get-PartnerApplication HR
Remove-AuthServer Entra -Confirm:$false
@{{
    issuer = $sts.IssuerIdentifier; type = "$($sts.Type)"; domains = @($sts.DomainName.Domain)
    keys = $sts.CertificateStrings.Count; entra = "$($entra.Type)"; realm = $entra.Realm
    default = $entra.IsDefaultAuthorizationEndpoint; uses = $application.UseAuthServer
    left = @(Get-AuthServer | ForEach-Object {{ $_.Name }}); all = @(Get-AuthServer $null).Count
}} | ConvertTo-Json -Compress
"""
    assert shells.exchange(script) == {
        "issuer": OWN_ID,
        "type": "Unknown",
        "domains": ["litwareinc.com", "example.com"],
        "keys": 1,
        "entra": "AzureAD",
        "realm": names.TENANT,
        "default": True,
        "uses": True,
        "left": ["STS"],
        "all": 1,
    }


@pytest.mark.pwsh
@pytest.mark.parametrize(
    ("command", "identifier"),
    [
        (f"New-AuthServer x -AuthMetadataUrl {URL} -Type Plain", "CannotConvertArgument"),
        ("New-AuthServer x", "MissingMandatoryParameter"),
        (f"Set-AuthServer x -Type ADFS -AuthMetadataUrl {URL}", "NamedParameterNotFound"),
        (f"Set-AuthServer x -RefreshAuthMetadata -AuthMetadataUrl {URL}", "AmbiguousParameterSet"),
        ("New-PartnerApplication x -ApplicationIdentifier a -UseAuthServer $true", "NamedParam"),
    ],
)
def test_what_exchange_does_not_bind(shells: Shells, command: str, identifier: str) -> None:
    assert shells.exchange(command)["id"].startswith(identifier)


@pytest.mark.pwsh
def test_an_oauth_server_on_lync(shells: Shells) -> None:
    script = f"""
$null = New-CsOAuthServer -Identity microsoft.sts -MetadataUrl {ACS_URL}
$null = New-CsPartnerApplication HR -ApplicationIdentifier a-b -ApplicationTrustLevel Full -UseOAuthServer
$server = Get-CsOAuthServer microsoft.sts
$application = Get-CsPartnerApplication HR
Get-CsOAuthServer | Remove-CsOAuthServer
@{{
    issuer = $server.IssuerIdentifier; realm = $server.Realm
    type = $server.PSObject.Properties.Match('Type').Count; token = "$($application.AuthToken)"
    left = @(Get-CsOAuthServer).Count
}} | ConvertTo-Json -Compress
"""
    told = shells.lync(script)
    assert told.pop("token").endswith("SSAuth.UseOAuthServer")
    assert told == {"issuer": names.ACS_ID, "realm": names.TENANT, "type": 0, "left": 0}
    shells.world.domain.token_servers[names.TOKEN_SERVER].shape = Shape.WITHOUT_ISSUER
    failed = shells.lync(f"New-CsOAuthServer sts -MetadataUrl {URL}")
    assert "could not be downloaded" in failed["message"]
    assert failed["id"].startswith("ParameterBindingFailed")
    failed = shells.lync("Set-CsOAuthServer sts -Realm other")
    assert failed["id"].startswith("NamedParameterNotFound")
