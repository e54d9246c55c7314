"""`partner-operator doctor`: the only command beside `run` that logs on anywhere."""

from __future__ import annotations

import asyncio
import logging
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from partner_operator.catalog import CATALOG
from partner_operator.cli import options
from partner_operator.cli.failures import told
from partner_operator.cli.remote import SLOTS, in_turn, on_threads, operations
from partner_operator.doctor.challenge import hear
from partner_operator.doctor.facts import Heard, Shell, Way
from partner_operator.doctor.probe import probe
from partner_operator.doctor.report import Output, conclude
from partner_operator.doctor.run import NoSuchServer, examine
from partner_operator.engine.clock import SystemClock
from partner_operator.engine.ports import ServerName
from partner_operator.kube.client import ApiFailure, Connection, NoCluster
from partner_operator.kube.health import Echo
from partner_operator.kube.objects import LastSeen
from partner_operator.kube.reader import KubernetesReader
from partner_operator.logs import LogFormat, configure
from partner_operator.trust.allowed import Bounds
from partner_operator.trust.model import DesiredServer
from partner_operator.winrm import Answer, Endpoint, RemoteRequest, Turns


@click.command()
@click.argument("name")
@click.option("--namespace", required=True, metavar="NS", help="Where it is.")
@click.option(
    "--output", type=click.Choice(list(map(str, Output))), default="text", show_default=True
)
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path),
    help="Certificate authorities (PEM), as for run.",
)
@options.bounds
@options.record
def doctor(
    name: str,
    namespace: str,
    output: str,
    ca_file: Path | None,
    allowed_hosts: tuple[str, ...] | None,
    allowed_ports: frozenset[int],
    record: Path | None,
) -> None:
    """Examine the way to one PartnerServer; changes nothing.

    The exit code is 0 if the list has no cross, else 1.
    """
    configure(LogFormat.TEXT, logging.ERROR)
    bounds = Bounds(allowed_hosts, allowed_ports)
    with told(NoCluster, ApiFailure, NoSuchServer, options.UnusableAuthorities):
        ca_bundle = options.authorities(ca_file)
        sys.exit(
            asyncio.run(
                _doctor(ServerName(namespace, name), Output(output), bounds, ca_bundle, record)
            )
        )


async def _doctor(
    name: ServerName, output: Output, bounds: Bounds, ca_bundle: str | None, record: Path | None
) -> int:
    """Print the list. Returns the exit code."""
    shells: dict[str, Shell] = {}

    def way_to(server: DesiredServer, host: str) -> Way:
        return probe(host, server.port, server.ca_bundle or ca_bundle)

    def hear_from(server: DesiredServer, host: str, path: str) -> Heard:
        return hear(host, path, server.ca_bundle or ca_bundle)

    with ThreadPoolExecutor(1, thread_name_prefix="winrm") as pool:
        runner = in_turn(Turns(SLOTS), on_threads(pool))

        async def run_and_note(endpoint: Endpoint, request: RemoteRequest) -> Answer:
            answer = await runner(endpoint, request)
            shells[endpoint.host] = Shell(answer.powershell_version, answer.bits)
            return answer

        async with await Connection.open() as connection:
            facts = await examine(
                name,
                reader=KubernetesReader(
                    connection, LastSeen(Echo()), CATALOG, [name.namespace], bounds
                ),
                operations=operations(run_and_note, ca_bundle, record),
                catalog=CATALOG,
                prober=way_to,
                listener=hear_from,
                shells=shells,
                clock=SystemClock(),
            )
    text, code = conclude(name, facts, output)
    click.echo(text)
    return code
