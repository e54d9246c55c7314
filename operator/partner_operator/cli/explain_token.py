"""`partner-operator explain-token`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from partner_operator.cli.failures import told
from partner_operator.explain_token import CannotExplain
from partner_operator.explain_token import explain_token as explain


@click.command()
@click.argument("token", metavar="FILE")
@click.option(
    "--document",
    multiple=True,
    required=True,
    metavar="FILE_OR_URL",
    help="Metadata document of a trusted partner (repeatable).",
)
@click.option("--host", required=True, help="Host name by which the server is called.")
@click.option("--realm", required=True, help="Realm of the server that judges the token.")
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path),
    help="Certificate authorities (PEM) for URLs.",
)
def explain_token(
    token: str, document: tuple[str, ...], host: str, realm: str, ca_file: Path | None
) -> None:
    """Say which rule a server-to-server token breaks.

    FILE holds the token; - is standard input, so that no token stands in a command line.
    """
    with told(CannotExplain):
        sys.exit(explain(token, document, host=host, realm=realm, ca_file=ca_file))
