"""Kubernetes Events: core/v1, one per (object, reason, sentence), with a count that goes up."""

from __future__ import annotations

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from partner_operator.engine.ports import Kind, Severity
from partner_operator.kube.api.names import API_VERSION, FIELD_MANAGER
from partner_operator.kube.client import (
    MERGE_PATCH,
    ApiFailure,
    ApiRefused,
    Connection,
    core_path,
)
from partner_operator.texts import shown
from partner_operator.trust.model import ObjectKey
from partner_operator.trust.reasons import Reason

logger = logging.getLogger(__name__)

LONGEST_MESSAGE = 1024
"""Bytes that the API server takes as the message of an Event."""
REMEMBERED = 1000
"""How many counts are kept in memory; a forgotten one is read back from the API server."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class KubernetesAnnouncer:
    """Implements `engine.ports.Announcer`."""

    def __init__(self, connection: Connection, now: Callable[[], datetime] = _utc_now) -> None:
        """`now` gives the wall clock in aware UTC."""
        self._connection = connection
        self._now = now
        self._counts: OrderedDict[str, int] = OrderedDict()

    async def announce(
        self, kind: Kind, key: ObjectKey, severity: Severity, reason: Reason, message: str
    ) -> None:
        """Tell people that something happened to an object. An Event that fails is logged."""
        text = _shortened(shown(message))
        name = event_name(key, severity, reason, text)
        if reason is not Reason.CHANGE_BEGINS:
            # The audit's own line says more.
            _log(kind, key, severity, reason, text)
        try:
            await self._count_up(kind, key, severity, reason, text, name)
        except ApiFailure as failure:
            logger.warning(
                "event %s on %s could not be written: %s",
                reason,
                key.name,
                failure,
                extra=_fields(kind, key, reason),
            )

    async def _count_up(
        self, kind: Kind, key: ObjectKey, severity: Severity, reason: Reason, text: str, name: str
    ) -> None:
        path = core_path(key.namespace, "events")
        now = self._now().strftime("%Y-%m-%dT%H:%M:%SZ")
        if name not in self._counts:
            try:
                await self._connection.request(
                    "POST", path, body=_event(kind, key, severity, reason, text, name, now)
                )
            except ApiRefused as refused:
                if refused.status != 409:
                    raise
                # It is there from before our start. We may not read Events, but the answer to a
                # patch that only moves its time tells the count.
                stored = await self._patch(path, name, {"lastTimestamp": now})
                self._remember(name, int(stored.get("count") or 1))
            else:
                self._remember(name, 1)
                return
        count = self._counts[name] + 1
        try:
            await self._patch(path, name, {"count": count, "lastTimestamp": now})
        except ApiRefused as refused:
            if refused.status != 404:
                raise
            # Events live an hour: it went meanwhile, so it begins anew.
            await self._connection.request(
                "POST", path, body=_event(kind, key, severity, reason, text, name, now)
            )
            count = 1
        self._remember(name, count)

    async def _patch(self, path: str, name: str, body: dict[str, Any]) -> dict[str, Any]:
        return await self._connection.request(
            "PATCH", f"{path}/{name}", body=body, content_type=MERGE_PATCH
        )

    def _remember(self, name: str, count: int) -> None:
        self._counts[name] = count
        self._counts.move_to_end(name)
        while len(self._counts) > REMEMBERED:
            self._counts.popitem(last=False)


def event_name(key: ObjectKey, severity: Severity, reason: Reason, message: str) -> str:
    """The one name of an Event: the same happening to the same object gives the same name."""
    told = "\0".join((key.uid, severity, reason, message))
    digest = hashlib.sha256(told.encode()).hexdigest()[:16]
    return f"{key.name[:200].rstrip('.-')}.{digest}"


def _log(kind: Kind, key: ObjectKey, severity: Severity, reason: Reason, text: str) -> None:
    level = logging.WARNING if severity is Severity.WARNING else logging.INFO
    what = (kind, key.namespace, key.name, reason, text)
    logger.log(level, "%s %s/%s: %s: %s", *what, extra=_fields(kind, key, reason))


def _fields(kind: Kind, key: ObjectKey, reason: Reason) -> dict[str, str]:
    return {
        "kind": kind.value,
        "object": f"{key.namespace}/{key.name}",
        "reason": reason.value,
    }


def _shortened(message: str) -> str:
    encoded = message.encode()
    if len(encoded) <= LONGEST_MESSAGE:
        return message
    return encoded[: LONGEST_MESSAGE - 4].decode(errors="ignore") + " ..."


def _event(
    kind: Kind,
    key: ObjectKey,
    severity: Severity,
    reason: Reason,
    message: str,
    name: str,
    now: str,
) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": key.namespace},
        "involvedObject": {
            "apiVersion": API_VERSION,
            "kind": kind.value,
            "namespace": key.namespace,
            "name": key.name,
            "uid": key.uid,
        },
        "type": severity.value,
        "reason": reason.value,
        "message": message,
        "count": 1,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "source": {"component": FIELD_MANAGER},
        "reportingComponent": FIELD_MANAGER,
        "reportingInstance": FIELD_MANAGER,
    }
