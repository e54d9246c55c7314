"""An Exchange of stand-ins: what each cmdlet shows, in values, and what the operations make of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from partner_operator.engine.ports import Credentials
from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.trust.model import Observed
from support.oauth.samples import certificate_der
from support.scripts.stubs import Code, Stubs
from support.trust.worlds import LYNC_URL, OURS, STS_URL, server

HOST = "ex1.litwareinc.com"
CONTROLLER = "dc1.litwareinc.com"
CHANGED = datetime(2026, 11, 20, 8, 30, 1, tzinfo=UTC)
CREDENTIALS = Credentials(
    "LITWAREINC\\exadmin", "p'ss$(exit 9)`\"w\u00f6rd", "digest", (*OURS, "127.0.0.1")
)
LYNC_ID = "00000004-0000-0ff1-ce00-000000000000"


def entry(name: str = "LyncEnterprise-1", **changes: Any) -> dict[str, Any]:
    """One object of Get-PartnerApplication."""
    shown: dict[str, Any] = {
        "Name": name,
        "DistinguishedName": f"CN={name},CN=Partner Applications,DC=litwareinc,DC=com",
        "ApplicationIdentifier": LYNC_ID,
        "Realm": "litwareinc.com",
        "IssuerIdentifier": f"{LYNC_ID}@litwareinc.com",
        "AuthMetadataUrl": LYNC_URL,
        "UseAuthServer": False,
        "Enabled": True,
        "AcceptSecurityIdentifierInformation": True,
        "CertificateStrings": [],
        "LinkedAccount": "litwareinc.com/Users/LyncEnterprise-ApplicationAccount",
        "WhenChangedUTC": CHANGED,
    }
    return shown | changes


STOCK = entry(
    "Exchange Online",
    ApplicationIdentifier="00000002-0000-0ff1-ce00-000000000000",
    Realm="",
    IssuerIdentifier="",
    AuthMetadataUrl="",
    UseAuthServer=True,
    Enabled=False,
    AcceptSecurityIdentifierInformation=False,
)
"""What Exchange's setup makes."""


def auth_server(name: str = "sts.litwareinc.com", **changes: Any) -> dict[str, Any]:
    """One object of Get-AuthServer."""
    shown: dict[str, Any] = {
        "Name": name,
        "Guid": "1e0d0c0b-0000-4000-8000-000000000001",
        "DistinguishedName": f"CN={name},CN=Auth Servers,DC=litwareinc,DC=com",
        "AuthMetadataUrl": STS_URL,
        "IssuerIdentifier": "00000001-0000-0000-c000-000000000000",
        "Realm": "litwareinc.com",
        "Type": "Unknown",
        "Enabled": True,
        "CertificateStrings": [],
    }
    return shown | changes


def exchange(entries: Any = None, auth_servers: Any = None) -> Stubs:
    """A healthy organisation with these entries, one mailbox server and its auth certificate."""
    own = certificate_der("exchange")
    stubs = Stubs()
    stubs.tool("New-PSSession", "ConfigurationName ConnectionUri Authentication Credential", "s")
    stubs.tool("Import-PSSession", "Session CommandName -DisableNameChecking -AllowClobber")
    stubs.tool("Remove-PSSession", "Session")
    stubs.cmdlet("Set-ADServerSettings")
    stubs.cmdlet(
        "Get-OrganizationConfig",
        [{"DistinguishedName": "CN=Litware,DC=litwareinc", "OriginatingServer": CONTROLLER}],
    )
    stubs.cmdlet("Get-PartnerApplication", [entry()] if entries is None else entries)
    stubs.cmdlet("Get-User", [{"Identity": "litwareinc.com/Users/account"}])
    stubs.cmdlet("Get-ManagementRoleAssignment", [{"Role": "UserApplication"}])
    stubs.cmdlet("Get-ManagementRole", [{"Name": "UserApplication"}, {"Name": "Mailbox Search"}])
    stubs.cmdlet(
        "Get-AuthConfig",
        [
            {
                "CurrentCertificateThumbprint": "AB" * 20,
                "PreviousCertificateThumbprint": None,
                "NextCertificateThumbprint": None,
                "NextCertificateEffectiveDate": None,
            }
        ],
    )
    stubs.cmdlet("Get-ExchangeCertificate", [{"Thumbprint": "AB" * 20, "RawData": own}])
    stubs.cmdlet(
        "Get-ExchangeServer",
        [
            {
                "Fqdn": HOST,
                "AdminDisplayVersion": "Version 15.0 (Build 1497.2)",
                "IsEdgeServer": False,
                "IsMailboxServer": True,
                "IsClientAccessServer": True,
            }
        ],
    )
    stubs.cmdlet("Get-AcceptedDomain", [{"DomainName": "litwareinc.com"}])
    stubs.cmdlet("Get-AuthServer", [auth_server()] if auth_servers is None else auth_servers)
    return stubs


async def observe(stubs: Stubs, *urls: str, controller: str | None = None) -> Observed:
    """Run observe.ps1 and read its answer, as the engine would."""
    operations = ExchangeOperations(stubs.run)
    return await operations.on(server(), CREDENTIALS, HOST).observe(urls, controller)


NOT_FOUND = Code(
    "$PSCmdlet.ThrowTerminatingError((New-Object Management.Automation.ErrorRecord"
    " (New-Object InvalidOperationException 'nicht gefunden'),"
    "'[Server=EX1,RequestId=1] [FailureCategory=Cmdlet-ManagementObjectNotFoundException] 1,X',"
    "'InvalidData',$null))"
)
"""How Exchange says that there is no such object, with a localised sentence."""
