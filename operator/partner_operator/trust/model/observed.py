"""What one observe run learns of an organisation: entries, token servers, documents, certificates, machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from partner_operator.oauth.certificates import Certificate, UnreadableCertificate
from partner_operator.oauth.identifiers import Product
from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.trust.model.partner import EntryKind, Permission
from partner_operator.trust.obstacle import Obstacle


@dataclass(frozen=True, slots=True)
class LinkedAccount:
    """The account whose roles a partner application acts with on Exchange."""

    canonical_name: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One partner application stored on a server."""

    reference: str
    """What the product's cmdlets take as -Identity for exactly this entry, and by which it is told from any other.

    The object's Guid on Exchange: it survives a rename, and a new object never has it. Lync has nothing but
    the name.
    """
    identity: str
    application_identifier: str
    realm: str
    issuer: str
    metadata_url: str | None
    """None: the server has a value there that cannot be read."""
    kind: EntryKind
    enabled: bool
    accepts_security_identifiers: bool
    trust_level: str | None = None
    linked_account: LinkedAccount | None = None
    thumbprints: tuple[str, ...] | None = None
    """None: the product does not show which certificates it stored (Lync)."""
    changed_at: datetime | None = None
    permission: Permission | None = None
    """None: not known, or the product has no permissions of partners."""
    permission_fault: Obstacle | None = None
    """Why it is not known."""
    warning: str = ""
    """What the server warned about this entry: then its values are not to be relied on."""


@dataclass(frozen=True, slots=True)
class TokenServer:
    """One token server that an organisation trusts, as its product shows it. It serves many, and is nobody's alone."""

    reference: str
    """What the product's cmdlets take as -Identity for exactly this one."""
    name: str
    metadata_url: str
    issuer: str = ""
    realm: str = ""
    type: str = ""
    """As the product names it; it decides nothing."""
    enabled: bool = True
    thumbprints: tuple[str, ...] | None = None
    """None: the product does not show which keys it read."""
    warning: str = ""
    """What the server warned about this one: then its values are not to be relied on."""


class DocumentFault(StrEnum):
    """Why a server could not give us a usable auth metadata document."""

    UNREACHABLE = "Unreachable"
    TLS_FAILED = "TLSFailed"
    HTTP_STATUS = "HTTPStatus"
    INVALID = "Invalid"


@dataclass(frozen=True, slots=True)
class DocumentReading:
    """What one server got when it fetched an auth metadata document: a document or a fault."""

    url: str
    document: AuthMetadata | None = None
    fault: DocumentFault | None = None
    detail: str = ""
    seconds: float | None = field(default=None, compare=False)
    """How long the server took; None: it was not asked."""


class CertificateRole(StrEnum):
    """Which of a server's own OAuth certificates."""

    CURRENT = "Current"
    PREVIOUS = "Previous"
    NEXT = "Next"


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """A certificate that the server signs its tokens with, or was told to."""

    role: CertificateRole
    thumbprint: str
    certificate: Certificate | UnreadableCertificate | None
    """None: the server names a thumbprint for which it has no certificate."""
    effective_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DiscoveredHost:
    """A machine of the organisation, as the directory or topology names it."""

    fqdn: str
    needs_restart: bool
    """True: it runs IIS workers that cache the OAuth configuration."""


@dataclass(frozen=True, slots=True)
class Replica:
    """Replication state of one Lync machine (Get-CsManagementStoreReplicationStatus)."""

    fqdn: str
    up_to_date: bool


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything one observe run learnt of an organisation."""

    product: Product
    organization: str
    product_version: str
    host: str
    clock: datetime
    """The server's clock when it answered."""
    entries: tuple[Entry, ...]
    incomplete: str | None
    """None: the list of entries is proven whole. Else: why absence may not be believed."""
    documents: Mapping[str, DocumentReading]
    """By URL: the server's own document and those of all partners asked for."""
    own_certificates: tuple[OwnCertificate, ...] = ()
    own_certificates_fault: str | None = None
    """Why the server's certificates could not be read; None when they were."""
    discovered_hosts: tuple[DiscoveredHost, ...] = ()
    replicas: tuple[Replica, ...] = ()
    domain_controller: str | None = None
    available_roles: tuple[str, ...] = ()
    """Management roles that this version has, of those a partner application can need."""
    wildcard_domains: tuple[str, ...] = ()
    """Accepted domains with a wildcard and no explicit twin: Exchange then refuses tokens (2000004)."""
    unready: Obstacle | None = None
    """Why no entry can be made there, seen before anything is tried."""
    newer_name: str | None = None
    """What people call the product in this version, where that is not its name."""
    notices: tuple[str, ...] = ()
    """Sentences on what nobody declares and nothing changes, for people."""
    settings: tuple[str, ...] = ()
    """Settings of the organisation that are read and shown, and never written: `name: value`."""
    accounts: Mapping[str, int] = field(default_factory=dict)
    """How many there are of each account that an owner lets partners act with; one that is missing is not known."""
    token_servers: tuple[TokenServer, ...] = ()
    default_realm: str = ""
    """The realm that an entry of a partner behind a token server may get where none is given."""
    token_servers_fault: str = ""
    """Why the list of token servers may not be believed."""
    facts: object = None
    """What only the product's own rules look at."""

    @property
    def members(self) -> tuple[str, ...]:
        """The machines that the organisation names as its own."""
        hosts = tuple(found.fqdn for found in self.discovered_hosts)
        return hosts + tuple(found.fqdn for found in self.replicas)

    @property
    def called(self) -> str:
        """The product's name in sentences."""
        return self.newer_name or str(self.product)
