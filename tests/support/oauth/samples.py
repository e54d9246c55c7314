"""Keys, certificates, metadata documents and tokens that several tests need."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
LYNC_ID = "00000004-0000-0ff1-ce00-000000000000"
EXCHANGE_ID = "00000002-0000-0ff1-ce00-000000000000"
SHAREPOINT_ID = "00000003-0000-0ff1-ce00-000000000000"


@lru_cache(maxsize=8)
def private_key(bits: int) -> rsa.RSAPrivateKey:
    """A key, made once per size: making keys is what is slow here."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@lru_cache(maxsize=64)
def certificate_der(
    name: str = "signing",
    *,
    start: datetime = NOW - timedelta(days=30),
    end: datetime = NOW + timedelta(days=700),
    bits: int = 2048,
) -> bytes:
    """A self-signed certificate with `private_key(bits)`."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    key = private_key(bits)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) >> 1 or 1)
        .not_valid_before(start)
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.DER)


def x5t(der: bytes) -> str:
    """base64url of the SHA-1 of the DER, without padding."""
    return (
        base64.urlsafe_b64encode(hashlib.sha1(der, usedforsecurity=False).digest())
        .decode()
        .rstrip("=")
    )


def key_of(der: bytes) -> dict[str, Any]:
    """One entry of `keys` in Exchange's spelling."""
    return {
        "usage": "signing",
        "keyinfo": {"x5t": x5t(der)},
        "keyvalue": {"type": "x509Certificate", "value": base64.b64encode(der).decode()},
    }


def document(
    identifier: str = LYNC_ID, realm: str = "litwareinc.com", *ders: bytes, **changes: Any
) -> dict[str, Any]:
    """A metadata document in Exchange's shape; `changes` replaces fields, None takes one out."""
    fields: dict[str, Any] = {
        "id": "_8b9e1c7e-5f6a-4d2f-9b3d-2c1f0a7e5d11",
        "version": "1.0",
        "name": "Lync",
        "realm": realm,
        "serviceName": identifier,
        "issuer": f"{identifier}@{realm}",
        "allowedAudiences": [f"{identifier}@{realm}"],
        "keys": [key_of(der) for der in ders or (certificate_der(),)],
        "endpoints": [],
    }
    fields.update(changes)
    return {name: value for name, value in fields.items() if value is not None}


def body(fields: dict[str, Any]) -> bytes:
    """The bytes of a document."""
    return json.dumps(fields).encode()


def actor_token(der: bytes | None = None, **changes: Any) -> str:
    """A signed actor token from Lync to Exchange, as P-S2S-2 shows it."""
    claims: dict[str, Any] = {
        "aud": f"{EXCHANGE_ID}/autodiscover.litwareinc.com@litwareinc.com",
        "iss": f"{LYNC_ID}@litwareinc.com",
        "nameid": f"{LYNC_ID}@litwareinc.com",
        "nbf": str(int((NOW - timedelta(hours=1)).timestamp())),
        "exp": str(int((NOW + timedelta(hours=11)).timestamp())),
        "trustedfordelegation": "true",
    }
    claims.update(changes)
    claims = {name: value for name, value in claims.items() if value is not None}
    headers = {"x5t": x5t(der or certificate_der())}
    return _compact({"typ": "JWT", "alg": "RS256", **headers}, claims, sign=True)


def user_token(actor: str, claim: str = "actortoken", **changes: Any) -> str:
    """An unsigned outer token for a user, around an actor token."""
    claims: dict[str, Any] = {
        "aud": f"{EXCHANGE_ID}/autodiscover.litwareinc.com@litwareinc.com",
        "iss": f"{LYNC_ID}@litwareinc.com",
        "nbf": str(int((NOW - timedelta(minutes=1)).timestamp())),
        "exp": str(int((NOW + timedelta(minutes=5)).timestamp())),
        "smtp": "canary-user@litwareinc.com",
        claim: actor,
    }
    claims.update(changes)
    claims = {name: value for name, value in claims.items() if value is not None}
    return _compact({"typ": "JWT", "alg": "none"}, claims, sign=False)


def _compact(header: dict[str, Any], claims: dict[str, Any], *, sign: bool) -> str:
    if sign:
        # PyJWT refuses nbf and exp as strings only when decoding; the servers write them so.
        return jwt.api_jws.encode(
            json.dumps(claims).encode(), private_key(2048), algorithm="RS256", headers=header
        )
    return f"{_part(header)}.{_part(claims)}."


def _part(fields: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")
