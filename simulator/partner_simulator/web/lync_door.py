"""Lync's side of a trust: a token that Exchange signed is judged by a Front End's replica."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from partner_simulator.certificates import x5t
from partner_simulator.world import documents, names
from partner_simulator.world.cms import LyncApplication
from partner_simulator.world.domain import Domain
from partner_simulator.world.network import RequestFailed
from partner_simulator.world.switches import Name


def refusal(domain: Domain, front_end: str, token: str) -> str | None:
    """Why a nested token is not accepted, in words; None: it is."""
    try:
        outer = _claims(token)
        actor = str(outer.get("actortoken", outer.get("actort")))
        inner = _claims(actor)
        x5t_of_signer = jwt.get_unverified_header(actor).get("x5t")
    except jwt.PyJWTError:
        return "The token can not be parsed."
    state = domain.cms.replica(front_end)
    entry = _entry(state.applications, str(inner.get("iss")))
    if entry is None:
        return f"No partner application trusts the issuer {inner.get('iss')}."
    if outer.get("iss") != inner.get("nameid"):
        return "The issuer of the outer token is not the actor."
    realm = state.configuration.realm or names.DOMAIN
    if inner.get("aud") != f"{names.LYNC_ID}/{names.LYNC_POOL}@{realm}":
        return "The audience of the token is another."
    now = domain.clock.seconds()
    if not int(inner["nbf"]) - 300 <= now < int(inner["exp"]) + 300:
        return "The token has expired or is not valid yet."
    for text in _certificates(domain, front_end, entry):
        der = base64.b64decode(text)
        if x5t(der) == x5t_of_signer and _signed_by(actor, der, now):
            return None
    return f"The token has no signature that {entry.identity} is known by."


def _claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def _entry(entries: Mapping[str, LyncApplication], issuer: str) -> LyncApplication | None:
    for entry in entries.values():
        theirs = names.issuer(entry.application_identifier, entry.realm)
        if entry.enabled and not entry.use_oauth_server and theirs == issuer:
            return entry
    return None


def _certificates(domain: Domain, front_end: str, entry: LyncApplication) -> tuple[str, ...]:
    if domain.switches[Name.LYNC_COPIES_CERTIFICATES] or not entry.metadata_url:
        return entry.certificates
    try:
        return domain.fetch_document(front_end, entry.metadata_url).certificates
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
