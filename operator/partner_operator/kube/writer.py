"""The only writer of statuses and finalizers; it writes nothing where nothing changed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from partner_operator.engine.ports import Gone, Kind, NotWritten
from partner_operator.kube import finalizers
from partner_operator.kube.api.codec import to_json
from partner_operator.kube.api.names import API_VERSION, FIELD_MANAGER, REGISTRATION_FINALIZER
from partner_operator.kube.client import (
    APPLY,
    ApiRefused,
    Connection,
    custom_path,
)
from partner_operator.kube.objects import LastSeen
from partner_operator.texts import in_all, shown
from partner_operator.trust.model import DesiredApplication, DesiredServer, ObjectKey
from partner_operator.trust.status import ApplicationStatus, ServerStatus

TRIES = 5
"""Somebody else may change the object between our read and our write; each try reads anew."""


class KubernetesWriter:
    """Implements `engine.ports.Writer` with server-side apply on `/status`."""

    def __init__(self, connection: Connection, seen: LastSeen) -> None:
        """`seen` is shared with the reader of the same worker, which tells what each pass rests on."""
        self._connection = connection
        self._seen = seen

    async def server_status(self, server: DesiredServer, status: ServerStatus) -> None:
        """Make this the server's status. Raises Gone, and StatusChanged."""
        await self._apply(Kind.SERVER, server.key, status)

    async def application_status(
        self, application: DesiredApplication, status: ApplicationStatus
    ) -> None:
        """Make this the application's status. Raises Gone, and StatusChanged."""
        await self._apply(Kind.APPLICATION, application.key, status)

    async def rehearse_server_status(self, server: DesiredServer, status: ServerStatus) -> None:
        """Find out whether this status would be taken, and write nothing. Raises Gone, and StatusChanged."""
        await self._apply(Kind.SERVER, server.key, status, rehearsal=True)

    async def rehearse_application_status(
        self, application: DesiredApplication, status: ApplicationStatus
    ) -> None:
        """Find out whether this status would be taken, and write nothing. Raises Gone, and StatusChanged."""
        await self._apply(Kind.APPLICATION, application.key, status, rehearsal=True)

    async def add_finalizer(self, application: DesiredApplication) -> None:
        """Put our finalizer on, before the first remote change. Raises Gone, and StatusChanged."""
        key = application.key
        path = custom_path(Kind.APPLICATION, key.namespace, key.name)
        with _refused_as(Kind.APPLICATION, key, "our finalizer"):
            answer = await finalizers.add(
                self._connection, path, key.uid, REGISTRATION_FINALIZER, self._body(key.uid)
            )
        if answer is not None:
            self._seen.judge(answer)
            self._seen.written(answer)

    async def remove_finalizer(self, application: DesiredApplication) -> None:
        """Take our finalizer off. Done already counts as done. Raises StatusChanged."""
        key = application.key
        path = custom_path(Kind.APPLICATION, key.namespace, key.name)
        with _refused_as(Kind.APPLICATION, key, "the removal of our finalizer"):
            answer = await finalizers.remove(
                self._connection,
                path,
                key.uid,
                REGISTRATION_FINALIZER,
                self._seen.judge,
                self._body(key.uid),
            )
        if answer is not None:
            self._seen.written(answer)

    def _body(self, uid: str) -> Mapping[str, Any] | None:
        known = self._seen.of(uid)
        return known.body if known is not None else None

    async def _apply(
        self,
        kind: Kind,
        key: ObjectKey,
        status: ApplicationStatus | ServerStatus,
        *,
        rehearsal: bool = False,
    ) -> None:
        body = in_all(to_json(status), shown)
        known = self._seen.of(key.uid) or self._seen.read(await self._look(kind, key))
        with _refused_as(kind, key, "the status"):
            for _ in range(TRIES):
                # Equal to what is stored, or what we sent to get just that: another manager may have
                # put a field beside ours, and to send the same again would not take it away.
                if body in (known.status, known.applied) and not rehearsal:
                    return
                try:
                    answer = await self._send(kind, key, known.resource_version, body, rehearsal)
                except ApiRefused as now:
                    if now.status not in (404, 409):
                        raise
                    refused = now
                else:
                    if not rehearsal:
                        self._seen.written(answer, body)
                    return
                found = await self._look(kind, key)
                if refused.repeated and not rehearsal and (found.get("status") or {}) == body:
                    # It was made, and its answer was lost: the repetition met our own version. Without a
                    # repetition it is somebody else's, who does the same in the same second.
                    self._seen.written(found, body)
                    return
                self._seen.judge(found)
                before, known = known, self._seen.read(found)
                if known.resource_version == before.resource_version:
                    # Nobody else wrote: this is no race.
                    break
            raise refused

    async def _send(
        self,
        kind: Kind,
        key: ObjectKey,
        resource_version: str,
        status: Mapping[str, Any],
        rehearsal: bool,
    ) -> Mapping[str, Any]:
        """Apply the status to exactly this version of the object. Raises ApiRefused where there is another one."""
        document = {
            "apiVersion": API_VERSION,
            "kind": kind.value,
            # The version is the fence: on /status the API server ignores a uid that does not match,
            # and would write on an object that was made anew under the same name.
            "metadata": {
                "name": key.name,
                "namespace": key.namespace,
                "uid": key.uid,
                "resourceVersion": resource_version,
            },
            "status": status,
        }
        query = {"fieldManager": FIELD_MANAGER, "force": "true"}
        return await self._connection.request(
            "PATCH",
            custom_path(kind, key.namespace, key.name, "status"),
            query=query | ({"dryRun": "All"} if rehearsal else {}),
            body=document,
            content_type=APPLY,
        )

    async def _look(self, kind: Kind, key: ObjectKey) -> dict[str, Any]:
        """Read the object anew. Raises Gone when it is not there, or is another one."""
        body = await self._connection.get(custom_path(kind, key.namespace, key.name))
        if body is None or body["metadata"]["uid"] != key.uid:
            self._seen.forget(key.uid)
            raise Gone(f"{kind} {key.namespace}/{key.name}")
        return body


@contextlib.contextmanager
def _refused_as(kind: Kind, key: ObjectKey, what: str) -> Iterator[None]:
    """What the API server refuses here is this of the object."""
    try:
        yield
    except ApiRefused as refused:
        raise NotWritten(kind, key, what, refused.message) from refused
