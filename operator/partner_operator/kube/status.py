"""The only writer of statuses and finalizers; it writes nothing where nothing changed."""

from __future__ import annotations

from partner_operator.engine.ports import Gone, Kind
from partner_operator.kube import finalizers
from partner_operator.kube.api.codec import to_json
from partner_operator.kube.api.names import API_VERSION, FIELD_MANAGER, REGISTRATION_FINALIZER
from partner_operator.kube.client import APPLY, ApiRefused, Connection, custom_path
from partner_operator.kube.objects import LastSeen
from partner_operator.trust.model import DesiredApplication, DesiredServer, ObjectKey
from partner_operator.trust.status import ApplicationStatus, ServerStatus


class KubernetesWriter:
    """Implements `engine.ports.Writer` with server-side apply on `/status`."""

    def __init__(self, connection: Connection, seen: LastSeen) -> None:
        """`seen` is shared with the reader, which tells what is stored now."""
        self._connection = connection
        self._seen = seen

    async def server_status(self, server: DesiredServer, status: ServerStatus) -> None:
        """Make this the server's status. Raises Gone."""
        await self._apply(Kind.SERVER, server.key, status)

    async def application_status(
        self, application: DesiredApplication, status: ApplicationStatus
    ) -> None:
        """Make this the application's status. Raises Gone."""
        await self._apply(Kind.APPLICATION, application.key, status)

    async def add_finalizer(self, application: DesiredApplication) -> None:
        """Put our finalizer on, before the first remote change. Raises Gone."""
        key = application.key
        path = custom_path(Kind.APPLICATION, key.namespace, key.name)
        answer = await finalizers.add(self._connection, path, key.uid, REGISTRATION_FINALIZER)
        if answer is not None:
            self._seen.written(answer)

    async def remove_finalizer(self, application: DesiredApplication) -> None:
        """Take our finalizer off. Done already counts as done."""
        key = application.key
        path = custom_path(Kind.APPLICATION, key.namespace, key.name)
        answer = await finalizers.remove(self._connection, path, key.uid, REGISTRATION_FINALIZER)
        if answer is not None:
            self._seen.written(answer)

    async def _apply(
        self, kind: Kind, key: ObjectKey, status: ApplicationStatus | ServerStatus
    ) -> None:
        body = to_json(status)
        known = self._seen.of(key.uid)
        # Equal to what is stored, or what we sent to get just that: another manager may have put
        # a field beside ours, and to send the same again would not take it away.
        if known is not None and body in (known.status, known.applied):
            return
        document = {
            "apiVersion": API_VERSION,
            "kind": kind.value,
            # With the uid, an object that was deleted and made anew refuses this as a conflict.
            "metadata": {"name": key.name, "namespace": key.namespace, "uid": key.uid},
            "status": body,
        }
        try:
            answer = await self._connection.request(
                "PATCH",
                custom_path(kind, key.namespace, key.name, "status"),
                query={"fieldManager": FIELD_MANAGER, "force": "true"},
                body=document,
                content_type=APPLY,
            )
        except ApiRefused as refused:
            if refused.status == 404 or (
                refused.status == 409 and not await self._same_object(kind, key)
            ):
                self._seen.forget(key.uid)
                raise Gone(f"{kind} {key.namespace}/{key.name}") from refused
            raise
        self._seen.written(answer, body)

    async def _same_object(self, kind: Kind, key: ObjectKey) -> bool:
        """Whether the object that we read is still there; else the conflict is about its uid."""
        body = await self._connection.get(custom_path(kind, key.namespace, key.name))
        return body is not None and body["metadata"]["uid"] == key.uid
