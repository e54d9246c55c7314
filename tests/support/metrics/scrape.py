"""What a running operator answers."""

from __future__ import annotations

import urllib.request

from support.metrics.film import Frame, series_in


def scrape(url: str) -> Frame:
    """The series of ours. Raises OSError."""
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own loopback address
        return series_in(answer.read().decode())
