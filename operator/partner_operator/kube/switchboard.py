"""Who is rung when an object changes. Reads a few strings of each event, and cannot fail.

kopf swallows the errors of event handlers, and tells some changes twice (a list after a broken
watch, our own status writes). So each event is reduced to a fingerprint, and only a new fingerprint
rings. Passes read everything afresh: what is kept here is for routing only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from partner_operator.engine.bell import Bell
from partner_operator.engine.ports import ServerName
from partner_operator.kube.api.names import (
    APPROVE_RESTART,
    RECONCILE_REQUESTED_AT,
    REGISTRATION_FINALIZER,
    RELEASE,
)

Body = Mapping[str, Any]
Fingerprint = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Server:
    """What was last heard of a PartnerServer."""

    name: ServerName
    asked: Fingerprint
    organization: str
    """In lower case; empty where it is not known."""
    stalled: str
    """Why it waits for a human, if it does: whether it leaves the organisation to another server."""


@dataclass(frozen=True, slots=True)
class _Application:
    """What was last heard of a PartnerApplication."""

    server: ServerName
    partner: ServerName | None
    asked: Fingerprint
    """What people ask for: changes ring the server."""
    told: Fingerprint
    """What the operator told: changes ring the server of the other direction."""
    held: bool
    """Whether our finalizer is on, or the object is going anyway."""


class Switchboard:
    """Rings the bells of workers."""

    def __init__(self) -> None:
        """Nothing is known yet, and nobody has a bell but the worker of unserved applications."""
        self.unserved = Bell()
        """Rung for applications that name no existing server."""
        self._bells: dict[ServerName, Bell] = {}
        self._servers: dict[str, _Server] = {}
        self._applications: dict[str, _Application] = {}
        self._stripped: set[str] = set()
        """Applications, by uid, that rang because somebody took our finalizer off."""

    def hang(self, name: ServerName) -> Bell:
        """Give the worker of a server its bell."""
        return self._bells.setdefault(name, Bell())

    def take_down(self, name: ServerName) -> None:
        """The worker of a server has ended."""
        self._bells.pop(name, None)

    def bells(self) -> Iterator[tuple[str, Bell]]:
        """All bells with the names of their workers."""
        yield "unserved applications", self.unserved
        for name, bell in list(self._bells.items()):
            yield f"{name.namespace}/{name.name}", bell

    def ring_all(self, why: str) -> None:
        """Something changed that concerns everybody."""
        for _, bell in self.bells():
            bell.ring(why)

    def server_event(self, body: Body, *, deleted: bool = False) -> None:
        """A PartnerServer appeared, changed or left."""
        uid = _uid(body)
        name = _name(body)
        known = self._servers.pop(uid, None)
        heard = _heard_server(body)
        self._ring_rivals(known, None if deleted else heard)
        if not deleted:
            self._servers[uid] = heard
        if known is not None and known.asked == heard.asked and not deleted:
            return
        why = f"PartnerServer {name.name} {_how(known is None, deleted)}"
        self._ring(name, why)
        for application in self._applications.values():
            if application.partner == name:
                self._ring(application.server, why)
            if deleted and application.server == name:
                self.unserved.ring(why)

    def _ring_rivals(self, known: _Server | None, heard: _Server | None) -> None:
        """Servers of one organisation wait for each other: to be known, to stand back, to be gone."""
        if known is None:
            return
        before = known.organization, known.stalled
        after = (heard.organization, heard.stalled) if heard is not None else None
        if before == after:
            return
        organizations = {known.organization, heard.organization if heard is not None else ""} - {""}
        for other in self._servers.values():
            if other.organization in organizations:
                why = f"PartnerServer {known.name.name} is of the same organisation"
                self._ring(other.name, why)

    def application_event(self, body: Body, *, deleted: bool = False) -> None:
        """A PartnerApplication appeared, changed or left."""
        uid = _uid(body)
        known = self._applications.pop(uid, None)
        heard = _heard(body)
        if not deleted:
            self._applications[uid] = heard
        why = f"PartnerApplication {_name(body).name} {_how(known is None, deleted)}"
        if deleted or known is None or known.asked != heard.asked:
            self._ring(heard.server, why)
        elif known.held and not heard.held and uid not in self._stripped:
            # Once: who takes it off again and again is answered by the regular passes, and not by one pass each time.
            self._stripped.add(uid)
            self._ring(heard.server, f"{why}: its finalizer is off")
        if deleted:
            self._stripped.discard(uid)
        if heard.partner and (deleted or known is None or known.told != heard.told):
            self._ring(heard.partner, why)

    def _ring(self, name: ServerName, why: str) -> None:
        if bell := self._bells.get(name):
            bell.ring(why)
        elif all(name != served.name for served in self._servers.values()):
            self.unserved.ring(why)


def _how(new: bool, deleted: bool) -> str:
    if deleted:
        return "left"
    return "appeared" if new else "changed"


def _uid(body: Body) -> str:
    return str(body.get("metadata", {}).get("uid"))


def _name(body: Body) -> ServerName:
    metadata = body.get("metadata", {})
    return ServerName(str(metadata.get("namespace")), str(metadata.get("name")))


def _asked(body: Body) -> Fingerprint:
    metadata = body.get("metadata", {})
    annotations = metadata.get("annotations") or {}
    return (
        metadata.get("generation"),
        metadata.get("deletionTimestamp"),
        annotations.get(RECONCILE_REQUESTED_AT),
        annotations.get(RELEASE),
        annotations.get(APPROVE_RESTART),
    )


def _heard_server(body: Body) -> _Server:
    status = body.get("status") or {}
    conditions = status.get("conditions") or []
    stalled = (c.get("reason") for c in conditions if c.get("type") == "Stalled")
    return _Server(
        name=_name(body),
        asked=_asked(body),
        organization=str(status.get("organization") or "").lower(),
        stalled=str(next(stalled, "")),
    )


def _heard(body: Body) -> _Application:
    namespace = _name(body).namespace
    spec = body.get("spec") or {}
    server = (spec.get("serverRef") or {}).get("name")
    partner = (spec.get("partnerRef") or {}).get("name")
    return _Application(
        server=ServerName(namespace, str(server)),
        partner=ServerName(namespace, str(partner)) if partner else None,
        asked=_asked(body),
        told=_told(body),
        held=_held(body),
    )


def _held(body: Body) -> bool:
    metadata = body.get("metadata", {})
    finalizers = metadata.get("finalizers") or []
    return REGISTRATION_FINALIZER in finalizers or bool(metadata.get("deletionTimestamp"))


def _told(body: Body) -> Fingerprint:
    """Ready, the registration and the test's result; nothing that moves while all stays well."""
    status = body.get("status") or {}
    registration = status.get("registration") or {}
    ready: Mapping[str, Any] = {}
    for condition in status.get("conditions") or []:
        if condition.get("type") == "Ready":
            ready = condition
    return (
        ready.get("status"),
        ready.get("observedGeneration"),
        registration.get("identity"),
        registration.get("lastChangedAt"),
        (status.get("connectivity") or {}).get("result"),
        body.get("metadata", {}).get("deletionTimestamp"),
    )
