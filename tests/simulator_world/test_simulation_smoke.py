"""The whole simulation, driven by pywinrm and a real PowerShell as an administrator would."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from partner_simulator.simulation import Simulation
from partner_simulator.world import names
from partner_simulator.world.machines import Role
from support.pwsh import find_pwsh
from support.world.remote import INNER, Remote

pytestmark = pytest.mark.pwsh

REGISTER = (
    INNER
    + """
& "$env:ExchangeInstallPath\\Scripts\\Configure-EnterprisePartnerApplication.ps1" `
    -AuthMetadataUrl 'https://atl-cs-001.litwareinc.com/metadata/json/1' -ApplicationType Lync `
    -DomainController atl-dc-001.litwareinc.com
"""
)
TRUST_EXCHANGE = """
Import-Module Lync
New-CsPartnerApplication -Identity Exchange -ApplicationTrustLevel Full `
    -MetadataUrl 'https://autodiscover.litwareinc.com/autodiscover/metadata/json/1' | Out-Null
"""
TRUST_ON_SHAREPOINT = """
Add-PSSnapin Microsoft.SharePoint.PowerShell
$site = 'https://portal.litwareinc.com'
$issuer = New-SPTrustedSecurityTokenIssuer -Name Exchange -IsTrustBroker:$false -Confirm:$false `
    -MetadataEndPoint 'https://autodiscover.litwareinc.com/autodiscover/metadata/json/1'
$principal = Get-SPAppPrincipal -Site $site -NameIdentifier $issuer.NameId
Set-SPAppPrincipalPermission -AppPrincipal $principal -Site $site -Scope SiteSubscription `
    -Right FullControl -EnableAppOnlyPolicy
"""
TEST = """
Import-Module Lync
Test-CsExStorageConnectivity -SipUri 'sip:kenmyer@litwareinc.com' -DeleteItem
"""


@pytest.fixture(scope="module")
def simulation() -> Iterator[Simulation]:
    with Simulation(pwsh=find_pwsh()) as running:
        yield running


@pytest.fixture(scope="module")
def remote(simulation: Simulation, tmp_path_factory: pytest.TempPathFactory) -> Remote:
    ca_file = tmp_path_factory.mktemp("simulation") / "ca.pem"
    ca_file.write_text(simulation.ca_pem)
    return Remote(simulation, ca_file)


def replicated(simulation: Simulation) -> None:
    """Wait as long as directory and CMS need."""
    time.sleep(max(simulation.domain.directory.lag_seconds, simulation.domain.cms.delay_seconds))


def test_the_documented_procedure_makes_trust(simulation: Simulation, remote: Remote) -> None:
    """Script, New-CsPartnerApplication, iisreset, test: the seed's page, step by step."""
    assert simulation.trust_works() is not None

    failed = remote.lync(TEST)
    assert "passed" not in failed.stdout.lower()
    assert simulation.failed_tests() == 1

    registered = remote.exchange(REGISTER)
    assert registered.code == 0, registered.stderr
    assert "THE CONFIGURATION HAS SUCCEEDED." in registered.stdout
    ours = [e for e in simulation.exchange_entries() if not e.use_auth_server]
    assert [e.auth_metadata_url for e in ours] == [names.LYNC_METADATA_URL]
    assert ours[0].name.startswith("LyncEnterprise-")
    assert ours[0].roles == {"UserApplication", "ArchiveApplication"}
    assert ours[0].linked_account == "litwareinc.com/Users/LyncEnterprise-ApplicationAccount"

    trusted = remote.lync(TRUST_EXCHANGE)
    assert trusted.code == 0, trusted.stderr
    assert [(e.identity, e.trust_level) for e in simulation.lync_entries()] == [
        ("Exchange", "Full")
    ]
    replicated(simulation)
    assert simulation.trust_works() is not None, "no worker was restarted yet"

    for host in range(len(simulation.exchange_hosts())):
        reset = remote.exchange("iisreset; exit $LASTEXITCODE", host)
        assert reset.code == 0
        assert "successfully restarted" in reset.stdout
    assert [simulation.restarts(h) for h in simulation.exchange_hosts()] == [1, 1]
    assert simulation.trust_works() is None

    passed = remote.lync(TEST)
    assert "Test Passed" in passed.stdout, passed.stderr
    assert (simulation.passed_tests(), simulation.items()) == (1, 0)


def test_the_farm_trusts_exchange_after_iisreset_on_each_server(
    simulation: Simulation, remote: Remote
) -> None:
    """Microsoft's page for SharePoint, step by step; each server for itself."""
    trusted = remote.sharepoint(TRUST_ON_SHAREPOINT)
    assert trusted.code == 0, trusted.stderr
    (entry,) = simulation.sharepoint_entries()
    assert (entry.name, entry.right, entry.app_only) == ("Exchange", "FullControl", True)
    for host, fqdn in enumerate(simulation.sharepoint_hosts()):
        refused = simulation.refused(Role.SHAREPOINT, Role.EXCHANGE)
        assert (refused or "").startswith(fqdn)
        assert remote.sharepoint("iisreset; exit $LASTEXITCODE", "ntlm", host).code == 0
    assert simulation.refused(Role.SHAREPOINT, Role.EXCHANGE) is None


def test_second_hops_are_refused(remote: Remote) -> None:
    """A network logon has nothing to show to AD, SQL or an inner session."""
    snapin = remote.exchange(
        "Add-PSSnapin Microsoft.Exchange.Management.PowerShell.SnapIn; Get-PartnerApplication"
    )
    assert "Access is denied" in snapin.stderr
    lync = remote.lync("Import-Module Lync; Get-CsPartnerApplication", "ntlm")
    assert "Access is denied" in lync.stderr
    farm = remote.sharepoint("Add-PSSnapin Microsoft.SharePoint.PowerShell; Get-SPFarm", "ntlm")
    assert "The local farm is not accessible." in farm.stderr
    assert "Cannot access the local farm." in farm.stderr


def test_nothing_secret_is_kept_and_no_shell_is_left(simulation: Simulation) -> None:
    """The passwords went over standard input, so no log of Windows has them."""
    text = simulation.transcript()
    assert "Configure-EnterprisePartnerApplication.ps1" in text
    assert "New-PartnerApplication" in text
    assert not [secret for secret in simulation.secrets() if secret in text]
    assert simulation.open_shells() == ()
    assert sum(simulation.commands_started().values()) >= 6


def test_writes_are_told_apart(simulation: Simulation) -> None:
    """Configuration, restarts and mailbox items; each with who did it."""
    configuration = {(w.what, w.who) for w in simulation.configuration_writes()}
    assert ("New-PartnerApplication", names.EXCHANGE_ADMIN) in configuration
    assert ("New-CsPartnerApplication", names.LYNC_ADMIN) in configuration
    assert "iisreset" not in {what for what, _ in configuration}
    assert "iisreset" in {write.what for write in simulation.writes()}
