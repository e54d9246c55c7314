"""A directory with two domain controllers: a write lands on one, the other sees it later."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from partner_simulator.world.clock import Clock
from partner_simulator.world.names import CONTROLLERS

T = TypeVar("T")
Key = tuple[type, uuid.UUID]


@dataclass(frozen=True, slots=True)
class _Change:
    due: datetime
    key: Key
    value: object | None


@dataclass(slots=True)
class _Replica:
    objects: dict[Key, object] = field(default_factory=dict)
    coming: list[_Change] = field(default_factory=list)


class Directory:
    """Immutable objects by class and GUID, on each controller. The world's lock guards it."""

    def __init__(self, clock: Clock, lag: timedelta = timedelta()) -> None:
        """`lag`: how much later the other controller sees a write."""
        self.lag = lag
        self._clock = clock
        self._replicas = {name: _Replica() for name in CONTROLLERS}

    def controller(self, name: str) -> str | None:
        """A controller by FQDN or short name in any letter case; None: there is none."""
        wanted = name.lower()
        return next((c for c in CONTROLLERS if wanted in (c, c.partition(".")[0])), None)

    def put(self, controller: str, guid: uuid.UUID, value: object) -> None:
        """Create or replace an object; its class is that of `value`."""
        self._write(controller, (type(value), guid), value)

    def drop(self, controller: str, kind: type, guid: uuid.UUID) -> None:
        """Delete an object."""
        self._write(controller, (kind, guid), None)

    def all(self, controller: str, kind: type[T]) -> list[T]:
        """Objects of a class as this controller knows them, in the order of their creation."""
        replica = self._replicas[controller]
        now = self._clock.now()
        for change in [change for change in replica.coming if change.due <= now]:
            replica.coming.remove(change)
            _apply(replica, change.key, change.value)
        return [value for value in replica.objects.values() if isinstance(value, kind)]

    def _write(self, controller: str, key: Key, value: object | None) -> None:
        due = self._clock.now() + self.lag
        for name, replica in self._replicas.items():
            if name == controller:
                # What it was about to hear of this object is older than this write.
                replica.coming = [change for change in replica.coming if change.key != key]
                _apply(replica, key, value)
            else:
                replica.coming.append(_Change(due, key, value))


def _apply(replica: _Replica, key: Key, value: object | None) -> None:
    if value is None:
        replica.objects.pop(key, None)
    else:
        replica.objects[key] = value
