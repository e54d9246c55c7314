"""What the Exchange scripts promise to answer."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from partner_operator.products.documents import FetchedDocument
from partner_operator.products.plain import Reference, Text


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class AccountAnswer(_Answer):
    """A linked account that exists."""

    name: str
    roles: list[str]


class EntryAnswer(_Answer):
    """One object of Get-PartnerApplication (domain reference 1.2)."""

    reference: Reference
    name: str
    applicationIdentifier: Text  # noqa: N815 - the wire's spelling
    realm: Text
    issuer: Text
    metadataUrl: Text | None  # noqa: N815
    useAuthServer: bool  # noqa: N815
    enabled: bool
    acceptsSecurityIdentifiers: bool  # noqa: N815
    certificates: list[str]
    account: AccountAnswer | None
    changedAt: str | None  # noqa: N815


class CertificateAnswer(_Answer):
    """One object of Get-ExchangeCertificate."""

    thumbprint: Text
    der: str


class HostAnswer(_Answer):
    """One object of Get-ExchangeServer."""

    fqdn: Text
    edge: bool
    restarts: bool


class ObserveAnswer(_Answer):
    """The whole answer of observe.ps1."""

    product: str
    version: str
    organization: Text
    controller: Text
    entries: list[EntryAnswer]
    warnings: list[str]
    roles: list[str]
    current: Text
    previous: Text
    next: Text
    nextEffectiveAt: str | None  # noqa: N815
    certificates: list[CertificateAnswer]
    certificateFault: str  # noqa: N815
    hosts: list[HostAnswer]
    domains: list[str]
    documents: list[FetchedDocument]


class RegisterAnswer(_Answer):
    """The answer of register.ps1: an entry that was there, or the name of the one that was made."""

    existing: str
    created: str


class HostStateAnswer(_Answer):
    """The answer of host_state.ps1."""

    answers: dict[str, str]
    listeners: list[int]
    workers: list[str | None]
    services: list[str]


class RestartAnswer(_Answer):
    """The answer of restart.ps1."""

    restarted: bool
    code: str
    lines: list[str]
