"""The auth metadata document (`.../metadata/json/1`): bytes in, value out.

Lenient, because documents differ (P-S2S-1): unknown fields are ignored, `keyvalue` and `keyValue`, `signing`
and `Signing` are one, a missing realm is taken from the issuer (SharePoint, P-S2S-6), a missing issuer of a
token server from its identifier and realm, and `x5t` may be written in either base64 alphabet. What contradicts
itself is refused.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass

from partner_operator.oauth.certificates import (
    Certificate,
    UnreadableCertificate,
    read_certificate,
)
from partner_operator.oauth.identifiers import PRODUCTS, Issuer, parse_issuer
from partner_operator.texts import shown

LARGEST_DOCUMENT = 256 * 1024
"""Bytes. Real documents have a few KiB, even with three certificates."""
MOST_KEYS = 50
LONGEST_NAME = 1024
"""Characters of an issuer, a realm, a name or an identifier."""


@dataclass(frozen=True, slots=True)
class AuthMetadata:
    """What a server publishes of itself for those who shall trust its tokens."""

    issuer: str
    realm: str
    application_identifier: str
    name: str
    certificates: tuple[Certificate, ...]
    unreadable: tuple[UnreadableCertificate, ...] = ()
    """Further signing keys, of which nothing can be said and nothing is demanded."""

    @property
    def thumbprints(self) -> tuple[str, ...]:
        """Thumbprints of the signing certificates that can be read, sorted."""
        return tuple(sorted(certificate.thumbprint for certificate in self.certificates))


class MetadataError(ValueError):
    """A document that cannot be used; the message is a sentence for people."""


class NotJson(MetadataError):
    """Not a JSON document at all, mostly an HTML error or logon page."""


class InvalidJson(MetadataError):
    """JSON that is cut off, damaged, or not an object."""


class MissingField(MetadataError):
    """A field without which nobody can be trusted is missing, empty, or of another type."""


class NoSigningCertificate(MetadataError):
    """No key of the document is an X.509 certificate for signing."""


class BadCertificate(MetadataError):
    """No signing key can be read, or an x5t belongs to another certificate."""


class TooLarge(MetadataError):
    """More bytes or keys than any real document has."""


def parse_metadata(body: bytes, content_type: str | None = None) -> AuthMetadata:
    """Read a document. Raises MetadataError with a sentence that says what was found instead."""
    if len(body) > LARGEST_DOCUMENT:
        raise TooLarge(f"The document is larger than {LARGEST_DOCUMENT // 1024} KiB.")
    fields = _load(body, content_type)
    identifier = _name(fields, "servicename")
    if not identifier:
        raise MissingField("The document has no serviceName, so it names no application.")
    issuer = _name(fields, "issuer")
    if not issuer and identifier.lower() in PRODUCTS:
        raise MissingField(
            "The document has no issuer, so no token can be matched to it. Only token servers leave it out."
        )
    realm = _name(fields, "realm") or parse_issuer(issuer).realm
    # The identifier alone is what servers store of such a token server.
    issuer = issuer or str(Issuer(identifier.lower(), realm))
    certificates, unreadable = _certificates(fields)
    return AuthMetadata(
        issuer=issuer,
        realm=realm,
        application_identifier=identifier.lower(),
        name=_name(fields, "name"),
        certificates=certificates,
        unreadable=unreadable,
    )


def _load(body: bytes, content_type: str | None) -> dict[str, object]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotJson("The document is not UTF-8 text.") from error
    start = text.lstrip()[:1]
    if start == "<":
        raise NotJson(
            "The URL gave an HTML or XML page where a JSON document is expected. "
            "A logon page or an error page is the usual cause; the URL must answer anonymously."
        )
    if not start:
        raise NotJson("The URL gave an empty document.")
    if start not in "{[":
        kind = f" ({content_type})" if content_type else ""
        raise NotJson(f"The URL gave something{kind} that is not a JSON document.")
    try:
        parsed = json.loads(text, object_pairs_hook=_members)
    except MetadataError:
        raise
    except (ValueError, RecursionError) as error:
        raise InvalidJson("The JSON document is damaged or was cut off.") from error
    if not isinstance(parsed, dict):
        raise InvalidJson("The JSON document is not an object.")
    return parsed


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The members of one object, by their names in lower case. Raises InvalidJson for two that differ."""
    members: dict[str, object] = {}
    for written, value in pairs:
        name = written.lower()
        if name in _NAMES and name in members and members[name] != value:
            raise InvalidJson(
                f"The JSON document says {shown(written)} twice, and each time another."
            )
        members[name] = value
    return members


_NAMES = frozenset(
    {"servicename", "issuer", "realm", "name", "keys", "usage", "keyinfo", "x5t"}
    | {"keyvalue", "type", "value"}
)
"""Members that are read, in lower case; of others nothing depends on how often they stand there."""


def _certificates(
    fields: Mapping[str, object],
) -> tuple[tuple[Certificate, ...], tuple[UnreadableCertificate, ...]]:
    """The signing certificates: those that can be read, of which there must be one, and the others."""
    keys = fields.get("keys")
    if not isinstance(keys, list):
        raise MissingField("The document has no list of keys.")
    if len(keys) > MOST_KEYS:
        raise TooLarge(f"The document lists more than {MOST_KEYS} keys.")
    found: dict[str, Certificate] = {}
    unreadable: dict[str, UnreadableCertificate] = {}
    for key in keys:
        match _certificate(key) if isinstance(key, dict) else None:
            case Certificate() as readable:
                found.setdefault(readable.thumbprint, readable)
            case UnreadableCertificate() as other:
                unreadable.setdefault(other.thumbprint, other)
    if not found and unreadable:
        raise BadCertificate(
            f"No signing key of the document can be read. {next(iter(unreadable.values()))}"
        )
    if not found:
        raise NoSigningCertificate("The document has no X.509 signing certificate among its keys.")
    return tuple(found.values()), tuple(unreadable.values())


def _certificate(key: Mapping[str, object]) -> Certificate | UnreadableCertificate | None:
    """The certificate of one key, or None for a key of another use or type."""
    if _text(key, "usage").lower() not in {"signing", ""}:
        return None
    holder = key.get("keyvalue")
    value = holder if isinstance(holder, dict) else {}
    if _text(value, "type").lower() not in {"x509certificate", ""}:
        return None
    encoded = _text(value, "value")
    if not encoded:
        return UnreadableCertificate("", "Its key has no value.")
    try:
        der = base64.b64decode("".join(encoded.split()), validate=True)
    except ValueError as error:
        return UnreadableCertificate("", f"It is not base64 ({error}).")
    certificate = read_certificate(der)
    _check_x5t(key, certificate)
    return certificate


def _check_x5t(key: Mapping[str, object], certificate: Certificate | UnreadableCertificate) -> None:
    holder = key.get("keyinfo")
    written = _text(holder, "x5t") if isinstance(holder, dict) else ""
    if written and x5t_to_thumbprint(written) != certificate.thumbprint:
        raise BadCertificate(
            f"A key's x5t is not that of its certificate {certificate.thumbprint}: "
            "the document contradicts itself."
        )


def x5t_to_thumbprint(x5t: str) -> str | None:
    """Thumbprint (upper-case hex) for an x5t in base64url or base64, padded or not, else None."""
    alphabet = x5t.strip().rstrip("=").replace("-", "+").replace("_", "/")
    try:
        digest = base64.b64decode(alphabet + "=" * (-len(alphabet) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return digest.hex().upper() if len(digest) == 20 else None


def _name(fields: Mapping[str, object], name: str) -> str:
    value = _text(fields, name)
    if len(value) > LONGEST_NAME:
        raise TooLarge(f"The document's {name} is longer than {LONGEST_NAME} characters.")
    return value


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    return shown(value.strip()) if isinstance(value, str) else ""
