"""Auth metadata documents: written for publication, read when a partner is registered."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from partner_simulator.certificates import x5t
from partner_simulator.world.fetching import CallFailed, Web


class DocumentUnusable(Exception):
    """The document could not be fetched or is none; the text says why."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a product takes from a metadata document."""

    application_identifier: str
    realm: str
    issuer: str
    certificates: tuple[bytes, ...]
    """DER."""


def write(
    name: str, application_identifier: str, realm: str, url: str, certificates: Sequence[bytes]
) -> bytes:
    """The document of domain.md 5, as JSON in UTF-8."""
    issuer = f"{application_identifier}@{realm}"
    document = {
        "id": f"_{uuid.uuid5(uuid.NAMESPACE_URL, url)}",
        "version": "1.0",
        "name": name,
        "realm": realm,
        "serviceName": application_identifier,
        "issuer": issuer,
        "allowedAudiences": [issuer],
        "keys": [
            {
                "usage": "signing",
                "keyinfo": {"x5t": x5t(der)},
                "keyvalue": {
                    "type": "x509Certificate",
                    "value": base64.b64encode(der).decode("ascii"),
                },
            }
            for der in certificates
        ],
        "endpoints": [{"location": url, "protocol": "OAuth2", "usage": "metadata"}],
    }
    return json.dumps(document).encode()


def fetch(web: Web, url: str, *, trust_any: bool = False) -> Document:
    """Download and read a partner's document. Raises DocumentUnusable."""
    try:
        reply = web.call(url, trust_any=trust_any)
    except CallFailed as error:
        raise DocumentUnusable(str(error)) from error
    if reply.status != 200:
        raise DocumentUnusable(
            f"The remote server returned an error: ({reply.status}) {_reason(reply.status)}."
        )
    return read(reply.body)


def read(body: bytes) -> Document:
    """Read a document. Raises DocumentUnusable."""
    try:
        found: Any = json.loads(body)
        certificates = tuple(
            base64.b64decode(key["keyvalue"]["value"], validate=True) for key in found["keys"]
        )
        for der in certificates:
            x509.load_der_x509_certificate(der)
        return Document(found["serviceName"], found["realm"], found["issuer"], certificates)
    except (ValueError, KeyError, TypeError) as error:
        raise DocumentUnusable("The document is not a valid metadata document.") from error


def _reason(status: int) -> str:
    return {401: "Unauthorized", 404: "Not Found", 500: "Internal Server Error"}.get(
        status, "Service Unavailable" if status == 503 else "Error"
    )
