"""`.status` of both kinds: the same values as `trust.status`, as they stand in YAML."""

from __future__ import annotations

from pydantic import Field

from partner_operator.kube.api.values import Duration, Instant, Model, Passed
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import ChangeKind, HostRestartState


class ConditionModel(Model):
    """A condition as all of Kubernetes writes it."""

    type: ConditionType
    status: ConditionStatus
    reason: Reason
    message: str
    observed_generation: int
    last_transition: Instant = Field(alias="lastTransitionTime")


class RegistrationModel(Model):
    """The entry on the server that this object stands for."""

    identity: str
    reference: str
    application_identifier: str
    realm: str
    issuer: str
    thumbprints: list[str] = Field(default_factory=list)
    created_by_us: bool
    last_changed_at: Instant | None = None


class CounterpartModel(Model):
    """The declared other direction."""

    name: str
    ready: bool


class TestRecordModel(Model):
    """One line of the test history."""

    at: Instant
    passed: Passed = Field(alias="result")


class ConnectivityModel(Model):
    """What the connectivity test said."""

    passed: Passed = Field(alias="result")
    last_tested_at: Instant
    last_succeeded_at: Instant | None = None
    latency: Duration
    message: str
    failures: int
    history: list[TestRecordModel] = Field(default_factory=list)


class IntentModel(Model):
    """A change that is about to be made, or whose outcome is not yet known."""

    kind: ChangeKind
    started_at: Instant
    host: str
    needs_restart: bool = False


class DocumentSeenModel(Model):
    """A document of the partner that was the reason for a repair."""

    digest: str
    at: Instant


class RepairModel(Model):
    """How often the same difference was repaired."""

    digest: str
    attempts: int
    last_at: Instant
    proven_at: list[Instant] = Field(default_factory=list)
    documents: list[DocumentSeenModel] = Field(default_factory=list)


class ApplicationStatusModel(Model):
    """`.status` of a PartnerApplication."""

    observed_generation: int = -1
    conditions: list[ConditionModel] = Field(default_factory=list)
    registration: RegistrationModel | None = None
    plan: list[str] = Field(default_factory=list)
    counterpart: CounterpartModel | None = None
    connectivity: ConnectivityModel | None = None
    intent: IntentModel | None = None
    repair: RepairModel | None = None
    last_handled_reconcile_at: str | None = None


class CertificateModel(Model):
    """A published signing certificate."""

    thumbprint: str
    subject: str
    not_before: Instant
    not_after: Instant


class MetadataModel(Model):
    """What the server's own auth metadata document says."""

    issuer: str
    realm: str
    application_identifier: str
    certificates: list[CertificateModel] = Field(default_factory=list)


class HealthModel(Model):
    """What a host showed at its best."""

    services: list[str] = Field(default_factory=list)
    listeners: list[int] = Field(default_factory=list)
    answers: dict[str, str] = Field(default_factory=dict)
    workers: bool = False


class HostModel(Model):
    """One IIS host."""

    name: str
    workers_started_at: Instant | None = None
    state: HostRestartState
    required_since: Instant | None = None
    measure: HealthModel | None = None
    missing: list[str] = Field(default_factory=list)
    missing_since: Instant | None = None
    restarted_at: list[Instant] = Field(default_factory=list)
    said: str = ""


class RoundModel(Model):
    """A round of restarts that has begun."""

    since: Instant
    hosts: list[str]
    approved: bool = False


class QuestionModel(Model):
    """What the next approval is for."""

    reason: Reason
    since: Instant
    hosts: list[str]


class IISModel(Model):
    """Restart bookkeeping of an Exchange organisation."""

    restart_required_since: Instant | None = None
    hosts: list[HostModel] = Field(default_factory=list)
    round: RoundModel | None = None
    question: QuestionModel | None = None


class UndeclaredModel(Model):
    """A partner application on the server that no object declares."""

    identity: str
    application_identifier: str
    realm: str


class RetryModel(Model):
    """Backoff that outlives the operator's process."""

    failures: int
    next_attempt_at: Instant


class PinModel(Model):
    """The host that the next run is bound to, because the outcome of a write is unknown."""

    host: str
    until: Instant


class ServerStatusModel(Model):
    """`.status` of a PartnerServer."""

    observed_generation: int = -1
    conditions: list[ConditionModel] = Field(default_factory=list)
    organization: str | None = None
    product_version: str | None = None
    metadata: MetadataModel | None = None
    iis: IISModel | None = None
    undeclared: list[UndeclaredModel] = Field(default_factory=list)
    domain_controller: str | None = None
    rejected_credentials: str | None = None
    retry: RetryModel | None = None
    pin: PinModel | None = None
    last_handled_reconcile_at: str | None = None
    last_handled_approval: str | None = None
    skewed_hosts: list[str] = Field(default_factory=list)
