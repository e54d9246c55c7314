"""How servers of the world call each other's web sites; the web room does it for real."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """Values of a header, joined; empty without one."""
        return ",".join(v for n, v in self.headers if n.lower() == name.lower())


class CallFailed(Exception):
    """There was no HTTP answer; the text is what .NET's WebException says."""


class Web(Protocol):
    """Calls over HTTPS with the domain's names and, unless told otherwise, its CA."""

    def call(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] = ...,
        body: bytes = b"",
        trust_any: bool = False,
    ) -> Reply:
        """One request, no redirects followed. Raises CallFailed."""
        ...
