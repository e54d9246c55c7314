"""Whether trust works, found out as the products would: real tokens over real HTTPS."""

from __future__ import annotations

from collections.abc import Iterator

from partner_simulator.certificates import Identity
from partner_simulator.web import paths
from partner_simulator.world import names, tokens
from partner_simulator.world.cms import LyncApplication
from partner_simulator.world.domain import Domain
from partner_simulator.world.machines import Role
from partner_simulator.world.network import Answer, RequestFailed
from partner_simulator.world.objects import AuthConfig

LOOK = b"<s:Envelope><s:Body><m:GetFolder/></s:Body></s:Envelope>"


def why_not(domain: Domain, address: str) -> str | None:
    """The first reason why tokens are refused, in either direction; None: trust works.

    Lync's token is presented to every Exchange host that is up, Exchange's to the pool. Nothing
    is written.
    """
    entry = _exchange_on_lync(domain)
    if entry is None:
        return "Lync has no enabled partner application for Exchange"
    for machine in domain.exchange_machines():
        if machine.up:
            reason = _lync_to_exchange(domain, entry, machine.fqdn, address)
            if reason is not None:
                return f"{machine.fqdn}: {reason}"
    return _exchange_to_lync(domain, address)


def between(domain: Domain, server: Role, partner: Role, address: str) -> str | None:
    """Why `server` refuses the partner's token for a user, first reason found; None: every host takes it.

    An empty address asks for the partner's application alone. Nothing is written.
    """
    spoken = _speaker(domain, partner)
    if spoken is None:
        return f"{partner} has no signing certificate"
    signer, issuer, origin = spoken
    for url, client_id, realm in doors(domain, server):
        host = url.split("/")[2]
        token = tokens.mint(
            signer,
            issuer=issuer,
            client_id=client_id,
            host=host,
            realm=realm,
            user=address,
            now=domain.clock.seconds(),
        )
        reason = present(domain, origin, url, token)
        if reason is not None:
            return f"{host}: {reason}"
    return None


def _speaker(domain: Domain, partner: Role) -> tuple[Identity, str, str] | None:
    """Who signs a product's tokens, its issuer's name, and a machine that it runs on."""
    match partner:
        case Role.EXCHANGE:
            own, signer = domain.exchange_document(""), _exchange_signer(domain)
            if own is None or signer is None:
                return None
            return signer, names.issuer(names.EXCHANGE_ID, own.realm), names.EXCHANGE_HOSTS[0]
        case Role.FRONT_END:
            state = domain.cms.state
            if state.certificate is None:
                return None
            issuer = names.issuer(names.LYNC_ID, state.configuration.realm or names.DOMAIN)
            return state.certificate.signing(domain.clock.now()), issuer, names.FRONT_ENDS[0]
        case Role.SHAREPOINT:
            farm = domain.sharepoint.state
            issuer = names.issuer(names.SHAREPOINT_ID, farm.realm)
            return farm.signing, issuer, names.SHAREPOINT_HOSTS[0]


def doors(domain: Domain, server: Role) -> Iterator[tuple[str, str, str]]:
    """URL, identifier and realm of every place where a product judges tokens."""
    match server:
        case Role.EXCHANGE:
            own = domain.exchange_document("")
            realm = own.realm if own is not None else names.DOMAIN
            for machine in domain.exchange_machines():
                if machine.up:
                    yield f"https://{machine.fqdn}{paths.EWS}", names.EXCHANGE_ID, realm
        case Role.FRONT_END:
            realm = domain.cms.state.configuration.realm or names.DOMAIN
            yield f"https://{names.LYNC_POOL}{paths.LYNC_SERVICE}", names.LYNC_ID, realm
        case Role.SHAREPOINT:
            for machine in domain.farm_servers():
                if machine.up:
                    url = f"https://{machine.fqdn}{paths.SHAREPOINT_SERVICE}"
                    yield url, names.SHAREPOINT_ID, domain.farm_running(machine.fqdn).realm


def _exchange_on_lync(domain: Domain) -> LyncApplication | None:
    for entry in domain.cms.state.applications.values():
        ours = entry.application_identifier == names.EXCHANGE_ID and not entry.use_oauth_server
        if ours and entry.enabled and entry.trust_level == "Full":
            return entry
    return None


def _lync_to_exchange(
    domain: Domain, entry: LyncApplication, host: str, address: str
) -> str | None:
    state = domain.cms.state
    if state.certificate is None:
        return "Lync has no OAuthTokenIssuer certificate"
    token = tokens.mint(
        state.certificate.signing(domain.clock.now()),
        issuer=names.issuer(names.LYNC_ID, state.configuration.realm or names.DOMAIN),
        client_id=names.EXCHANGE_ID,
        host=host,
        realm=entry.realm,
        user=address,
        now=domain.clock.seconds(),
    )
    return present(domain, names.FRONT_ENDS[0], f"https://{host}{paths.EWS}", token)


def _exchange_to_lync(domain: Domain, address: str) -> str | None:
    signer = _exchange_signer(domain)
    if signer is None:
        return "Exchange has no signing certificate"
    own = domain.exchange_document(names.EXCHANGE_METADATA_URL)
    assert own is not None, "with a certificate there is a document"
    token = tokens.mint(
        signer,
        issuer=names.issuer(names.EXCHANGE_ID, own.realm),
        client_id=names.LYNC_ID,
        host=names.LYNC_POOL,
        realm=domain.cms.state.configuration.realm or names.DOMAIN,
        user=address,
        now=domain.clock.seconds(),
    )
    url = f"https://{names.LYNC_POOL}{paths.LYNC_SERVICE}"
    reason = present(domain, names.EXCHANGE_HOSTS[0], url, token)
    return None if reason is None else f"{names.LYNC_POOL}: {reason}"


def _exchange_signer(domain: Domain) -> Identity | None:
    configs = domain.directory.find(AuthConfig)
    return domain.exchange_certificates.get(configs[0].current_thumbprint) if configs else None


def present(domain: Domain, origin: str, url: str, token: str, body: bytes = LOOK) -> str | None:
    """Why a service refuses a request with this token; None: it serves it."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/xml; charset=utf-8"}
    try:
        answer = domain.network.request(origin, "POST", url, headers=headers, body=body)
    except RequestFailed as error:
        return error.text
    return _reason(answer)


def _reason(answer: Answer) -> str | None:
    if answer.status != 200:
        words = answer.header("x-ms-diagnostics") or answer.body.decode("utf-8", "replace")
        return f"{answer.status} {answer.reason} {words}".strip()
    if b"faultstring" in answer.body:
        return answer.body.decode("utf-8", "replace")
    return None
