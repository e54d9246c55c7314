"""Bars of certificates on one axis of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from partner_operator.view.certificates import SOON, Certificate

BEFORE = timedelta(days=60)
AHEAD = timedelta(days=760)
"""How much time is shown, from now: what ends later ends with an arrow."""
WIDTH = 400.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One certificate, in the units of the drawing."""

    x: float
    width: float
    goes_on: bool
    """It ends later than is shown."""


NOW = WIDTH * (BEFORE / (BEFORE + AHEAD))
WARNED = WIDTH * ((BEFORE + SOON) / (BEFORE + AHEAD))
"""Where a certificate begins to be warned of."""
YEARS = tuple(WIDTH * ((BEFORE + timedelta(days=365) * each) / (BEFORE + AHEAD)) for each in (1, 2))


def bar_of(certificate: Certificate, now: datetime) -> Bar | None:
    """Its bar; None where its end is not known."""
    if certificate.ends is None:
        return None
    begins = _place(certificate.starts, now) if certificate.starts is not None else 0.0
    ends = _place(certificate.ends, now)
    return Bar(begins, max(2.0, ends - begins), certificate.ends - now > AHEAD)


def _place(then: datetime, now: datetime) -> float:
    part = (then - now + BEFORE) / (BEFORE + AHEAD)
    return round(WIDTH * min(1.0, max(0.0, part)), 1)
