"""`partner-operator run`."""

from __future__ import annotations

import asyncio
import gc
import logging
from pathlib import Path

import click

from partner_operator.allocator import give_memory_back
from partner_operator.cli import options, serve
from partner_operator.cli.failures import told
from partner_operator.kube.client import ApiFailure
from partner_operator.kube.kubeconfig import NoCluster
from partner_operator.kube.lease import LeaseLost, NoLease
from partner_operator.kube.watches import CannotServe
from partner_operator.logs import LogFormat, configure
from partner_operator.metrics.server import CannotListen, listening_at
from partner_operator.trust.allowed import Bounds


def _listening(text: str) -> str:
    try:
        listening_at(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    return text


@click.command()
@click.option("--namespace", multiple=True, metavar="NS", help="Serve this namespace (repeatable).")
@click.option("--all-namespaces", is_flag=True, help="Serve the whole cluster.")
@click.option(
    "--log-format",
    type=click.Choice(list(map(str, LogFormat))),
    default="text",
    show_default=True,
    help="How a log line looks.",
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning"]),
    default="info",
    show_default=True,
    help="What is logged. An audit line always is.",
)
@click.option("--liveness", metavar="URL", help="Answer health probes at this URL.")
@click.option(
    "--metrics",
    type=_listening,
    metavar="URL",
    help="Let Prometheus scrape metrics at this URL, such as http://0.0.0.0:9402/metrics.",
)
@click.option(
    "--lease-namespace",
    metavar="NS",
    help="Of several operators one works: the Lease is here. In a pod by default: its own namespace.",
)
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path),
    help="Certificate authorities (PEM) for servers whose object names no caBundle.",
)
@options.bounds
@options.record
def run(
    namespace: tuple[str, ...],
    all_namespaces: bool,
    log_format: str,
    log_level: str,
    liveness: str | None,
    metrics: str | None,
    lease_namespace: str | None,
    ca_file: Path | None,
    allowed_hosts: tuple[str, ...] | None,
    allowed_ports: frozenset[int],
    record: Path | None,
) -> None:
    """Run the operator until it is told to stop."""
    if all_namespaces == bool(namespace):
        raise click.UsageError("Give either --namespace or --all-namespaces.")
    given = serve.Options(
        namespaces=namespace,
        bounds=Bounds(allowed_hosts, allowed_ports),
        liveness=liveness,
        metrics=metrics,
        lease_namespace=lease_namespace,
        ca_file=ca_file,
        record=record,
    )
    known = NoCluster, NoLease, LeaseLost, CannotServe, ApiFailure, CannotListen
    with told(*known, options.UnusableAuthorities):
        configure(LogFormat(log_format), getattr(logging, log_level.upper()))
        give_memory_back()
        # What was imported stays: looking through it for garbage would hold the event loop up for long.
        gc.freeze()
        asyncio.run(serve.run(given))
