"""The `WWW-Authenticate: Bearer` challenge of a 401 (P-S2S-4, case C15).

It is diagnostics only: it lists issuers, not certificates, so it proves nothing on a rollover.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from partner_operator.oauth.identifiers import Issuer, parse_issuer

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105  # RFC 9110's grammar, no secret
_SCHEME = re.compile(rf"\s*,?\s*({_TOKEN})(?=\s|,|$)(?!\s*=)")
_PARAMETER = re.compile(rf'\s*,?\s*({_TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_TOKEN68 = re.compile(r"\s*[A-Za-z0-9._~+/-]+=*(?=\s*(?:,|$))")


@dataclass(frozen=True, slots=True)
class Challenge:
    """Who answers and whom it trusts, as all Bearer challenges of one answer say it together."""

    client_id: str
    trusted_issuers: tuple[Issuer, ...]

    def trusts(self, application_identifier: str, realm: str) -> bool:
        """True: exactly this issuer is listed. GUID and realm are compared without letter case.

        A listed realm `*` stands for tenants of a token server and is no proof for another realm.
        """
        wanted = application_identifier.strip().lower(), realm.strip().casefold()
        return any(
            (issuer.identifier, issuer.realm.casefold()) == wanted
            for issuer in self.trusted_issuers
        )


def parse_challenge(headers: Iterable[str]) -> Challenge | None:
    """Read all `WWW-Authenticate` values, one per header or folded into one; None: no Bearer."""
    parameters: dict[str, list[str]] = {}
    found = False
    for header in headers:
        for scheme, values in _challenges(header):
            if scheme.lower() != "bearer":
                continue
            found = True
            for name, value in values:
                parameters.setdefault(name.lower(), []).append(value)
    if not found:
        return None
    return Challenge(
        client_id=_first(parameters, "client_id"),
        trusted_issuers=tuple(_issuers(parameters.get("trusted_issuers", []))),
    )


def _challenges(header: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Split one header value into (scheme, parameters). What is no grammar ends the reading."""
    text = " ".join(header.splitlines())
    position = 0
    scheme: str | None = None
    values: list[tuple[str, str]] = []
    while position < len(text):
        if parameter := _PARAMETER.match(text, position):
            name, quoted, plain = parameter.groups()
            values.append((name, re.sub(r"\\(.)", r"\1", quoted) if plain is None else plain))
            position = parameter.end()
        elif next_scheme := _SCHEME.match(text, position):
            if scheme is not None:
                yield scheme, values
            scheme, values = next_scheme.group(1), []
            position = next_scheme.end()
        elif (token68 := _TOKEN68.match(text, position)) and token68.group().strip():
            position = token68.end()
        else:
            break
    if scheme is not None:
        yield scheme, values


def _issuers(values: Iterable[str]) -> Iterator[Issuer]:
    seen: set[Issuer] = set()
    for value in values:
        for written in value.split(","):
            issuer = parse_issuer(written)
            if issuer.identifier and issuer not in seen:
                seen.add(issuer)
                yield issuer


def _first(parameters: dict[str, list[str]], name: str) -> str:
    return parameters.get(name, [""])[0]
