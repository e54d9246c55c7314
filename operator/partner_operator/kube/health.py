"""Health of the operator itself: does it hear what the API server says, and does it get on?"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from partner_operator.engine.bell import Bell

DEAF_AFTER = 60.0
"""Seconds within which our own writes must come back as events of a watch."""
STUCK_AFTER = 3600.0
"""Seconds that one pass may take: longer than any restart round that still goes on."""
REMEMBERED = 20_000
"""Objects whose last event is remembered. It matters only until the answer to a write has come."""
GONE = float("inf")
"""Newer than every version: no event follows that of a deletion."""


class Unhealthy(Exception):
    """A probe failed; the sentence says what and for how long."""


@dataclass(frozen=True, slots=True)
class _Expected:
    resource_version: int
    since: float


class Echo:
    """Tells a deaf watch: what we wrote must be heard again from the watch within a while.

    The event of a write may overtake the answer to it, so what was heard is remembered as well.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """`monotonic` gives seconds that only grow."""
        self._monotonic = monotonic
        self._expected: dict[str, _Expected] = {}
        self._heard: OrderedDict[str, float] = OrderedDict()
        self._heard_at = monotonic()

    def expect(self, uid: str, resource_version: str) -> None:
        """We wrote this version of an object. An older expectation for it keeps its time."""
        if not resource_version.isdecimal():
            return
        if self._heard.get(uid, 0) >= int(resource_version):
            return
        earlier = self._expected.get(uid)
        since = earlier.since if earlier else self._monotonic()
        self._expected[uid] = _Expected(int(resource_version), since)

    def heard(self, uid: str, resource_version: str, *, deleted: bool = False) -> None:
        """The watch told us of this version of an object."""
        self._heard_at = self._monotonic()
        if deleted:
            version = GONE
        elif resource_version.isdecimal():
            version = int(resource_version)
        else:
            self._expected.pop(uid, None)
            return
        self._remember(uid, version)
        expected = self._expected.get(uid)
        if expected is not None and version >= expected.resource_version:
            del self._expected[uid]

    def _remember(self, uid: str, version: float) -> None:
        self._heard[uid] = max(version, self._heard.pop(uid, 0))
        while len(self._heard) > REMEMBERED:
            self._heard.popitem(last=False)

    @property
    def waiting(self) -> int:
        """Objects whose last write was not heard yet."""
        return len(self._expected)

    def check(self) -> None:
        """Raise Unhealthy when something that we wrote was not heard for too long."""
        waited = self.unheard
        if waited > DEAF_AFTER:
            raise Unhealthy(
                f"deaf watch: a write of {waited:.0f} s ago did not come back as an event"
            )

    @property
    def unheard(self) -> float:
        """Seconds since the oldest write of ours that the watch has not told of; 0 while it has told of all."""
        oldest = min((expected.since for expected in self._expected.values()), default=None)
        return 0.0 if oldest is None else self._monotonic() - oldest

    @property
    def silence(self) -> float:
        """Seconds since the watch has told of anything."""
        return self._monotonic() - self._heard_at


def check_workers(
    bells: Iterable[tuple[str, Bell]], monotonic: Callable[[], float] = time.monotonic
) -> None:
    """Raise Unhealthy when a worker has been in one pass for too long.

    `bells` are pairs of a worker's name and its bell.
    """
    for name, bell in bells:
        if bell.busy_since is not None and monotonic() - bell.busy_since > STUCK_AFTER:
            busy = monotonic() - bell.busy_since
            raise Unhealthy(f"stuck queue: the worker of {name} has been busy for {busy:.0f} s")
