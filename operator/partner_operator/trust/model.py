"""The values that the whole operator speaks in: what is desired and what was observed.

All instants are aware datetimes in UTC. Nothing here reads a clock or talks to anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from partner_operator.oauth.certificates import Certificate, UnreadableCertificate
from partner_operator.oauth.identifiers import Product as Product
from partner_operator.oauth.metadata import AuthMetadata
from partner_operator.trust.obstacle import Obstacle


class Mode(StrEnum):
    """How far the operator may go for one PartnerApplication."""

    ENFORCE = "Enforce"
    OBSERVE = "Observe"
    SUSPEND = "Suspend"


class DeletionPolicy(StrEnum):
    """What happens to the registration when its object is deleted; unset depends on who made it."""

    REMOVE = "Remove"
    RETAIN = "Retain"


class TrustLevel(StrEnum):
    """Lync's ApplicationTrustLevel (New-CsPartnerApplication)."""

    FULL = "Full"
    APPLICATION = "Application"
    USER = "User"


class Right(StrEnum):
    """What a partner may do by itself with what a product holds, the least first (-Right of SharePoint's cmdlets)."""

    NONE = "None"
    READ = "Read"
    WRITE = "Write"
    MANAGE = "Manage"
    FULL_CONTROL = "FullControl"


@dataclass(frozen=True, slots=True)
class Permission:
    """What a partner is allowed, beside being trusted: everywhere where the product keeps content."""

    right: Right = Right.NONE
    app_only: bool = False
    """Also by its own token, in which no user is named; else only together with a user's own rights."""

    def __str__(self) -> str:
        """For people."""
        return f"{self.right}, app-only" if self.app_only else str(self.right)


class RestartPolicy(StrEnum):
    """Whether the operator may restart IIS by itself."""

    AUTOMATIC = "Automatic"
    MANUAL = "Manual"
    NEVER = "Never"


class Authentication(StrEnum):
    """How the operator logs on over WinRM."""

    NTLM = "NTLM"
    CREDSSP = "CredSSP"
    KERBEROS = "Kerberos"


@dataclass(frozen=True, slots=True)
class ObjectKey:
    """One Kubernetes object, told apart from a later one of the same name by its uid."""

    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class RestartWindow:
    """A cron schedule at which restarts may begin, and for how long."""

    schedule: str
    duration: timedelta
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class RestartRules:
    """When IIS may be restarted."""

    policy: RestartPolicy = RestartPolicy.AUTOMATIC
    settle: timedelta = timedelta(seconds=30)
    windows: tuple[RestartWindow, ...] = ()
    max_per_day: int = 4
    """How often a host may be restarted within 24 hours without a human's approval."""


@dataclass(frozen=True, slots=True)
class AllowedTokenServer:
    """What a server's owner allows of the token servers on some hosts."""

    host: str
    """A pattern, see `trust.allowed`."""
    create: bool = False
    """Whether one that is absent may be made."""
    linked_accounts: tuple[str, ...] = ()
    """Accounts that partners behind it may act with, by their canonical names."""


@dataclass(frozen=True, slots=True)
class DesiredServer:
    """A PartnerServer as declared: one organisation, deployment or farm."""

    key: ObjectKey
    generation: int
    created_at: datetime
    deleting: bool
    product: Product
    auth_metadata_url: str
    hosts: tuple[str, ...]
    port: int
    authentication: Authentication
    ca_bundle: str | None
    restart: RestartRules
    interval: timedelta
    reconcile_requested_at: str | None = None
    removal_settle: timedelta = timedelta(seconds=30)
    """How long after its deletion an object's registration is not removed, so that an heir can come."""
    restart_approved: str | None = None
    """Value of the annotation approve-restart: a new one approves the round that the condition names."""
    credentials_secret: str = ""
    """Name of the Secret with the logon, in the namespace of `key`."""
    allowed_partners: tuple[str, ...] = ()
    """Patterns of hosts whose partners may be given by URL, see `trust.allowed`."""
    allowed_token_servers: tuple[AllowedTokenServer, ...] = ()
    """Through which token servers partners may be trusted."""
    max_permission: Right = Right.NONE
    """The most that an application may ask for its partner."""


@dataclass(frozen=True, slots=True)
class ConnectivityTest:
    """Parameters of Test-CsExStorageConnectivity and how often it runs."""

    sip_uri: str
    delete_item: bool = True
    folder: str | None = None
    interval: timedelta = timedelta(hours=1)
    failure_threshold: int = 3


@dataclass(frozen=True, slots=True)
class ServiceTest:
    """Parameters of Test-OAuthConnectivity -Service Generic and how often it runs."""

    url: str
    """The partner's web service that a token is shown to."""
    mailbox: str | None = None
    """For whom the token speaks; None: for the application alone."""
    app_only: bool = False
    interval: timedelta = timedelta(hours=1)
    failure_threshold: int = 3


AnyTest = ConnectivityTest | ServiceTest


@dataclass(frozen=True, slots=True)
class PartnerProfile:
    """What is asked of a kind of partner, whoever manages it."""

    name: str
    """As users read it; also the name that its entry gets where none is declared."""
    identifier: str
    """The principal identifier that its document and its tokens bear; lower case."""
    metadata_path: str
    """Where it publishes its auth metadata document."""
    mending: str
    """A sentence: which cmdlets mend its own OAuth certificate."""
    roles: tuple[str, ...] = ()
    """Management roles that the account needs with which it acts, on servers that have roles."""
    realm_tells: bool = True
    """Identifier and realm tell its organisations apart. False: several may have one realm."""


class EntryKind(StrEnum):
    """Whose keys sign the tokens of a partner application."""

    OWN_KEYS = "OwnKeys"
    """Its own, which its document publishes: the product trusts it directly."""
    TOKEN_SERVER = "TokenServer"  # noqa: S105 - a kind, no password
    """Those of a token server, which answers for many."""


@dataclass(frozen=True, slots=True)
class Partner:
    """Whom a server shall trust."""

    profile: PartnerProfile
    auth_metadata_url: str
    """Of its own document, or of that of the token server that it gets its tokens from."""
    server_name: str | None
    """Name of the PartnerServer, or None where the partner is given otherwise."""
    kind: EntryKind = EntryKind.OWN_KEYS
    realm: str = ""
    """Behind a token server: the only realm whose tokens count; empty: each that token servers answer for."""

    @property
    def behind_token_server(self) -> bool:
        """Whether a token server signs its tokens: then it is nobody's product."""
        return self.kind is EntryKind.TOKEN_SERVER

    @property
    def name(self) -> str:
        """Its kind, for people."""
        return self.profile.name

    @property
    def identifier(self) -> str:
        """Its principal identifier."""
        return self.profile.identifier


LONGEST_IDENTITY = 64
"""Characters of an entry's name, on every product."""


def behind_token_server(identifier: str, realm: str, url: str) -> Partner:
    """An application that a token server vouches for. It is nobody's product, so nothing is known of its kind."""
    name = f"{identifier}-{realm}" if realm else identifier
    profile = PartnerProfile(
        name=name[:LONGEST_IDENTITY],
        identifier=identifier,
        metadata_path="",
        mending="Whoever runs the token server can mend it.",
    )
    return Partner(profile, url, None, EntryKind.TOKEN_SERVER, realm)


@dataclass(frozen=True, slots=True)
class DesiredApplication:
    """A PartnerApplication as declared, with its references resolved."""

    key: ObjectKey
    generation: int
    created_at: datetime
    deleting: bool
    server_name: str
    partner: Partner
    identity: str | None
    """The declared identity, or None: then an existing entry keeps its name."""
    mode: Mode = Mode.ENFORCE
    deletion_policy: DeletionPolicy | None = None
    trust_level: TrustLevel = TrustLevel.FULL
    connectivity_test: AnyTest | None = None
    permission: Right = Right.NONE
    """What the partner shall be allowed, app-only."""
    linked_account: str | None = None
    """Canonical name of the account that a partner behind a token server acts with; None: whichever it has."""
    reconcile_requested_at: str | None = None
    release_requested: str | None = None
    has_finalizer: bool = False
    deleted_at: datetime | None = None
    """By the API server's clock."""


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


@dataclass(frozen=True, slots=True)
class HostState:
    """One IIS host, looked at by itself: worker processes and health."""

    fqdn: str
    workers_started_at: datetime | None
    """Start of the oldest IIS worker process; None: no worker runs."""
    clock: datetime
    """The host's own clock when it answered."""
    running_services: frozenset[str] = frozenset()
    answers: Mapping[str, str] = field(default_factory=dict)
    """What the host served: probe URL path to status line, e.g. '/ews/exchange.asmx' to '401'."""
    listeners: frozenset[int] = frozenset()
    """TCP ports of IIS that are listened on."""


@dataclass(frozen=True, slots=True)
class RestartReport:
    """What one run of the restart did on a host."""

    restarted: bool
    """False: no worker there was older than it may be, so nothing was done."""
    clock: datetime
    """What the host's own clock showed before anything was done, or a little earlier."""


@dataclass(frozen=True, slots=True)
class TestReport:
    """What one run of a connectivity test said."""

    passed: bool
    finished_at: datetime
    latency: timedelta
    message: str
    host: str
