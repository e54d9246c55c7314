"""What people declare in a PartnerServer and a PartnerApplication, with references resolved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from partner_operator.oauth.identifiers import Product
from partner_operator.trust.model.partner import Partner, Right


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
class DesiredApplication:
    """A PartnerApplication as declared, with references resolved."""

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
