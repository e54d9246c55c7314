"""Lync's side of a trust: a token of a partner, or of a token server, is judged by a Front End's replica."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from partner_simulator.certificates import x5t
from partner_simulator.world import documents, names
from partner_simulator.world.cms import CmsState, LyncApplication
from partner_simulator.world.domain import Domain
from partner_simulator.world.network import RequestFailed
from partner_simulator.world.switches import Name


@dataclass(frozen=True, slots=True)
class _Voucher:
    """Who is asked for keys, and the entry that a token of theirs speaks for."""

    identity: str
    metadata_url: str
    certificates: tuple[str, ...]
    keeps_copies: bool
    entry: LyncApplication | None
    """None: the token server is known, and the application is not."""


def refusal(domain: Domain, front_end: str, token: str) -> str | None:
    """Why a token is not accepted, in words (all SIM-CHOICE); None: it is."""
    try:
        outer = _claims(token)
        nested = outer.get("actortoken", outer.get("actort"))
        signed = token if nested is None else str(nested)
        inner = _claims(signed)
        x5t_of_signer = jwt.get_unverified_header(signed).get("x5t")
    except jwt.PyJWTError:
        return "The token can not be parsed."
    state = domain.cms.replica(front_end)
    vouchers = list(_vouchers(domain, state, inner))
    if not vouchers:
        return f"No partner application trusts the issuer {inner.get('iss')}."
    if nested is not None and outer.get("iss") != inner.get("nameid"):
        return "The issuer of the outer token is not the actor."
    realm = state.configuration.realm or names.DOMAIN
    if inner.get("aud") != f"{names.LYNC_ID}/{names.LYNC_POOL}@{realm}":
        return "The audience of the token is another."
    now = domain.clock.seconds()
    if not int(inner["nbf"]) - 300 <= now < int(inner["exp"]) + 300:
        return "The token has expired or is not valid yet."
    for voucher in vouchers:
        for text in _certificates(domain, front_end, voucher):
            der = base64.b64decode(text)
            if x5t(der) == x5t_of_signer and _signed_by(signed, der, now):
                return _unfit(voucher.entry, inner, "User" if nested is not None else "Application")
    return f"The token has no signature that {vouchers[0].identity} is known by."


def _unfit(entry: LyncApplication | None, claims: Mapping[str, Any], needed: str) -> str | None:
    """Why an entry does not let the bearer in; None: it does."""
    if entry is None:
        return f"No partner application that uses an OAuth server is {claims.get('nameid')}."
    if entry.trust_level not in ("Full", needed):
        return f"The trust level of {entry.identity} is {entry.trust_level}."
    return None


def _vouchers(domain: Domain, state: CmsState, claims: Mapping[str, Any]) -> Iterator[_Voucher]:
    """Entries with keys of their own, and token servers, whose issuer this is."""
    issuer, copies = str(claims.get("iss")), domain.switches[Name.LYNC_COPIES_CERTIFICATES]
    for entry in state.applications.values():
        theirs = names.issuer(entry.application_identifier, entry.realm)
        if entry.enabled and not entry.use_oauth_server and theirs == issuer:
            yield _Voucher(entry.identity, entry.metadata_url, entry.certificates, copies, entry)
    copies = domain.switches[Name.LYNC_COPIES_SERVER_KEYS]
    identifier, _, realm = issuer.partition("@")
    for server in state.oauth_servers.values():
        is_issuer = identifier == server.issuer_identifier
        if is_issuer and (not realm or server.realm in ("", "*", realm)):
            entry_of = _entry(state.applications, str(claims.get("nameid")), server.realm)
            url, keys = server.metadata_url, server.certificates
            yield _Voucher(server.identity, url, keys, copies, entry_of)


def _claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def _entry(
    entries: Mapping[str, LyncApplication], subject: str, server_realm: str
) -> LyncApplication | None:
    """The entry that a token server's token speaks for; one without a realm is of the server's."""
    identifier, _, realm = subject.partition("@")
    for entry in entries.values():
        is_it = entry.application_identifier.casefold() == identifier.casefold()
        if is_it and entry.enabled and entry.use_oauth_server:
            wanted = entry.realm or server_realm
            if wanted in ("", "*", realm):
                return entry
    return None


def _certificates(domain: Domain, front_end: str, voucher: _Voucher) -> tuple[str, ...]:
    if voucher.keeps_copies or not voucher.metadata_url:
        return voucher.certificates
    try:
        return domain.fetch_token_document(front_end, voucher.metadata_url).certificates
    except (RequestFailed, documents.NotADocument):
        return ()


def _signed_by(token: str, der: bytes, now: float) -> bool:
    certificate = x509.load_der_x509_certificate(der)
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey) or certificate.not_valid_after_utc.timestamp() <= now:
        return False
    # Audience and times are looked at by our own rules, with the domain's clock.
    options: Any = {"verify_aud": False, "verify_exp": False, "verify_nbf": False}
    try:
        jwt.decode(token, key, algorithms=["RS256"], options=options)
    except jwt.PyJWTError:
        return False
    return True
