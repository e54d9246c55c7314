"""A SharePoint farm of stand-ins."""

from __future__ import annotations

from typing import Any

from partner_operator.engine.ports import Credentials
from support.oauth.samples import EXCHANGE_ID, certificate_der
from support.scripts.stubs import Code, Stubs, literal
from support.trust.worlds import EXCHANGE_URL, OURS

HOST = "atl-sp-001.litwareinc.com"
CREDENTIALS = Credentials("LITWAREINC\\spadmin", "pass", "digest", OURS)
ISSUER = "11111111-2222-4333-8444-555555555555"
FARM = "0b9f2a5e-7c41-4d86-9a3d-52f6c1d7e804"


def issuer(name: str = "Exchange", **changes: Any) -> dict[str, Any]:
    """One object of Get-SPTrustedSecurityTokenIssuer."""
    shown: dict[str, Any] = {
        "Id": ISSUER,
        "Name": name,
        "Description": "",
        "RegisteredIssuerName": f"{EXCHANGE_ID}@litwareinc.com",
        "IsSelfIssuer": True,
        "MetadataEndPoint": EXCHANGE_URL,
        "SigningCertificate": {"RawData": certificate_der("exchange")},
        "AdditionalSigningCertificates": [],
    }
    return shown | changes


def farm(*issuers: dict[str, Any]) -> Stubs:
    """A healthy farm with these issuers, whose service applications are all there."""
    service = {
        "LocalLoginProvider": {"SigningCertificate": {"RawData": certificate_der("sharepoint")}},
        "TrustedSecurityTokenServices": list(issuers),
        "HybridStsSelectionEnabled": True,
        "AllowMetadataOverHttp": False,
        "AllowOAuthOverHttp": False,
    }
    stubs = Stubs()
    stubs.tool("Import-Module", "Name -DisableNameChecking")
    stubs.cmdlet("Get-SPFarm", [{"Id": FARM, "BuildVersion": "16.0.10337.12109"}])
    stubs.cmdlet("Get-SPTrustedSecurityTokenIssuer", list(issuers))
    stubs.cmdlet("Get-SPSecurityTokenServiceConfig", [service])
    stubs.cmdlet(
        "Get-SPServer",
        [
            {"Address": HOST.partition(".")[0], "Role": "WebFrontEnd"},
            {"Address": "SQL", "Role": "Invalid"},
        ],
    )
    stubs.cmdlet("Get-SPServiceApplicationProxy", Code(_proxies()))
    stubs.cmdlet("Get-SPAuthenticationRealm", FARM)
    stubs.cmdlet("Get-SPTrustedRootAuthority", [{"Name": "local"}])
    stubs.cmdlet("Get-SPSite", [{"Url": "https://portal.litwareinc.com"}])
    for verb in ("New", "Set", "Remove"):
        stubs.cmdlet(f"{verb}-SPTrustedSecurityTokenIssuer")
    return stubs


def _proxies() -> str:
    """Of which the scripts ask the name of the class."""
    name = literal("Microsoft.SharePoint.AppManagement.AppManagementServiceApplicationProxy")
    return (
        "$proxy = [pscustomobject]@{ Name = 'App Management' }\n"
        "Add-Member -InputObject $proxy -MemberType ScriptMethod -Name GetType -Force "
        f"-Value {{ [pscustomobject]@{{ FullName = {name} }} }} -PassThru"
    )
