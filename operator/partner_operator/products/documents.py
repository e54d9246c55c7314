"""Metadata documents as a server fetched them: its bytes, or why it got none."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from partner_operator.oauth.metadata import LARGEST_DOCUMENT, MetadataError, parse_metadata
from partner_operator.texts import said
from partner_operator.trust.model import DocumentFault, DocumentReading

DOCUMENT_SECONDS = 20
"""For one document, from the question to the last byte."""
ALL_DOCUMENTS_SECONDS = 100
"""After that no further document is asked for in the same run."""
DOCUMENT_BYTES = LARGEST_DOCUMENT
ANSWER_BYTES = 896 * 1024
"""Of the entries and documents of one answer, which stays below 1 MiB: PowerShell 3.0 and 4.0 write 2 MiB at most."""
ENTRY_BYTES = 512 * 1024
"""Of the entries alone. What they leave holds a document of any size that is read."""

LONGEST_FETCH = 86_400
"""Seconds of a day; the run itself has minutes."""

_FAULTS = {
    "TrustFailure": DocumentFault.TLS_FAILED,
    "SecureChannelFailure": DocumentFault.TLS_FAILED,
    "TooLarge": DocumentFault.INVALID,
}
"""System.Net.WebExceptionStatus names for TLS, and a word of our script; the rest is told by its text."""


def wanted(urls: Sequence[str], seconds: int | None = None) -> dict[str, object]:
    """Parameters of `Get-Documents`; `seconds` for all of them, where it is not the usual."""
    return {
        "urls": list(urls),
        "documentSeconds": DOCUMENT_SECONDS,
        "allDocumentsSeconds": ALL_DOCUMENTS_SECONDS if seconds is None else seconds,
        "documentBytes": DOCUMENT_BYTES,
        "answerBytes": ANSWER_BYTES,
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
    seconds: Annotated[int, Field(ge=0, le=LONGEST_FETCH)] = 0
    """Whole ones, as long as it took."""


class FetchedDocuments(BaseModel):
    """The answer of documents.ps1."""

    model_config = ConfigDict(extra="forbid", strict=True)

    documents: list[FetchedDocument]


def reading(fetched: FetchedDocument) -> DocumentReading:
    """The document, or its fault with the server's own words, and how long it took."""
    return replace(_reading(fetched), seconds=float(fetched.seconds))


def _reading(fetched: FetchedDocument) -> DocumentReading:
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
