"""What the SharePoint scripts promise to answer."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from partner_operator.products.parts import Part
from partner_operator.products.plausible import Reference, Said, Shown, Text, Thumbprint


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


StoredReference = Annotated[
    Reference, Field(pattern="^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$")
]
"""The Id of an issuer, which a rename leaves as it is."""


class PermissionAnswer(_Answer):
    """What the principal of an issuer may do on all sites; the other fields say why that is not known."""

    right: Text
    """A SPAppPrincipalPermissionKind by name; empty: not known, or nobody asked."""
    appOnly: bool
    fault: Shown
    """The class of the innermost exception."""
    words: Said


class EntryAnswer(_Answer):
    """One object of Get-SPTrustedSecurityTokenIssuer."""

    reference: StoredReference
    name: str
    issuer: Text
    """RegisteredIssuerName, `<identifier>@<realm>`; empty: null, as of some issuers by certificate."""
    metadataUrl: Text
    broker: bool
    """It may speak for other applications than itself."""
    thumbprints: list[Thumbprint]
    permission: PermissionAnswer


class ShownAnswer(_Answer):
    """What is only shown to people."""

    texts: list[Shown]
    fault: Said
    """Why it could not be read; empty where it was."""


class ObserveAnswer(Part):
    """The whole answer of observe.ps1."""

    product: str
    version: Shown
    organization: Text
    entries: list[EntryAnswer]
    doubts: list[Said]
    """Why the list of entries is not believed."""
    certificate: str
    """With which the farm signs its tokens, DER in base64; empty where it shows none."""
    oauthOverHttp: bool
    metadataOverHttp: bool
    hybridSelection: bool
    realm: ShownAnswer
    roots: ShownAnswer
    """Names of the root authorities."""
    rootSite: ShownAnswer
    """Address of the site collection under which the farm's own document is."""
    proxies: list[Shown]
    """Class names of the proxies of service applications."""
    hosts: list[Shown]
    """As joined, normally the short name."""


class RegisterAnswer(_Answer):
    """The answer of register.ps1: Ids of an issuer that was there, or of the one that was made."""

    existing: str
    created: str
    """Empty where New gave no error and the list shows no new issuer, or several."""


class ChallengeAnswer(_Answer):
    """The answer of challenge.ps1."""

    status: Shown
    challenge: str
    """WWW-Authenticate; several are folded into one."""
