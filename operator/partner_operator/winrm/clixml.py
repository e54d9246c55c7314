"""What PowerShell writes to standard error: CLIXML, native text, or both in any order."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

_BEGIN, _END = b"<Objs", b"</Objs>"
_LONGEST = 1_000_000
"""Bytes of a document that is taken apart; elements need a hundred times the memory of their text."""
_HEADER = re.compile(rb"(?:\xef\xbb\xbf)?#< CLIXML\r?\n?")
_ESCAPE = re.compile(r"((?:_x[0-9A-Fa-f]{4}_)+)")
_NAMESPACE = "{http://schemas.microsoft.com/powershell/2004/04}"


@dataclass(frozen=True, slots=True)
class Streams:
    """Texts of standard error by stream. None of it is a sign of failure by itself."""

    error: list[str] = field(default_factory=list)
    warning: list[str] = field(default_factory=list)
    verbose: list[str] = field(default_factory=list)
    native: str = ""
    """Text outside CLIXML, as native programs and cmd.exe write it."""

    def map(self, change: Callable[[str], str]) -> Streams:
        """All texts, changed."""
        return Streams(
            error=[change(text) for text in self.error],
            warning=[change(text) for text in self.warning],
            verbose=[change(text) for text in self.verbose],
            native=change(self.native),
        )

    @property
    def text(self) -> str:
        """Errors and native text, for people."""
        return "".join(self.error).strip() or self.native.strip()


def parse(stderr: bytes) -> Streams:
    """Take standard error apart. Never raises: what is no CLIXML is native text."""
    streams = Streams()
    outside: list[bytes] = []
    position = 0
    for start, end in _documents(stderr):
        if _read(stderr[start:end], streams):
            outside.append(stderr[position:start])
            position = end
    outside.append(stderr[position:])
    native = b"".join(_HEADER.sub(b"", part) for part in outside)
    return replace(streams, native=_decoded(native).strip())


def _documents(stderr: bytes) -> Iterator[tuple[int, int]]:
    """Where documents stand: from each end back to the nearest beginning, so that a document that was cut
    short does not swallow the next, and time grows with length only."""
    position = 0
    while (end := stderr.find(_END, position)) >= 0:
        start = stderr.rfind(_BEGIN, position, end)
        position = end + len(_END)
        if start >= 0:
            yield start, position


def _read(document: bytes, streams: Streams) -> bool:
    if len(document) > _LONGEST:
        return False
    try:
        root = ET.fromstring(document)  # noqa: S314 - expat caps entity expansion, and no DTD gets past the pattern
    except ET.ParseError:
        return False
    lists = {"error": streams.error, "warning": streams.warning, "verbose": streams.verbose}
    for element in root.iter(f"{_NAMESPACE}S"):
        target = lists.get(element.get("S", "").lower())
        if target is not None:
            target.append(_unescaped(element.text or ""))
    return True


def _unescaped(text: str) -> str:
    """Decode runs of `_xHHHH_` as UTF-16 code units, so that surrogate pairs become one character."""

    def decode(found: re.Match[str]) -> str:
        units = re.findall(r"_x([0-9A-Fa-f]{4})_", found.group(1))
        raw = b"".join(int(unit, 16).to_bytes(2, "little") for unit in units)
        return raw.decode("utf-16-le", "replace")

    return _ESCAPE.sub(decode, text)


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp437")
