"""What token servers publish about themselves (P-TS-1): their metadata document, and documents of other kinds."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from enum import StrEnum

from partner_simulator.world import documents, names
from partner_simulator.world.documents import Document, NotADocument, Read

_ENTITY = re.compile(rb'entityID="([^"]+)"')
_CERTIFICATE = re.compile(rb"<X509Certificate>([^<]+)</X509Certificate>")
_LAST_PART = re.compile(r"/([0-9a-f-]{36})/?$")


class Shape(StrEnum):
    """Forms of a document; partner applications can go by the first two."""

    JSON = "json"
    """The issuer is `<identifier>@<realm>`."""
    BARE_ISSUER = "bare-issuer"
    """The issuer is the identifier alone, and the realm stands beside it."""
    WITHOUT_ISSUER = "without-issuer"
    FEDERATION = "federation-xml"
    OPENID = "openid-discovery"


@dataclass(frozen=True, slots=True)
class TokenDocument(Document):
    """A token server's document, before it is written in a form."""

    shape: Shape = Shape.JSON
    issuance: str = ""
    """Where it gives tokens."""
    entity: str = ""
    """Its name in federation XML and OpenID discovery, a URL."""

    @property
    def issuer(self) -> str:
        """Who its tokens say they are from."""
        if self.shape is Shape.BARE_ISSUER:
            return self.application_identifier
        return names.issuer(self.application_identifier, self.realm)

    @property
    def content_type(self) -> str:
        """For the HTTP header."""
        is_xml = self.shape is Shape.FEDERATION
        return f"application/{'samlmetadata+xml' if is_xml else 'json'}; charset=utf-8"


def write(document: TokenDocument, *, plain_base64: bool) -> bytes:
    """The document in its form; `plain_base64` writes x5t in the alphabet of older producers."""
    match document.shape:
        case Shape.FEDERATION:
            return _federation(document)
        case Shape.OPENID:
            return json.dumps(_discovery(document)).encode()
    value = {
        "id": f"_{hashlib.sha256(document.location.encode()).hexdigest()[:32]}",
        "version": "1.0",
        "name": document.name,
        "realm": document.realm,
        "serviceName": document.application_identifier,
        "issuer": document.issuer,
        "allowedAudiences": [f"{document.application_identifier}/{document.name}@{document.realm}"],
        "keys": [documents.key_entry(key, plain_base64=plain_base64) for key in document.keys],
        "endpoints": [
            {"location": document.issuance, "protocol": "OAuth2", "usage": "issuance"},
            {"location": document.location, "protocol": "OAuth2", "usage": "metadata"},
        ],
    }
    if document.shape is Shape.WITHOUT_ISSUER:
        del value["issuer"]
    return json.dumps(value).encode()


def read_federation(body: bytes) -> Read:
    """Read federation XML: its entity is the issuer, the tenant in it the realm. Raises NotADocument."""
    entity = _ENTITY.search(body)
    certificates = tuple(text.decode("ascii") for text in _CERTIFICATE.findall(body))
    if entity is None or not certificates:
        raise NotADocument("Data at the root level is invalid. Line 1, position 1.")
    issuer = entity[1].decode()
    tenant = _LAST_PART.search(issuer)
    return Read(issuer, tenant[1] if tenant else "", issuer, certificates)


def _federation(document: TokenDocument) -> bytes:
    keys = "".join(
        '<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>'
        f"<X509Certificate>{base64.b64encode(key.der).decode('ascii')}</X509Certificate>"
        "</X509Data></KeyInfo></KeyDescriptor>"
        for key in document.keys
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{document.entity}">'
        '<RoleDescriptor xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706" '
        'xsi:type="fed:SecurityTokenServiceType" '
        'protocolSupportEnumeration="http://docs.oasis-open.org/wsfed/federation/200706">'
        f"{keys}</RoleDescriptor></EntityDescriptor>"
    ).encode()


def _discovery(document: TokenDocument) -> dict[str, object]:
    return {
        "issuer": document.entity,
        "token_endpoint": document.issuance,
        "jwks_uri": f"{document.entity.rstrip('/')}/discovery/keys",
        "response_types_supported": ["code", "id_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }
