"""Objects of the directory: immutable values, told apart by their GUID."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from partner_simulator.world import names

SAM_ACCOUNT_NAME_LENGTH = 20
"""Case C17: logon names are cut at 20 characters."""


class RecipientType(StrEnum):
    """Exchange's RecipientType, as far as this domain has them."""

    USER = "User"
    USER_MAILBOX = "UserMailbox"
    MAIL_USER = "MailUser"


@dataclass(frozen=True, slots=True)
class User:
    """An account: a person with a mailbox, an admin, or an application's linked account."""

    name: str
    sam_account_name: str
    user_principal_name: str
    recipient_type: RecipientType
    smtp_address: str = ""
    sip_address: str = ""
    """`sip:user@domain`; empty for a user who is not enabled for Lync."""
    hidden_from_address_lists: bool = False
    domain: str = names.DOMAIN
    """The domain of the forest that it lives in."""
    guid: UUID = field(default_factory=uuid4)

    @property
    def canonical_name(self) -> str:
        """`litwareinc.com/Users/<name>`."""
        return f"{self.domain}/Users/{self.name}"

    @property
    def distinguished_name(self) -> str:
        """The LDAP name."""
        context = ",".join(f"DC={part}" for part in self.domain.split("."))
        return f"CN={self.name},CN=Users,{context}"

    def answers_to(self, identity: str) -> bool:
        """Whether Get-User takes this text for the account."""
        known = (
            self.name,
            self.canonical_name,
            self.distinguished_name,
            self.sam_account_name,
            self.user_principal_name,
            self.smtp_address,
            str(self.guid),
            f"{names.NETBIOS_DOMAIN}\\{self.sam_account_name}",
        )
        return identity.casefold() in {text.casefold() for text in known if text}


@dataclass(frozen=True, slots=True)
class PartnerApplication:
    """Exchange's entry for a partner (P-EX-2)."""

    name: str
    application_identifier: str
    when_created: datetime
    when_changed: datetime
    enabled: bool = True
    certificates: tuple[str, ...] = ()
    """Base64 DER, copied from the metadata document."""
    auth_metadata_url: str = ""
    realm: str = ""
    use_auth_server: bool = False
    accepts_security_identifiers: bool = False
    linked_account: UUID | None = None
    issuer_identifier: str = ""
    act_as_permissions: tuple[str, ...] | None = None
    app_only_permissions: tuple[str, ...] | None = None
    guid: UUID = field(default_factory=uuid4)

    @property
    def distinguished_name(self) -> str:
        """The LDAP name."""
        return (
            f"CN={self.name},CN=Partner Applications,CN=Auth Configuration,CN={names.ORGANIZATION},"
            f"CN=Microsoft Exchange,CN=Services,CN=Configuration,{names.NAMING_CONTEXT}"
        )

    def answers_to(self, identity: str) -> bool:
        """Name, DN, GUID; the application identifier too (OBSERVED, P-EX-1)."""
        known = (self.name, self.distinguished_name, str(self.guid), self.application_identifier)
        return identity.casefold() in {text.casefold() for text in known}


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """A management role given to an account."""

    name: str
    role: str
    assignee: UUID
    assignee_name: str
    enabled: bool = True
    delegating: bool = False
    """It lets the assignee give the role to others, and does not give it to the assignee."""
    members: tuple[UUID, ...] | None = None
    """Accounts that have the role because they are in the role group that is the assignee; None: it is an account."""
    guid: UUID = field(default_factory=uuid4)

    @property
    def gives(self) -> bool:
        """Whether the assignee can use the role by it."""
        return self.enabled and not self.delegating

    @property
    def distinguished_name(self) -> str:
        """The LDAP name."""
        return (
            f"CN={self.name},CN=Role Assignments,CN=RBAC,CN={names.ORGANIZATION},"
            f"CN=Microsoft Exchange,CN=Services,CN=Configuration,{names.NAMING_CONTEXT}"
        )

    def answers_to(self, identity: str) -> bool:
        """Name, DN or GUID."""
        known = (self.name, self.distinguished_name, str(self.guid))
        return identity.casefold() in {text.casefold() for text in known}


@dataclass(frozen=True, slots=True)
class AcceptedDomain:
    """A domain that Exchange takes mail for; `*.x` is a wildcard and no tenant of a token."""

    name: str
    domain_name: str
    default: bool = False
    guid: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class AuthConfig:
    """Exchange's own signing certificates, by thumbprint (P-EX-6)."""

    current_thumbprint: str
    previous_thumbprint: str = ""
    next_thumbprint: str = ""
    next_effective: datetime | None = None
    realm: str = ""
    service_name: str = names.EXCHANGE_ID
    guid: UUID = field(default_factory=uuid4)


class AuthServerType(StrEnum):
    """Type of an auth server; only some are parameters of New-AuthServer."""

    UNKNOWN = "Unknown"
    MICROSOFT_ACS = "MicrosoftACS"
    FACEBOOK = "Facebook"
    LINKEDIN = "LinkedIn"
    ADFS = "ADFS"
    AZURE_AD = "AzureAD"


@dataclass(frozen=True, slots=True)
class AuthServer:
    """A token server that Exchange trusts, as Get-AuthServer shows it (P-TS-1)."""

    name: str
    issuer_identifier: str
    """Without a realm, or a URL."""
    realm: str
    auth_metadata_url: str
    when_created: datetime
    when_changed: datetime
    enabled: bool = True
    type: AuthServerType = AuthServerType.UNKNOWN
    certificates: tuple[str, ...] = ()
    """Base64 DER, copied from the document."""
    token_issuing_endpoint: str = ""
    authorization_endpoint: str = ""
    application_identifier: str = ""
    domain_names: tuple[str, ...] = ()
    is_default_authorization_endpoint: bool = False
    guid: UUID = field(default_factory=uuid4)

    @property
    def is_for_people(self) -> bool:
        """Whether it logs people on, by a document in XML; the others vouch for applications."""
        return self.type in (AuthServerType.ADFS, AuthServerType.AZURE_AD)

    @property
    def distinguished_name(self) -> str:
        """The LDAP name."""
        return (
            f"CN={self.name},CN=Auth Servers,CN=Auth Configuration,CN={names.ORGANIZATION},"
            f"CN=Microsoft Exchange,CN=Services,CN=Configuration,{names.NAMING_CONTEXT}"
        )

    def answers_to(self, identity: str) -> bool:
        """Name, DN or GUID."""
        known = (self.name, self.distinguished_name, str(self.guid))
        return identity.casefold() in {text.casefold() for text in known}


class ServerKind(StrEnum):
    """Roles as Get-ExchangeServer names them."""

    MAILBOX_AND_CLIENT_ACCESS = "Mailbox, ClientAccess"
    CLIENT_ACCESS = "ClientAccess"
    MAILBOX = "Mailbox"
    EDGE = "Edge"


@dataclass(frozen=True, slots=True)
class ExchangeServer:
    """A server object of the organisation; the machine behind it may be long gone (case C05)."""

    name: str
    fqdn: str
    kind: ServerKind = ServerKind.MAILBOX_AND_CLIENT_ACCESS
    version: str = "Version 15.0 (Build 1497.2)"
    guid: UUID = field(default_factory=uuid4)

    def answers_to(self, identity: str) -> bool:
        """Name, FQDN or GUID."""
        known = (self.name, self.fqdn, str(self.guid))
        return identity.casefold() in {text.casefold() for text in known}


@dataclass(frozen=True, slots=True)
class VirtualDirectory:
    """An IIS application of Exchange on one server (P-EX-10)."""

    server: str
    """FQDN."""
    kind: str
    """`EWS` or `Autodiscover`."""
    site: str = "Default Web Site"
    oauth_authentication: bool = True
    guid: UUID = field(default_factory=uuid4)

    @property
    def identity(self) -> str:
        """`<SERVER>\\EWS (Default Web Site)`."""
        return f"{names.short_name(self.server)}\\{self.kind} ({self.site})"
