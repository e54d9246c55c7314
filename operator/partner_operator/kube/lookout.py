"""Which namespaces the operator may look into: said when it changes, with what it means and what to do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from partner_operator.kube.api.names import PLURALS
from partner_operator.kube.client import ApiFailure, ApiRefused, Connection, custom_path

logger = logging.getLogger(__name__)

LOOK = 60.0
"""Seconds between two looks while all namespaces are open."""
LOOK_AGAIN = 10.0
"""Seconds between two looks while one is closed."""

Scope = str | None
"""A namespace; None is the whole cluster."""


class Lookout:
    """Looks whether our objects may still be listed, namespace by namespace."""

    def __init__(self, connection: Connection, namespaces: Sequence[str]) -> None:
        """`namespaces` are served; none means the whole cluster."""
        self._connection = connection
        self._scopes: tuple[Scope, ...] = tuple(namespaces) or (None,)
        self.closed: frozenset[Scope] = frozenset()
        """Where the last look was refused."""
        self._sentences: dict[Scope, str] = {}

    @property
    def all_closed(self) -> str:
        """Why nothing can be served at all; empty where something can."""
        return " ".join(self._sentences.values()) if len(self.closed) == len(self._scopes) else ""

    async def look(self) -> None:
        """Look now; a change is logged. Raises ApiFailure where no answer came."""
        # One after the other: when kopf ends, it cancels every task that was made since it began.
        refusals = {scope: await self._refusal(scope) for scope in self._scopes}
        closed = {scope: told for scope, told in refusals.items() if told}
        self._sentences = {scope: _closed(scope, told) for scope, told in closed.items()}
        for scope in closed.keys() - self.closed:
            logger.error("%s", self._sentences[scope])
        for scope in self.closed - closed.keys():
            logger.info("%s is open again and is served", _name(scope))
        self.closed = frozenset(closed)

    async def keep_looking(self, changed: Callable[[], None]) -> None:
        """For ever: look now and then, and call `changed` when a namespace was closed or opened."""
        while True:
            await asyncio.sleep(LOOK_AGAIN if self.closed else LOOK)
            before = self.closed
            try:
                await self.look()
            except ApiFailure as failure:
                logger.warning("the namespaces could not be looked at: %s", failure)
            if before != self.closed:
                changed()

    async def _refusal(self, scope: Scope) -> str:
        """The API server's sentence, empty where both kinds may be listed."""
        for kind in PLURALS:
            try:
                await self._connection.get(custom_path(kind, scope), {"limit": "1"})
            except ApiRefused as refused:
                if refused.status != 403:
                    raise
                return refused.message
        return ""


def _name(scope: Scope) -> str:
    return "the cluster" if scope is None else f"namespace {scope}"


def _closed(scope: Scope, refusal: str) -> str:
    rights = "cluster" if scope is None else "served-namespace"
    where = _name(scope)
    return (
        f"{where[0].upper()}{where[1:]} is not served: {refusal}. What the operator registered for objects there stays "
        f"on the servers, and objects that are being deleted stay too, until it has its rights again: those "
        f"of manifests/rbac/{rights}, as docs/install.md says."
    )
