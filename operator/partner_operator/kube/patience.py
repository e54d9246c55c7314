"""How long a request that failed is tried again: one bad answer is no reason to break a pass off."""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

PASSING = frozenset({429, 500, 502, 503, 504})
"""Refusals that mostly pass by themselves."""
RIGHTS = frozenset({401, 403})
"""Refusals that pass where the right was there before: an API server that starts knows no rights yet."""
REMEMBERED = 10_000
"""Requests whose last outcome is remembered."""

Asked = tuple[str, str]
"""Method and path."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds for one request and all its repetitions."""

    longest: float = 90.0
    """After this long the last failure is told. Longer than an API server needs to start."""
    first_pause: float = 0.5
    longest_pause: float = 10.0

    def pauses(self) -> Iterator[float]:
        """One after the other, doubled each time, each with up to half of it taken off by chance."""
        pause = self.first_pause
        while True:
            yield pause * (1 - 0.5 * random.random())  # noqa: S311 - jitter, not a secret
            pause = min(2 * pause, self.longest_pause)


NONE = Patience(longest=0.0)
"""Each failure is told at once."""


class Outcomes:
    """What became of each request: what fails for good costs its patience once, and not in each pass."""

    def __init__(self) -> None:
        """Nothing was asked yet."""
        self._worked: OrderedDict[Asked, bool] = OrderedDict()
        """False: it was tried until patience was over."""

    def may_pass(self, asked: Asked, status: int | None) -> bool:
        """Whether a request that failed with this HTTP status (None: without an answer) is worth another try."""
        before = self._worked.get(asked)
        if status in RIGHTS:
            return before is True
        if status is None or status in PASSING:
            return before is not False
        # Nobody asks that again; but we are known, and may ask.
        self.note(asked, worked=True)
        return False

    def note(self, asked: Asked, *, worked: bool) -> None:
        """This is how it ended."""
        self._worked[asked] = worked
        self._worked.move_to_end(asked)
        while len(self._worked) > REMEMBERED:
            self._worked.popitem(last=False)


def seconds(retry_after: str | None) -> float:
    """The header `Retry-After` in seconds; 0 where there is none, or a date."""
    return float(retry_after) if retry_after is not None and retry_after.isdecimal() else 0.0
