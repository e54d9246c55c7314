"""What the Exchange scripts promise to answer."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from partner_operator.products.parts import Part
from partner_operator.products.plausible import (
    LONGEST_TEST,
    NO_TOKEN_SERVERS_TOLD,
    Reference,
    Said,
    Shown,
    Text,
    Thumbprint,
)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class AccountAnswer(_Answer):
    """A linked account that exists."""

    name: str
    roles: list[str]


StoredReference = Annotated[
    Reference, Field(pattern="^([0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|CN=[\\s\\S]+)$")
]
"""A Guid, else a distinguished name. An entry under any other would be taken for another than ours."""


class EntryAnswer(_Answer):
    """One object of Get-PartnerApplication (P-EX-2)."""

    reference: StoredReference
    name: str
    applicationIdentifier: Text
    realm: Text
    issuer: Text
    metadataUrl: Text | None
    useAuthServer: bool
    enabled: bool
    acceptsSecurityIdentifiers: bool
    thumbprints: list[Thumbprint]
    account: AccountAnswer | None
    changedAt: str | None
    warning: Said = ""
    """What Exchange warned about this one."""


class TokenServerAnswer(_Answer):
    """One object of Get-AuthServer."""

    reference: StoredReference
    name: str
    metadataUrl: Text
    issuer: Text
    realm: Text
    type: Text
    enabled: bool
    certificates: list[str]
    warning: Said = ""


class CertificateAnswer(_Answer):
    """One object of Get-ExchangeCertificate."""

    thumbprint: Text
    der: str


class FoundAnswer(_Answer):
    """How many accounts of a name there are."""

    name: Shown
    count: Annotated[int, Field(ge=0)]


class HostAnswer(_Answer):
    """One object of Get-ExchangeServer."""

    fqdn: Text
    edge: bool
    restarts: bool


class ObserveAnswer(Part):
    """The whole answer of observe.ps1."""

    product: str
    version: Shown
    organization: Text
    controller: Text
    entries: list[EntryAnswer]
    warnings: list[Said]
    """About the list, not about one of its entries."""
    roles: list[Shown]
    current: Text
    previous: Text
    next: Text
    nextEffectiveAt: str | None
    certificates: list[CertificateAnswer]
    certificateFault: Said
    hosts: list[HostAnswer]
    domains: list[Shown]
    accounts: list[FoundAnswer] = Field(default_factory=list)
    tokenServers: list[TokenServerAnswer] = Field(default_factory=list)
    tokenServersFault: Said = NO_TOKEN_SERVERS_TOLD


class ResultAnswer(_Answer):
    """One object of Test-OAuthConnectivity (P-EX-15)."""

    type: Text
    """Success, Warning or Error: IsValid is True even where the test failed."""
    detail: str
    """The end of a long log."""


class TestAnswer(_Answer):
    """The answer of test.ps1."""

    results: list[ResultAnswer]
    problems: list[str]
    milliseconds: Annotated[int, Field(ge=0, le=LONGEST_TEST)]


class RegisterAnswer(_Answer):
    """The answer of register.ps1: references of an entry that was there, or of the one that was made."""

    existing: str
    created: str
    """Empty also where several are new, so that nobody knows which one this run made."""
    configured: bool
    """The shipped script ran."""
