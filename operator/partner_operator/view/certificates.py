"""Certificates by which tokens are told to be somebody's own: whose they are, when they end, what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from partner_operator.trust.expiry import THRESHOLDS
from partner_operator.view.raw import Raw, instant, parts, text
from partner_operator.view.states import Hue

SOON = timedelta(days=THRESHOLDS[0])
"""Before the end: people are told from here on."""
URGENT = timedelta(days=THRESHOLDS[2])


class Stage(Enum):
    """How far a certificate is, the worst first."""

    ENDED = ("has ended", "✗", "x", Hue.BAD)
    URGENT = ("ends very soon", "!", "!", Hue.BAD)
    SOON = ("ends soon", "◷", "~", Hue.WARNING)
    TO_COME = ("not valid yet", "↻", ">", Hue.BUSY)
    GOOD = ("good", "✓", "+", Hue.GOOD)
    UNKNOWN = ("end unknown", "?", "?", Hue.QUIET)

    def __init__(self, word: str, symbol: str, letter: str, hue: Hue) -> None:
        self.word = word
        self.symbol = symbol
        self.letter = letter
        self.hue = hue


class Role(Enum):
    """What a certificate is to its server. The value is the word for it."""

    SIGNS = "signs tokens"
    PUBLISHED = "published"
    PARTNER = "partner's"


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate of a server, or of a partner that has no PartnerServer."""

    role: Role
    thumbprint: str
    subject: str
    starts: datetime | None
    ends: datetime | None
    stage: Stage


def of_server(body: Raw, now: datetime) -> tuple[Certificate, ...]:
    """The one that the server signs with, then what else its document publishes, by their ends."""
    signing = text(body, "status", "certificate", "thumbprint")
    found = {
        text(each, "thumbprint"): _certificate(
            each, Role.SIGNS if text(each, "thumbprint") == signing else Role.PUBLISHED, now
        )
        for each in parts(body, "status", "metadata", "certificates")
    }
    if signing and signing not in found:
        end = instant(body, "status", "certificate", "notAfter")
        found[signing] = Certificate(Role.SIGNS, signing, "", None, end, stage(None, end, now))
    return tuple(sorted(found.values(), key=_place))


def of_partner(body: Raw, now: datetime) -> Certificate | None:
    """Of those that the partner publishes, the one that can be used longest."""
    thumbprint = text(body, "status", "certificate", "thumbprint")
    if not thumbprint:
        return None
    end = instant(body, "status", "certificate", "notAfter")
    return Certificate(Role.PARTNER, thumbprint, "", None, end, stage(None, end, now))


def stage(starts: datetime | None, ends: datetime | None, now: datetime) -> Stage:
    """How far it is now."""
    if ends is None:
        return Stage.UNKNOWN
    remaining = ends - now
    if remaining <= timedelta(0):
        return Stage.ENDED
    if starts is not None and starts > now:
        return Stage.TO_COME
    if remaining <= URGENT:
        return Stage.URGENT
    return Stage.SOON if remaining <= SOON else Stage.GOOD


def _certificate(raw: Raw, role: Role, now: datetime) -> Certificate:
    starts, ends = instant(raw, "notBefore"), instant(raw, "notAfter")
    return Certificate(
        role, text(raw, "thumbprint"), text(raw, "subject"), starts, ends, stage(starts, ends, now)
    )


def _place(certificate: Certificate) -> tuple[bool, bool, str, str]:
    ends = certificate.ends
    return (
        certificate.role is not Role.SIGNS,
        ends is None,
        ends.isoformat() if ends is not None else "",
        certificate.thumbprint,
    )
