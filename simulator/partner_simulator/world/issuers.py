"""Who may have signed a token, and which of Exchange's applications it would speak for (P-S2S-3, P-TS-2)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from partner_simulator.world import names
from partner_simulator.world.objects import AuthServer, PartnerApplication
from partner_simulator.world.running import RunningConfiguration


@dataclass(frozen=True, slots=True)
class Candidate:
    """Keys that this token's issuer is known by."""

    certificates: tuple[str, ...]
    """Base64 DER."""
    application: PartnerApplication | None
    """None: the issuer is known, and the application that it speaks of is not."""


def candidates(claims: Mapping[str, Any], running: RunningConfiguration) -> list[Candidate]:
    """Entries with keys of their own, then token servers; empty for an issuer that nobody trusts."""
    issuer = claims.get("iss")
    found = [
        Candidate(application.certificates, application)
        for application in running.trusted()
        if issuer == names.issuer(application.application_identifier, application.realm)
    ]
    for server in running.vouching():
        if _issues(server, str(issuer)):
            subject = str(claims.get("nameid"))
            realms = {server.realm or "*", *(d.domain_name for d in running.accepted_domains)}
            application = _application(subject, running.applications, realms)
            found.append(Candidate(server.certificates, application))
    return found


def _issues(server: AuthServer, issuer: str) -> bool:
    """Whether a token server is this issuer; a realm of `*` or none stands for all."""
    identifier, _, realm = issuer.partition("@")
    return identifier == server.issuer_identifier and (
        not realm or server.realm in ("", "*", realm)
    )


def _application(
    subject: str, applications: Iterable[PartnerApplication], realms: Container[str]
) -> PartnerApplication | None:
    """The enabled application that `<identifier>@<realm>` names: rather one of this very realm.

    `realms`: those in which one without a realm is taken; `*` stands for all.
    """
    identifier, _, realm = subject.partition("@")
    known = [
        application
        for application in applications
        if application.enabled
        and application.use_auth_server
        and application.application_identifier.casefold() == identifier.casefold()
    ]
    of_realm = [application for application in known if application.realm == realm]
    of_any = [a for a in known if not a.realm] if realm in realms or "*" in realms else []
    return next(iter(of_realm + of_any), None)
