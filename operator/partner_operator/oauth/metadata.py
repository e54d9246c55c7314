"""The auth metadata document (`.../metadata/json/1`)."""

from __future__ import annotations

from dataclasses import dataclass

from partner_operator.oauth.certificates import Certificate


@dataclass(frozen=True, slots=True)
class AuthMetadata:
    """What a server publishes of itself for those who shall trust its tokens."""

    issuer: str
    realm: str
    application_identifier: str
    name: str
    certificates: tuple[Certificate, ...]

    @property
    def thumbprints(self) -> tuple[str, ...]:
        """Thumbprints of the signing certificates, sorted."""
        return tuple(sorted(certificate.thumbprint for certificate in self.certificates))
