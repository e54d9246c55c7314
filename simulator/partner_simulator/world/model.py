"""Immutable objects that the directory, the CMS and workers hold."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from partner_simulator.world.names import DOMAIN, ORGANISATION_DN


@dataclass(frozen=True, slots=True)
class User:
    """A user or mail user of the directory."""

    guid: uuid.UUID
    name: str
    sam_account_name: str
    """At most 20 characters (field case C17)."""
    recipient_type: str
    """UserMailbox, MailUser, User or MailContact."""
    created_at: datetime
    external_address: str = ""
    primary_address: str = ""
    hidden_from_lists: bool = False
    enabled: bool = True

    @property
    def identity(self) -> str:
        """Canonical name, as Exchange prints an ADObjectId of the domain."""
        return f"{DOMAIN}/Users/{self.name}"

    @property
    def distinguished_name(self) -> str:
        """The LDAP name."""
        return f"CN={self.name},CN=Users," + ",".join(f"DC={part}" for part in DOMAIN.split("."))

    def is_named(self, text: str) -> bool:
        """Whether an identity parameter of this text means this user."""
        return text.casefold() in {
            known.casefold()
            for known in (
                self.name,
                self.identity,
                self.distinguished_name,
                self.sam_account_name,
                self.primary_address,
                str(self.guid),
            )
            if known
        }


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """A management role given to a user."""

    guid: uuid.UUID
    name: str
    role: str
    assignee: uuid.UUID
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AcceptedDomain:
    """A mail domain of the organisation."""

    guid: uuid.UUID
    name: str
    domain_name: str
    default: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ExchangeEntry:
    """A partner application of Exchange."""

    guid: uuid.UUID
    name: str
    application_identifier: str
    created_at: datetime
    changed_at: datetime
    enabled: bool = True
    certificates: tuple[bytes, ...] = ()
    """DER."""
    auth_metadata_url: str = ""
    realm: str = ""
    issuer_identifier: str = ""
    use_auth_server: bool = False
    accept_security_identifier_information: bool = False
    linked_account: uuid.UUID | None = None
    account_type: str = "OrganizationalAccount"
    app_only_permissions: tuple[str, ...] | None = None
    act_as_permissions: tuple[str, ...] | None = None

    @property
    def distinguished_name(self) -> str:
        """The LDAP name."""
        return f"CN={self.name},CN=Partner Applications,CN=Auth Configuration,{ORGANISATION_DN}"

    def is_named(self, text: str) -> bool:
        """Whether an identity parameter of this text means this entry."""
        return text.casefold() in {
            known.casefold()
            for known in (
                self.name,
                self.distinguished_name,
                str(self.guid),
                self.application_identifier,
            )
        }


@dataclass(frozen=True, slots=True)
class ExchangeConfiguration:
    """What a worker of Exchange needs to judge a token."""

    entries: tuple[ExchangeEntry, ...]
    users: tuple[User, ...]
    assignments: tuple[RoleAssignment, ...]
    domains: tuple[AcceptedDomain, ...]
    realm: str


@dataclass(frozen=True, slots=True)
class LyncEntry:
    """A partner application of Lync, as the CMS and each replica keep it."""

    identity: str
    application_identifier: str
    realm: str
    trust_level: str
    metadata_url: str = ""
    """Empty for one that uses an OAuth server."""
    certificates: tuple[bytes, ...] = ()
    """DER, as copied when the URL was set; Lync shows none of them."""
    accept_security_identifier_information: bool = False
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Write:
    """One change that somebody made."""

    cmdlet: str
    who: str
    target: str
    at: datetime
    configuration: bool = True
    """False for items that a test leaves in a mailbox."""


@dataclass(slots=True)
class Mailbox:
    """A mailbox: where it lives, and how many items the tests have left in it."""

    address: str
    host: str
    items: dict[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Items of all folders."""
        return sum(self.items.values())
