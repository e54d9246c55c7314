"""A Lync of stand-ins, with and without its own operations."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from partner_operator.engine.ports import Credentials
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.trust.model import Observed, Product
from support.scripts.stubs import Code, Stubs
from support.trust.worlds import EXCHANGE_URL, OURS, STS_URL, server

HOST = "atl-fe-001.litwareinc.com"
CREDENTIALS = Credentials("LITWAREINC\\lyncadmin", "pass", "digest", OURS)
EXCHANGE_ID = "00000002-0000-0ff1-ce00-000000000000"
STARTS = datetime(2026, 1, 1, tzinfo=UTC)
ENDS = datetime(2028, 1, 1, tzinfo=UTC)


def entry(name: str = "Exchange", url: str = EXCHANGE_URL, **changes: Any) -> dict[str, Any]:
    """One object of Get-CsPartnerApplication; its enum comes as live objects give it."""
    shown: dict[str, Any] = {
        "Identity": name,
        "AuthToken": f"Value={url}",
        "ApplicationIdentifier": EXCHANGE_ID,
        "Realm": "litwareinc.com",
        "Enabled": True,
        "AcceptSecurityIdentifierInformation": False,
        "ApplicationTrustLevel": "Full",
    }
    return shown | changes


def oauth_server(name: str = "sts.litwareinc.com", **changes: Any) -> dict[str, Any]:
    """One object of Get-CsOAuthServer, as Lync 2013 shows it."""
    shown: dict[str, Any] = {
        "Identity": name,
        "MetadataUrl": STS_URL,
        "IssuerIdentifier": "00000001-0000-0000-c000-000000000000",
        "Realm": "litwareinc.com",
    }
    return shown | changes


def lync(entries: Any = None, oauth_servers: Any = None) -> Stubs:
    """A healthy deployment with these entries and one Front End."""
    stubs = Stubs()
    stubs.tool("Import-Module", "Name -DisableNameChecking")
    stubs.cmdlet("Get-CsPartnerApplication", [entry()] if entries is None else entries)
    stubs.cmdlet(
        "Get-CsCertificate",
        [
            {
                "Thumbprint": "AB" * 20,
                "PreviousThumbprint": None,
                "Subject": "CN=litwareinc.com",
                "NotBefore": STARTS,
                "NotAfter": ENDS,
                "EffectiveDate": STARTS,
            }
        ],
    )
    stubs.cmdlet("Get-CsManagementStoreReplicationStatus", [replica(HOST)])
    stubs.cmdlet("Get-CsManagementConnection", [{"Connection": "sql.litwareinc.com\\rtc"}])
    for name in ("New", "Set", "Remove"):
        stubs.cmdlet(f"{name}-CsPartnerApplication")
    stubs.cmdlet("Invoke-CsManagementStoreReplication")
    stubs.cmdlet("Get-CsOAuthServer", [oauth_server()] if oauth_servers is None else oauth_servers)
    stubs.cmdlet("New-CsOAuthServer")
    return stubs


def replica(fqdn: str, *, fresh: bool = True) -> dict[str, Any]:
    """One object of Get-CsManagementStoreReplicationStatus."""
    return {"ReplicaFqdn": fqdn, "UpToDate": fresh, "ProductVersion": "5.0.8308.0"}


async def observe(stubs: Stubs, *urls: str) -> Observed:
    """Run observe.ps1 and read its answer, as the engine would."""
    return (
        await LyncOperations(stubs.run)
        .on(server(Product.LYNC), CREDENTIALS, HOST)
        .observe(urls, None)
    )


DOWNLOAD_FAILED = Code(
    "$PSCmdlet.ThrowTerminatingError((New-Object Management.Automation.ErrorRecord"
    " (New-Object InvalidOperationException (\"Cannot bind parameter 'MetadataUrl' to the target. "
    'Exception setting `"MetadataUrl`": `"The metadata document could not be downloaded from the URL in '
    'the MetadataUrl parameter or downloaded data is not a valid metadata document.`"")),'
    "'ParameterBindingFailed','WriteError',$null))"
)
"""What Lync says to a wrong URL (P-LY-8)."""
