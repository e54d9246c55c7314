"""SharePoint's judge of incoming tokens (P-SP-10): what one server's workers know decides.

Codes 3000003, 3000006 and 3002002 were seen; the others are a SIM-CHOICE and say so below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from partner_simulator.world import names, tokens
from partner_simulator.world.sharepoint_farm import FarmState, Issuer


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal, as `x-ms-diagnostics` carries it."""

    code: int
    reason: str
    category: str
    status: int = 401

    def __str__(self) -> str:
        """The header's value: quoted with a category, or bare without one."""
        if not self.category:
            return f"{self.code};reason={self.reason}"
        return f'{self.code};reason="{self.reason}";category="{self.category}"'


BAD_AUDIENCE = Refusal(3000003, "Invalid audience Uri.", "invalid_client")
INVALID_SIGNATURE = Refusal(3000006, "Token contains invalid signature.", "invalid_client")
# SIM-CHOICE: code, or text, or both.
UNPARSABLE = Refusal(3001000, "The token can not be parsed.", "invalid_client")
UNTRUSTED = Refusal(3001001, "The issuer of the token is not a trusted issuer.", "invalid_client")
EXPIRED = Refusal(3001002, "The token has expired or is not valid yet.", "invalid_client")


def no_principal(name: str) -> Refusal:
    """An issuer without a permission."""
    return Refusal(3002002, f"App principal does not exist: {name}", "", status=403)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A token that holds: whose it is, and for whom it speaks."""

    issuer: Issuer
    user: str
    """Empty for a token that speaks for the application alone."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What this world asks beyond what is documented."""

    skew_seconds: float
    needs_hybrid_flag: bool
    needs_root_authority: bool


def judge(
    token: str, host: str, state: FarmState, *, now: float, rules: Rules
) -> Accepted | Refusal:
    """Judge a token that came in a request to `host`."""
    outer = tokens.claims_of(token)
    if outer is None:
        return UNPARSABLE
    nested = outer.get("actortoken", outer.get("actort"))
    inner = tokens.claims_of(str(nested)) if nested is not None else outer
    if inner is None:
        return UNPARSABLE
    issuer = _issuer(inner, state)
    if issuer is None or not _is_rooted(issuer, state, rules):
        return UNTRUSTED
    if rules.needs_hybrid_flag and not state.flags.hybrid_selection:
        return UNTRUSTED
    if not tokens.signed_by(str(nested or token), issuer.certificates):
        return INVALID_SIGNATURE
    if not _speaks_for(issuer, inner) or (nested and outer.get("iss") != inner.get("nameid")):
        return UNTRUSTED
    for claims in (outer, inner):
        if str(claims.get("aud", "")) != f"{names.SHAREPOINT_ID}/{host}@{state.realm}":
            return BAD_AUDIENCE
        if not _is_in_time(claims, now, rules.skew_seconds):
            return EXPIRED
    return Accepted(issuer, _user(outer) if nested is not None else "")


def _issuer(claims: Mapping[str, Any], state: FarmState) -> Issuer | None:
    wanted = claims.get("iss")
    return next((i for i in state.issuers.values() if i.registered_issuer_name == wanted), None)


def _is_rooted(issuer: Issuer, state: FarmState, rules: Rules) -> bool:
    """A certificate that was given by hand and signs itself must stand under the roots."""
    by_hand = not issuer.metadata_end_point and any(map(_signs_itself, issuer.certificates))
    if not by_hand and not rules.needs_root_authority:
        return True
    roots = {root.certificate for root in state.root_authorities.values()}
    return any(der in roots for der in issuer.certificates)


def _signs_itself(der: bytes) -> bool:
    certificate = x509.load_der_x509_certificate(der)
    return certificate.issuer == certificate.subject


def _speaks_for(issuer: Issuer, claims: Mapping[str, Any]) -> bool:
    """A self issuer asserts its own identity only; a broker, any."""
    return not issuer.is_self_issuer or claims.get("nameid") == issuer.registered_issuer_name


def _is_in_time(claims: Mapping[str, Any], now: float, skew_seconds: float) -> bool:
    try:
        begin, end = int(claims["nbf"]), int(claims["exp"])
    except (KeyError, ValueError):
        return False
    return begin - skew_seconds <= now <= end + skew_seconds


def _user(claims: Mapping[str, Any]) -> str:
    return str(claims.get("smtp") or claims.get("upn") or claims.get("nameid") or "")
