"""`.spec` of both kinds, with the defaults that the CRDs write into it."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field, field_validator

from partner_operator.kube.api.values import Duration, Model
from partner_operator.trust.model import (
    Authentication,
    DeletionPolicy,
    Mode,
    Product,
    RestartPolicy,
    TrustLevel,
)


class LocalReference(Model):
    """An object of the same namespace, by name: there is no field for another namespace."""

    name: str


class ConfigMapKey(Model):
    """One key of a ConfigMap of the same namespace."""

    name: str
    key: str = "ca.crt"


class CABundle(Model):
    """Where the certificate authorities stand that signed the servers' WinRM certificates."""

    config_map_key_ref: ConfigMapKey | None = None


class WinRM(Model):
    """How the operator reaches the hosts."""

    port: int = 5986
    authentication: Authentication | None = None
    """None: by product, because of the second hop (design 3)."""
    ca_bundle: CABundle | None = None


class Window(Model):
    """When restarts may begin, and for how long."""

    schedule: str
    duration: Duration
    time_zone: str = "UTC"


class Restart(Model):
    """When IIS may be restarted."""

    policy: RestartPolicy = RestartPolicy.AUTOMATIC
    settle: Duration = timedelta(seconds=30)
    windows: list[Window] = Field(default_factory=list)
    max_per_day: int = Field(default=4, ge=1, le=24)


LONGEST_SETTLE = timedelta(hours=1)


class Removal(Model):
    """When the registrations of deleted objects are removed."""

    settle: Duration = timedelta(seconds=30)

    @field_validator("settle")
    @classmethod
    def _at_most(cls, settle: timedelta) -> timedelta:
        if settle > LONGEST_SETTLE:
            raise ValueError("write at most 1h")
        return settle


class ServerSpec(Model):
    """`.spec` of a PartnerServer."""

    product: Product
    auth_metadata_url: str
    hosts: list[str]
    credentials_secret_ref: LocalReference
    winrm: WinRM = Field(default_factory=WinRM)
    restart: Restart = Field(default_factory=Restart)
    removal: Removal = Field(default_factory=Removal)
    interval: Duration = timedelta(minutes=10)


class PartnerByURL(Model):
    """A partner that no PartnerServer stands for."""

    product: Product
    auth_metadata_url: str


class ExchangeOptions(Model):
    """What only Exchange has; nothing yet."""


class ConnectivityTestOptions(Model):
    """Test-CsExStorageConnectivity: for whom, how often, and what counts as failed."""

    sip_uri: str
    delete_item: bool = True
    folder: str | None = None
    interval: Duration = timedelta(hours=1)
    failure_threshold: int = 3


class LyncOptions(Model):
    """What only Lync has."""

    application_trust_level: TrustLevel = TrustLevel.FULL
    connectivity_test: ConnectivityTestOptions | None = None


class ApplicationSpec(Model):
    """`.spec` of a PartnerApplication."""

    server_ref: LocalReference
    partner_ref: LocalReference | None = None
    partner: PartnerByURL | None = None
    identity: str | None = None
    mode: Mode = Mode.ENFORCE
    deletion_policy: DeletionPolicy | None = None
    exchange: ExchangeOptions | None = None
    lync: LyncOptions | None = None
