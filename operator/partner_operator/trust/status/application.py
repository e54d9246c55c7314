"""`.status` of a PartnerApplication: its registration, and what was begun or is still to be done for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from partner_operator.trust.model import EntryKind, Permission, Right
from partner_operator.trust.status.certificate import CertificateEnd
from partner_operator.trust.status.condition import Condition


class ChangeKind(StrEnum):
    """What a change does to a server."""

    REGISTER = "Register"
    UPDATE = "Update"
    RECREATE = "Recreate"
    REMOVE = "Remove"


@dataclass(frozen=True, slots=True)
class Intent:
    """A change that is about to be made, or whose outcome is not yet known."""

    kind: ChangeKind
    started_at: datetime
    host: str
    needs_restart: bool = False
    before: tuple[str, ...] = ()
    """References of the partner's entries that were there already: none of them is of this intent's making."""
    over: bool = False
    """The host has answered since, so nothing of it is at work; only what it made was not seen yet."""
    fresh: bool = False
    """No host can have known the issuer before: one that names it afterwards has this very change."""
    settled_at: datetime | None = None
    """When a later pass found the change made (operator's clock): written before IIS is asked for it, so that tries
    to write it down do not ask for a later restart each time."""


@dataclass(frozen=True, slots=True)
class Registration:
    """The entry that this object stands for, as last read back from the server."""

    identity: str
    reference: str
    application_identifier: str
    realm: str
    issuer: str
    thumbprints: tuple[str, ...] = field(default=(), kw_only=True)
    """Certificates that the server was last made to read: stored ones, or the document's (Lync)."""
    created_by_us: bool
    """Who made this very entry: us, for this object or for one that handed it over."""
    last_changed_at: datetime | None
    metadata_url: str | None = None
    """With the realm it tells on Lync whether an entry of this name is still the one that was registered."""
    missing_since: datetime | None = None
    """Since when it is not visible, while its absence is not believed (operator's clock)."""
    known_to: tuple[str, ...] | None = None
    """Hosts that were heard to name its issuer since it was registered; None: they may know it from before the last
    change, so that what they name proves nothing."""
    permission: Permission | None = None
    """What the partner is allowed; None: not known, or the product has no permissions of partners."""
    kind: EntryKind = EntryKind.OWN_KEYS
    """Whose keys signed its tokens then: an entry that somebody turned into the other kind is not this one any more."""


@dataclass(frozen=True, slots=True)
class GivenPermission:
    """What this object gave to a partner beside trust. Written down before it is given, and taken by nobody else.

    A principal keeps its permission when its entry goes and is made again, so this outlives the registration.
    """

    principal: str
    """Whose it is: `<application identifier>@<realm>`."""
    right: Right
    """The most that may have been given, app-only."""
    before: Permission
    """What others had given: it is left."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """What is known of the deletion of an object."""

    seen_at: datetime
    """When a pass first saw it: the settling of its removal begins no earlier."""
    held: str | None = None
    """Set while a human has to confirm the removal: the request that stood on the server then, or empty."""


@dataclass(frozen=True, slots=True)
class DocumentSeen:
    """A document of the partner, by a digest of what it says."""

    digest: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Repair:
    """How often the same difference was repaired (rule 5, case C01)."""

    digest: str
    """Of (difference, document, generation): a new one starts the count anew."""
    attempts: int
    """Attempts in a row whose read-back did not prove them."""
    last_at: datetime
    """Of the last attempt."""
    proven_at: tuple[datetime, ...] = ()
    """The last repairs for one document and declaration that a read-back proved (case C01)."""
    documents: tuple[DocumentSeen, ...] = ()
    """The partner's documents that were the reason for repairs, in the order in which they were seen."""


@dataclass(frozen=True, slots=True)
class TestRecord:
    """One line of the test history."""

    at: datetime
    passed: bool


@dataclass(frozen=True, slots=True)
class Connectivity:
    """Results of the connectivity test."""

    passed: bool
    last_tested_at: datetime
    last_succeeded_at: datetime | None
    latency: timedelta
    message: str
    failures: int
    """Failed tests in a row."""
    history: tuple[TestRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Counterpart:
    """The declared other direction."""

    name: str
    ready: bool


@dataclass(frozen=True, slots=True)
class ApplicationStatus:
    """`.status` of a PartnerApplication."""

    observed_generation: int = -1
    conditions: tuple[Condition, ...] = ()
    registration: Registration | None = None
    given_permission: GivenPermission | None = None
    plan: tuple[str, ...] = ()
    counterpart: Counterpart | None = None
    connectivity: Connectivity | None = None
    intent: Intent | None = None
    deletion: Deletion | None = None
    repair: Repair | None = None
    certificate: CertificateEnd | None = None
    """The partner's: of those that it publishes, the one that can be used longest."""
    last_handled_reconcile_at: str | None = None
