"""What the API server last said about each of our objects, so that nothing is written twice."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from partner_operator.kube.health import Echo

REMEMBERED = 20_000
"""Objects that are remembered; for a forgotten one an equal write is sent and changes nothing."""


@dataclass(frozen=True, slots=True)
class Known:
    """The last answer about one object."""

    resource_version: str
    status: Mapping[str, Any]
    """`.status` as stored."""
    applied: Mapping[str, Any] | None = None
    """What we sent to get this status, where we did."""


class LastSeen:
    """Last answers by uid. Not a cache: passes read afresh; only equal writes are left out."""

    def __init__(self, echo: Echo) -> None:
        """`echo` is told of each write, and waits to hear it from the watch."""
        self._echo = echo
        self._known: OrderedDict[str, Known] = OrderedDict()

    def of(self, uid: str) -> Known | None:
        """The last answer about an object."""
        return self._known.get(uid)

    def read(self, body: Mapping[str, Any]) -> Known:
        """An object was read."""
        uid = body["metadata"]["uid"]
        status = body.get("status") or {}
        known = self._known.get(uid)
        applied = known.applied if known and known.status == status else None
        known = Known(body["metadata"]["resourceVersion"], status, applied)
        self._remember(uid, known)
        return known

    def written(self, body: Mapping[str, Any], applied: Mapping[str, Any] | None = None) -> None:
        """An object was written; `body` is the answer, `applied` the status that we sent."""
        metadata = body["metadata"]
        uid, version = metadata["uid"], metadata["resourceVersion"]
        known = self._known.get(uid)
        # A write that changed nothing is no event for anybody. The last finalizer's removal is
        # an event with a version that differs between API servers, so it is not waited for.
        leaving = metadata.get("deletionTimestamp") and not metadata.get("finalizers")
        if not leaving and (known is None or known.resource_version != version):
            self._echo.expect(uid, version)
        keep = applied if applied is not None or known is None else known.applied
        self._remember(uid, Known(version, body.get("status") or {}, keep))

    def forget(self, uid: str) -> None:
        """An object is gone."""
        self._known.pop(uid, None)

    def _remember(self, uid: str, known: Known) -> None:
        self._known[uid] = known
        self._known.move_to_end(uid)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
