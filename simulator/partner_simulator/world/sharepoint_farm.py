"""The SharePoint farm: what its configuration database holds, and what happened to it when (P-SP-3 to P-SP-6)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID, uuid4

from partner_simulator.certificates import Identity, self_signed
from partner_simulator.world import names
from partner_simulator.world.clock import Clock

FARM_ID = UUID("0b9f2a5e-7c41-4d86-9a3d-52f6c1d7e804")
"""The stock farm's id, the same on every server and in every run."""
CONFIG_DATABASE = "SharePoint_Config"
CONTENT_DATABASE = "WSS_Content"
APP_MANAGEMENT_DATABASE = "AppManagement"
SIGNING_NAME = "SharePoint Security Token Service"
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""When the certificate ends that a new farm makes for itself."""


class Right(StrEnum):
    """SPAppPrincipalPermissionKind, as far as cmdlets can give it."""

    READ = "Read"
    WRITE = "Write"
    MANAGE = "Manage"
    FULL_CONTROL = "FullControl"


class Scope(StrEnum):
    """SPCmdletAppPrincipalPermissionScope."""

    SITE = "Site"
    SITE_COLLECTION = "SiteCollection"
    SITE_SUBSCRIPTION = "SiteSubscription"


@dataclass(frozen=True, slots=True)
class Issuer:
    """A trusted security token issuer (P-SP-4)."""

    name: str
    registered_issuer_name: str
    """`<id>@<realm>`; empty is null."""
    certificates: tuple[bytes, ...]
    """DER; the first is SigningCertificate, the others AdditionalSigningCertificates."""
    is_self_issuer: bool = True
    """Made without -IsTrustBroker."""
    metadata_end_point: str = ""
    """As it was given; empty is null: an issuer by certificate, or a damaged one."""
    description: str = ""
    version: int = 1
    """Goes up with each write, as of every object in the configuration database."""
    id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class Permission:
    """What an app principal may do."""

    rights: Mapping[tuple[Scope, str], Right] = field(default_factory=lambda: MappingProxyType({}))
    """By scope and the URL that it is about; no URL for SiteSubscription."""
    app_only: bool = False


@dataclass(frozen=True, slots=True)
class RootAuthority:
    """A certificate that the farm trusts as a root."""

    name: str
    certificate: bytes
    id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class StsFlags:
    """Flags of the security token service, as a new farm has them."""

    hybrid_selection: bool = True
    metadata_over_http: bool = False
    oauth_over_http: bool = False


@dataclass(frozen=True, slots=True)
class FarmState:
    """Everything that the configuration database holds, as one value."""

    realm: str
    signing: Identity
    next_signing: Identity | None = None
    """Queued: published already, and not used yet."""
    issuers: Mapping[UUID, Issuer] = field(default_factory=lambda: MappingProxyType({}))
    permissions: Mapping[str, Permission] = field(default_factory=lambda: MappingProxyType({}))
    """By name identifier in lower case."""
    registered: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Display names of app principals that Register-SPAppPrincipal made, by name identifier."""
    root_authorities: Mapping[UUID, RootAuthority] = field(
        default_factory=lambda: MappingProxyType({})
    )
    flags: StsFlags = StsFlags()


@dataclass(frozen=True, slots=True)
class Site:
    """A site collection with its root web."""

    url: str
    host_named: bool = False
    content_database: str = CONTENT_DATABASE


class Kind(StrEnum):
    """Service applications that app principals and user tokens need."""

    APP_MANAGEMENT = "App Management"
    USER_PROFILE = "User Profile"
    SUBSCRIPTION_SETTINGS = "Subscription Settings"


@dataclass(frozen=True, slots=True)
class ServiceApplication:
    """A service application, which may lack the proxy through which sites find it."""

    kind: Kind
    name: str
    has_proxy: bool = True
    proxy_name: str | None = None
    """None: null, as happens in the field."""
    id: UUID = field(default_factory=uuid4)
    proxy_id: UUID = field(default_factory=uuid4)


class SharePointFarm:
    """Two servers' one configuration. Thread-safe."""

    def __init__(
        self,
        clock: Clock,
        shell_admins: Mapping[str, frozenset[str]],
        identifier: UUID = FARM_ID,
    ) -> None:
        """A new farm: its realm is its id, and it trusts nobody. `shell_admins`: databases by user."""
        self.id = identifier
        self.shell_admins = dict(shell_admins)
        self.left: set[str] = set()
        """Servers that are in no farm (any more)."""
        self.sites = [
            Site(f"https://{names.PORTAL}"),
            Site(f"https://{names.TEAM_SITE}", host_named=True),
            Site(f"http://intranet.{names.DOMAIN}"),
        ]
        self.applications = [
            ServiceApplication(kind, f"{kind} Service Application", proxy_name=f"{kind} Proxy")
            for kind in Kind
        ]
        self.hidden: set[UUID] = set()
        """Issuers that a listing leaves out, although the farm has them."""
        self.offers_bearer = True
        """False: the web application answers OAuth calls with NTLM only, as one over HTTP does."""
        self.needs_upgrade = False
        """Servers are patched, and the configuration wizard has not run yet."""
        self.refreshed_at = clock.seconds()
        """The last run of RefreshMetadataFeed."""
        self._conflicts = 0
        self._clock = clock
        self._lock = threading.RLock()
        signing = self_signed(SIGNING_NAME, not_after=NEVER)
        local = RootAuthority("local", signing.der)
        roots = MappingProxyType({local.id: local})
        self._history = [(0.0, FarmState(str(self.id), signing, root_authorities=roots))]

    @property
    def state(self) -> FarmState:
        """What stands in the database now."""
        with self._lock:
            return self._history[-1][1]

    def state_at(self, seconds: float) -> FarmState:
        """What stood there at an instant."""
        with self._lock:
            return next(state for at, state in reversed(self._history) if at <= seconds)

    def change(self, change: Callable[[FarmState], FarmState]) -> None:
        """Replace the state. `change` runs with the lock held, and may raise."""
        with self._lock:
            self._history.append((self._clock.seconds(), change(self.state)))

    def settle(self) -> None:
        """Forget the past: all workers know what stands in the database."""
        with self._lock:
            self._history = [(0.0, self.state)]

    def plan_conflicts(self, times: int = 1) -> None:
        """Let somebody else be faster at the next `times` writes."""
        with self._lock:
            self._conflicts += times

    def take_conflict(self) -> bool:
        """Whether the write that is made now comes too late."""
        with self._lock:
            taken, self._conflicts = self._conflicts > 0, max(0, self._conflicts - 1)
            return taken

    def site(self, url: str) -> Site | None:
        """The site collection of exactly this URL."""
        wanted = url.rstrip("/").casefold()
        return next((site for site in self.sites if site.url == wanted), None)

    def application(self, kind: Kind) -> ServiceApplication | None:
        """The first service application of a kind that sites can reach."""
        return next((a for a in self.applications if a.kind is kind and a.has_proxy), None)


def with_issuer(state: FarmState, issuer: Issuer) -> FarmState:
    """The state with this issuer made or replaced."""
    return replace(state, issuers=MappingProxyType({**state.issuers, issuer.id: issuer}))


def without_issuer(state: FarmState, identifier: UUID) -> FarmState:
    """The state without an issuer."""
    kept = {known: issuer for known, issuer in state.issuers.items() if known != identifier}
    return replace(state, issuers=MappingProxyType(kept))


def with_permission(state: FarmState, principal: str, permission: Permission | None) -> FarmState:
    """The state with what an app principal may do; None: nothing."""
    kept = {k: p for k, p in state.permissions.items() if k != principal.casefold()}
    if permission is not None:
        kept[principal.casefold()] = permission
    return replace(state, permissions=MappingProxyType(kept))
