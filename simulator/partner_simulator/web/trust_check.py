"""Whether trust works, found out as the products would: real tokens over real HTTPS."""

from __future__ import annotations

from partner_simulator.certificates import Identity
from partner_simulator.web import paths
from partner_simulator.world import names, tokens
from partner_simulator.world.cms import LyncApplication
from partner_simulator.world.domain import Domain
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
    return _present(domain, names.FRONT_ENDS[0], f"https://{host}{paths.EWS}", token)


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
    reason = _present(domain, names.EXCHANGE_HOSTS[0], url, token)
    return None if reason is None else f"{names.LYNC_POOL}: {reason}"


def _exchange_signer(domain: Domain) -> Identity | None:
    configs = domain.directory.find(AuthConfig)
    return domain.exchange_certificates.get(configs[0].current_thumbprint) if configs else None


def _present(domain: Domain, origin: str, url: str, token: str) -> str | None:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/xml; charset=utf-8"}
    try:
        answer = domain.network.request(origin, "POST", url, headers=headers, body=LOOK)
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
