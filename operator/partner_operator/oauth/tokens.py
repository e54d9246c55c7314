"""A server-to-server token explained in words, rule by rule ([MS-XOAUTH] 3.2.5.6, P-S2S-2, P-S2S-3).

Findings name claims and compare them; the token, its signature and what it says of a user are never
repeated in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from jwt.algorithms import RSAAlgorithm

from partner_operator.oauth.certificates import Certificate, judge, rsa_key
from partner_operator.oauth.identifiers import describe, parse_issuer
from partner_operator.oauth.metadata import AuthMetadata, x5t_to_thumbprint
from partner_operator.oauth.pasted import LARGEST_TOKEN, Unreadable, decoded, json_object, pasted
from partner_operator.texts import shown

NESTED = ("actortoken", "actort")
"""Real traffic uses the first, [MS-XOAUTH] names the second."""
USER_CLAIMS = ("nameid", "upn", "smtp", "sip")


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule and whether the token keeps it."""

    rule: str
    holds: bool | None
    """None: it cannot be told from what is known here."""
    message: str


@dataclass(frozen=True, slots=True)
class _Token:
    """One compact JWT, taken apart and not yet believed."""

    where: str
    header: Mapping[str, object]
    claims: Mapping[str, object]
    signed: bytes
    signature: bytes

    def text(self, name: str) -> str:
        """A claim as text; numbers too, because both forms are seen."""
        value = self.claims.get(name)
        return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def explain(
    token: str, *, documents: Sequence[AuthMetadata], host: str, realm: str, now: datetime
) -> tuple[Finding, ...]:
    """Judge a token as the server would that is called as `host` and has `realm`.

    `documents`: metadata of the partners that the server trusts. All findings that can be made are
    made, so one broken rule does not hide the next.
    """
    try:
        outer = _read(pasted(token), "token")
        inner = _inner(outer)
    except Unreadable as error:
        return (Finding("readable", False, str(error)),)
    findings = [Finding("readable", True, _shape(inner is not None))]
    actor = outer if inner is None else inner
    findings += _signature(actor, documents, now)
    findings += _issuer(actor, documents)
    if inner is not None:
        findings += _nesting(outer, inner)
    for part in (actor,) if inner is None else (inner, outer):
        findings += _audience(part, host, realm)
        findings += _times(part, now)
    return tuple(replace(finding, message=shown(finding.message)) for finding in findings)


def _shape(nested: bool) -> str:
    if nested:
        return "An application acts for a user: an outer token that carries a signed actor token."
    return "An application acts as itself: one signed token without a user."


def _read(token: str, where: str) -> _Token:
    if len(token) > LARGEST_TOKEN:
        raise Unreadable(f"The {where} is longer than any server accepts.")
    parts = token.split(".")
    if len(parts) != 3:
        counted = f"{len(parts)} part{'' if len(parts) == 1 else 's'}"
        raise Unreadable(
            f"The {where} has {counted} where a JWT has 3. Copy it whole, and nothing else."
        )
    return _Token(
        where=where,
        header=json_object(parts[0], f"header of the {where}"),
        claims=json_object(parts[1], f"payload of the {where}"),
        signed=f"{parts[0]}.{parts[1]}".encode(),
        signature=decoded(parts[2], f"signature of the {where}"),
    )


def _inner(outer: _Token) -> _Token | None:
    carried = next((outer.claims[name] for name in NESTED if name in outer.claims), None)
    if carried is None:
        return None
    if not isinstance(carried, str):
        raise Unreadable("The actor token inside the token is not text.")
    inner = _read(carried, "actor token")
    if any(name in inner.claims for name in NESTED):
        raise Unreadable("The actor token carries another token, which no server accepts.")
    return inner


def _signature(
    actor: _Token, documents: Sequence[AuthMetadata], now: datetime
) -> Iterator[Finding]:
    algorithm = str(actor.header.get("alg", ""))
    if algorithm != "RS256":
        yield Finding(
            "algorithm", False, f"The {actor.where} must be signed with RS256, not {algorithm!r}."
        )
        return
    x5t = str(actor.header.get("x5t", ""))
    wanted = x5t_to_thumbprint(x5t) if x5t else None
    if wanted is None:
        yield Finding(
            "signing key",
            False,
            f"The {actor.where} does not say which certificate signed it (x5t).",
        )
        return
    found = next(
        (
            (document, certificate)
            for document in documents
            for certificate in document.certificates
            if certificate.thumbprint == wanted
        ),
        None,
    )
    if found is None:
        yield Finding(
            "signing key",
            False,
            f"Certificate {wanted} is in no document of a trusted partner. After a rollover the stored copy is "
            "stale: refresh the partner application (error 2000000).",
        )
        return
    document, certificate = found
    issuer = actor.text("iss")
    if issuer != document.issuer and any(known.issuer == issuer for known in documents):
        yield Finding(
            "signing key",
            False,
            f"Certificate {wanted} is published by {document.issuer}, which may not sign for {issuer}.",
        )
        return
    yield Finding("signing key", True, f"Certificate {wanted} is published by {document.issuer}.")
    for problem in judge(certificate, now):
        yield Finding("certificate", problem.is_warning, f"Certificate {wanted}: {problem}.")
    yield from _verified(actor, certificate)


def _verified(actor: _Token, certificate: Certificate) -> Iterator[Finding]:
    if not certificate.der:
        yield Finding("signature", None, "The certificate itself is not at hand to verify with.")
        return
    key = rsa_key(certificate)
    if key is None:
        yield Finding("signature", False, "The certificate has no RSA key, so RS256 cannot be its.")
        return
    holds = RSAAlgorithm(RSAAlgorithm.SHA256).verify(actor.signed, key, actor.signature)
    message = (
        "The signature verifies." if holds else "The signature is not by that key (error 2000000)."
    )
    yield Finding("signature", bool(holds), message)


def _issuer(actor: _Token, documents: Sequence[AuthMetadata]) -> Iterator[Finding]:
    issuer = actor.text("iss")
    trusted = [document.issuer for document in documents]
    name = describe(parse_issuer(issuer).identifier) if issuer else "nobody"
    if issuer in trusted:
        yield Finding("issuer", True, f"Issued by {name} ({issuer}), which is trusted.")
    else:
        known = ", ".join(trusted) or "nobody"
        yield Finding(
            "issuer", False, f"Issued by {name} ({issuer or 'no iss'}); trusted is {known}."
        )
    present = bool(actor.text("nameid"))
    yield Finding(
        "nameid",
        present,
        f"The {actor.where} {'names' if present else 'does not name'} the application (nameid).",
    )


def _nesting(outer: _Token, inner: _Token) -> Iterator[Finding]:
    unsigned = str(outer.header.get("alg", "")).lower() == "none" and not outer.signature
    yield Finding(
        "outer token",
        unsigned,
        "The outer token is unsigned, as it must be."
        if unsigned
        else "The outer token must have alg none and an empty signature.",
    )
    same = outer.text("iss") == inner.text("nameid") != ""
    yield Finding(
        "outer issuer",
        same,
        "The outer token was made by the application that the actor token names."
        if same
        else "iss of the outer token is not nameid of the actor token (letter case counts).",
    )
    named = [claim for claim in USER_CLAIMS if outer.text(claim)]
    yield Finding(
        "user",
        bool(named),
        f"The user is given by {', '.join(named)}."
        if named
        else f"The outer token names no user: none of {', '.join(USER_CLAIMS)}.",
    )


def _audience(part: _Token, host: str, realm: str) -> Iterator[Finding]:
    audience = part.text("aud")
    client, slash, rest = audience.partition("/")
    named_host, at, named_realm = rest.rpartition("@")
    if not (client and slash and at):
        yield Finding(
            "audience",
            False,
            f"aud of the {part.where} must read <application>/<host>@<realm>, not {audience!r} (error 2000003).",
        )
        return
    yield _addressee(part, client)
    same_host = named_host.casefold() == host.casefold()
    yield Finding(
        "audience host",
        same_host,
        f"The {part.where} is for host {named_host}."
        if same_host
        else f"The {part.where} is for host {named_host}, but the call goes to {host} (error 2000003).",
    )
    yield Finding(
        "audience realm",
        named_realm == realm,
        f"The {part.where} is for realm {named_realm}."
        if named_realm == realm
        else f"The {part.where} is for realm {named_realm}, the server's is {realm} (letter case counts).",
    )


def _addressee(part: _Token, client: str) -> Finding:
    """The application that the token is for; people compare it with whom they called."""
    name = describe(client)
    if name == client:
        message = f"The {part.where} is for application {client}, which no product has."
        return Finding("audience application", False, message)
    if client != client.lower():
        message = (
            f"The {part.where} spells the identifier of {name} in capitals (letter case counts)."
        )
        return Finding("audience application", False, message)
    return Finding("audience application", True, f"The {part.where} is for {name}.")


def _times(part: _Token, now: datetime) -> Iterator[Finding]:
    for claim, word in (("nbf", "valid from"), ("exp", "valid until")):
        instant = _instant(part.text(claim))
        if instant is None:
            yield Finding(claim, False, f"The {part.where} has no readable {claim}.")
            continue
        holds = instant <= now if claim == "nbf" else now < instant
        verdict = "" if holds else f", and the clock says {now:%Y-%m-%d %H:%M:%S} UTC"
        yield Finding(
            claim, holds, f"The {part.where} is {word} {instant:%Y-%m-%d %H:%M:%S} UTC{verdict}."
        )


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(text), UTC)
    except (ValueError, OverflowError, OSError):
        return None
