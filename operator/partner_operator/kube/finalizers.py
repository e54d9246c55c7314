"""Put our finalizer on and take it off, on exactly the object that was read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from partner_operator.engine.ports import Gone
from partner_operator.kube.client import JSON_PATCH, ApiFailure, ApiRefused, Connection

TRIES = 5
"""Somebody else may change the list between our read and our write; each try reads anew."""


async def add(
    connection: Connection, path: str, uid: str, finalizer: str
) -> Mapping[str, Any] | None:
    """Put the finalizer on. Returns the answer, or None when it was there already.

    Raises Gone when the object is not there, is another one of the same name, or is being deleted:
    then no finalizer can be added, and nothing may be changed for it.
    """
    for _ in range(TRIES):
        body = await connection.get(path)
        if body is None or body["metadata"]["uid"] != uid:
            raise Gone(path)
        present = body["metadata"].get("finalizers")
        if finalizer in (present or []):
            return None
        if body["metadata"].get("deletionTimestamp"):
            raise Gone(path)
        after = [*(present or []), finalizer]
        answer = await _replace(connection, path, body, ("uid", "finalizers"), after)
        if answer is not None:
            return answer
    raise ApiFailure(f"{path}: the finalizers changed {TRIES} times under our hands")


async def remove(
    connection: Connection,
    path: str,
    uid: str,
    finalizer: str,
    judge: Callable[[Mapping[str, Any]], None],
) -> Mapping[str, Any] | None:
    """Take the finalizer off. Returns the answer, or None when it was off already.

    `judge` looks at the object, and raises where the finalizer must stay. The finalizer goes from exactly the
    object that it looked at: nothing remembers a registration after that.
    """
    for _ in range(TRIES):
        body = await connection.get(path)
        if body is None or body["metadata"]["uid"] != uid:
            return None
        present = body["metadata"].get("finalizers")
        if finalizer not in (present or []):
            return None
        judge(body)
        rest = [name for name in present or [] if name != finalizer]
        answer = await _replace(connection, path, body, ("uid", "resourceVersion"), rest)
        if answer is not None:
            return answer
    raise ApiFailure(f"{path}: the finalizers changed {TRIES} times under our hands")


async def _replace(
    connection: Connection,
    path: str,
    body: Mapping[str, Any],
    same: tuple[str, ...],
    after: list[str],
) -> Mapping[str, Any] | None:
    """Replace the list if these fields of the metadata are still as they were read; None when not."""
    metadata = body["metadata"]
    patch = [
        *({"op": "test", "path": f"/metadata/{f}", "value": metadata.get(f)} for f in same),
        {"op": "add", "path": "/metadata/finalizers", "value": after},
    ]
    try:
        return await connection.request("PATCH", path, body=patch, content_type=JSON_PATCH)
    except ApiRefused as refused:
        if refused.status in (404, 409, 422):
            return None
        raise
