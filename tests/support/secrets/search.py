"""Where may a secret hide? Every planted value, in every spelling in which it could leave us.

`plant` is called by the net (support.secrets.net) for each logon that any code under test ever holds,
and by tests for what only they know. `found` searches a text for all of them.
"""

from __future__ import annotations

import base64
import html
import json
import re
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import spnego._ntlm_raw.md4 as ntlm

SHORTEST = 6
"""Characters; shorter values stand in innocent texts by chance, so no test can search for them."""
_SHORTEST_SPELLING = 8
"""Of what an encoding leaves to be seen at any alignment."""

_planted: dict[str, None] = {}
_lasting: dict[str, None] = {}


@dataclass(frozen=True, slots=True)
class Find:
    """A secret that was found. Its own words are not told again."""

    spelling: str
    """Name of the encoding."""
    start: str
    """The secret's first two characters, so that a person knows which one it is."""

    def __str__(self) -> str:
        return f"the secret {self.start}... in {self.spelling}"


def plant(value: str) -> None:
    """From now on this value may be nowhere. Too short ones are let go."""
    if len(value) >= SHORTEST:
        _planted[value] = None


def planted() -> tuple[str, ...]:
    """All values that are searched for."""
    return tuple(_planted)


def keep() -> None:
    """What was planted until now (by modules, when they were imported) outlives `forget`."""
    _lasting.update(_planted)


def forget() -> None:
    """Search no more for what is out of use; a run makes hundreds of passwords."""
    _planted.clear()
    _planted.update(_lasting)


def found(text: str, values: tuple[str, ...] | None = None) -> list[Find]:
    """Every planted value (or these), once for each spelling in which it stands in the text."""
    return [
        Find(name, value[:2])
        for value in (planted() if values is None else values)
        for form, name in spellings(value).items()
        if form in text
    ]


@lru_cache(maxsize=512)
def spellings(value: str) -> Mapping[str, str]:
    """What to look for, to the name of the encoding; each text once."""
    forms: dict[str, str] = {}
    for name, text in (*_texts(value), *_bytes(value)):
        forms.setdefault(text, name)
    return forms


def _texts(value: str) -> Iterator[tuple[str, str]]:
    """The value as text, and as other languages write it down."""
    yield "plain text", value
    yield "JSON", json.dumps(value)[1:-1]
    yield "JSON in JSON", json.dumps(json.dumps(value)[1:-1])[1:-1]
    yield "JSON with letters beyond ASCII", json.dumps(value, ensure_ascii=False)[1:-1]
    yield "a Python literal", repr(value)[1:-1]
    yield "a Python literal of UTF-8", repr(value.encode("utf-8", "surrogatepass"))[2:-1]
    yield "a URL", urllib.parse.quote(value, safe="", errors="surrogatepass")
    yield "a form", urllib.parse.quote_plus(value, safe="", errors="surrogatepass")
    yield "XML", html.escape(value, quote=False)
    yield "an XML attribute", html.escape(value)
    yield "a PowerShell string", value.replace("'", "''")
    yield "CLIXML", re.sub(r"[^ -~]", lambda found: f"_x{ord(found[0]):04X}_", value)


def _bytes(value: str) -> Iterator[tuple[str, str]]:
    """The value's bytes, as dumps of them print."""
    sent = json.dumps(value)[1:-1]
    sources = {
        "UTF-8": value.encode("utf-8", "surrogatepass"),
        "UTF-16-LE": value.encode("utf-16-le", "surrogatepass"),
        "UTF-16-BE": value.encode("utf-16-be", "surrogatepass"),
        "JSON": sent.encode(),
        "JSON of a framed request": json.dumps(value.replace("\\", "\\\\"))[1:-1].encode(),
        "JSON in UTF-16-LE": sent.encode("utf-16-le"),
        "the NT hash": ntlm.md4(value.encode("utf-16-le", "surrogatepass")),
    }
    for name, raw in sources.items():
        if name != "UTF-8":
            yield f"{name}, byte by byte", raw.decode("latin-1")
            yield f"{name}, as a Python literal", repr(raw)[2:-1]
        yield f"hex of {name}", raw.hex()
        yield f"upper hex of {name}", raw.hex().upper()
        for alphabet, encode in _ALPHABETS.items():
            for text in _base64(raw, encode):
                yield f"{alphabet} of {name}", text
    # A request travels as base64 of its line, in which stands base64 of its JSON.
    for once in _base64(sources["JSON of a framed request"], base64.b64encode):
        for twice in _base64(once.encode(), base64.b64encode):
            yield "base64 of a framed request", twice


_ALPHABETS: Mapping[str, Callable[[bytes], bytes]] = {
    "base64": base64.b64encode,
    "base64 for URLs": base64.urlsafe_b64encode,
}


def _base64(raw: bytes, encode: Callable[[bytes], bytes]) -> Iterator[str]:
    """Base64 depends on the place in a group of three bytes: at each, what no neighbour changes."""
    for place in range(3):
        encoded = encode(b"\0" * place + raw).decode()
        middle = encoded[-(-place * 8 // 6) : (place + len(raw)) * 8 // 6]
        if len(middle) >= _SHORTEST_SPELLING:
            yield middle
