"""Exchange's objects as its cmdlets show them (P-EX-2, P-EX-6, P-EX-7, P-EX-10)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from partner_simulator.certificates import Identity
from partner_simulator.ports import PsEnum, PsObject, PsText
from partner_simulator.world import names
from partner_simulator.world.objects import (
    AcceptedDomain,
    AuthConfig,
    AuthServer,
    AuthServerType,
    ExchangeServer,
    PartnerApplication,
    RecipientType,
    RoleAssignment,
    ServerKind,
    User,
    VirtualDirectory,
)

_DIRECTORY = "Microsoft.Exchange.Data.Directory"
_CONFIGURATION = f"{_DIRECTORY}.SystemConfiguration"
_MANAGEMENT = f"{_DIRECTORY}.Management"
_OBJECT_ID = f"{_DIRECTORY}.ADObjectId"
_LOCAL = timezone(timedelta(0), "local")
"""Marks a time that scripts see as local time; the domain's machines live in UTC."""

_RECIPIENT_NUMBERS = {
    RecipientType.USER: 1,
    RecipientType.USER_MAILBOX: 2,
    RecipientType.MAIL_USER: 3,
}
# SIM-CHOICE: the numbers.
_SERVER_TYPES = {kind: number for number, kind in enumerate(AuthServerType)}


def _identity(text: str) -> PsText:
    return PsText(_OBJECT_ID, text)


def _directory_properties(
    name: str, distinguished_name: str, guid: UUID, object_class: str, controller: str
) -> dict[str, Any]:
    return {
        "AdminDisplayName": "",
        "ExchangeVersion": PsText(
            "Microsoft.Exchange.Data.ExchangeObjectVersion", "0.20 (15.0.0.0)"
        ),
        "Name": name,
        "DistinguishedName": distinguished_name,
        "Identity": _identity(name),
        "Guid": guid,
        "ObjectCategory": _identity(f"{names.DOMAIN}/Configuration/Schema/{object_class}"),
        "ObjectClass": ["top", object_class.replace("-", "")],
        "OrganizationId": PsText(f"{_DIRECTORY}.OrganizationId", ""),
        "Id": _identity(name),
        "OriginatingServer": controller,
        "IsValid": True,
        "ObjectState": PsEnum("Microsoft.Exchange.Data.ObjectState", "Unchanged", 1),
    }


def _object(type_name: str, text: str, values: Mapping[str, Any]) -> PsObject:
    return PsObject((type_name, f"{_DIRECTORY}.ADObject", "System.Object"), text, values)


def partner_application(
    application: PartnerApplication, users: Mapping[UUID, User], controller: str
) -> PsObject:
    """An entry, in the order in which a real one was captured."""
    account = users.get(application.linked_account) if application.linked_account else None
    values = {
        "Enabled": application.enabled,
        "ApplicationIdentifier": application.application_identifier,
        "CertificateStrings": list(application.certificates),
        "AuthMetadataUrl": application.auth_metadata_url,
        "Realm": application.realm,
        "UseAuthServer": application.use_auth_server,
        "AcceptSecurityIdentifierInformation": application.accepts_security_identifiers,
        "LinkedAccount": _identity(account.canonical_name) if account else None,
        "DeploymentId": "",
        "IssuerIdentifier": application.issuer_identifier,
        "AccountType": PsEnum(f"{_CONFIGURATION}.SupportedAccountType", "OrganizationalAccount", 1),
        "AppOnlyPermissions": _list(application.app_only_permissions),
        "ActAsPermissions": _list(application.act_as_permissions),
        **_directory_properties(
            application.name,
            application.distinguished_name,
            application.guid,
            "ms-Exch-Auth-Partner-Application",
            controller,
        ),
        **_times(application.when_created, application.when_changed),
    }
    return _object(f"{_CONFIGURATION}.PartnerApplication", application.name, values)


def user(account: User, *, type_name: str = "User", controller: str = "") -> PsObject:
    """A Get-User, Get-MailUser, Get-Mailbox or Get-Recipient object."""
    values = {
        "SamAccountName": account.sam_account_name,
        "UserPrincipalName": account.user_principal_name,
        "RecipientType": PsEnum(
            f"{_DIRECTORY}.Recipient.RecipientType",
            account.recipient_type,
            _RECIPIENT_NUMBERS[account.recipient_type],
        ),
        "DisplayName": account.name,
        "WindowsEmailAddress": account.smtp_address,
        "PrimarySmtpAddress": account.smtp_address,
        "HiddenFromAddressListsEnabled": account.hidden_from_address_lists,
        **_directory_properties(
            account.name, account.distinguished_name, account.guid, "user", controller
        ),
    }
    values["Identity"] = values["Id"] = _identity(account.canonical_name)
    return _object(f"{_MANAGEMENT}.{type_name}", account.name, values)


def assignee_type(assignment: RoleAssignment) -> PsEnum:
    """Whom a role was given to."""
    # SIM-CHOICE: the numbers.
    name, number = ("User", 0) if assignment.members is None else ("RoleGroup", 10)
    return PsEnum(f"{_CONFIGURATION}.RoleAssigneeType", name, number)


def role_assignment(
    assignment: RoleAssignment, users: Mapping[UUID, User], controller: str
) -> PsObject:
    """A Get-ManagementRoleAssignment object. Its assignee is a link, which follows the account."""
    account = users.get(assignment.assignee)
    place = (
        "Deleted Objects" if assignment.members is None else "Microsoft Exchange Security Groups"
    )
    gone = f"{names.DOMAIN}/{place}/{assignment.assignee_name}"
    values = {
        "Role": _identity(assignment.role),
        "RoleAssignee": _identity(account.canonical_name if account else gone),
        "RoleAssigneeName": assignment.assignee_name,
        "RoleAssigneeType": assignee_type(assignment),
        "RoleAssignmentDelegationType": PsEnum(
            f"{_CONFIGURATION}.RoleAssignmentDelegationType",
            *(("DelegatingOrgWide", 6) if assignment.delegating else ("Regular", 1)),
        ),
        "Enabled": assignment.enabled,
        **_directory_properties(
            assignment.name,
            assignment.distinguished_name,
            assignment.guid,
            "ms-Exch-Role-Assignment",
            controller,
        ),
    }
    type_name = f"{_CONFIGURATION}.ExchangeRoleAssignmentPresentation"
    return _object(type_name, assignment.name, values)


def auth_config(config: AuthConfig, controller: str) -> PsObject:
    """The one Get-AuthConfig object."""
    name = "Auth Configuration"
    values = {
        "CurrentCertificateThumbprint": config.current_thumbprint,
        "PreviousCertificateThumbprint": config.previous_thumbprint,
        "NextCertificateThumbprint": config.next_thumbprint,
        "NextCertificateEffectiveDate": config.next_effective,
        "ServiceName": config.service_name,
        "Realm": config.realm,
        "DeploymentId": "",
        "IssuerIdentifier": "",
        **_directory_properties(
            name,
            f"CN={name},CN={names.ORGANIZATION},CN=Microsoft Exchange,CN=Services,"
            f"CN=Configuration,{names.NAMING_CONTEXT}",
            config.guid,
            "ms-Exch-Auth-Auth-Config",
            controller,
        ),
    }
    return _object(f"{_CONFIGURATION}.AuthConfig", name, values)


def auth_server(
    server: AuthServer, controller: str, *, certificates: bool, domain_names: bool
) -> PsObject:
    """A Get-AuthServer object, with the properties that this world's version has."""
    values = {
        "IssuerIdentifier": server.issuer_identifier,
        "TokenIssuingEndpoint": server.token_issuing_endpoint,
        "AuthorizationEndpoint": server.authorization_endpoint,
        "ApplicationIdentifier": server.application_identifier,
        "AuthMetadataUrl": server.auth_metadata_url,
        "Realm": server.realm,
        "Type": PsEnum(f"{_CONFIGURATION}.AuthServerType", server.type, _SERVER_TYPES[server.type]),
        "Enabled": server.enabled,
        "IsDefaultAuthorizationEndpoint": server.is_default_authorization_endpoint,
        **_directory_properties(
            server.name,
            server.distinguished_name,
            server.guid,
            "ms-Exch-Auth-Auth-Server",
            controller,
        ),
        **_times(server.when_created, server.when_changed),
    }
    if certificates:
        values["CertificateStrings"] = list(server.certificates)
    if domain_names:
        values["DomainName"] = [
            PsObject(("Microsoft.Exchange.Data.SmtpDomain",), name, {"Domain": name})
            for name in server.domain_names
        ]
    return _object(f"{_CONFIGURATION}.AuthServer", server.name, values)


def accepted_domain(domain: AcceptedDomain, controller: str) -> PsObject:
    """A Get-AcceptedDomain object."""
    values = {
        "DomainName": PsText(
            "Microsoft.Exchange.Data.SmtpDomainWithSubdomains", domain.domain_name
        ),
        "DomainType": PsEnum(f"{_CONFIGURATION}.AcceptedDomainType", "Authoritative", 0),
        "Default": domain.default,
        **_directory_properties(
            domain.name,
            f"CN={domain.name},CN=Accepted Domains",
            domain.guid,
            "ms-Exch-Accepted-Domain",
            controller,
        ),
    }
    return _object(f"{_CONFIGURATION}.AcceptedDomain", domain.name, values)


def exchange_server(server: ExchangeServer, controller: str) -> PsObject:
    """A Get-ExchangeServer object; the version prints as `Version 15.0 (Build 1497.2)`."""
    has_mailbox = server.kind in (ServerKind.MAILBOX, ServerKind.MAILBOX_AND_CLIENT_ACCESS)
    has_access = server.kind in (ServerKind.CLIENT_ACCESS, ServerKind.MAILBOX_AND_CLIENT_ACCESS)
    values = {
        "Fqdn": server.fqdn,
        "Domain": server.fqdn.partition(".")[2],
        "DataPath": "C:\\Program Files\\Microsoft\\Exchange Server\\V15\\Mailbox",
        "Edition": PsEnum(f"{_CONFIGURATION}.ServerEditionType", "StandardEvaluation", 4),
        "AdminDisplayVersion": PsText("Microsoft.Exchange.Data.ServerVersion", server.version),
        "ServerRole": PsText(f"{_CONFIGURATION}.ServerRole", server.kind),
        "IsMailboxServer": has_mailbox,
        "IsClientAccessServer": has_access,
        "IsHubTransportServer": has_mailbox,
        "IsFrontendTransportServer": has_access,
        "IsUnifiedMessagingServer": has_mailbox,
        "IsEdgeServer": server.kind is ServerKind.EDGE,
        "IsE15OrLater": True,
        "Site": _identity(f"{names.DOMAIN}/Configuration/Sites/Default-First-Site-Name"),
        **_directory_properties(
            server.name,
            f"CN={server.name},CN=Servers",
            server.guid,
            "ms-Exch-Exchange-Server",
            controller,
        ),
    }
    return _object(f"{_MANAGEMENT}.ExchangeServer", server.name, values)


def virtual_directory(directory: VirtualDirectory, controller: str) -> PsObject:
    """A Get-WebServicesVirtualDirectory or Get-AutodiscoverVirtualDirectory object."""
    kind = "WebServices" if directory.kind == "EWS" else "Autodiscover"
    path = "EWS/Exchange.asmx" if directory.kind == "EWS" else "Autodiscover/Autodiscover.xml"
    values = {
        "Server": _identity(names.short_name(directory.server)),
        "OAuthAuthentication": directory.oauth_authentication,
        "WindowsAuthentication": True,
        "InternalUrl": f"https://{directory.server}/{path}",
        **_directory_properties(
            f"{directory.kind} ({directory.site})",
            f"CN={directory.kind} ({directory.site}),CN={names.short_name(directory.server)}",
            directory.guid,
            "ms-Exch-Virtual-Directory",
            controller,
        ),
    }
    values["Identity"] = _identity(directory.identity)
    return _object(f"{_CONFIGURATION}.AD{kind}VirtualDirectory", directory.identity, values)


def certificate(identity: Identity, friendly_name: str) -> PsObject:
    """A Get-ExchangeCertificate object."""
    values = {
        "Thumbprint": identity.thumbprint,
        "Subject": identity.subject,
        "Issuer": identity.certificate.issuer.rfc4514_string(),
        "FriendlyName": friendly_name,
        "NotBefore": identity.not_before.astimezone(_LOCAL),
        "NotAfter": identity.not_after.astimezone(_LOCAL),
        "SerialNumber": f"{identity.certificate.serial_number:X}",
        "HasPrivateKey": True,
        "PublicKeySize": identity.private_key.key_size,
        "IsSelfSigned": identity.issuer is None,
        "RawData": identity.der,
        "Services": PsEnum(f"{_MANAGEMENT}.AllowedServices", "None", 0),
        "Status": PsEnum(f"{_MANAGEMENT}.CertificateStatus", "Valid", 1),
    }
    type_name = "Microsoft.Exchange.Management.SystemConfigurationTasks.ExchangeCertificate"
    return PsObject((type_name, "System.Object"), identity.subject, values)


def _list(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)


def _times(created: datetime, changed: datetime) -> dict[str, Any]:
    return {
        "WhenChanged": changed.astimezone(_LOCAL),
        "WhenCreated": created.astimezone(_LOCAL),
        "WhenChangedUTC": changed,
        "WhenCreatedUTC": created,
    }
