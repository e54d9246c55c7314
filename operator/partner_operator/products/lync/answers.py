"""What the Lync scripts promise to answer."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from partner_operator.products.parts import Part
from partner_operator.products.plausible import (
    LONGEST_TEST,
    NO_TOKEN_SERVERS_TOLD,
    Said,
    Shown,
    Text,
)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class EntryAnswer(_Answer):
    """One object of Get-CsPartnerApplication (P-LY-2)."""

    reference: Annotated[str, Field(min_length=1)]
    """The name, which a person chose."""
    name: str
    applicationIdentifier: Text
    realm: Text
    metadataUrl: Text
    useAuthServer: bool
    enabled: bool
    acceptsSecurityIdentifiers: bool
    trustLevel: Shown
    warning: Said = ""
    """What Lync warned about this one."""

    @model_validator(mode="after")
    def _by_its_name(self) -> Self:
        """Both are the Identity: an entry under another reference would be taken for another than ours."""
        if self.reference.casefold() != self.name.casefold():
            raise ValueError("reference and name differ")
        return self


class TokenServerAnswer(_Answer):
    """One object of Get-CsOAuthServer."""

    name: Annotated[str, Field(min_length=1)]
    metadataUrl: Text
    issuer: Text
    realm: Text
    type: Text
    warning: Said = ""


class CertificateAnswer(_Answer):
    """Get-CsCertificate -Type OAuthTokenIssuer (P-LY-5)."""

    thumbprint: Text
    der: str
    previous: Text
    previousDer: str
    subject: Shown
    notBefore: str | None
    notAfter: str | None
    effectiveAt: str | None


class ReplicaAnswer(_Answer):
    """One object of Get-CsManagementStoreReplicationStatus (P-LY-7)."""

    fqdn: Text
    upToDate: bool


class ObserveAnswer(Part):
    """The whole answer of observe.ps1."""

    product: str
    version: Shown
    organization: Text
    entries: list[EntryAnswer]
    warnings: list[Said]
    """About the list, not about one of its entries."""
    certificate: CertificateAnswer | None
    certificateFault: Said
    replicas: list[ReplicaAnswer]
    tokenServers: list[TokenServerAnswer] = Field(default_factory=list)
    tokenServersFault: Said = NO_TOKEN_SERVERS_TOLD


class RegisterAnswer(_Answer):
    """The answer of register.ps1: the identity of an entry that was there; empty when one was made."""

    existing: str


class ReplicateAnswer(_Answer):
    """The answer of replicate.ps1."""

    upToDate: list[Shown]


class TestAnswer(_Answer):
    """The answer of test.ps1."""

    output: list[str]
    problems: list[str]
    details: list[str]
    milliseconds: Annotated[int, Field(ge=0, le=LONGEST_TEST)]
