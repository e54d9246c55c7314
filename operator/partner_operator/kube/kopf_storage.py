"""kopf's storages without storing: it keeps nothing in the annotations of our objects.

What kopf would remember there, we know better: whether a server is drained is asked anew each
time, and after a restart of the operator it has to be.
"""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import kopf

_Essence = TypeVar("_Essence")


class NoProgress(kopf.ProgressStorage):
    """Each look at an object is the first."""

    def fetch(self, **_: Any) -> None:
        """Nothing was tried before."""

    def store(self, **_: Any) -> None:
        """Forget it."""

    def purge(self, **_: Any) -> None:
        """There is nothing to take away."""

    def touch(self, **_: Any) -> None:
        """kopf wakes itself by a change of an annotation; we ring it when there is something new."""

    def clear(self, *, essence: _Essence) -> _Essence:
        """Nothing of ours is in it."""
        return copy.deepcopy(essence)


class NoDiffBase(kopf.DiffBaseStorage):
    """Nobody asks what changed."""

    def fetch(self, **_: Any) -> None:
        """Nothing was handled before."""

    def store(self, **_: Any) -> None:
        """Forget it."""
