"""`partner-operator explain-token`: which rule a server-to-server token breaks, in words."""

from __future__ import annotations

import codecs
import re
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime
from http.client import HTTPMessage
from pathlib import Path
from typing import IO, Any

from partner_operator.oauth.metadata import AuthMetadata, MetadataError, parse_metadata
from partner_operator.oauth.pasted import seems_a_token
from partner_operator.oauth.tokens import explain
from partner_operator.texts import shown

LARGEST = 1024 * 1024
SECONDS = 20
STANDARD_INPUT = "-"
MARKS = {True: "ok ", False: "NO ", None: "?  "}


class CannotExplain(Exception):
    """An input cannot be used; the sentence says which and why."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: Any, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def explain_token(
    token_file: str, documents: Sequence[str], *, host: str, realm: str, ca_file: Path | None
) -> int:
    """Print one line per rule. Returns 0 if none is broken, 1 if one is. Raises CannotExplain.

    `token_file`: a path, or `-` for standard input, so that no token stands in a command line.
    `documents`: paths or https URLs of the metadata documents of the trusted partners.
    """
    token = _decoded(_source(token_file))
    known = [_document(place, ca_file) for place in documents]
    findings = explain(token, documents=known, host=host, realm=realm, now=datetime.now(UTC))
    for finding in findings:
        print(shown(f"{MARKS[finding.holds]} {finding.rule}: {finding.message}"))
    return 1 if any(finding.holds is False for finding in findings) else 0


def _source(token_file: str) -> bytes:
    """What the file or standard input holds. A token in place of a file's name is said and not repeated."""
    if token_file == STANDARD_INPUT:
        return sys.stdin.buffer.read(LARGEST)
    try:
        return _read(Path(token_file))
    except CannotExplain as problem:
        if _holds_a_token(token_file):
            raise CannotExplain(
                "FILE is a token itself, as it seems, and a command line is read by others and kept by the shell. "
                "Write the token into a file and name that, or give - and paste it."
            ) from None
        raise CannotExplain(
            f"{problem} FILE holds the token; give - to paste it, with Ctrl-D behind it."
        ) from None


def _holds_a_token(text: str) -> bool:
    return any(map(seems_a_token, re.split(r"[^\w+/=.-]+", text)))


def _decoded(source: bytes) -> str:
    """Text as editors and consoles save it; Windows PowerShell's `>` writes UTF-16 with a byte order mark."""
    if source.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return source.decode("utf-16", "replace")
    return source.decode("utf-8-sig", "replace")


def _document(place: str, ca_file: Path | None) -> AuthMetadata:
    body, content_type = (
        _fetch(place, ca_file) if place.startswith("https://") else (_read(Path(place)), None)
    )
    try:
        return parse_metadata(body, content_type)
    except MetadataError as error:
        raise CannotExplain(f"{place} is no usable auth metadata document: {error}") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()[:LARGEST]
    except OSError as error:
        raise CannotExplain(f"{path} cannot be read: {error.strerror}.") from None


def _fetch(url: str, ca_file: Path | None) -> tuple[bytes, str | None]:
    context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPSHandler(context=context),
        _NoRedirects(),
    )
    try:
        with opener.open(url, timeout=SECONDS) as response:
            return response.read(LARGEST), response.headers.get("Content-Type")
    except urllib.error.HTTPError as error:
        error.close()
        raise CannotExplain(f"{url} cannot be fetched: HTTP {error.code}.") from None
    except (urllib.error.URLError, TimeoutError, OSError) as error:
        raise CannotExplain(f"{url} cannot be fetched: {error}.") from None
