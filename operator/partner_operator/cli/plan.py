"""`partner-operator plan`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import click

from partner_operator.cli.cluster import Body, Cluster, ask, named, remark_nothing
from partner_operator.cli.output import print_data
from partner_operator.cli.people import Scope, any_namespace, data
from partner_operator.cli.planned import Item, Outlook, planned
from partner_operator.engine.ports import Kind

NOTHING, UNKNOWN, CHANGES = 0, 1, 2
"""Exit codes."""
_MARKS = {Outlook.CHANGES: "~", Outlook.UNKNOWN: "?"}
_COLOURS = {Outlook.CHANGES: "yellow", Outlook.UNKNOWN: "red"}


@click.command()
@click.argument("name", required=False)
@data
@any_namespace
def plan(name: str | None, output: str | None, scope: Scope) -> None:
    """Say what would change on the servers, as the operator told it.

    NAME is a PartnerServer with all that is on it, or a PartnerApplication with its server. Without it: everything.
    Of mode Observe it says what Enforce would change, and which restart would follow. Where the operator waits for a
    word, the command that gives it stands below. Objects of which nothing is to be expected are only counted.

    The exit code is 2 where something would change, 0 where nothing would, and 1 where that is not known or something
    stands in the way.
    """
    if name is not None and scope.everywhere:
        raise click.UsageError("A name is looked for in one namespace: give -n instead of -A.")

    async def read(cluster: Cluster) -> tuple[Item, ...]:
        if name is None:
            every = planned(await cluster.servers(), await cluster.applications())
            if not every:
                remark_nothing(cluster)
            return every
        kind, body = await named(cluster, name)
        if kind is Kind.APPLICATION:
            # A restart that its last change needs stands on the server.
            server = await cluster.find(Kind.SERVER, body["spec"]["serverRef"]["name"])
            return planned([server] if server is not None else [], [body])
        return planned([body], _of(await cluster.applications(), body))

    found = ask(scope, read)
    if output is not None:
        print_data({"items": [asdict(each) for each in found]}, output)
    else:
        for line in _lines(found):
            click.echo(line)
    sys.exit(exit_code(found))


def exit_code(found: Sequence[Item]) -> int:
    """2 where something would change, else 1 where something is not known, else 0."""
    outlooks = {each.outlook for each in found}
    if Outlook.CHANGES in outlooks:
        return CHANGES
    return UNKNOWN if Outlook.UNKNOWN in outlooks else NOTHING


def _of(applications: Sequence[Body], server: Body) -> list[Body]:
    name = server["metadata"]["name"]
    return [each for each in applications if each["spec"]["serverRef"]["name"] == name]


def _lines(found: Sequence[Item]) -> Iterator[str]:
    for each in found:
        if each.outlook is Outlook.NOTHING:
            continue
        mark = click.style(_MARKS[each.outlook], fg=_COLOURS[each.outlook])
        yield f"{mark} {each.kind} {each.namespace}/{each.name}"
        yield from (f"    {line}" for line in each.lines)
    counts = Counter(each.outlook for each in found)
    yield (
        f"{counts[Outlook.CHANGES]} would change, {counts[Outlook.NOTHING]} would not, "
        f"{counts[Outlook.UNKNOWN]} not known; {len(found)} in all."
    )
