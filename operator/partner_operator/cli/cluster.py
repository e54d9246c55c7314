"""What commands for people ask of the API server, and what they say where it gives nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

import click

from partner_operator.cli.failures import told
from partner_operator.cli.people import Scope
from partner_operator.engine.ports import Kind
from partner_operator.kube.api.names import GROUP, PLURALS
from partner_operator.kube.client import (
    MERGE_PATCH,
    ApiFailure,
    ApiRefused,
    Connection,
    custom_path,
)
from partner_operator.kube.kubeconfig import NoCluster

Body = dict[str, Any]
Answer = TypeVar("Answer")

FIELD_MANAGER: Final = "partner-operator-cli"
"""Who wrote, in managedFields: a person, by this program."""
SHORT: Final = {"pserver": Kind.SERVER, "papp": Kind.APPLICATION}
"""As kubectl calls our kinds in short."""


class CannotDo(Exception):
    """What was asked for cannot be done; the sentence says why, and what to do next."""


class Cluster:
    """The objects of one namespace, or of all."""

    def __init__(self, connection: Connection, namespace: str | None) -> None:
        """`namespace` None: all."""
        self._connection = connection
        self.namespace = namespace

    async def servers(self) -> list[Body]:
        """All PartnerServers by namespace and name. Raises CannotDo."""
        return await self.all(Kind.SERVER)

    async def applications(self) -> list[Body]:
        """All PartnerApplications by namespace and name. Raises CannotDo."""
        return await self.all(Kind.APPLICATION)

    async def all(self, kind: Kind) -> list[Body]:
        """All objects of a kind by namespace and name. Raises CannotDo."""
        try:
            found = await self._connection.list(custom_path(kind, self.namespace))
        except ApiFailure as failure:
            raise self._cannot(f"read {kind}s", failure) from None
        return sorted(
            found, key=lambda each: (each["metadata"]["namespace"], each["metadata"]["name"])
        )

    async def find(self, kind: Kind, name: str) -> Body | None:
        """One object of the namespace, or None where it does not exist. Raises CannotDo."""
        assert self.namespace is not None
        path = custom_path(kind, self.namespace, name)
        try:
            return await self._connection.request("GET", path)
        except ApiRefused as refused:
            # Where the kind itself is not known, nobody should look for a name.
            if refused.status == 404 and f'"{name}"' in refused.message:
                return None
            raise self._cannot(f"read {kind} {name}", refused) from None
        except ApiFailure as failure:
            raise self._cannot(f"read {kind} {name}", failure) from None

    async def get(self, kind: Kind, name: str) -> Body:
        """One object of the namespace. Raises CannotDo."""
        found = await self.find(kind, name)
        if found is None:
            raise CannotDo(f"{kind} {name} does not exist in namespace {self.namespace}.")
        return found

    async def patch(
        self, kind: Kind, body: Body, change: Mapping[str, Any], *, unchanged: bool = False
    ) -> Body:
        """Write these fields of one object, if it is still the very one that was read. Raises CannotDo.

        `unchanged`: and nobody has written it since.
        """
        metadata = body["metadata"]
        same = {"uid": metadata["uid"]}
        if unchanged:
            same["resourceVersion"] = metadata["resourceVersion"]
        patch = {**change, "metadata": {**change.get("metadata", {}), **same}}
        path = custom_path(kind, metadata["namespace"], metadata["name"])
        try:
            return await self._connection.request(
                "PATCH",
                path,
                query={"fieldManager": FIELD_MANAGER},
                body=patch,
                content_type=MERGE_PATCH,
            )
        except ApiFailure as failure:
            raise self._cannot(f"change {kind} {metadata['name']}", failure) from None

    async def delete(self, kind: Kind, body: Body, *, rehearsed: bool = False) -> None:
        """Delete one object, if it is still the very one that was read. Raises CannotDo.

        `rehearsed`: the API server says whether it would, and does not.
        """
        metadata = body["metadata"]
        path = custom_path(kind, metadata["namespace"], metadata["name"])
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": metadata["uid"]},
        }
        try:
            query = {"dryRun": "All"} if rehearsed else {}
            await self._connection.request("DELETE", path, query=query, body=options)
        except ApiFailure as failure:
            raise self._cannot(f"delete {kind} {metadata['name']}", failure) from None

    def _cannot(self, what: str, failure: ApiFailure) -> CannotDo:
        """The sentence for people."""
        status = failure.status if isinstance(failure, ApiRefused) else None
        message = failure.message if isinstance(failure, ApiRefused) else str(failure)
        if status == 401:
            return CannotDo(
                f"The API server does not take the kubeconfig's logon: {message}. Log on anew."
            )
        if status == 403 and self.namespace is None:
            return CannotDo(
                f"You may not {what} of all namespaces: {message}. Name one that you may read with -n."
            )
        if status == 403:
            verb = what.partition(" ")[0]
            return CannotDo(
                f"You may not {what} in namespace {self.namespace}: {message}. "
                f"{_ROLES.get(verb, _MAY_WRITE)} Ask whoever gives rights there."
            )
        if status == 409:
            return CannotDo(
                f"Somebody else changed it meanwhile, so nothing was done: {message}. Try again."
            )
        if status == 404:
            return CannotDo(
                f"You cannot {what}: the cluster does not know the operator's kinds ({message}). Install its CRDs "
                "(kubectl apply -f crds/), or look whether this is the right cluster: --context, --kubeconfig."
            )
        return CannotDo(f"The API server did not {what}: {message}.")


_ROLES: Final = {"read": "The ClusterRole partner-operator-view gives that right."}
_MAY_WRITE: Final = (
    "The ClusterRole partner-operator-edit gives that right for PartnerApplications, partner-operator-admin for "
    "PartnerServers."
)


def ask(scope: Scope, work: Callable[[Cluster], Awaitable[Answer]]) -> Answer:
    """Do the work with a connection. What goes wrong ends the process with a sentence."""

    async def connected() -> Answer:
        async with await Connection.of_a_person(scope.kubeconfig, scope.context) as connection:
            namespace = None if scope.everywhere else scope.namespace or connection.namespace
            return await work(Cluster(connection, namespace))

    with told(NoCluster, CannotDo):
        return asyncio.run(connected())
    raise AssertionError("told ends the process")


def confirmed(question: str, yes: bool) -> None:
    """Ask a person, unless `yes`. Raises CannotDo where the answer is another one, or nobody answers."""
    if yes:
        return
    try:
        answered = click.confirm(question, err=True)
    except click.Abort:
        raise CannotDo(
            "Nobody answered, so nothing was done. Say --yes where nobody can."
        ) from None
    if not answered:
        raise CannotDo("Nothing was done.")


_PREFIXES: Final = {
    **SHORT,
    **{kind.value.lower(): kind for kind in Kind},
    **{PLURALS[kind]: kind for kind in Kind},
}


def parted(word: str) -> tuple[Kind | None, str]:
    """The kind that a word gives, if it gives one, and the name. Raises CannotDo.

    `papp/NAME`, `partnerapplication/NAME`, and `partnerapplication.partner-operator.io/NAME`, as kubectl writes it.
    """
    prefix, slash, name = word.rpartition("/")
    if not slash:
        return None, name
    kind = _PREFIXES.get(prefix.lower().removesuffix(f".{GROUP}"))
    if kind is None:
        raise CannotDo(f"{word} names no object: write papp/{name} or pserver/{name}.")
    return kind, name


def name_of(kind: Kind, word: str) -> str:
    """The name in a word that can only mean this kind. Raises CannotDo where it gives another one."""
    given, name = parted(word)
    if given not in {None, kind}:
        raise CannotDo(f"{word} is no {kind}.")
    return name


def remark_nothing(cluster: Cluster) -> None:
    """For whoever looks into the wrong namespace."""
    where = (
        f"in namespace {cluster.namespace}; -n names another, -A means all"
        if cluster.namespace
        else "in this cluster"
    )
    click.echo(f"Nothing is declared {where}.", err=True)


async def named(cluster: Cluster, word: str) -> tuple[Kind, Body]:
    """The object that a word means: `papp/NAME`, `pserver/NAME`, or a name that only one of the kinds has.

    Raises CannotDo.
    """
    only, name = parted(word)
    if only is not None:
        return only, await cluster.get(only, name)
    found = [(kind, body) for kind in Kind if (body := await cluster.find(kind, name)) is not None]
    if not found:
        raise CannotDo(
            f"Neither a PartnerServer nor a PartnerApplication {name} exists in namespace {cluster.namespace}."
        )
    if len(found) > 1:
        raise CannotDo(f"Two objects are called {name}: write papp/{name} or pserver/{name}.")
    return found[0]
