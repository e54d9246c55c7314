"""Lync deployments that operations of both engines are tried in, by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from partner_simulator.world import cms, names
from partner_simulator.world.cms import LyncApplication
from partner_simulator.world.domain import Domain
from support.embedded.worlds import (
    COMING,
    LETTERS,
    WARNED,
    Arrange,
    both,
    distrusting,
    iis_stopped,
    large,
    lost,
    nothing,
    outside_the_groups,
    trusted,
    warning,
)


def lync_trusts(**changes: Any) -> Arrange:
    """Lync trusts Exchange as declared, but for these; every Front End knows."""

    def arrange(domain: Domain) -> None:
        (certificate,) = domain.exchange_certificates.values()
        good: dict[str, Any] = {
            "identity": "Exchange",
            "application_identifier": names.EXCHANGE_ID,
            "realm": names.DOMAIN,
            "metadata_url": names.EXCHANGE_METADATA_URL,
            "certificates": (certificate.base64,),
        }
        application = LyncApplication(**(good | changes))
        domain.cms.change(lambda state: cms.with_application(state, application))
        domain.cms.settle()

    return arrange


def every_lync_drift(domain: Domain) -> None:
    """An entry for each of them, side by side."""
    known: dict[str, LyncApplication] = {}
    for number, arrange in enumerate(LYNC_DRIFTED.values()):
        arrange(domain)
        for entry in domain.cms.state.applications.values():
            named = replace(entry, identity=f"{entry.identity} {number}")
            known[named.identity.casefold()] = named
        domain.cms.change(lambda state: replace(state, applications=MappingProxyType({})))
    domain.cms.change(lambda state: replace(state, applications=MappingProxyType(known)))
    domain.cms.settle()


LYNC_WARNED: dict[str, Arrange] = {
    f"warned: {name}": warning(
        *(text.replace("Lync", "Exchange") for text in said),
        cmdlet="Get-CsPartnerApplication",
        there=lync_trusts(),
    )
    for name, said in WARNED.items()
}

LYNC_DRIFTED: dict[str, Arrange] = {
    "as declared": lync_trusts(),
    "disabled": lync_trusts(enabled=False),
    "another URL": lync_trusts(metadata_url="https://old.example/metadata/json/1"),
    "another realm": lync_trusts(realm="other.example"),
    "another identifier": lync_trusts(application_identifier=names.SHAREPOINT_ID),
    "lower trust": lync_trusts(trust_level="User"),
    "security identifiers": lync_trusts(accepts_security_identifiers=True),
    "a token server's": lync_trusts(use_oauth_server=True, metadata_url=""),
    "odd letters": lync_trusts(identity=LETTERS),
    "several": both(lync_trusts(), lync_trusts(identity="Other", realm="other.example")),
}
"""Lync's entry, one field after the other."""


def no_lync_certificate(domain: Domain) -> None:
    """No certificate is assigned for tokens."""
    domain.cms.change(lambda state: replace(state, certificate=None))
    domain.cms.settle()


def rolled(domain: Domain) -> None:
    """The next certificate is assigned, the old one still signs."""
    made = domain.authority.issue_signing("Rolled")
    domain.lync_certificates[made.thumbprint] = made

    def assign(state: cms.CmsState) -> cms.CmsState:
        assert state.certificate is not None
        later = cms.TokenCertificate(made, COMING, previous=state.certificate.current)
        return replace(state, certificate=later)

    domain.cms.change(assign)
    domain.cms.settle()


def behind(domain: Domain) -> None:
    """The second Front End receives nothing, and something was changed."""
    domain.cms.stall(names.FRONT_ENDS[1])
    domain.cms.delay_seconds = 0
    domain.cms.change(lambda state: state)


LYNC_DEPLOYMENTS: dict[str, Arrange] = {
    "stock": nothing,
    "every drift": every_lync_drift,
    "no certificate": no_lync_certificate,
    "rolled certificate": rolled,
    "a replica is behind": behind,
    "outside the groups": outside_the_groups,
    "distrusting": distrusting,
    "names lost": lost,
    "large documents": large,
}


def full_trust(domain: Domain) -> None:
    """Both trust each other, and the workers know."""
    trusted()(domain)
    lync_trusts()(domain)
    domain.expire_caches()


def expired(domain: Domain) -> None:
    """Lync signs with a certificate that is out of date."""
    full_trust(domain)
    now = datetime.now(UTC)
    made = domain.authority.issue_signing(
        "Old", not_before=now - timedelta(days=900), not_after=now - timedelta(days=1)
    )
    domain.cms.change(
        lambda state: replace(
            state, certificate=cms.TokenCertificate(made, now - timedelta(days=900))
        )
    )
    domain.cms.settle()


TESTED: dict[str, Arrange] = {
    "no trust": nothing,
    "one side only": lync_trusts(),
    "full trust": full_trust,
    "disabled": both(full_trust, lync_trusts(enabled=False)),
    "lower trust": both(full_trust, lync_trusts(trust_level="User")),
    "no certificate": both(full_trust, no_lync_certificate),
    "certificate expired": expired,
    "IIS stopped": both(full_trust, iis_stopped),
    "names lost": both(full_trust, lost),
    "outside the groups": both(full_trust, outside_the_groups),
}
"""What Test-CsExStorageConnectivity can find."""
