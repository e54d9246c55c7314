"""*-CsCertificate for OAuthTokenIssuer (P-LY-5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone

from partner_simulator.ports import PsEnum, PsObject
from partner_simulator.world import errors
from partner_simulator.world.cms import CmsState, TokenCertificate
from partner_simulator.world.invocation import Handlers, Invocation

_TYPE = "OAuthTokenIssuer"
_LOCAL = timezone(timedelta(0), "local")
_CERT_TYPE = "Microsoft.Rtc.Management.Deployment.CertType"


def get(invocation: Invocation) -> None:
    """The assigned certificate of this use; nothing where none is assigned."""
    wanted = invocation.arguments.texts("Type")
    if wanted and _TYPE not in wanted:
        return
    assigned = invocation.domain.cms.state.certificate
    if assigned is None:
        return
    current = assigned.current
    values = {
        "Issuer": current.certificate.issuer.rfc4514_string(),
        "NotAfter": current.not_after.astimezone(_LOCAL),
        "NotBefore": current.not_before.astimezone(_LOCAL),
        "SerialNumber": f"{current.certificate.serial_number:X}",
        "Subject": current.subject,
        "AlternativeNames": [],
        "Thumbprint": current.thumbprint,
        "EffectiveDate": assigned.effective_at.astimezone(_LOCAL),
        "PreviousThumbprint": assigned.previous.thumbprint if assigned.previous else "",
        "UpdateTime": assigned.updated_at.astimezone(_LOCAL) if assigned.updated_at else None,
        "Use": PsEnum(_CERT_TYPE, _TYPE, 11),
        "SourceScope": "Global",
    }
    type_name = "Microsoft.Rtc.Management.Deployment.CertificateReference"
    invocation.emit(PsObject((type_name,), current.thumbprint, values))


def set_(invocation: Invocation) -> None:
    """Assign a certificate of the store; -Roll keeps the old one until -EffectiveDate."""
    arguments, domain = invocation.arguments, invocation.domain
    thumbprint = (arguments.text("Thumbprint") or "").upper()
    new = domain.lync_certificates.get(thumbprint)
    if new is None:
        raise errors.lync(
            "CertificateNotFound",
            f"Cannot find certificate with thumbprint {thumbprint} in the certificate store.",
            category="ObjectNotFound",
        )
    effective = arguments.moment("EffectiveDate")
    if arguments.flag("Roll") and effective is None:
        raise errors.lync("MissingEffectiveDate", "-Roll requires -EffectiveDate.")
    now = domain.clock.now()
    if not invocation.may(thumbprint, "Set-CsCertificate"):
        return

    def assign(state: CmsState) -> CmsState:
        old = state.certificate.signing(now) if state.certificate else None
        kept = old if arguments.flag("Roll") else None
        assigned = TokenCertificate(new, effective or now, kept, now)
        return replace(state, certificate=assigned)

    domain.cms.change(assign)
    invocation.wrote(thumbprint)


def remove(invocation: Invocation) -> None:
    """Take the certificate away, or only the previous one."""
    if not invocation.may(_TYPE, "Remove-CsCertificate"):
        return
    previous_only = invocation.arguments.flag("Previous")

    def take(state: CmsState) -> CmsState:
        if state.certificate is not None and previous_only:
            return replace(state, certificate=replace(state.certificate, previous=None))
        return replace(state, certificate=None)

    invocation.domain.cms.change(take)
    invocation.wrote(_TYPE)


HANDLERS: Handlers = {
    "Get-CsCertificate": get,
    "Set-CsCertificate": set_,
    "Remove-CsCertificate": remove,
}
