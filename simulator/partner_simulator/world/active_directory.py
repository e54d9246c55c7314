"""The directory behind Exchange: two controllers, and writes that take time to get to the other."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass
from typing import Protocol, TypeVar
from uuid import UUID

from partner_simulator.world import names
from partner_simulator.world.clock import Clock


class Entry(Protocol):
    """Anything with a GUID."""

    @property
    def guid(self) -> UUID:
        """What stays the same when all else changes."""
        ...


E = TypeVar("E", bound=Entry)


@dataclass(frozen=True, slots=True)
class _Version:
    written_at: float
    controller: str
    value: Entry | None
    """None: deleted."""


class UnknownController(LookupError):
    """No domain controller of that name."""


class ActiveDirectory:
    """Objects by class and GUID, each with the history of its versions.

    A controller shows the last version that was written on it or has replicated to it. The last
    writer wins, as whole objects.
    """

    def __init__(self, clock: Clock, lag_seconds: float, *, unnamed: str = "session") -> None:
        """`unnamed`: who answers where no controller is named, see the switch READS_ASK."""
        self.lag_seconds = lag_seconds
        self._clock = clock
        self._unnamed = unnamed
        self._chosen: dict[str, str] = {}
        self._turn = itertools.cycle(names.DOMAIN_CONTROLLERS)
        self._objects: dict[type, dict[UUID, list[_Version]]] = {}
        self._lock = threading.RLock()

    def controller(self, asked: str | None, session: str) -> str:
        """The controller that serves a call: the named one, else one as switched.

        Raises UnknownController.
        """
        if asked:
            for fqdn in names.DOMAIN_CONTROLLERS:
                if asked.casefold() in (fqdn, fqdn.partition(".")[0]):
                    return fqdn
            raise UnknownController(asked)
        with self._lock:
            match self._unnamed:
                case "any":
                    return next(self._turn)
                case "session":
                    if session not in self._chosen:
                        self._chosen[session] = next(self._turn)
                    return self._chosen[session]
            return names.DOMAIN_CONTROLLERS[0]

    def find(self, kind: type[E], controller: str | None = None) -> list[E]:
        """All objects of a class as `controller` has them now, oldest first; None: the newest."""
        with self._lock:
            found = (
                self._visible(versions, controller)
                for versions in self._objects.get(kind, {}).values()
            )
            return [value for value in found if isinstance(value, kind)]

    def write(self, value: Entry, controller: str | None = None) -> None:
        """Store an object on one controller (None: on all at once)."""
        self._append(type(value), value.guid, value, controller)

    def delete(self, value: Entry, controller: str | None = None) -> None:
        """Remove an object on one controller (None: on all at once)."""
        self._append(type(value), value.guid, None, controller)

    def settle(self) -> None:
        """Let everything replicate at once."""
        with self._lock:
            for table in self._objects.values():
                for versions in table.values():
                    versions[:] = [_Version(0.0, "", versions[-1].value)]

    def _append(self, kind: type, guid: UUID, value: Entry | None, controller: str | None) -> None:
        with self._lock:
            versions = self._objects.setdefault(kind, {}).setdefault(guid, [])
            if controller is None:
                versions[:] = [_Version(0.0, "", value)]
            else:
                versions.append(_Version(self._clock.seconds(), controller, value))

    def _visible(self, versions: list[_Version], controller: str | None) -> Entry | None:
        horizon = self._clock.seconds() - self.lag_seconds
        for version in reversed(versions):
            if controller in (None, version.controller) or version.written_at <= horizon:
                return version.value
        return None
