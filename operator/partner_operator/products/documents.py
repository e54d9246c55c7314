"""Metadata documents as a server fetched them: its bytes, or why it got none."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from partner_operator.oauth.metadata import MetadataError, parse_metadata
from partner_operator.texts import said
from partner_operator.trust.model import DocumentFault, DocumentReading

DOCUMENT_SECONDS = 20
"""For one document, from the question to the last byte."""
ALL_DOCUMENTS_SECONDS = 100
"""After that no further document is asked for in the same run."""

_FAULTS = {
    "TrustFailure": DocumentFault.TLS_FAILED,
    "SecureChannelFailure": DocumentFault.TLS_FAILED,
    "TooLarge": DocumentFault.INVALID,
}
"""System.Net.WebExceptionStatus names for TLS, and a word of our script; the rest is told by its text."""


def wanted(urls: Sequence[str]) -> dict[str, object]:
    """Parameters of `Get-Documents`."""
    return {
        "urls": list(urls),
        "documentSeconds": DOCUMENT_SECONDS,
        "allDocumentsSeconds": ALL_DOCUMENTS_SECONDS,
    }


class FetchedDocument(BaseModel):
    """What `Get-Document` returns."""

    model_config = ConfigDict(extra="forbid", strict=True)

    url: str
    status: int
    type: str
    body: str
    fault: str
    detail: str


def reading(fetched: FetchedDocument) -> DocumentReading:
    """The document, or its fault with the server's own words."""
    if fetched.fault:
        return _fault(fetched)
    if fetched.status != 200:
        return DocumentReading(
            fetched.url, fault=DocumentFault.HTTP_STATUS, detail=f"HTTP {fetched.status}"
        )
    try:
        body = base64.b64decode(fetched.body, validate=True)
    except ValueError:
        return DocumentReading(
            fetched.url, fault=DocumentFault.INVALID, detail="damaged in transit"
        )
    try:
        document = parse_metadata(body, fetched.type)
    except MetadataError as error:
        return DocumentReading(fetched.url, fault=DocumentFault.INVALID, detail=str(error))
    return DocumentReading(fetched.url, document=document)


def _fault(fetched: FetchedDocument) -> DocumentReading:
    if fetched.status not in (0, 200):
        return DocumentReading(
            fetched.url, fault=DocumentFault.HTTP_STATUS, detail=f"HTTP {fetched.status}"
        )
    fault = _FAULTS.get(fetched.fault, DocumentFault.UNREACHABLE)
    return DocumentReading(fetched.url, fault=fault, detail=said(fetched.detail, 300))
