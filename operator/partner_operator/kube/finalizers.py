"""Put our finalizer on and take it off, on exactly the object that was read."""

from __future__ import annotations

from collections.abc import Mapping
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
        answer = await _replace(connection, path, uid, present, [*(present or []), finalizer])
        if answer is not None:
            return answer
    raise ApiFailure(f"{path}: the finalizers changed {TRIES} times under our hands")


async def remove(
    connection: Connection, path: str, uid: str, finalizer: str
) -> Mapping[str, Any] | None:
    """Take the finalizer off. Returns the answer, or None when it was off already."""
    for _ in range(TRIES):
        body = await connection.get(path)
        if body is None or body["metadata"]["uid"] != uid:
            return None
        present = body["metadata"].get("finalizers")
        if finalizer not in (present or []):
            return None
        rest = [name for name in present or [] if name != finalizer]
        answer = await _replace(connection, path, uid, present, rest)
        if answer is not None:
            return answer
    raise ApiFailure(f"{path}: the finalizers changed {TRIES} times under our hands")


async def _replace(
    connection: Connection, path: str, uid: str, before: list[str] | None, after: list[str]
) -> Mapping[str, Any] | None:
    """Replace the list if the object is still as it was read; None when it is not."""
    patch = [
        {"op": "test", "path": "/metadata/uid", "value": uid},
        {"op": "test", "path": "/metadata/finalizers", "value": before},
        {"op": "add", "path": "/metadata/finalizers", "value": after},
    ]
    try:
        return await connection.request("PATCH", path, body=patch, content_type=JSON_PATCH)
    except ApiRefused as refused:
        if refused.status in (404, 409, 422):
            return None
        raise
