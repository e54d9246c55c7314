"""`.spec` of both kinds, with the defaults that the CRDs write into it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from partner_operator.kube.api.derived import InYAML
from partner_operator.kube.api.values import Duration, Model
from partner_operator.trust.model import (
    AnyTest,
    Authentication,
    ConnectivityTest,
    DeletionPolicy,
    Mode,
    Product,
    RestartRules,
    Right,
    ServiceTest,
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
    """None: by product, because of the second hop (P-EX-9, P-LY-1)."""
    ca_bundle: CABundle | None = None


class Removal(Model):
    """When the registrations of deleted objects are removed."""

    settle: Duration = timedelta(seconds=30)


class AllowedPartner(Model):
    """Hosts of which a partner may be given by URL."""

    host: str


class ServerTokenServer(Model):
    """Hosts whose token servers may be used, and what more is allowed of them."""

    host: str
    create: bool = False
    linked_accounts: list[str] = Field(default_factory=list)


class ServerPermissions(Model):
    """What applications may ask for their partners."""

    max_permission: Right = Right.NONE


class ServerSpec(Model):
    """`.spec` of a PartnerServer."""

    product: Product
    auth_metadata_url: str
    hosts: list[str]
    credentials_secret_ref: LocalReference
    winrm: WinRM = Field(default_factory=WinRM)
    restart: Annotated[RestartRules, InYAML] = RestartRules()
    removal: Removal = Field(default_factory=Removal)
    allowed_partners: list[AllowedPartner] = Field(default_factory=list)
    allowed_token_servers: list[ServerTokenServer] = Field(default_factory=list)
    sharePoint: ServerPermissions | None = None  # noqa: N815 - as the block is called
    interval: Duration = timedelta(minutes=10)

    @property
    def max_permission(self) -> Right:
        """The most that an application may ask for its partner."""
        return self.sharePoint.max_permission if self.sharePoint is not None else Right.NONE


class TokenServerByURL(Model):
    """The token server that a partner gets its tokens from."""

    auth_metadata_url: str


class GivenPartner(Model):
    """A partner that no PartnerServer stands for: a product by its URL, or an application behind a token server."""

    product: Product | None = None
    auth_metadata_url: str | None = None
    application_identifier: str | None = None
    realm: str | None = None
    token_server: TokenServerByURL | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        by_url = (self.product is not None, self.auth_metadata_url is not None)
        behind = (self.application_identifier is not None, self.token_server is not None)
        if {by_url, behind} != {(True, True), (False, False)}:
            raise ValueError(
                "give product and authMetadataUrl, or applicationIdentifier and tokenServer"
            )
        return self


class NoOptions(Model):
    """The block of a product that has no options yet."""

    @property
    def test(self) -> AnyTest | None:
        """The connectivity test that is declared in it."""
        return None


class ServiceOptions(NoOptions):
    """What the block of a product can hold that tests a partner's web service."""

    connectivity_test: Annotated[ServiceTest, InYAML] | None = None
    linked_account: str | None = None

    @property
    def test(self) -> AnyTest | None:
        """The connectivity test that is declared in it."""
        return self.connectivity_test


class Options(NoOptions):
    """What a product's own block of options can hold."""

    application_trust_level: TrustLevel = TrustLevel.FULL
    connectivity_test: Annotated[ConnectivityTest, InYAML] | None = None

    @property
    def test(self) -> AnyTest | None:
        """The connectivity test that is declared in it."""
        return self.connectivity_test


class PermissionOptions(NoOptions):
    """The block of a product that can allow partners something beside trusting them."""

    permission: Right = Right.NONE


class ApplicationSpec(Model):
    """`.spec` of a PartnerApplication."""

    server_ref: LocalReference
    partner_ref: LocalReference | None = None
    partner: GivenPartner | None = None
    identity: str | None = None
    mode: Mode = Mode.ENFORCE
    deletion_policy: DeletionPolicy | None = None
    exchange: ServiceOptions | None = None
    lync: Options | None = None
    sharePoint: PermissionOptions | None = None  # noqa: N815 - as the block is called

    def options(self, block: str) -> NoOptions | None:
        """The block of this name; None where it is not declared."""
        found: NoOptions | None = getattr(self, block)
        return found
