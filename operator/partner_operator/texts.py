"""Texts from outside, made fit for a message: what cannot be seen is written out, what moves is left out.

Server names, errors, documents and claims are written by others. A line break among them forges a second
line, an escape sequence drives a terminal, an override turns what people read around, and an id or a time
makes each attempt look like another fault. Imports nothing of ours, so that every room may use it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

LONGEST = 20_000
"""Characters of a text that are looked at for a message."""

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of what has no form of its own or breaks the line: control and format characters,
surrogates without their other half, line and paragraph separators."""
_JOINERS = "\u200c\u200d"
"""Parts of words in Persian and in the scripts of India; they hide nothing between two letters."""
_NOT_PLAIN = re.compile(r"[^\x20-\x7e]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def shown(text: str) -> str:
    """The text on one line, with each character that nobody would see as its escape: `\\n`, `\\x1b`, `\\u202e`."""
    if text.isascii() and text.isprintable():
        # Nearly all are, and all of a status pass through here.
        return text
    return _NOT_PLAIN.sub(lambda found: _visible(found[0]), text)


def quoted(text: str) -> str:
    """The text as PowerShell takes it literally, in a command that people are told to run."""
    return "'" + re.sub("['\u2018-\u201b]", r"\g<0>\g<0>", shown(text)) + "'"


def well_formed(text: str) -> str:
    """The text as UTF-8 can write it: a lone surrogate becomes its escape."""
    if text.isascii():
        return text
    return _SURROGATE.sub(lambda found: _escape(found[0]), text)


def in_all(value: Any, change: Callable[[str], str]) -> Any:
    """Plain data with all its texts changed, keys too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {change(key): in_all(inner, change) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [in_all(inner, change) for inner in value]
    return value


def said(text: str, longest: int | None = None) -> str:
    """What a server said, as part of a message: one line, steady, visible, and no longer than that.

    Only a text without words is empty.
    """
    words = " ".join(text[:LONGEST].split())
    return shown(steady(words) or (words and "(id)"))[:longest]


def steady(text: str) -> str:
    """The text without what differs at each attempt: request ids, times, tokens, and who answered.

    Whatever the language around: only the form of the moving parts is known. Identifiers of the products
    stay, they are the same everywhere.
    """
    text = _TOKEN.sub("(token)", text)
    text = _GROUP.sub(lambda found: _category(found[0]), text)
    text = _TIME.sub("(time)", text)
    text = _GUID.sub("(id)", text)
    text = _LABELLED.sub(r"\1 (id)", text)
    return " ".join(_LONG_NUMBER.sub("(id)", text).split())


def hidden_in(text: str) -> str | None:
    """The first character that nobody would see and that belongs in no name or password, or None.

    Joiners between two letters are parts of words; a blank at an end counts when it is no plain space.
    """
    for place, character in enumerate(text):
        at_an_end = place in {0, len(text) - 1}
        if character in _JOINERS and not at_an_end:
            continue
        category = unicodedata.category(character)
        if category in _HIDDEN or character in _FILLERS:
            return character
        if at_an_end and category == "Zs" and character != " ":
            return character
    return None


_FILLERS = "\u115f\u1160\u3164\uffa0\u034f\u17b4\u17b5\u2800"
"""Letters by their category, and nothing to the eye."""


def _visible(character: str) -> str:
    hidden = unicodedata.category(character) in _HIDDEN and character not in _JOINERS
    return _escape(character) if hidden else character


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


_TOKEN = re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
"""JSON web tokens: whoever reads the message could present one."""
_GROUP = re.compile(
    r"\[[^\[\]]*?\b(?:\w*RequestId|\w*ActivityId|\w*CorrelationId|ShellId|TimeStamp|ClientAccessServer"
    r"|BackEndServer|Server|FailureCategory)\s*=[^\[\]]*(?:\]|$)",
    re.IGNORECASE,
)
"""What Exchange puts in front of its errors: `[ClientAccessServer=..,BackEndServer=..,RequestId=..,TimeStamp=..]`."""
_CATEGORY = re.compile(r"\bFailureCategory\s*=\s*([^\],]*)", re.IGNORECASE)


def _category(group: str) -> str:
    """Of a group of ids, the part that tells the kind of the failure."""
    found = _CATEGORY.search(group)
    return f"[{found[1].strip()}]" if found else ""


_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?!\d|:[0-9A-Fa-f:])"
_HALF_DAY = r"(?:[aApP]\.?\ ?[mM]\b\.?|[πμ]\.?\ ?μ\.?|上午|下午|午前|午後|오전|오후|[\u0635\u0645](?!\w)|SA\b|CH\b)"
_DATE = (
    r"(?:\d{1,4}[./-]\ ?\d{1,2}[./-]\ ?\d{1,4}\.?"
    r"|\d{4}\ ?[年년]\ ?\d{1,2}\ ?[月월]\ ?\d{1,2}\ ?[日일]"
    r"|(?:[A-Z][a-z]{2},\ )?\d{1,2}\ [A-Z][a-z]{2}\ \d{4})"
)
_ZONE = r"(?:\ ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})(?![A-Za-z0-9]))"
_TIME = re.compile(
    rf"(?<![0-9A-Za-z:.])(?:{_DATE}(?:T|,?\ )(?:{_HALF_DAY}\ ?)?(?:{_CLOCK}|\d{{1,2}}\.\d{{2}}\.\d{{2}})"
    rf"|(?:{_HALF_DAY}\ ?)?{_CLOCK})(?:\ ?{_HALF_DAY})?{_ZONE}?"
)
"""A time of day, with or without its date; a date alone says something and moves once a day."""
_GUID = re.compile(
    r"[{(]?\b(?!0000000[0-9a-f]-0000-(?:0ff1-ce|0000-c0)00-000000000000)"
    r"(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32})\b[)}]?",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    r"\b((?:[a-z]*[ -]?(?:request|shell|activity|correlation|session|runspace|pipeline|tracking|operation)"
    r"[ -]?id|timestamp))\b[\"']?\s*(?:[:=]\s*(?!\(|\s)|\s(?=[^\s,;)\]]*\d|[0-9a-f]{6,}\b))[\"']?[^\s,;)\]\"']+[\"']?",
    re.IGNORECASE,
)
_LONG_NUMBER = re.compile(r"(?<![\w.])\d{15,}(?![\w.])")
"""Ticks of .NET and the like."""
