"""`partner-operator report`: the same as `status`, as one page of HTML."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from partner_operator.cli.cluster import ask
from partner_operator.cli.people import Scope, any_namespace
from partner_operator.cli.status import read
from partner_operator.report.page import page


@click.command()
@any_namespace
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to write the page. Without it: standard output, where that is no terminal.",
)
def report(scope: Scope, output: Path | None) -> None:
    """Write one page of HTML: who trusts whom, certificates, tests, what is waited for, and the inventory.

    The page needs nothing else: no script, no network. It holds what statuses say, so no secrets.
    """
    if output is None and sys.stdout.isatty():
        raise click.UsageError("Name the file: --output report.html, and open it in a browser.")
    text = page(ask(scope, read), cluster=scope.context or "")
    if output is None:
        sys.stdout.buffer.write(text.encode())
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise click.FileError(str(output), problem.strerror or str(problem)) from None
    click.echo(f"{output} is written; open it in a browser.", err=True)
