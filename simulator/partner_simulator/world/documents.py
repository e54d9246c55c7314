"""Auth metadata documents (P-S2S-1): written by the servers, read by their partners."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography import x509

from partner_simulator.certificates import Identity
from partner_simulator.world import names


@dataclass(frozen=True, slots=True)
class Document:
    """What a server publishes about itself."""

    name: str
    application_identifier: str
    realm: str
    location: str
    keys: tuple[Identity, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """What a partner takes from a document."""

    application_identifier: str
    realm: str
    issuer: str
    certificates: tuple[str, ...]
    """Base64 DER."""
    issuance: str = ""
    """Where a token server gives tokens; empty for a product."""


class NotADocument(ValueError):
    """The bytes are no metadata document."""


def write(document: Document, *, plain_base64: bool) -> bytes:
    """The document as JSON; `plain_base64` writes x5t in the alphabet of older producers."""
    own = names.issuer(document.application_identifier, document.realm)
    if document.application_identifier == names.SHAREPOINT_ID:
        return _sharepoint(document, own)
    value = {
        # A fixed id for a fixed content: a document that did not change must not look changed.
        "id": f"_{hashlib.sha256(document.location.encode()).hexdigest()[:32]}",
        "version": "1.0",
        "name": document.name,
        "realm": document.realm,
        "serviceName": document.application_identifier,
        "issuer": own,
        "allowedAudiences": [own],
        "keys": [key_entry(identity, plain_base64=plain_base64) for identity in document.keys],
        "endpoints": [{"location": document.location, "protocol": "OAuth2", "usage": "metadata"}],
    }
    return json.dumps(value).encode()


def _sharepoint(document: Document, own: str) -> bytes:
    """SharePoint's own shape (P-S2S-6): capitals, and the realm only inside the issuer."""
    value = {
        "issuer": own,
        "name": document.name,
        "serviceName": document.application_identifier,
        "keys": [
            {
                "usage": "Signing",
                "keyValue": {"type": "x509Certificate", "value": identity.base64},
            }
            for identity in document.keys
        ],
    }
    return json.dumps(value).encode()


def read(body: bytes, *, needs_issuer: bool = True) -> Read:
    """Read a document leniently, as the products must. Raises NotADocument.

    `needs_issuer`: a document that does not say who it is about is none; else its identifier and realm say so.
    """
    try:
        value = json.loads(body)
        keys = [key.get("keyvalue") or key["keyValue"] for key in value["keys"]]
        certificates = tuple(str(key["value"]) for key in keys)
        for certificate in certificates:
            x509.load_der_x509_certificate(base64.b64decode(certificate, validate=True))
        identifier = str(value["serviceName"])
        issuer = str(value["issuer"] if needs_issuer else value.get("issuer", ""))
        realm = str(value.get("realm") or issuer.partition("@")[2])
        issuance = next((str(e["location"]) for e in value.get("endpoints", ()) if _issues(e)), "")
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise NotADocument(str(error)) from error
    if not certificates:
        raise NotADocument("no keys")
    return Read(
        identifier, realm, issuer or names.issuer(identifier, realm), certificates, issuance
    )


def _issues(endpoint: Mapping[str, object]) -> bool:
    return endpoint["usage"] == "issuance"


def key_entry(identity: Identity, *, plain_base64: bool) -> dict[str, object]:
    """A key as documents of all servers but SharePoint write it."""
    x5t = identity.x5t
    if plain_base64:
        digest = hashlib.sha1(identity.der, usedforsecurity=False).digest()
        x5t = base64.b64encode(digest).decode("ascii")
    return {
        "usage": "signing",
        "keyinfo": {"x5t": x5t},
        "keyvalue": {"type": "x509Certificate", "value": identity.base64},
    }
