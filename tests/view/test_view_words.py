"""How long ago, in words that are never wrong in number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from partner_operator.view.words import ago, length, listed, short

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(seconds=6), "6 seconds"),
        (timedelta(seconds=119), "119 seconds"),
        (timedelta(seconds=120), "2 minutes"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(hours=48), "2 days"),
        (timedelta(days=99), "99 days"),
        (timedelta(days=100), "3 months"),
        (timedelta(days=5 * 365), "5 years"),
        (timedelta(days=5 * 365 - 1), "5 years"),
    ],
)
def test_lengths(span: timedelta, said: str) -> None:
    assert length(span) == said
    assert ago(NOW - span, NOW) == f"{said} ago"
    assert ago(NOW + span, NOW) == f"in {said}"


def test_a_farm_s_certificate_that_never_ends() -> None:
    assert ago(datetime(9999, 1, 1, tzinfo=UTC), NOW) == "in 7972 years"


def test_a_moment_is_no_number() -> None:
    assert ago(NOW, NOW) == ago(NOW + timedelta(seconds=4), NOW) == "just now"


def test_names_and_thumbprints() -> None:
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a and b"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(list("abcdefgh"), most=4) == "a, b, c and 5 more"
    assert short("1A2B3C4D" + "0" * 28 + "9F0E") == "1A2B3C4D…9F0E"
    assert short("AB") == "AB"
