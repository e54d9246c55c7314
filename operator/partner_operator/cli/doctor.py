"""`partner-operator doctor`: the only command beside `run` that logs on anywhere."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click

from partner_operator.catalog import CATALOG
from partner_operator.cli import options
from partner_operator.cli.cluster import CannotDo, Cluster, name_of
from partner_operator.cli.failures import told
from partner_operator.cli.people import Scope, any_namespace
from partner_operator.cli.remote import in_turn, on_threads, operations
from partner_operator.doctor.challenge import hear
from partner_operator.doctor.facts import Facts, Heard, Shell, Way
from partner_operator.doctor.probe import probe
from partner_operator.doctor.report import Output, conclude, conclude_all
from partner_operator.doctor.run import NoSuchServer, examine
from partner_operator.engine.clock import SystemClock
from partner_operator.engine.ports import Kind, ServerName
from partner_operator.kube.client import ApiFailure, Connection
from partner_operator.kube.health import Echo
from partner_operator.kube.kubeconfig import NoCluster
from partner_operator.kube.objects import LastSeen
from partner_operator.kube.reader import KubernetesReader
from partner_operator.logs import LogFormat, configure
from partner_operator.products.remote import Runner
from partner_operator.trust.allowed import Bounds
from partner_operator.trust.model import DesiredServer
from partner_operator.winrm import (
    SLOTS,
    Answer,
    Endpoint,
    RemoteRequest,
    RemoteRunError,
    Turns,
    Unauthenticated,
)

Tell = Callable[[str], None]
"""Shows a person what is being done."""


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "-o",
    "--output",
    type=click.Choice(list(map(str, Output))),
    default="text",
    show_default=True,
    help="How the list is printed.",
)
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path),
    help="Certificate authorities (PEM), as for run.",
)
@options.bounds
@options.record
@any_namespace
def doctor(
    names: tuple[str, ...],
    output: str,
    ca_file: Path | None,
    allowed_hosts: tuple[str, ...] | None,
    allowed_ports: frozenset[int],
    record: Path | None,
    scope: Scope,
) -> None:
    """Examine the way to PartnerServers; changes nothing.

    NAME is a PartnerServer. Without one: all of the namespace, or of all namespaces with -A. They are examined one
    after the other. A logon that was refused is tried nowhere else.

    The exit code is 0 if no list has a cross, else 1.
    """
    if names and scope.everywhere:
        raise click.UsageError("Names are looked for in one namespace: give -n instead of -A.")
    configure(LogFormat.TEXT, logging.ERROR)
    with told(NoCluster, ApiFailure, CannotDo, NoSuchServer, options.UnusableAuthorities):
        examination = _Examination(
            Bounds(allowed_hosts, allowed_ports), options.authorities(ca_file), record
        )
        code = asyncio.run(_doctor(names, scope, Output(output), examination))
    sys.exit(code)


async def _doctor(
    names: tuple[str, ...], scope: Scope, output: Output, examination: _Examination
) -> int:
    """Print the lists. Returns the exit code."""
    async with await Connection.of_a_person(scope.kubeconfig, scope.context) as connection:
        namespace = None if scope.everywhere else scope.namespace or connection.namespace
        chosen = [ServerName(str(namespace), name_of(Kind.SERVER, name)) for name in names]
        if not names:
            chosen = await _all(Cluster(connection, namespace))
        with _progress(len(chosen)) as tell:
            found = [each async for each in examination.of(connection, chosen, tell)]
    # One that was asked for by its name is told as it always was.
    text, code = conclude(*found[0], output) if len(names) == 1 else conclude_all(found, output)
    click.echo(text)
    return code


async def _all(cluster: Cluster) -> list[ServerName]:
    bodies = [each["metadata"] for each in await cluster.servers()]
    if not bodies:
        where = f"in namespace {cluster.namespace}" if cluster.namespace else "in this cluster"
        raise CannotDo(f"There is no PartnerServer {where}.")
    return [ServerName(each["namespace"], each["name"]) for each in bodies]


@contextmanager
def _progress(count: int) -> Iterator[Tell]:
    """What is being done, on a terminal, until it is over; nothing anywhere else."""
    if not sys.stderr.isatty():
        yield lambda text: None
        return
    from rich.console import Console  # only here: a pipe pays nothing for it

    with Console(stderr=True).status(f"Examining {count} PartnerServers") as status:
        yield lambda text: status.update(text, spinner="dots")


@dataclass(slots=True)
class _Examination:
    """What all examinations of one command share."""

    bounds: Bounds
    ca_bundle: str | None
    record: Path | None
    refused: dict[tuple[str, str], str] = field(default_factory=dict)
    """User and password that were refused, and on which host: each other try could lock the account."""

    async def of(
        self, connection: Connection, names: list[ServerName], tell: Tell
    ) -> AsyncIterator[tuple[ServerName, Facts]]:
        """Each server's facts, one after the other. Raises NoSuchServer and what the reader raises."""
        with ThreadPoolExecutor(1, thread_name_prefix="winrm") as pool:
            runner = self._once_refused(in_turn(Turns(SLOTS), on_threads(pool)))
            for place, name in enumerate(names, 1):
                yield (
                    name,
                    await self._one(
                        connection, name, runner, _counted(tell, place, len(names), name)
                    ),
                )

    async def _one(
        self, connection: Connection, name: ServerName, runner: Runner, tell: Tell
    ) -> Facts:
        shells: dict[str, Shell] = {}

        def way_to(server: DesiredServer, host: str) -> Way:
            tell(f"the way to {host}")
            return probe(host, server.port, server.ca_bundle or self.ca_bundle)

        def hear_from(server: DesiredServer, host: str, path: str) -> Heard:
            tell(f"whom {host} trusts")
            return hear(host, path, server.ca_bundle or self.ca_bundle)

        async def run_and_note(endpoint: Endpoint, request: RemoteRequest) -> Answer:
            tell(f"PowerShell on {endpoint.host}")
            answer = await runner(endpoint, request)
            shells[endpoint.host] = Shell(answer.powershell_version, answer.bits)
            return answer

        reader = KubernetesReader(
            connection, LastSeen(Echo()), CATALOG, [name.namespace], self.bounds
        )
        return await examine(
            name,
            reader=reader,
            operations=operations(run_and_note, self.ca_bundle, self.record),
            catalog=CATALOG,
            prober=way_to,
            listener=hear_from,
            shells=shells,
            clock=SystemClock(),
        )

    def _once_refused(self, runner: Runner) -> Runner:
        """The same, but a logon that was refused is not tried again."""

        async def run_if_not_refused(endpoint: Endpoint, request: RemoteRequest) -> Answer:
            logon = (endpoint.username, endpoint.password)
            if logon in self.refused:
                raise Unauthenticated(
                    f"{endpoint.host} was not asked, so that the account is not locked: {self.refused[logon]} refused "
                    "the same logon."
                )
            try:
                answer = await runner(endpoint, request)
            except RemoteRunError as error:
                if error.logon_refused:
                    self.refused[logon] = endpoint.host
                raise
            if answer.logon_refused:
                self.refused[logon] = endpoint.host
            return answer

        return run_if_not_refused


def _counted(tell: Tell, place: int, count: int, name: ServerName) -> Tell:
    return lambda step: tell(f"{place}/{count} {name.namespace}/{name.name}: {step}")
