"""`partner-operator export`."""

from __future__ import annotations

import json

import click
import yaml

from partner_operator.cli.cluster import Body, Cluster, ask, name_of
from partner_operator.cli.exported import Export, exported
from partner_operator.cli.people import Scope, one_namespace
from partner_operator.engine.ports import Kind

_HEAD = """\
# What PartnerServer {namespace}/{name} has and nobody declared, as the operator told it.
# Applying it changes nothing on the server.
"""
_NOTHING = "# There is nothing.\n"


@click.command()
@click.argument("server")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["yaml", "json"]),
    default="yaml",
    show_default=True,
    help="What is printed. Remarks are comments in YAML; with JSON they go to the error output.",
)
@click.option(
    "--observe", is_flag=True, help="Give all objects mode Observe: look first, keep later."
)
@one_namespace
def export(server: str, output: str, observe: bool, scope: Scope) -> None:
    """Write PartnerApplications for the trusts that SERVER has and nobody declared.

    SERVER is the name of a PartnerServer. It is not logged on to: this is what the operator told. Applying the objects
    adopts the entries and changes nothing on the server. Where that is not certain an object has mode Observe, and a
    comment says why. What cannot be declared is a comment too.

    Nothing is exported (exit code 1) while the operator's list of entries is not proven whole, was cut, or is old.
    """

    async def read(cluster: Cluster) -> tuple[Body, Export]:
        body = await cluster.get(Kind.SERVER, name_of(Kind.SERVER, server))
        found = exported(
            body, await cluster.servers(), await cluster.applications(), observe=observe
        )
        return body, found

    body, found = ask(scope, read)
    if output == "yaml":
        # UTF-8 wherever it goes: a name that is written otherwise would be another entry's.
        click.echo(_yaml(body, found).encode(), nl=False)
        return
    items = [each.body for each in found.objects]
    document = {"apiVersion": "v1", "kind": "List", "items": items}
    click.echo(json.dumps(document, indent=2, ensure_ascii=False).encode())
    for each in found.objects:
        for remark in each.remarks:
            click.echo(f"{each.body['metadata']['name']}: {remark}", err=True)
    for left in found.left:
        click.echo(f"Not exported: {left.identity}. {left.why}", err=True)


def _yaml(server: Body, found: Export) -> str:
    metadata = server["metadata"]
    parts = [_HEAD.format(namespace=metadata["namespace"], name=metadata["name"])]
    for each in found.objects:
        remarks = "".join(f"# {remark}\n" for remark in each.remarks)
        text = yaml.safe_dump(each.body, sort_keys=False, allow_unicode=True, width=1000)
        parts.append(f"---\n{remarks}{text}")
    if found.left:
        parts.append("# Not exported:\n")
        parts += [f"# - {left.identity}: {left.why}\n" for left in found.left]
    if not found.objects and not found.left:
        parts.append(_NOTHING)
    return "".join(parts)
