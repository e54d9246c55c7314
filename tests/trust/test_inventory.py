"""What nobody declared is told as far as a status can hold it, and that it was cut is told too."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from partner_operator.kube.api.codec import to_json
from partner_operator.texts import in_all, shown
from partner_operator.trust.inventory import LARGEST_TOKEN_SERVERS, MOST, NOT_WHOLE, bounded, listed
from partner_operator.trust.model import EntryKind
from partner_operator.trust.status import ServerStatus, Undeclared
from support.trust.worlds import token_server


def _written(names: list[str]) -> tuple[int, int, int]:
    """How many are listed, how many are cut, and how many bytes the status has as it is written."""
    gone = datetime(2026, 11, 30, tzinfo=UTC)
    known = [Undeclared(name, name, name, str(number), gone) for number, name in enumerate(names)]
    told, cut = bounded(known)
    status = in_all(to_json(ServerStatus(undeclared=told, undeclared_cut=cut or None)), shown)
    return len(told), cut, len(json.dumps(status, ensure_ascii=False).encode())


_NAMES = (
    "x" * 5000,
    "測" * 5000,
    "\U0001f512" * 300,
    "\x01" * 300,
    "\U000e0001" * 300,
    "\ud800" * 300,
    '"\\' * 300,
    "x" * 90,
    "\n",
)
"""What is written out, or escaped in JSON, has several times the size of its text."""


def test_5000_entries_with_long_names_leave_a_status_below_200_kb() -> None:
    for name in _NAMES:
        listed, cut, size = _written([name] * 5000)
        assert listed
        assert listed + cut == 5000
        assert size < 200_000


def test_a_real_server_is_told_whole() -> None:
    assert _written([f"Partner {number}" for number in range(40)])[:2] == (40, 0)


def test_what_is_missing_is_remembered_before_what_is_there() -> None:
    many = [Undeclared(f"a{number}", "", "", f"r{number}") for number in range(2 * MOST)]
    missing = replace(many[-1], identity="zz", missing_since=datetime(2026, 11, 30, tzinfo=UTC))
    told, cut = bounded([*many[:-1], missing])
    assert missing in told
    assert (len(told), cut) == (MOST, MOST)


def test_a_reference_is_whole_or_not_there() -> None:
    """One that is too long hides no other."""
    told, cut = bounded(
        [Undeclared("x" * 300, "", "", "r" * 300), Undeclared("a", "", "", "r" * 200_000)]
    )
    assert [len(each.reference) for each in told] == [300]
    assert cut == 1


@settings(deadline=None)
@given(st.lists(st.text(max_size=40), max_size=30), st.integers(0, 3000))
def test_nothing_is_lost_without_a_word(names: list[str], more: int) -> None:
    listed, cut, size = _written([*names, *["many"] * more])
    assert listed + cut == len(names) + more
    assert listed <= MOST
    assert size < 200_000


def test_token_servers_are_listed_as_long_as_they_fit() -> None:
    """Whatever their names are: a hostile list must not make the status too large to be written."""
    few = [token_server(name) for name in ("b", "a")]
    assert [each.name for each in listed(few)] == ["a", "b"]
    hostile = [token_server("\U0001f600" * 300, "\x1b" * 9000, realm="x") for _ in range(500)]
    told = listed(hostile)
    assert 0 < len(told) < 50
    assert sum(len(f"{each}".encode()) for each in told) < 2 * LARGEST_TOKEN_SERVERS


def _full(text: str) -> Undeclared:
    """An entry with everything that can be told of one."""
    return Undeclared(
        text,
        text,
        text,
        "reference",
        kind=EntryKind.OWN_KEYS,
        metadata_url=text,
        issuer=text,
        enabled=True,
        trust_level=text,
        linked_account=text,
        thumbprints=(text,) * 10,
        differs=(text,) * 10,
    )


def test_entries_that_are_told_whole_are_bounded_too() -> None:
    for name in _NAMES:
        told, cut = bounded([replace(_full(name), reference=str(n)) for n in range(2000)])
        status = in_all(to_json(ServerStatus(undeclared=told, undeclared_cut=cut or None)), shown)
        assert told
        assert len(told) + cut == 2000
        assert len(json.dumps(status, ensure_ascii=False).encode()) < 200_000


def test_what_is_not_told_whole_cannot_be_declared() -> None:
    """Else an object would be written for another name, and make another entry."""
    whole = _full("Lync 測試")
    assert bounded([whole]) == ((whole,), 0)
    for name in ("x" * 5000, "Lync\u202e", "a\nb"):
        for field in ("identity", "realm", "metadata_url", "linked_account"):
            [told], _ = bounded([replace(whole, **{field: name})])  # type: ignore[arg-type]
            assert told.undeclarable == NOT_WHOLE, (name, field)
            assert told.differs is None
    many = replace(whole, thumbprints=("A" * 40,) * 11)
    [told], _ = bounded([many])
    assert (told.thumbprints, told.differs, told.undeclarable) == (None, None, None)
