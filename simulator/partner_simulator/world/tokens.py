"""Server-to-server tokens: minted with Lync's key, judged by a running configuration (P-S2S-2, P-S2S-3).

Codes 2000000, 2000001, 2000003 and 2000004 and their texts are documented; the others are a
SIM-CHOICE and say so below.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from partner_simulator.certificates import Identity, x5t
from partner_simulator.world import issuers, names
from partner_simulator.world.objects import PartnerApplication
from partner_simulator.world.running import RunningConfiguration

INNER_LIFETIME_SECONDS = 12 * 3600
OUTER_LIFETIME_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """A refusal, as `x-ms-diagnostics` carries it."""

    code: int
    reason: str
    category: str

    def __str__(self) -> str:
        """The header's value."""
        return f'{self.code};reason="{self.reason}";error_category="{self.category}"'


INVALID_SIGNATURE = Diagnostics(2000000, "The token has an invalid signature.", "invalid_signature")
UNPARSABLE = Diagnostics(
    2000001, "OAuth token submitted with the request can not be parsed.", "invalid_token"
)
BAD_AUDIENCE = Diagnostics(
    2000003, "The audience claim value is invalid 'aud'.", "invalid_resource"
)
# SIM-CHOICE: codes and texts of the next three are not documented.
EXPIRED = Diagnostics(2000010, "The token has expired.", "invalid_token")
UNKNOWN_ISSUER_CODE = 2000011
UNKNOWN_APPLICATION_CODE = 2000012


@dataclass(frozen=True, slots=True)
class Accepted:
    """A token that holds: which entry it belongs to, and for whom it speaks."""

    application: PartnerApplication
    smtp_address: str
    """Empty for a token that speaks for the application alone."""


def mint(
    signer: Identity, *, issuer: str, client_id: str, host: str, realm: str, user: str, now: float
) -> str:
    """Make a nested token: unsigned outer one with the user, signed inner actor token.

    Without a user it is the inner one alone, in which the application speaks for itself.
    """
    audience = f"{client_id}/{host}@{realm}"
    inner = actor(signer, issuer=issuer, subject=issuer, audience=audience, now=now)
    return for_user(inner, issuer=issuer, audience=audience, user=user, now=now) if user else inner


def actor(signer: Identity, *, issuer: str, subject: str, audience: str, now: float) -> str:
    """A signed token in which the application `subject` speaks; its own issuer, or one that vouches for it."""
    begin = int(now)
    claims = {
        "aud": audience,
        "iss": issuer,
        "nameid": subject,
        "nbf": str(begin),
        "exp": str(begin + INNER_LIFETIME_SECONDS),
        "trustedfordelegation": "true",
    }
    return jwt.encode(claims, signer.private_key, algorithm="RS256", headers={"x5t": signer.x5t})


def for_user(inner: str, *, issuer: str, audience: str, user: str, now: float) -> str:
    """The unsigned token around an actor's, in which it speaks for a user; `issuer` is the application."""
    begin = int(now)
    outer = {
        "aud": audience,
        "iss": issuer,
        "nbf": str(begin),
        "exp": str(begin + OUTER_LIFETIME_SECONDS),
        "smtp": user.lower(),
        "nii": "urn:office:idp:activedirectory",
        "actortoken": inner,
    }
    return f"{_part({'typ': 'JWT', 'alg': 'none'})}.{_part(outer)}."


def judge(
    token: str, host: str, running: RunningConfiguration, *, now: float, skew_seconds: float
) -> Accepted | Diagnostics:
    """Apply the rules of [MS-XOAUTH] 3.2.5.6 to a token that came in a request to `host`."""
    outer = claims_of(token)
    if outer is None:
        return UNPARSABLE
    nested = outer.get("actortoken", outer.get("actort"))
    inner = claims_of(str(nested)) if nested is not None else outer
    if inner is None:
        return UNPARSABLE
    candidates = issuers.candidates(inner, running)
    if not candidates:
        text = f"The issuer of the token is unknown. Issuer was '{inner.get('iss')}'."
        return Diagnostics(UNKNOWN_ISSUER_CODE, text, "invalid_issuer")
    signed = str(nested or token)
    signers = [c for c in candidates if signed_by(signed, map(base64.b64decode, c.certificates))]
    if not signers:
        return INVALID_SIGNATURE
    application = next((c.application for c in signers if c.application is not None), None)
    if application is None:
        text = f"No partner application that uses an auth server is '{inner.get('nameid')}'."
        return Diagnostics(UNKNOWN_APPLICATION_CODE, text, "invalid_client")
    if "nameid" not in inner or (nested is not None and outer.get("iss") != inner["nameid"]):
        return UNPARSABLE
    for claims in (outer, inner):
        refusal = _audience(str(claims.get("aud", "")), host, running)
        refusal = refusal or _times(claims, now, skew_seconds)
        if refusal is not None:
            return refusal
    return Accepted(application, str(outer.get("smtp", "")) if nested is not None else "")


def signed_by(token: str, certificates: Iterable[bytes]) -> bool:
    """Whether one of these certificates (DER) signed it; the header's x5t says which to take."""
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError:
        return False
    for der in certificates:
        key = x509.load_der_x509_certificate(der).public_key()
        if header.get("x5t") not in (None, x5t(der)) or not isinstance(key, RSAPublicKey):
            continue
        try:
            # Audience and times are looked at by our own rules, with our own clock.
            jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                options={"verify_aud": False, "verify_exp": False, "verify_nbf": False},
            )
        except jwt.InvalidTokenError:
            continue
        return True
    return False


def _audience(audience: str, host: str, running: RunningConfiguration) -> Diagnostics | None:
    resource, _, realm = audience.partition("@")
    client_id, _, name = resource.partition("/")
    if client_id != names.EXCHANGE_ID or name.casefold() != host.casefold():
        return BAD_AUDIENCE
    explicit = {domain.domain_name for domain in running.accepted_domains}
    if realm not in explicit:
        text = f"The tenant for tenant guid '{realm}' does not exist."
        return Diagnostics(2000004, text, "invalid_tenant")
    return None


def _times(claims: Mapping[str, Any], now: float, skew_seconds: float) -> Diagnostics | None:
    try:
        begin, end = int(claims["nbf"]), int(claims["exp"])
    except (KeyError, ValueError):
        return UNPARSABLE
    return None if begin - skew_seconds <= now <= end + skew_seconds else EXPIRED


def claims_of(token: str) -> dict[str, Any] | None:
    """The claims of a token, which nobody has verified; None: it is no token."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = json.loads(base64.urlsafe_b64decode(padded))
    except ValueError:
        return None
    return claims if isinstance(claims, dict) else None


def _part(value: Mapping[str, Any]) -> str:
    text = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode("ascii")
