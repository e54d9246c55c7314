"""Our kinds as the cluster has them: being deleted, older than this operator, or as they should be."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from partner_operator.engine.ports import Kind
from partner_operator.kube.api.names import API_VERSION, GROUP, PLURALS
from partner_operator.kube.api.served import lacking_in_crd, lacking_in_schema, schema_in_openapi
from partner_operator.kube.client import ApiFailure, ApiRefused, Connection

logger = logging.getLogger(__name__)

LOOK = 60.0
"""Seconds between two looks at kinds that are as they should be. Each pass looks as well."""
LOOK_AGAIN = 5.0
"""Seconds between two looks at kinds that somebody should mend."""
MOST_NAMES = 12
"""Fields of one kind that are named in a sentence."""
MEND = "kubectl apply -f crds/"


@dataclass(frozen=True, slots=True)
class Kinds:
    """What a look has shown."""

    deleting: bool = False
    """A CRD is being deleted, or is not there: then all its objects go, and nobody meant it."""
    too_old: str = ""
    """A sentence that names what the served CRDs lack; empty where they lack nothing."""


class ServedKinds:
    """Looks at the CRDs; where there is no right to read them, at what the API server publishes of them."""

    def __init__(self, connection: Connection) -> None:
        """Nothing is known before the first look."""
        self._connection = connection
        self._last = Kinds()
        self._by_crd = True

    @property
    def too_old(self) -> str:
        """The sentence of the last look, empty where nothing is lacking."""
        return self._last.too_old

    async def look(self) -> Kinds:
        """Look now; a change is logged. Raises ApiFailure."""
        found = await self._by_crds() or Kinds(too_old=_sentence(await self._published()))
        if found.too_old != self._last.too_old:
            if found.too_old:
                logger.error("%s", found.too_old)
            else:
                logger.info("the cluster's CRDs fit this operator now")
        self._last = found
        return found

    async def keep_looking(self, changed: Callable[[], None]) -> None:
        """For ever: look now and then, and call `changed` when the answer is another one than before."""
        while True:
            await asyncio.sleep(LOOK_AGAIN if self.too_old else LOOK)
            before = self.too_old
            try:
                await self.look()
            except ApiFailure as failure:
                logger.warning("the CRDs could not be looked at: %s", failure)
            if before != self.too_old:
                changed()

    async def _by_crds(self) -> Kinds | None:
        """None: they may not be read."""
        lacking: dict[Kind, tuple[str, ...]] = {}
        deleting = False
        for kind, plural in PLURALS.items():
            path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{plural}.{GROUP}"
            try:
                crd = await self._connection.get(path)
            except ApiRefused as refused:
                if refused.status != 403:
                    raise
                self._say_once(refused)
                return None
            if crd is None or "deletionTimestamp" in crd["metadata"]:
                deleting = True
            if crd is not None:
                lacking[kind] = lacking_in_crd(kind, crd)
        self._by_crd = True
        return Kinds(deleting, _sentence(lacking))

    async def _published(self) -> dict[Kind, tuple[str, ...]]:
        """From the OpenAPI document, which everybody may read. It follows the CRDs some seconds later."""
        document = await self._connection.get(f"/openapi/v3/apis/{API_VERSION}") or {}
        schemas = {kind: schema_in_openapi(kind, document) for kind in PLURALS}
        return {kind: lacking_in_schema(kind, schema) for kind, schema in schemas.items() if schema}

    def _say_once(self, refused: ApiRefused) -> None:
        if self._by_crd:
            logger.warning(
                "the operator may not read its CRDs, so it cannot tell when they are deleted: %s. Apply the "
                "ClusterRole partner-operator-crds of manifests/.",
                refused.message,
            )
        self._by_crd = False


def _sentence(lacking: Mapping[Kind, tuple[str, ...]]) -> str:
    """One sentence for all that is lacking; empty where nothing is."""
    told = [f"{kind} lacks {_names(names)}" for kind, names in lacking.items() if names]
    if not told:
        return ""
    return (
        f"The cluster's CRDs are older than this operator: {'; '.join(told)}. No server is contacted until they are "
        f"brought up to date: {MEND}"
    )


def _names(names: tuple[str, ...]) -> str:
    more = " and more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more
