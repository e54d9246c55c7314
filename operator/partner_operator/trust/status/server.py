"""`.status` of a PartnerServer: the organisation as it was found, and what is remembered of working on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from partner_operator.trust.model import EntryKind
from partner_operator.trust.status.certificate import CertificateEnd, CertificateStatus
from partner_operator.trust.status.condition import Condition
from partner_operator.trust.status.iis import IISStatus


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
