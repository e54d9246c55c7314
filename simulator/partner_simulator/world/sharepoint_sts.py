"""The farm's own token service: realm, certificates, flags, root authorities (P-SP-7, P-SP-9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from uuid import UUID

from partner_simulator.ports import PsCertificate, PsObject
from partner_simulator.world import errors, sharepoint_errors
from partner_simulator.world.invocation import Invocation
from partner_simulator.world.sharepoint_farm import FarmState, RootAuthority
from partner_simulator.world.sharepoint_issuers import view as issuer_view
from partner_simulator.world.sharepoint_verbs import Verbs, verb, write

_CLAIMS = "Microsoft.SharePoint.Administration.Claims"
_ROOT = "Microsoft.SharePoint.Administration.SPTrustedRootAuthority"


def get_realm(invocation: Invocation) -> None:
    """The farm's realm; without subscriptions every context has the same."""
    realm = invocation.farm.state.realm
    invocation.emit(PsObject(("System.String",), realm, {}))


def set_realm(invocation: Invocation) -> None:
    """What breaks every partner's registration of this farm; SharePoint writes it in lower case."""
    realm = invocation.arguments.text("Realm")
    if not realm:
        raise errors.not_simulated("Set-SPAuthenticationRealm without -Realm")
    if invocation.may(realm, invocation.call.name):
        write(
            invocation,
            "SPSecurityTokenServiceManager Name=SecurityTokenServiceManager",
            realm,
            lambda state: replace(state, realm=realm.lower()),
        )


def get_configuration(invocation: Invocation) -> None:
    """The token service's manager; its list of issuers is a second count of them."""
    farm = invocation.farm
    state = farm.state
    provider = PsObject(
        (f"{_CLAIMS}.SPLocalLoginProvider",),
        "SPLocalLoginProvider",
        {"SigningCertificate": PsCertificate(state.signing.der)},
    )
    values = {
        "Name": "SecurityTokenServiceManager",
        "NameIdentifier": None,
        "LocalLoginProvider": provider,
        "HybridStsSelectionEnabled": state.flags.hybrid_selection,
        "AllowMetadataOverHttp": state.flags.metadata_over_http,
        "AllowOAuthOverHttp": state.flags.oauth_over_http,
        "DefaultTrustedSecurityTokenIssuer": None,
        "TrustedSecurityTokenServices": [issuer_view(i) for i in state.issuers.values()],
    }
    type_name = f"{_CLAIMS}.SPSecurityTokenServiceManager"
    text = "SPSecurityTokenServiceManager Name=SecurityTokenServiceManager"
    invocation.emit(PsObject((type_name,), text, values))


def set_configuration(invocation: Invocation) -> None:
    """Nothing of it is simulated: certificates are changed by people (human.py)."""
    raise errors.not_simulated(invocation.call.name)


def get_root(invocation: Invocation) -> None:
    """Root authorities, all or one."""
    identity = invocation.arguments.text("Identity")
    if identity is not None:
        invocation.emit(_root(_one_root(invocation)))
        return
    for known in invocation.farm.state.root_authorities.values():
        invocation.emit(_root(known))


def new_root(invocation: Invocation) -> None:
    """Trust a certificate as a root."""
    made = RootAuthority(invocation.arguments.text("Name") or "", _certificate(invocation))
    if invocation.may(made.name, invocation.call.name):
        _change_root(invocation, made, lambda roots: {**roots, made.id: made})
        invocation.emit(_root(made))


def set_root(invocation: Invocation) -> None:
    """Another certificate for a root authority."""
    changed = replace(_one_root(invocation), certificate=_certificate(invocation))
    if invocation.may(changed.name, invocation.call.name):
        _change_root(invocation, changed, lambda roots: {**roots, changed.id: changed})


def remove_root(invocation: Invocation) -> None:
    """Trust it no longer."""
    gone = _one_root(invocation)
    if invocation.may(gone.name, invocation.call.name):
        _change_root(
            invocation, gone, lambda roots: {k: r for k, r in roots.items() if k != gone.id}
        )


def _change_root(
    invocation: Invocation,
    subject: RootAuthority,
    change: Callable[[dict[UUID, RootAuthority]], dict[UUID, RootAuthority]],
) -> None:
    def put(state: FarmState) -> FarmState:
        roots = change(dict(state.root_authorities))
        return replace(state, root_authorities=MappingProxyType(roots))

    write(invocation, f"SPTrustedRootAuthority Name={subject.name}", subject.name, put)


def _certificate(invocation: Invocation) -> bytes:
    given = invocation.arguments.values.get("certificate")
    if not isinstance(given, PsCertificate):
        raise errors.not_simulated(f"{invocation.call.name} without -Certificate")
    return given.der


def _one_root(invocation: Invocation) -> RootAuthority:
    wanted = (invocation.arguments.text("Identity") or "").casefold()
    for known in invocation.farm.state.root_authorities.values():
        if wanted in (str(known.id), known.name.casefold()):
            return known
    raise sharepoint_errors.no_such_object()


def _root(known: RootAuthority) -> PsObject:
    values = {"Id": known.id, "Name": known.name, "Certificate": PsCertificate(known.certificate)}
    return PsObject((_ROOT,), f"SPTrustedRootAuthority Name={known.name}", values)


VERBS: Verbs = {
    "Get-SPAuthenticationRealm": verb(get_realm, "ServiceContext"),
    "Set-SPAuthenticationRealm": verb(set_realm, "Realm"),
    "Get-SPSecurityTokenServiceConfig": verb(get_configuration),
    "Set-SPSecurityTokenServiceConfig": verb(set_configuration),
    "Get-SPTrustedRootAuthority": verb(get_root, "Identity"),
    "New-SPTrustedRootAuthority": verb(new_root, "Name", "Certificate"),
    "Set-SPTrustedRootAuthority": verb(set_root, "Identity", "Certificate"),
    "Remove-SPTrustedRootAuthority": verb(remove_root, "Identity"),
}
