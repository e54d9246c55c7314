"""`partner-operator status`: what the operator told of servers and trusts. No server is asked."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from io import TextIOWrapper
from typing import Final

import click
from rich.console import Console
from rich.live import Live

from partner_operator.cli.cluster import CannotDo, Cluster, ask, parted, remark_nothing
from partner_operator.cli.output import print_data
from partner_operator.cli.people import Scope, any_namespace, data
from partner_operator.cli.tree import drawn, show
from partner_operator.engine.ports import Kind
from partner_operator.texts import shown
from partner_operator.view.overview import Overview, overview_of
from partner_operator.view.plain import plain
from partner_operator.view.servers import Server
from partner_operator.view.trusts import Trust

EVERY = 2.0
"""Seconds between two looks of --watch."""


@click.command()
@click.argument("name", required=False)
@any_namespace
@data
@click.option("-w", "--watch", is_flag=True, help="Show it anew as it changes, until Ctrl-C.")
def status(name: str | None, scope: Scope, output: str | None, watch: bool) -> None:
    """Show servers and trusts: both directions, certificates, tests, and what waits for what.

    With NAME: everything of that PartnerServer or PartnerApplication. Reads what the operator told; no server is
    asked.
    """
    if watch and output is not None:
        raise click.UsageError("--watch shows a tree; leave out --output.")
    with readable_anywhere():
        console = Console(highlight=False)
        if watch:
            ask(scope, lambda cluster: _watch(cluster, name, console))
            return
        overview = ask(scope, lambda cluster: _look(cluster, name))
        if output is None:
            show(overview, console, whole=name is not None)
        else:
            told = {"servers": plain(overview.servers), "trusts": plain(overview.trusts)}
            print_data(told, output)


async def _look(cluster: Cluster, word: str | None) -> Overview:
    """Once, with a remark where there is nothing. Raises CannotDo."""
    overview = await read(cluster, word)
    if not overview.objects:
        remark_nothing(cluster)
    return overview


async def read(cluster: Cluster, word: str | None = None) -> Overview:
    """What was told of all, or of the objects that a word means. Raises CannotDo."""
    servers, trusts = await cluster.servers(), await cluster.applications()
    overview = overview_of(servers, trusts, datetime.now(UTC))
    if word is None:
        return overview
    kind, name = parted(word)
    about = overview.about(name, _KINDS[kind])
    if not about.objects:
        where = f"namespace {cluster.namespace}" if cluster.namespace else "any namespace"
        what = _NEITHER if kind is None else f"No {kind}"
        raise CannotDo(f"{what} {shown(name)} exists in {where}.")
    return about


_NEITHER = "Neither a PartnerServer nor a PartnerApplication"
_KINDS: Final[dict[Kind | None, tuple[type[Server | Trust], ...]]] = {
    None: (Server, Trust),
    Kind.SERVER: (Server,),
    Kind.APPLICATION: (Trust,),
}


async def _watch(cluster: Cluster, word: str | None, console: Console) -> None:
    """Until Ctrl-C; in a pipe, one tree for each change. Raises CannotDo where the first look fails."""
    latest, whole = await read(cluster, word), word is not None
    with suppress(asyncio.CancelledError):  # Ctrl-C: it was meant to end so.
        if console.is_terminal:
            with Live(console=console, screen=True, auto_refresh=False) as live:
                notes: tuple[str, ...] = _HINT
                while True:
                    live.update(drawn(latest, console, notes, whole=whole), refresh=True)
                    latest, notes = await _look_again(cluster, word, latest)
        before = None
        while True:
            if before is None or (latest.servers, latest.trusts) != (before.servers, before.trusts):
                show(latest, console, whole=whole)
                console.print()
            before = latest
            latest, _ = await _look_again(cluster, word, latest)
    if console.is_terminal:
        show(latest, console, whole=whole)


async def _look_again(
    cluster: Cluster, word: str | None, before: Overview
) -> tuple[Overview, tuple[str, ...]]:
    """A while later: what is told then, and a line to show above it."""
    await asyncio.sleep(EVERY)
    try:
        return await read(cluster, word), _HINT
    except CannotDo as problem:
        return before, (*_HINT, shown(f"What follows is from before: {problem}"))


_HINT: Final = ("Ctrl-C ends it.",)


@contextmanager
def readable_anywhere() -> Iterator[None]:
    """A name that the terminal's encoding does not know is written out, and ends nothing; so does a closed pipe."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        yield
    except BrokenPipeError:
        # Whoever read had enough. Python would complain once more when it closes what is left.
        sys.stderr.close()
        sys.exit(0)
