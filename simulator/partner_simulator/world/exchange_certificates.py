"""Exchange's own signing certificate: *-AuthConfig and *-ExchangeCertificate (P-EX-6)."""

from __future__ import annotations

from dataclasses import replace

from partner_simulator.certificates import self_signed
from partner_simulator.world import errors, exchange_views
from partner_simulator.world.invocation import Handlers, Invocation
from partner_simulator.world.objects import AuthConfig
from partner_simulator.world.setup import EXCHANGE_CERTIFICATE_NAME


def get_auth_config(invocation: Invocation) -> None:
    """The one AuthConfig object."""
    for config in invocation.domain.directory.find(AuthConfig, invocation.controller):
        invocation.emit(exchange_views.auth_config(config, invocation.controller))


def set_auth_config(invocation: Invocation) -> None:
    """Name another certificate, publish it, or forget the previous one."""
    arguments, domain = invocation.arguments, invocation.domain
    config = domain.directory.find(AuthConfig, invocation.controller)[0]
    changed = config
    for parameter in ("CertificateThumbprint", "NewCertificateThumbprint"):
        thumbprint = arguments.text(parameter)
        if thumbprint and thumbprint.upper() not in domain.exchange_certificates:
            raise invocation.not_found(thumbprint)
    current = arguments.text("CertificateThumbprint")
    if current:
        changed = replace(changed, current_thumbprint=current.upper())
    new = arguments.text("NewCertificateThumbprint")
    if new:
        effective = arguments.moment("NewCertificateEffectiveDate")
        changed = replace(changed, next_thumbprint=new.upper(), next_effective=effective)
    if arguments.flag("PublishCertificate") and changed.next_thumbprint:
        changed = replace(
            changed,
            previous_thumbprint=changed.current_thumbprint,
            current_thumbprint=changed.next_thumbprint,
            next_thumbprint="",
            next_effective=None,
        )
    if arguments.flag("ClearPreviousCertificate"):
        changed = replace(changed, previous_thumbprint="")
    if "Realm" in arguments:
        changed = replace(changed, realm=arguments.text("Realm") or "")
    if invocation.may("Auth Configuration", "Set-AuthConfig"):
        domain.directory.write(changed, invocation.controller)
        invocation.wrote("Auth Configuration")


def get_certificate(invocation: Invocation) -> None:
    """Certificates of the server, all or by thumbprint."""
    arguments = invocation.arguments
    wanted = arguments.text("Thumbprint") or arguments.text("Identity")
    known = invocation.domain.exchange_certificates
    if wanted:
        thumbprint = wanted.rpartition("\\")[2].upper()
        if thumbprint not in known:
            text = f"The certificate with thumbprint {thumbprint} was not found."
            raise errors.exchange(invocation.host, errors.MANAGEMENT_OBJECT_NOT_FOUND, text)
        known = {thumbprint: known[thumbprint]}
    for identity in known.values():
        invocation.emit(exchange_views.certificate(identity, EXCHANGE_CERTIFICATE_NAME))


def new_certificate(invocation: Invocation) -> None:
    """Make a self-signed certificate."""
    if not invocation.may(EXCHANGE_CERTIFICATE_NAME, "New-ExchangeCertificate"):
        return
    made = self_signed(EXCHANGE_CERTIFICATE_NAME)
    invocation.domain.exchange_certificates[made.thumbprint] = made
    invocation.wrote(made.thumbprint)
    invocation.emit(exchange_views.certificate(made, EXCHANGE_CERTIFICATE_NAME))


HANDLERS: Handlers = {
    "Get-AuthConfig": get_auth_config,
    "Set-AuthConfig": set_auth_config,
    "Get-ExchangeCertificate": get_certificate,
    "New-ExchangeCertificate": new_certificate,
}
