"""The search finds a secret however it is written, and nothing where there is none."""

from __future__ import annotations

import base64
import html
import json
import urllib.parse
from collections.abc import Callable

import pytest
import spnego._ntlm_raw.crypto as ntlm
from hypothesis import given
from hypothesis import strategies as st

from partner_operator.winrm import framing
from support.secrets import search as secrets_search
from support.secrets.search import found

SECRET = "Ex-4711-'$(x)\"\\\u00e4 \u20ac!"

WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": str,
    "JSON": json.dumps,
    "JSON in JSON": lambda secret: json.dumps(json.dumps({"password": secret})),
    "JSON with letters beyond ASCII": lambda secret: json.dumps(secret, ensure_ascii=False),
    "repr": repr,
    "repr of bytes": lambda secret: repr(secret.encode()),
    "repr of UTF-16": lambda secret: repr(secret.encode("utf-16")),
    "UTF-16 little": lambda secret: secret.encode("utf-16-le").decode("latin-1"),
    "UTF-16 big": lambda secret: secret.encode("utf-16-be").decode("latin-1"),
    "hex": lambda secret: secret.encode().hex(),
    "upper hex": lambda secret: secret.encode().hex().upper(),
    "hex of UTF-16 little": lambda secret: secret.encode("utf-16-le").hex(),
    "hex of UTF-16 big": lambda secret: secret.encode("utf-16-be").hex(),
    "URL": urllib.parse.quote,
    "form": urllib.parse.quote_plus,
    "XML": lambda secret: html.escape(secret, quote=False),
    "attribute": html.escape,
    "CLIXML": lambda secret: secret.replace("\u00e4", "_x00E4_").replace("\u20ac", "_x20AC_"),
    "PowerShell": lambda secret: "'" + secret.replace("'", "''") + "'",
    "the NT hash, which is as good as the password": lambda secret: ntlm.ntowfv1(secret).hex(),
}


@pytest.mark.parametrize("write", WRITTEN.values(), ids=list(WRITTEN))
def test_each_way_of_writing_is_found(write: Callable[[str], str]) -> None:
    """In the middle of other text, and not in the text without it."""
    assert found(f"before {write(SECRET)} after", (SECRET,))
    assert not found(f"before {write('something else')} after", (SECRET,))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", range(4))
@pytest.mark.parametrize("after", range(4))
def test_base64_is_found_at_each_place_among_other_bytes(
    encoding: str, encode: Callable[[bytes], bytes], before: int, after: int
) -> None:
    """Three alignments, whatever stands around it."""
    raw = b"\xff" * before + SECRET.encode(encoding) + b"\xff" * after
    assert found(encode(raw).decode(), (SECRET,))


@pytest.mark.parametrize("before", range(3))
def test_a_request_is_found_on_its_way(before: int) -> None:
    """The line to standard input holds base64 of JSON, and SOAP holds base64 of the line."""
    line = framing.request_line("x" * before, {}, {"password": SECRET}, 0)
    assert found(line.decode(), (SECRET,))
    for ahead in range(3):
        assert found(base64.b64encode(b"x" * ahead + line).decode(), (SECRET,))


@given(st.text(min_size=12, max_size=40), st.binary(max_size=20), st.binary(max_size=20))
def test_no_secret_gets_lost_among_bytes(secret: str, before: bytes, after: bytes) -> None:
    """Whatever the secret is, also with lone surrogates: text, hex and base64 betray it."""
    raw = before + secret.encode("utf-8", "surrogatepass") + after
    for text in (secret, json.dumps(secret), raw.hex(), base64.b64encode(raw).decode()):
        assert found(text, (secret,))


def test_a_find_does_not_tell_the_secret() -> None:
    """Its first two characters and the spelling, no more."""
    (find,) = found(f"x{SECRET}", (SECRET,))
    assert "Ex" in str(find)
    assert "plain text" in str(find)
    assert "Ex-4711" not in str(find)


def test_what_is_planted_is_searched_for_until_it_is_forgotten() -> None:
    """Short values are let go: they stand in innocent texts by chance."""
    secrets_search.plant("short")
    secrets_search.plant("planted-by-a-test")
    assert "short" not in secrets_search.planted()
    assert found("xx planted-by-a-test xx")
    secrets_search.forget()
    assert not found("xx planted-by-a-test xx")
