"""Digests of logons: one at a time, none twice, and without the password."""

from __future__ import annotations

import asyncio
import threading

import pytest

from partner_operator.kube import digests
from partner_operator.kube.digests import Digests

LOGONS = [
    ("uid-1", "LITWAREINC\\admin", "first"),
    ("uid-2", "LITWAREINC\\admin", "first"),
    ("uid-1", "LITWAREINC\\admin", "second"),
    ("uid-1", "LITWAREINC\\admi", "nfirst"),
    ("uid-1", "1:a", "b"),
    ("uid-1:1", "a", "b"),
]


class Reckoner:
    """In the place of the slow function; counts who is at work."""

    def __init__(self) -> None:
        self.asked = 0
        self.most_at_once = 0
        self._at_work = 0
        self._lock = threading.Lock()
        self._slowly = digests._slowly

    def __call__(self, salt: str, data: bytes) -> str:
        with self._lock:
            self.asked += 1
            self._at_work += 1
            self.most_at_once = max(self.most_at_once, self._at_work)
        made = self._slowly(salt, data)
        with self._lock:
            self._at_work -= 1
        return made


@pytest.fixture
def reckoner(monkeypatch: pytest.MonkeyPatch) -> Reckoner:
    made = Reckoner()
    monkeypatch.setattr(digests, "_slowly", made)
    return made


async def test_whoever_asks_at_once_is_answered_one_after_the_other(reckoner: Reckoner) -> None:
    known = Digests()
    told = await asyncio.gather(*(known.of(*logon) for logon in LOGONS for _ in range(3)))
    assert len(set(told)) == len(LOGONS)
    assert (reckoner.asked, reckoner.most_at_once) == (len(LOGONS), 1)
    assert [await known.of(*logon) for logon in LOGONS] == told[::3]
    assert reckoner.asked == len(LOGONS)


async def test_the_digest_is_the_same_in_every_process(reckoner: Reckoner) -> None:
    """It stands in the status, and tells after a restart whether the password is another one."""
    told = {await Digests().of(*LOGONS[0]) for _ in range(3)}
    assert told == {"b397b8c2eac0a9a40a4f7cdc"}


async def test_no_password_stays(reckoner: Reckoner) -> None:
    known = Digests()
    await known.of("uid-1", "LITWAREINC\\admin", "P-ssw0rd-very-long")
    held = repr(vars(known))
    assert "ssw0rd" not in held
    assert "admin" not in held


async def test_a_thousand_are_remembered_those_asked_for_last(
    reckoner: Reckoner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "REMEMBERED", 2)
    known = Digests()
    first, second, third, *_ = LOGONS
    for logon in (first, second, first, third, first):
        await known.of(*logon)
    assert reckoner.asked == 3
    await known.of(*second)
    assert reckoner.asked == 4


async def test_one_who_was_cancelled_leaves_the_turn_to_the_next(reckoner: Reckoner) -> None:
    known = Digests()
    given_up = asyncio.create_task(known.of(*LOGONS[0]))
    await asyncio.sleep(0)
    given_up.cancel()
    assert await known.of(*LOGONS[1])
