"""What is remembered of an object between passes: exactly what stands in its `.status`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from partner_operator.trust.model import EntryKind, Permission, Right
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason


@dataclass(frozen=True, slots=True)
class Condition:
    """One Kubernetes condition. `last_transition` moves only when `status` does."""

    type: ConditionType
    status: ConditionStatus
    reason: Reason
    message: str
    observed_generation: int
    last_transition: datetime


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
class Removal:
    """One removal that was begun; by these a crowd is seen although its first members have left."""

    uid: str
    """Of the PartnerApplication."""
    deleted_at: datetime


@dataclass(frozen=True, slots=True)
class Dropped:
    """An issuer that is not trusted any more, while hosts may still know it."""

    issuer: str
    """`<identifier>@<realm>`."""
    at: datetime
    """When it was removed, or seen to be gone (operator's clock)."""


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
class Warned:
    """One threshold before the end of a certificate that people were told of."""

    thumbprint: str
    days: int
    """0: it had ended."""
    at: datetime
    """By the operator's clock."""


@dataclass(frozen=True, slots=True)
class CertificateEnd:
    """The certificate by which a server's tokens are told to be its own, and when it ends."""

    thumbprint: str
    not_after: datetime
    ends: str
    """The day in UTC, `2026-12-31`: kubectl prints a time that is to come as `<invalid>`."""
    warned: tuple[Warned, ...] = ()
    """The latest warnings, of this certificate and of those before it."""


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


class HostRestartState(StrEnum):
    """Where a host stands in a restart round."""

    CURRENT = "Current"
    PENDING = "Pending"
    RESTARTING = "Restarting"
    FAILED = "Failed"
    """It was restarted and is not back as it was."""
    REFUSED = "Refused"
    """iisreset ran, and the workers are those of before."""


@dataclass(frozen=True, slots=True)
class HostHealth:
    """What a host serves. Hosts differ in roles, so each is compared with itself."""

    services: tuple[str, ...] = ()
    """Services of IIS and the product that run."""
    listeners: tuple[int, ...] = ()
    """TCP ports of IIS that are listened on."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """Status code by probed path, of the probes that are answered."""
    workers: bool = False
    """Whether a worker process of IIS runs."""


@dataclass(frozen=True, slots=True)
class HostStatus:
    """One IIS host in the status of its server."""

    name: str
    workers_started_at: datetime | None
    state: HostRestartState
    required_since: datetime | None = None
    """Workers that started before this are old, by the host's own clock; None: not looked at since the change."""
    measure: HostHealth | None = None
    """The most that the host showed: it is back, and well, when it shows this. None: it never answered."""
    missing: tuple[str, ...] = ()
    """What of the measure the host did not show when it was looked at last, for people."""
    missing_since: datetime | None = None
    """Since when exactly that was missing (operator's clock)."""
    restarted_at: tuple[datetime, ...] = ()
    """When the operator restarted this host lately (operator's clock), the oldest first."""
    said: str = ""
    """What iisreset said when it did not restart IIS, or when the host did not come back."""


@dataclass(frozen=True, slots=True)
class RoundStatus:
    """A round of restarts that has begun, and is finished whatever the budget says."""

    since: datetime
    """The requirement that it serves."""
    hosts: tuple[str, ...]
    """Hosts whose turn is still to come."""
    approved: bool = False
    """A human approved exactly this round."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the condition asks a human to approve: the next approval is for this and for nothing else."""

    reason: Reason
    since: datetime
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IISStatus:
    """Restart bookkeeping of an Exchange organisation."""

    restart_required_since: datetime | None = None
    """When the last change that needs a restart was over (operator's clock)."""
    hosts: tuple[HostStatus, ...] = ()
    round: RoundStatus | None = None
    question: Question | None = None


@dataclass(frozen=True, slots=True)
class CertificateStatus:
    """A published signing certificate."""

    thumbprint: str
    subject: str
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class MetadataStatus:
    """What the server's own auth metadata document says."""

    issuer: str
    realm: str
    application_identifier: str
    certificates: tuple[CertificateStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class Undeclared:
    """A partner application on the server that no object declares, or one that was there lately."""

    identity: str
    application_identifier: str
    realm: str
    reference: str = ""
    missing_since: datetime | None = None
    """Since when it is not visible; it is forgotten when its absence is believed (operator's clock)."""
    kind: EntryKind | None = None
    """Whose keys sign its tokens; None: remembered by an older operator."""
    metadata_url: str | None = None
    issuer: str | None = None
    enabled: bool | None = None
    trust_level: str | None = None
    linked_account: str | None = None
    """Canonical name of the account that it acts with."""
    thumbprints: tuple[str, ...] | None = None
    """Certificates that are stored for it; None: the product does not show them, or they are too many to be told."""
    differs: tuple[str, ...] | None = None
    """What an object that declares it would change, as far as the entry itself shows it; None: it is not told."""
    undeclarable: str | None = None
    """Why no object can stand for it."""


@dataclass(frozen=True, slots=True)
class TokenServerStatus:
    """A token server that the organisation trusts. Nothing of it is ours."""

    name: str
    metadata_url: str
    realm: str
    type: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class Retry:
    """Backoff that outlives the process."""

    failures: int
    next_attempt_at: datetime


@dataclass(frozen=True, slots=True)
class LogonStatus:
    """What became of the logon when it was tried last: it is written before a try that could be refused."""

    mark: str
    """Of which logon this is told: the Secret's version, and what else bears on it. Nothing of the credentials."""
    accepted: bool = False
    tried_at: datetime | None = None
    """When the last try began that was not accepted."""
    word: str | None = None
    """The newest reconcile request at that time: it is used up."""
    refusal: str = ""
    """Why it was refused, for people."""
    unseen: int = 0
    """Tries in a row whose end nobody saw."""
    digest: str | None = None
    """Salted digest of a logon that was refused, so that a new Secret with the same data is no new logon."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What `kubectl get` shows of a server in few characters."""

    organization: str | None
    """The organisation's name as people call it; None: it was never reached."""
    hosts: str
    """The first host in spec.hosts, and how many more there are."""


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """`.status` of a PartnerServer."""

    observed_generation: int = -1
    conditions: tuple[Condition, ...] = ()
    organization: str | None = None
    product_version: str | None = None
    metadata: MetadataStatus | None = None
    certificate: CertificateEnd | None = None
    """The one that the server signs its tokens with."""
    columns: Columns | None = None
    iis: IISStatus | None = None
    undeclared: tuple[Undeclared, ...] = ()
    undeclared_cut: int | None = None
    """How many more there are than `undeclared` lists; None: it lists all."""
    undeclared_whole: bool | None = None
    """Whether the last look proved that nothing is missing in `undeclared`; None: nobody looked to the end."""
    token_servers: tuple[TokenServerStatus, ...] = ()
    answered_by: str | None = None
    """The listed host that `organization` was read from last: others believe it if it is one of theirs."""
    domain_controller: str | None = None
    """The controller that answered last: asked again, because another one may not know yet (C02)."""
    logon: LogonStatus | None = None
    retry: Retry | None = None
    removals: tuple[Removal, ...] = ()
    """The latest, some of them; the oldest are dropped when one more is written down."""
    dropped: tuple[Dropped, ...] = ()
    """Only where hosts take changes over by themselves, and only as long as that takes."""
    last_handled_reconcile_at: str | None = None
    last_handled_approval: str | None = None
    """The value of the annotation approve-restart that was answered last."""
    settings: tuple[str, ...] = ()
    """Settings of the organisation that are read and never written, for people."""
    skewed_hosts: tuple[str, ...] = ()
    """Hosts whose clocks were seen to differ from the operator's by more than Kerberos bears."""
