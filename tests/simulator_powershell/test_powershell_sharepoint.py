"""SharePoint's cmdlets and classes in a real PowerShell, over the whole simulated domain."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from partner_simulator.ports import CommandEngine, Logon, LogonKind, Session
from partner_simulator.powershell import PowerShellEngine
from partner_simulator.powershell.signatures import Cmdlet, cmdlets
from partner_simulator.world import names, sharepoint_errors
from partner_simulator.world.machines import Role
from partner_simulator.world.sharepoint_access import SUBSCRIPTION_EDITION
from partner_simulator.world.sharepoint_farm import FarmState
from partner_simulator.world.switches import Name, Switches
from partner_simulator.world.world import SHAREPOINT_HANDLERS
from support.ended import Ended
from support.pwsh import find_pwsh
from support.world.bench import (
    EXCHANGE_ISSUER,
    LYNC_SESSION,
    MAILBOX,
    SHAREPOINT_SESSION,
    Bench,
    bench,
)
from support.world.powershell import run

VERSIONS = (
    "SharePoint Server 2013",
    "SharePoint Server 2016",
    "SharePoint Server 2019",
    SUBSCRIPTION_EDITION,
)
NETWORK = replace(SHAREPOINT_SESSION, logon=Logon(names.SHAREPOINT_ADMIN, LogonKind.NETWORK))
EXCHANGE = Session(
    names.EXCHANGE_HOSTS[0], Logon(names.EXCHANGE_ADMIN, LogonKind.CREDSSP), "ex-credssp"
)
SNAPIN = f"Add-PSSnapin {names.SHAREPOINT_SNAPIN}\n"
TRUST = (
    "$issuer = New-SPTrustedSecurityTokenIssuer -Name Exchange -IsTrustBroker:$false"
    f" -MetadataEndPoint {names.EXCHANGE_METADATA_URL} -Confirm:$false\n"
)
GRANT = f"""
$web = Get-SPWeb https://{names.PORTAL}
$principal = Get-SPAppPrincipal -Site $web -NameIdentifier $issuer.NameId
Set-SPAppPrincipalPermission -AppPrincipal $principal -Site $web -Scope SiteSubscription -Right FullControl `
    -EnableAppOnlyPolicy -Confirm:$false
"""
READ = """
$manager = [Microsoft.SharePoint.SPAppPrincipalManager]::GetManager($web)
$name = [Microsoft.SharePoint.SPAppPrincipalName]::CreateFromNameIdentifier($issuer.RegisteredIssuerName)
$external = [Microsoft.SharePoint.SPAppPrincipalIdentityProvider]::External
$found = $manager.LookupAppPrincipal($external, $name)
$permissions = New-Object Microsoft.SharePoint.SPAppPrincipalPermissionsManager($web)
$shown = @{
    right = "$($permissions.GetAppPrincipalSiteSubscriptionContentPermission($found))"
    web = "$($permissions.GetAppPrincipalWebPermission($found))"
    alone = $permissions.IsAppOnlyPolicyAllowed($found)
    claim = $found.EncodedIdentityClaim
    nobody = $null -eq $manager.LookupAppPrincipal($external,
        [Microsoft.SharePoint.SPAppPrincipalName]::CreateFromNameIdentifier('nobody@realm'))
}
$web.Dispose()
$shown | ConvertTo-Json -Compress
"""


@dataclass
class Farm:
    """Scripts on a server of the farm, over one domain and one PowerShell."""

    world: Bench
    engine: CommandEngine
    new: FarmState

    def run(self, script: str, session: Session = SHAREPOINT_SESSION) -> Ended:
        """Run a script."""
        return run(self.engine, script, session)

    def told(self, script: str) -> Any:
        """The JSON that a script prints, with the snap-in loaded."""
        ended = self.run(SNAPIN + script)
        assert ended.stdout, ended.stderr
        return json.loads(ended.stdout)

    def failure(self, command: str) -> dict[str, Any]:
        """The error record that a command throws."""
        record: dict[str, Any] = self.told(
            f"try {{ {command} }} catch {{ $inner = $_.Exception.InnerException\n"
            '@{ id = $_.FullyQualifiedErrorId; type = $_.Exception.GetType().FullName; target = "$($_.CategoryInfo)"'
            '; message = $_.Exception.Message; inner = "$(if ($inner) { $inner.GetType().FullName })" }'
            " | ConvertTo-Json -Compress }"
        )
        return record

    def issuers(self) -> list[str]:
        """Names of the issuers that the farm has."""
        return [issuer.name for issuer in self.world.domain.sharepoint.state.issuers.values()]


@pytest.fixture(scope="module")
def shared_farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with bench(tmp_path_factory.mktemp("farm")) as world:
        engine = PowerShellEngine(find_pwsh(), world.world, processes=1)
        yield Farm(world, engine, world.domain.sharepoint.state)
        engine.close()


@pytest.fixture
def farm(shared_farm: Farm) -> Farm:
    """The farm as it was when it was new."""
    domain = shared_farm.world.domain
    domain.switches = Switches()
    domain.sharepoint.change(lambda _: shared_farm.new)
    domain.sharepoint.left.clear()
    return shared_farm


def named(product: str, name: str) -> Cmdlet:
    return next(cmdlet for cmdlet in cmdlets(product) if cmdlet.name == name)


@pytest.mark.parametrize("product", VERSIONS)
def test_every_cmdlet_that_can_be_called_is_simulated(product: str) -> None:
    known = {name for name in SHAREPOINT_HANDLERS if "." not in name}
    assert {cmdlet.name for cmdlet in cmdlets(product)} == known


@pytest.mark.parametrize("product", VERSIONS)
def test_what_changes_the_farm_asks(product: str) -> None:
    high = {cmdlet.name for cmdlet in cmdlets(product) if cmdlet.impact == "High"}
    verbs = ("New", "Set", "Remove")
    wanted = {f"{verb}-SPTrustedSecurityTokenIssuer" for verb in verbs}
    wanted |= {f"{verb}-SPTrustedRootAuthority" for verb in verbs}
    assert high == wanted | {"Set-SPSecurityTokenServiceConfig"}


@pytest.mark.pwsh
def test_an_issuer_is_an_object_that_can_be_renamed(farm: Farm) -> None:
    told = farm.told(
        TRUST
        + "$issuer.Name = 'Mail'; $issuer.Update(); $issuer.Description = 'ours'; $issuer.Update()\n"
        "@{ type = $issuer.GetType().FullName; url = $issuer.MetadataEndPoint.OriginalString;"
        " size = $issuer.SigningCertificate.PublicKey.Oid.Value; version = $issuer.Version;"
        " more = $issuer.AdditionalSigningCertificates.Count; self = $issuer.IsSelfIssuer;"
        " broker = $null -eq $issuer.PSObject.Properties['IsTrustBroker'] } | ConvertTo-Json"
    )
    assert told == {
        "type": "Microsoft.SharePoint.Administration.Claims.SPTrustedSecurityTokenService",
        "url": names.EXCHANGE_METADATA_URL,
        "size": "1.2.840.113549.1.1.1",
        "version": 3,
        "more": 0,
        "self": True,
        "broker": True,
    }
    (stored,) = farm.world.domain.sharepoint.state.issuers.values()
    assert (stored.name, stored.description) == ("Mail", "ours")


@pytest.mark.pwsh
def test_what_a_script_reads_has_the_types_of_the_product(farm: Farm) -> None:
    told = farm.told(
        "$sts = Get-SPSecurityTokenServiceConfig; $sql = @(Get-SPServer)[2]\n"
        "@{ major = (Get-SPFarm).BuildVersion.Major; id = (Get-SPFarm).Id.GetType().Name"
        "; ends = $sts.LocalLoginProvider.SigningCertificate.NotAfter.ToUniversalTime().Year"
        "; count = @($sts.TrustedSecurityTokenServices).Count; invalid = $sql.Role -eq 'Invalid'"
        "; proxies = @(Get-SPServiceApplicationProxy | ForEach-Object { $_.GetType().FullName })"
        "; ran = (Get-SPTimerJob RefreshMetadataFeed).LastRunTime.Kind.ToString() } | ConvertTo-Json"
    )
    proxies = told.pop("proxies")
    assert told == {
        "major": 15,
        "id": "Guid",
        "ends": 9999,
        "count": 0,
        "invalid": True,
        "ran": "Utc",
    }
    assert proxies[0] == "Microsoft.SharePoint.AppManagement.AppManagementServiceApplicationProxy"


@pytest.mark.pwsh
def test_an_old_object_cannot_be_stored(farm: Farm) -> None:
    record = farm.failure(
        TRUST
        + "$old = Get-SPTrustedSecurityTokenIssuer -Identity $issuer; $issuer.Name = 'Mail'; $issuer.Update()\n"
        "$old.Name = 'Other'; $old.Update()"
    )
    assert record["inner"].endswith(".SPUpdatedConcurrencyException")
    assert "An update conflict has occurred" in record["message"]
    assert farm.issuers() == ["Mail"]


@pytest.mark.pwsh
def test_permissions_are_given_by_cmdlets_and_read_by_classes(farm: Farm) -> None:
    assert farm.told(TRUST + GRANT + READ) == {
        "right": "FullControl",
        "web": "None",
        "alone": True,
        "claim": f"i:0i.t|ms.sp.ext|{EXCHANGE_ISSUER}",
        "nobody": True,
    }


@pytest.mark.pwsh
def test_classes_throw_what_the_farm_says(farm: Farm) -> None:
    """The product's own exception, inside the one that PowerShell makes of it."""
    kept = farm.world.domain.sharepoint.applications
    farm.world.domain.sharepoint.applications = []
    try:
        record = farm.failure(
            f"$web = Get-SPWeb https://{names.PORTAL}; $issuer = @{{RegisteredIssuerName='a@b'}}\n{READ}"
        )
    finally:
        farm.world.domain.sharepoint.applications = kept
    assert record["inner"] == "System.InvalidOperationException"
    assert "App Management Shared Service Proxy is not installed." in record["message"]


@pytest.mark.pwsh
def test_a_new_issuer_that_nobody_confirms_is_not_made(farm: Farm) -> None:
    """New asks too, which is not usual; in another world it does not, but for -WhatIf."""
    silent = TRUST.replace(" -Confirm:$false", "")
    record = farm.failure(silent)
    assert record["id"].startswith("InvalidOperation,")
    assert "NonInteractive" in record["message"]
    farm.world.domain.switches = Switches({Name.SHAREPOINT_NEW_ASKS: False})
    farm.run(SNAPIN + silent.replace(" -Name", " -WhatIf -Name"))
    assert farm.issuers() == []
    farm.run(SNAPIN + silent)
    assert farm.issuers() == ["Exchange"]


@pytest.mark.pwsh
def test_a_record_is_the_cmdlets_own(farm: Farm) -> None:
    """Its class alone as the id, and the cmdlet as its target."""
    record = farm.failure(TRUST + TRUST)
    assert record["id"] == "Microsoft.SharePoint.PowerShell.SPCmdletNewTrustedSecurityTokenIssuer"
    assert record["type"] == "System.ArgumentException"
    assert "SPCmdletNewTrustedSecurityTokenIssuer)" in record["target"]
    bad = farm.failure(
        "Set-SPTrustedSecurityTokenIssuer -Identity Exchange -MetadataEndPoint nowhere -Confirm:$false"
    )
    assert bad["type"] == "System.UriFormatException"


@pytest.mark.pwsh
def test_whatever_is_not_simulated_is_refused_by_name(farm: Farm) -> None:
    record = farm.failure("Set-SPSecurityTokenServiceConfig -FormsTokenLifetime 1 -Confirm:$false")
    assert record["id"].startswith("NotSimulated,")
    assert "-formstokenlifetime of Set-SPSecurityTokenServiceConfig" in record["message"]
    assert farm.failure("(Get-SPFarm).Update()")["id"] == "MethodNotFound"
    assert farm.failure("Get-SPSite -Filter x")["id"].startswith("NamedParameterNotFound,")


@pytest.mark.pwsh
def test_a_certificate_with_its_key_is_refused(farm: Farm) -> None:
    make = (
        "$key = [System.Security.Cryptography.RSA]::Create(2048)\n"
        "$request = New-Object System.Security.Cryptography.X509Certificates.CertificateRequest("
        "'CN=x', $key, 'SHA256', [System.Security.Cryptography.RSASignaturePadding]::Pkcs1)\n"
        "$whole = $request.CreateSelfSigned([DateTimeOffset]::Now, [DateTimeOffset]::Now.AddDays(1))\n"
        "$public = New-Object System.Security.Cryptography.X509Certificates.X509Certificate2(,$whole.RawData)\n"
        "$more = @{ RegisteredIssuerName = 'a@b'; Confirm = $false }\n"
    )
    new = "New-SPTrustedSecurityTokenIssuer -Name x -Certificate"
    assert "private key" in farm.failure(f"{make}{new} $whole @more")["message"]
    ended = farm.run(f"{SNAPIN}{make}$null = {new} $public @more")
    assert (ended.stdout, farm.issuers()) == ("", ["x"])


@pytest.mark.pwsh
def test_loading_only_warns_where_the_farm_is_out_of_reach(farm: Farm) -> None:
    ended = farm.run(f"{SNAPIN}Get-SPFarm\n'on'", NETWORK)
    assert ended.lines == ["on"]
    assert f'<S S="warning">{sharepoint_errors.NO_FARM_WARNING}</S>' in ended.stderr
    assert "Cannot access the local farm." in ended.stderr
    assert "SPCmdletGetFarm" in ended.stderr


@pytest.mark.pwsh
def test_subscription_edition_is_a_module_that_fails_outside_of_a_farm(farm: Farm) -> None:
    """In a process that has seen another version's cmdlets before."""
    assert farm.run(SNAPIN + TRUST + "$issuer.Name").lines == ["Exchange"]
    domain = farm.world.domain
    domain.switches = Switches({Name.SHAREPOINT_VERSION: SUBSCRIPTION_EDITION})
    read = "$issuer = Get-SPTrustedSecurityTokenIssuer -Identity Exchange\n"
    granted = farm.run(read + GRANT + READ)
    assert json.loads(granted.stdout)["right"] == "FullControl"
    assert "is not installed on this computer" in farm.run(SNAPIN).stderr
    domain.sharepoint.left.add(SHAREPOINT_SESSION.host)
    ended = farm.run(
        "try { Import-Module SharePointServer -ErrorAction Stop; 'on' } catch { $_.Exception.Message }"
    )
    assert ended.lines == [sharepoint_errors.NULL_VALUED]


@pytest.mark.pwsh
def test_versions_differ_in_parameter_sets(farm: Farm) -> None:
    """A registered name beside a URL is for Subscription Edition only."""
    asked = TRUST.replace("-Confirm", f"-RegisteredIssuerName {EXCHANGE_ISSUER} -Confirm")
    assert farm.failure(asked)["id"].startswith("AmbiguousParameterSet,")
    farm.world.domain.switches = Switches({Name.SHAREPOINT_VERSION: SUBSCRIPTION_EDITION})
    assert farm.run(asked + "$issuer.NameId").lines == [EXCHANGE_ISSUER]


@pytest.mark.pwsh
def test_exchange_and_lync_let_sharepoint_in_with_their_own_means(farm: Farm) -> None:
    """The shipped script with its five roles, and New-CsPartnerApplication as Microsoft's script calls it."""
    shipped = (
        "Add-PSSnapin Microsoft.Exchange.Management.PowerShell.SnapIn\n"
        '& "$env:ExchangeInstallPath\\Scripts\\Configure-EnterprisePartnerApplication.ps1"'
        f" -AuthMetadataUrl {names.SHAREPOINT_METADATA_URL} -ApplicationType Sharepoint"
    )
    ended = farm.run(shipped, EXCHANGE)
    assert "THE CONFIGURATION HAS SUCCEEDED." in ended.stdout, ended.stderr
    assert ended.stdout.count("Assigning role") == 5
    farm.run(
        "New-CsPartnerApplication -Identity microsoft.sharepoint -ApplicationTrustLevel Full"
        f" -MetadataUrl {names.SHAREPOINT_METADATA_URL}",
        LYNC_SESSION,
    )
    farm.world.domain.cms.settle()
    farm.world.restart_iis()
    for server in (Role.EXCHANGE, Role.FRONT_END):
        assert farm.world.refused(server, Role.SHAREPOINT, MAILBOX) is None
