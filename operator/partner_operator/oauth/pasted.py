"""A token as somebody copied it, and its parts as the bytes and objects that they stand for."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from urllib.parse import unquote

LARGEST_TOKEN = 64 * 1024
"""Characters. IIS refuses headers of a quarter of this."""


class Unreadable(ValueError):
    """Not a token; the message says why."""


_HEADER_FIELD = re.compile(r"authorization[\"']?\s*[:=]\s*", re.IGNORECASE)
_NEXT_FIELD = re.compile(r"[\r\n][<>\s]*[A-Za-z][A-Za-z0-9-]*:\s.*", re.DOTALL)
_SCHEME = re.compile(r"^[\W_]*bearer(?![A-Za-z0-9._-])[\s:]*", re.IGNORECASE)
_AROUND = re.compile(r"[\s\"'`<>\\,;\u2018-\u201f\u00ab\u00bb\u200b-\u200f\u2060\ufeff\ufffd]+")
"""What mail, consoles and JSON put around a token and into its lines, and no token has in it."""
_BEGINNING = re.compile(r"e[wy][\w+/=-]{14}", re.IGNORECASE | re.ASCII)
"""How the base64 of a JSON object begins: of `{`, and of a quote or a blank behind it. No header with an algorithm
is shorter. Letter case may have been lost on the way."""


def seems_a_token(text: str) -> bool:
    """Whether this begins as every token does."""
    return _BEGINNING.match(text) is not None


def pasted(text: str) -> str:
    """The token in what somebody copied: a header field, folded or quoted lines, a URL-encoded form value.

    Raises Unreadable with a sentence for what was lost on the way.
    """
    if len(text) > 4 * LARGEST_TOKEN:
        raise Unreadable("The token is longer than any server accepts.")
    if "%" in text:
        text = unquote(text)
    field = _HEADER_FIELD.search(text)
    if field is not None:
        text = _NEXT_FIELD.sub("", text[field.end() :])
    token = _AROUND.sub("", _SCHEME.sub("", text))
    if not token:
        raise Unreadable(
            "There is no token: nothing is left when blanks and the word Bearer are gone. Copy what stands behind that "
            "word in the header of a request."
        )
    if not seems_a_token(token):
        raise Unreadable(
            "This is no token, or its beginning is missing: a token begins with ey, and has three parts with dots "
            "between them. Copy what stands behind the word Bearer in the header of a request, all of it."
        )
    if "..." in token or "\u2026" in token:
        raise Unreadable(
            "The token was shortened: it has dots where something cut it off. Copy it whole from where it was "
            "written."
        )
    if token == token.lower() and any(character.isalpha() for character in token):
        raise Unreadable(
            "The token is in small letters throughout, and letter case counts in it. Copy it from where it was not "
            "changed."
        )
    return _with_its_last_dot(token)


def _with_its_last_dot(token: str) -> str:
    """An unsigned token ends with a dot, which is lost where a sentence is copied."""
    if token.count(".") != 1:
        return token
    header = json_object(token.partition(".")[0], "header of the token")
    if str(header.get("alg", "")).lower() == "none":
        return f"{token}."
    raise Unreadable(
        "The token has no signature: header and payload are there, and the part behind the second dot is "
        "missing. Copy it whole."
    )


def json_object(part: str, what: str) -> Mapping[str, object]:
    """The JSON object in one part of a token. Raises Unreadable, which names it as `what`."""
    try:
        parsed = json.loads(decoded(part, what))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"The {what} is not base64url-encoded JSON.") from error
    if not isinstance(parsed, dict):
        raise Unreadable(f"The {what} is not a JSON object.")
    return parsed


def decoded(part: str, what: str) -> bytes:
    """The bytes in one part of a token, in either base64 alphabet. Raises Unreadable."""
    try:
        return base64.b64decode(
            part.replace("-", "+").replace("_", "/") + "=" * (-len(part) % 4), validate=True
        )
    except (binascii.Error, ValueError) as error:
        raise Unreadable(f"The {what} is not base64url.") from error
