"""Fresh reads from Kubernetes: one server, its applications, and what they refer to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from partner_operator.engine.aside import aside
from partner_operator.engine.ports import (
    Credentials,
    DeclaredApplication,
    DeclaredServer,
    Gone,
    Kind,
    ServerName,
)
from partner_operator.kube.api.codec import server_status
from partner_operator.kube.client import ApiRefused, Connection, core_path, custom_path
from partner_operator.kube.digests import Digests
from partner_operator.kube.kinds import Kinds, ServedKinds
from partner_operator.kube.objects import LastSeen
from partner_operator.kube.parse import (
    ParsedServer,
    Surroundings,
    declared_application,
    other_server,
    parse_server,
    read_application,
)
from partner_operator.kube.secrets import read_credentials
from partner_operator.trust.allowed import USUAL_BOUNDS, Bounds
from partner_operator.trust.model import DesiredServer
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.product import Catalog
from partner_operator.trust.reasons import Reason


class KubernetesReader:
    """Implements `engine.ports.Reader`."""

    def __init__(
        self,
        connection: Connection,
        seen: LastSeen,
        catalog: Catalog,
        namespaces: Sequence[str] = (),
        bounds: Bounds = USUAL_BOUNDS,
        kinds: ServedKinds | None = None,
        digests: Digests | None = None,
    ) -> None:
        """`namespaces` are those that the operator serves; none means all of the cluster.

        `bounds`: where logons that are read here may be used at all.
        `seen` belongs to one worker and is shared with its writer. `kinds` and `digests` are one for all workers.
        """
        self._connection = connection
        self._seen = seen
        self._catalog = catalog
        self._bounds = bounds
        self._scopes: Sequence[str | None] = tuple(namespaces) or (None,)
        self._kinds = kinds or ServedKinds(connection)
        self._digests = digests or Digests()

    async def server(self, name: ServerName) -> DeclaredServer | None:
        """Read one server and its applications, or None where it does not exist."""
        found = await self._read(name)
        if found is None:
            return None
        declared, bodies = found
        self._seen.begin(bodies)
        return declared

    async def again(self, server: DesiredServer) -> DeclaredServer:
        """Read the same anew in the middle of a pass. Raises Gone, and StatusChanged."""
        key = server.key
        found = await self._read(ServerName(key.namespace, key.name))
        if found is None or found[0].desired.key.uid != key.uid:
            raise Gone(f"{Kind.SERVER} {key.namespace}/{key.name}")
        declared, bodies = found
        for body in bodies:
            self._seen.judge(body)
        for body in bodies:
            self._seen.read(body)
        return declared

    async def _read(self, name: ServerName) -> tuple[DeclaredServer, list[dict[str, Any]]] | None:
        """One server, and the objects whose statuses a pass over it writes; in its turn, for lists are large."""
        async with self._connection.reading:
            return await self._read_all(name)

    async def _read_all(
        self, name: ServerName
    ) -> tuple[DeclaredServer, list[dict[str, Any]]] | None:
        path = custom_path(Kind.SERVER, name.namespace, name.name)
        body = await self._connection.get(path)
        if body is None:
            return None
        applications, counterparts, servers, kinds = await asyncio.gather(
            self._applications(name, "spec.serverRef.name"),
            self._applications(name, "spec.partnerRef.name"),
            self._list(Kind.SERVER, name.namespace),
            self._kinds.look(),
        )
        neighbours = await self._claims_elsewhere(name, applications, servers)
        facts = await self._with_ca_bundle(parse_server(body, self._catalog))
        near = [s for s in servers if _namespace(s) == name.namespace]
        others = (other_server(s) for s in servers if s["metadata"]["uid"] != facts.desired.key.uid)
        around = Surroundings(body, near, self._catalog, counterparts)
        declared = DeclaredServer(
            desired=facts.desired,
            status=server_status(body.get("status")),
            applications=await aside(
                lambda: tuple(read_application(each, around) for each in applications),
                len(applications),
            ),
            neighbours=neighbours,
            others=tuple(other for other in others if other is not None),
            crd_deleting=kinds.deleting,
            problem=_too_old(kinds) or facts.problem,
        )
        return declared, [body, *applications]

    async def credentials(self, server: DesiredServer) -> Credentials:
        """Read the Secret, once per pass. Raises CredentialsProblem."""
        return await read_credentials(self._connection, server, self._digests, self._bounds)

    async def unserved(self) -> Sequence[DeclaredApplication]:
        """Applications whose serverRef names no existing server."""
        servers, closed = await self._list_open(Kind.SERVER)
        applications = await self._list(Kind.APPLICATION)
        existing = {(s["metadata"]["namespace"], s["metadata"]["name"]) for s in servers}
        alone = [
            application
            for application in applications
            if (application["metadata"]["namespace"], application["spec"]["serverRef"]["name"])
            not in existing
            and _namespace(application) not in closed
        ]
        self._seen.begin(alone)
        return tuple(self._apart(application, None, servers) for application in alone)

    async def _claims_elsewhere(
        self,
        name: ServerName,
        applications: Sequence[dict[str, Any]],
        servers: Sequence[dict[str, Any]],
    ) -> tuple[DeclaredApplication, ...]:
        """Applications of other servers, read only while one of this server is being deleted."""
        if not any("deletionTimestamp" in body["metadata"] for body in applications):
            return ()
        others = [
            body
            for body in await self._list(Kind.APPLICATION)
            if (_namespace(body), body["spec"]["serverRef"]["name"]) != (name.namespace, name.name)
        ]
        return tuple(
            self._apart(body, next((s for s in servers if _serves(s, body)), None), servers)
            for body in others
        )

    def _apart(
        self, body: dict[str, Any], server: dict[str, Any] | None, servers: Sequence[dict[str, Any]]
    ) -> DeclaredApplication:
        near = [s for s in servers if _namespace(s) == _namespace(body)]
        return declared_application(body, server, near, self._catalog)

    async def _applications(self, name: ServerName, field: str) -> list[dict[str, Any]]:
        return await self._connection.list(
            custom_path(Kind.APPLICATION, name.namespace), {"fieldSelector": f"{field}={name.name}"}
        )

    async def _list(self, kind: Kind, own: str | None = None) -> list[dict[str, Any]]:
        """All objects of a kind that are served. A namespace that was closed to us shows none; `own` may not be one."""
        found, closed = await self._list_open(kind)
        for scope, refused in closed.items():
            if scope == own:
                raise refused
        return found

    async def _list_open(self, kind: Kind) -> tuple[list[dict[str, Any]], Mapping[str, ApiRefused]]:
        """All objects of a kind, and the namespaces that may not be listed: they end no other one's work."""
        found: list[dict[str, Any]] = []
        closed: dict[str, ApiRefused] = {}
        for scope in self._scopes:
            try:
                found += await self._connection.list(custom_path(kind, scope))
            except ApiRefused as refused:
                if refused.status != 403 or scope is None:
                    raise
                closed[scope] = refused
        return found, closed

    async def _with_ca_bundle(self, facts: ParsedServer) -> ParsedServer:
        """Read the CA bundle, where one is named. One that cannot be used is a problem."""
        if facts.ca_bundle is None:
            return facts
        name, key = facts.ca_bundle.name, facts.ca_bundle.key
        path = core_path(facts.desired.key.namespace, "configmaps", name)
        try:
            config_map = await self._connection.get(path)
        except ApiRefused as refused:
            if refused.status != 403:
                raise
            return _no_bundle(facts, f"The operator may not read ConfigMap {name}.")
        if config_map is None:
            return _no_bundle(facts, f"ConfigMap {name} does not exist in this namespace.")
        bundle = (config_map.get("data") or {}).get(key, "")
        if not bundle.strip():
            return _no_bundle(facts, f"ConfigMap {name} has nothing under key {key}.")
        try:
            ssl.create_default_context(cadata=bundle)
        except (ssl.SSLError, ValueError):
            return _no_bundle(facts, f"Key {key} of ConfigMap {name} has no certificates in PEM.")
        return replace(facts, desired=replace(facts.desired, ca_bundle=bundle))


def _too_old(kinds: Kinds) -> Obstacle | None:
    if not kinds.too_old:
        return None
    return Obstacle(Reason.CRD_TOO_OLD, kinds.too_old, Next.HUMAN)


def _no_bundle(facts: ParsedServer, fault: str) -> ParsedServer:
    blocker = Obstacle(
        Reason.CA_BUNDLE_MISSING,
        f"{fault} spec.winrm.caBundle needs the PEM certificates of the authority that signed the hosts' WinRM "
        "certificates.",
        Next.HUMAN,
    )
    return replace(facts, problem=facts.problem or blocker)


def _serves(server: dict[str, Any], application: dict[str, Any]) -> bool:
    name = application["spec"]["serverRef"]["name"]
    return _namespace(server) == _namespace(application) and server["metadata"]["name"] == name


def _namespace(body: dict[str, Any]) -> str:
    return str(body["metadata"]["namespace"])
