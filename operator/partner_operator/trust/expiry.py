"""When certificates end: told long before, once for each of a few thresholds, and never twice for the same one.

What was told is remembered by certificate, and not by time: an operator that starts anew, a clock that jumps there
and back, and machines that publish by turns repeat nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from partner_operator.oauth.certificates import Certificate
from partner_operator.trust.conditions import Part, true
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import CertificateEnd, Warned

THRESHOLDS = (60, 30, 14, 7, 1)
"""Days before the end of a certificate."""
ENDED = 0
"""The threshold of a certificate that has ended."""
REMEMBERED = 12
"""Warnings in a status: two certificates, each with all of its thresholds."""
MOST_PER_DAY = 6
"""Warnings on one object: a partner may publish another certificate each minute."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Expiring:
    """What people are told of a certificate that ends soon, or has ended."""

    part: Part
    """The condition CertificateExpiring."""
    short: str
    """Beside a Ready that is True."""


def end_of(certificate: Certificate, known: CertificateEnd | None) -> CertificateEnd:
    """When this certificate ends, with what was told before of whichever."""
    return CertificateEnd(
        thumbprint=certificate.thumbprint,
        not_after=certificate.not_after,
        # A format of strftime would not fill up the years before 1000.
        ends=certificate.not_after.date().isoformat(),
        warned=known.warned if known is not None else (),
    )


def reached(end: CertificateEnd, now: datetime) -> int | None:
    """The nearest threshold, in days, within which it ends; None: it ends later than that."""
    remaining = end.not_after - now
    if remaining <= timedelta(0):
        return ENDED
    return min((days for days in THRESHOLDS if remaining <= days * _DAY), default=None)


def due_warning(end: CertificateEnd, now: datetime) -> int | None:
    """The threshold that is reached and was not told yet; None: nothing is to be told."""
    days = reached(end, now)
    told = {(warned.thumbprint, warned.days) for warned in end.warned}
    if days is None or (end.thumbprint, days) in told:
        return None
    lately = [warned for warned in end.warned if abs(now - warned.at) < _DAY]
    return days if len(lately) < MOST_PER_DAY else None


def warned_of(end: CertificateEnd, days: int, now: datetime) -> CertificateEnd:
    """The same, once this threshold is told."""
    warned = (*end.warned, Warned(end.thumbprint, days, now.replace(microsecond=0)))
    return replace(end, warned=warned[-REMEMBERED:])


def next_threshold(end: CertificateEnd, now: datetime) -> datetime | None:
    """When the next threshold is reached; None: it has ended."""
    remaining = end.not_after - now
    ahead = (remaining - days * _DAY for days in (*THRESHOLDS, ENDED))
    nearest = min((pause for pause in ahead if pause > timedelta(0)), default=None)
    return None if nearest is None else now + nearest


def told_of(
    end: CertificateEnd | None, now: datetime, *, what: str, whose: str, then: str, mending: str
) -> Expiring | None:
    """What is said of it; None: it does not end soon. No sentence moves with the days.

    `what`: which certificate, behind its name. `whose`: of whom, for the short form. `then`: what happens when it
    has ended, after `from then on`. `mending`: sentences with what to do.
    """
    days = reached(end, now) if end is not None else None
    if end is None or days is None:
        return None
    name = f"Certificate {end.thumbprint} {what}"
    if days == ENDED:
        message = f"{name} ended on {end.ends}: {then}. {mending}"
        part, verb = true(Reason.CERTIFICATE_EXPIRED, message), "ended"
    else:
        message = f"{name} ends on {end.ends}; from then on {then}. {mending}"
        part, verb = true(Reason.CERTIFICATE_EXPIRES_SOON, message), "ends"
    return Expiring(part, f"The certificate of {whose} {verb} on {end.ends}.")


def in_event(expiring: Expiring, days: int) -> str:
    """The sentence of one threshold: another one for each, so that each is an Event of its own."""
    if days == ENDED:
        return expiring.part.message
    return f"Within {days} {'day' if days == 1 else 'days'}: {expiring.part.message}"
