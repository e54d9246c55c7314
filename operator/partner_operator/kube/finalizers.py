"""Put our finalizer on and take it off, on exactly the object that was read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from partner_operator.engine.ports import Gone
from partner_operator.kube.client import JSON_PATCH, ApiRefused, Connection

TRIES = 5
"""Somebody else may change the list between our read and our write; each try reads anew."""
MAY_BE_A_RACE = frozenset({404, 409, 422})
"""What the API server answers when a test of the patch fails, or the object went. Admission policies and the
validation of the object answer 409 and 422 too: only a second look at the object tells them apart."""
GONE: Mapping[str, Any] = {}
"""No answer: the object is not there, or is another one."""


async def add(
    connection: Connection,
    path: str,
    uid: str,
    finalizer: str,
    known: Mapping[str, Any] | None = None,
) -> Mapping[str, Any] | None:
    """Put the finalizer on. Returns the answer, or None when it was there already.

    `known`: the object as it was read last; where it is another one now, it is read anew.

    Raises Gone when the object is not there, is another one of the same name, or is being deleted:
    then no finalizer can be added, and nothing may be changed for it. Raises ApiRefused when it is refused.
    """

    def left(body: Mapping[str, Any]) -> list[str] | None:
        present = body["metadata"].get("finalizers") or []
        if finalizer in present:
            return None
        if body["metadata"].get("deletionTimestamp"):
            raise Gone(path)
        return [*present, finalizer]

    answer = await _replace(connection, path, uid, ("uid", "finalizers"), left, known)
    if answer is GONE:
        raise Gone(path)
    return answer


async def remove(
    connection: Connection,
    path: str,
    uid: str,
    finalizer: str,
    judge: Callable[[Mapping[str, Any]], None],
    known: Mapping[str, Any] | None = None,
) -> Mapping[str, Any] | None:
    """Take the finalizer off. Returns the answer, or None when it was off already.

    `judge` looks at the object, and raises where the finalizer must stay. The finalizer goes from exactly the
    object that it looked at: nothing remembers a registration after that. `known`: as for `add`.
    """

    def left(body: Mapping[str, Any]) -> list[str] | None:
        present = body["metadata"].get("finalizers") or []
        if finalizer not in present:
            return None
        judge(body)
        return [name for name in present if name != finalizer]

    answer = await _replace(connection, path, uid, ("uid", "resourceVersion"), left, known)
    return None if answer is GONE else answer


async def _replace(
    connection: Connection,
    path: str,
    uid: str,
    same: tuple[str, ...],
    left: Callable[[Mapping[str, Any]], list[str] | None],
    known: Mapping[str, Any] | None,
) -> Mapping[str, Any] | None:
    """Make the list what `left` says, on an object whose metadata has these fields as they were read.

    Returns None when `left` says that nothing is to be done. Raises ApiRefused where the API server refuses
    the patch although the fields are as they were, or where they are others at each try.
    """
    refused: ApiRefused | None = None
    before: list[Any] = []
    for _ in range(TRIES):
        body, known = known or await connection.get(path), None
        if body is None or body["metadata"]["uid"] != uid:
            return GONE
        after = left(body)
        if after is None:
            return None
        tested = [body["metadata"].get(field) for field in same]
        if refused is not None and tested == before:
            break
        try:
            return await _patch(connection, path, dict(zip(same, tested, strict=True)), after)
        except ApiRefused as now:
            if now.status not in MAY_BE_A_RACE:
                raise
            refused, before = now, tested
    assert refused is not None
    raise refused


async def _patch(
    connection: Connection, path: str, tested: Mapping[str, Any], after: list[str]
) -> Mapping[str, Any]:
    patch = [
        *({"op": "test", "path": f"/metadata/{f}", "value": v} for f, v in tested.items()),
        {"op": "add", "path": "/metadata/finalizers", "value": after},
    ]
    return await connection.request("PATCH", path, body=patch, content_type=JSON_PATCH)
