"""What one worker last read or wrote of its objects: nothing is written twice, or over another's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from partner_operator.engine.ports import StatusChanged
from partner_operator.kube.health import Echo


@dataclass(frozen=True, slots=True)
class Known:
    """The last answer about one object."""

    metadata: Mapping[str, Any]
    """As much of it as we ever test or change: uid, version, finalizers."""
    status: Mapping[str, Any]
    """`.status` as stored."""
    applied: Mapping[str, Any] | None = None
    """What we sent to get this status, where we did."""

    @property
    def resource_version(self) -> str:
        """Which version of the object this is."""
        return str(self.metadata["resourceVersion"])

    @property
    def body(self) -> Mapping[str, Any]:
        """As much of the object as is known."""
        return {"metadata": self.metadata, "status": self.status}


class LastSeen:
    """Last answers by uid, for one worker: what the pass under way rests on. Not a cache: passes read afresh.

    Each worker has its own. One that is shared would take what another worker read for known, and then write
    over a status that the pass itself has never seen.
    """

    def __init__(self, echo: Echo) -> None:
        """`echo` is told of each write, and waits to hear it from the watch."""
        self._echo = echo
        self._known: dict[str, Known] = {}

    def of(self, uid: str) -> Known | None:
        """The last answer about an object."""
        return self._known.get(uid)

    def begin(self, bodies: Iterable[Mapping[str, Any]]) -> None:
        """A pass begins and rests on these objects. What was known of others is forgotten."""
        earlier = self._known
        self._known = {
            body["metadata"]["uid"]: _read(body, earlier.get(body["metadata"]["uid"]))
            for body in bodies
        }

    def read(self, body: Mapping[str, Any]) -> Known:
        """An object was read; what is written from now on rests on this."""
        uid = body["metadata"]["uid"]
        known = self._known[uid] = _read(body, self._known.get(uid))
        return known

    def judge(self, body: Mapping[str, Any]) -> None:
        """An object was read anew. Raises StatusChanged where its status is not what the pass rests on.

        A label, an annotation, a finalizer or a spec that changed is no reason: statuses do not rest on who
        else wrote, and the next event brings the next pass.
        """
        metadata = body["metadata"]
        known = self._known.get(metadata["uid"])
        if known is None or known.status == (body.get("status") or {}):
            return
        self.forget(metadata["uid"])
        raise StatusChanged(f"{body.get('kind')} {metadata.get('namespace')}/{metadata['name']}")

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
        self._known[uid] = Known(_of_interest(metadata), body.get("status") or {}, keep)

    def forget(self, uid: str) -> None:
        """An object is gone."""
        self._known.pop(uid, None)


def _read(body: Mapping[str, Any], earlier: Known | None) -> Known:
    status = body.get("status") or {}
    applied = earlier.applied if earlier is not None and earlier.status == status else None
    return Known(_of_interest(body["metadata"]), status, applied)


def _of_interest(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    kept = ("uid", "resourceVersion", "finalizers")
    return {name: metadata[name] for name in kept if name in metadata}
