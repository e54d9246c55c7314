"""What the cmdlet reference leaves out, in one table to be reviewed by hand.

Sources: DERIVED from the products' documentation where it says so, else SIM-CHOICE. Nothing in the
operator may lean on a SIM-CHOICE row: class names of Lync cmdlets and enum numbers above all.
"""

from __future__ import annotations

from collections.abc import Mapping

AS_OF: Mapping[str, str] = {
    # DERIVED: it stands on the code of 2019, and the reference does not name it.
    "Skype for Business Server SE": "Skype for Business Server 2019",
}
"""Products that the reference does not know: whose cmdlets they have."""

DEFAULT_SETS: Mapping[str, str] = {
    # SIM-CHOICE: a bare call must bind; the reference declares no default for these.
    "Set-PartnerApplication": "AuthMetadataUrl",
    "Set-AuthServer": "AuthMetadataUrl",
    # DERIVED: the product's own shell is a session of proxies, and Microsoft's pages give it name and URL alone.
    "New-AuthServer": "AuthMetadataUrl",
    "Set-AuthConfig": "AuthConfigSettings",
    "Set-ADServerSettings": "FullParams",
    "Get-DomainController": "DomainController",
    "Get-ExchangeCertificate": "Thumbprint",
    "New-ExchangeCertificate": "Certificate",
}

ENUMS: Mapping[str, tuple[str, Mapping[str, int]]] = {
    # Type name in the reference -> full name and members. Only AccountType's 1 is OBSERVED.
    "ApplicationTrustLevel": (
        "Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth.ApplicationTrustLevel",
        {"Full": 0, "User": 1, "Application": 2},
    ),
    "SupportedAccountType": (
        "Microsoft.Exchange.Data.Directory.SystemConfiguration.SupportedAccountType",
        {"OrganizationalAccount": 1, "ConsumerAccount": 2},
    ),
    "AuthServerType": (
        "Microsoft.Exchange.Data.Directory.SystemConfiguration.AuthServerType",
        {
            "Unknown": 0,
            "MicrosoftACS": 1,
            "Facebook": 2,
            "LinkedIn": 3,
            "ADFS": 4,
            "AzureAD": 5,
        },
    ),
    "CertType": (
        "Microsoft.Rtc.Management.Deployment.CertType",
        {
            "Default": 0,
            "WebServicesInternal": 1,
            "WebServicesExternal": 2,
            "Internal": 3,
            "AccessEdgeExternal": 4,
            "DataEdgeExternal": 5,
            "AudioVideoAuthentication": 6,
            "External": 7,
            "PICWebService": 8,
            "ProvisionService": 9,
            "XmppServer": 10,
            "OAuthTokenIssuer": 11,
        },
    ),
    "ModServiceType": (
        "Microsoft.Exchange.Security.OAuth.ModServiceType",
        {"EWS": 0, "AutoD": 1, "Generic": 2},
    ),
    "SPCmdletAppPrincipalPermissionKind": (
        "Microsoft.SharePoint.PowerShell.SPCmdletAppPrincipalPermissionKind",
        {"Read": 0, "Write": 1, "Manage": 2, "FullControl": 3},
    ),
    "SPCmdletAppPrincipalPermissionScope": (
        "Microsoft.SharePoint.PowerShell.SPCmdletAppPrincipalPermissionScope",
        {"Site": 0, "SiteCollection": 1, "SiteSubscription": 2},
    ),
    "ExchFolder": (
        "Microsoft.Rtc.Management.Exchange.ExchFolder",
        {"ConversationHistory": 0, "Inbox": 1, "Dumpster": 2},
    ),
}

SETTERS_THAT_ASK: Mapping[str, frozenset[str]] = {
    # P-LY-8: the setter downloads the document while parameters are being bound.
    "New-CsPartnerApplication": frozenset({"MetadataUrl"}),
    "Set-CsPartnerApplication": frozenset({"MetadataUrl"}),
    "New-CsOAuthServer": frozenset({"MetadataUrl"}),
    "Set-CsOAuthServer": frozenset({"MetadataUrl"}),
}

_EXCHANGE_NAMESPACES: Mapping[str, str] = {
    "User": "RecipientTasks",
    "MailUser": "RecipientTasks",
    "Mailbox": "RecipientTasks",
    "Recipient": "RecipientTasks",
    "RoleGroup": "RbacTasks",
    "ManagementRole": "RbacTasks",
    "ManagementRoleAssignment": "RbacTasks",
}

_TYPES: Mapping[str, str] = {
    "Boolean": "bool",
    "System.Boolean": "bool",
    "SwitchParameter": "SwitchParameter",
    "System.Management.Automation.SwitchParameter": "SwitchParameter",
    "Guid": "System.Guid",
    "Int32": "int",
    "DateTime": "System.DateTime",
    "System.DateTime": "System.DateTime",
    "Uri": "System.Uri",
    "PSCredential": "PSCredential",
    "PSCredential[]": "PSCredential[]",
    "SecureString": "System.Security.SecureString",
    "PSObject": "object",
    "String[]": "string[]",
    "MultiValuedProperty": "object[]",
    "ProxyAddressCollection": "object[]",
    "X509Certificate2": "System.Security.Cryptography.X509Certificates.X509Certificate2",
    "SPAppPrincipal": "Microsoft.SharePoint.SPAppPrincipal",
    "SPAssignmentCollection": "object",
}


def class_name(cmdlet: str) -> str:
    """Full class name: the real one's form for Exchange and SharePoint, SIM-CHOICE for Lync."""
    verb, noun = cmdlet.split("-", 1)
    if is_sharepoint(cmdlet):
        return f"Microsoft.SharePoint.PowerShell.SPCmdlet{verb}{noun.removeprefix('SP')}"
    if noun.startswith("Cs"):
        return f"Microsoft.Rtc.Management.Simulated.{verb}{noun}Cmdlet"
    area = _EXCHANGE_NAMESPACES.get(noun, "SystemConfigurationTasks")
    return f"Microsoft.Exchange.Management.{area}.{verb}{noun}"


def is_sharepoint(cmdlet: str) -> bool:
    """Whether it is one of SharePoint's."""
    return cmdlet.partition("-")[2].startswith("SP")


def impact(cmdlet: str) -> str:
    """ConfirmImpact. Exchange's Remove cmdlets prompt (documented); Lync's do not (DERIVED)."""
    verb, noun = cmdlet.split("-", 1)
    return "High" if verb == "Remove" and not noun.startswith("Cs") else "Medium"


def csharp_type(name: str) -> str:
    """C# type for a type name of the reference.

    Identities, names and other text-like classes are strings: that is how scripts pass them.
    """
    if name in _TYPES:
        return _TYPES[name]
    short = name.rpartition(".")[2]
    array = "[]" if short.endswith("[]") else ""
    short = short.removesuffix("[]")
    if short in ENUMS:
        return ENUMS[short][0] + array
    if short.endswith("PipeBind"):
        return "object"  # takes an id, a name, a URL or the object itself
    return "string" + array
