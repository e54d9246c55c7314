"""`partner-operator suspend` and `resume`: the mode of PartnerApplications, there and back."""

from __future__ import annotations

import click

from partner_operator.cli.cluster import Body, CannotDo, Cluster, ask, named
from partner_operator.cli.gitops import put_back
from partner_operator.cli.people import Scope, one_namespace
from partner_operator.engine.ports import Kind
from partner_operator.kube.api.names import MODE_BEFORE
from partner_operator.trust.model import Mode


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@one_namespace
def suspend(names: tuple[str, ...], scope: Scope) -> None:
    """Let PartnerApplications rest: nothing is done for them, and their entries stay as they are.

    NAME is a PartnerApplication, or a PartnerServer for all that are on it.
    """

    async def work(cluster: Cluster) -> None:
        for body in await _applications(cluster, names):
            if "deletionTimestamp" in body["metadata"]:
                # With mode Suspend its entry would stay, which is another command's word.
                click.echo(
                    f"{_called(body)}: is being deleted, and was left as it is. To keep its entry on the server: "
                    f"partner-operator release {body['metadata']['name']}",
                    err=True,
                )
                continue
            before = body["spec"].get("mode", Mode.ENFORCE)
            if before == Mode.SUSPEND:
                click.echo(f"{_called(body)}: rests already.")
                continue
            await _change(cluster, body, Mode.SUSPEND, before)

    ask(scope, work)


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option(
    "--mode",
    type=click.Choice([str(Mode.ENFORCE), str(Mode.OBSERVE)]),
    help="Which mode they get. Without it: the one that they had before `suspend`.",
)
@one_namespace
def resume(names: tuple[str, ...], mode: str | None, scope: Scope) -> None:
    """Go on with PartnerApplications that rest.

    NAME is a PartnerApplication, or a PartnerServer for all that are on it.
    """

    async def work(cluster: Cluster) -> None:
        chosen = []
        for body in await _applications(cluster, names):
            if body["spec"].get("mode") != Mode.SUSPEND:
                click.echo(f"{_called(body)}: does not rest.")
                continue
            chosen.append((body, mode or _mode_before(body)))
        for body, wanted in chosen:
            await _change(cluster, body, wanted, None)

    ask(scope, work)


def _mode_before(body: Body) -> str:
    """What `suspend` wrote down. Enforce is never guessed: it changes servers. Raises CannotDo."""
    noted = (body["metadata"].get("annotations") or {}).get(MODE_BEFORE)
    if noted in {Mode.ENFORCE, Mode.OBSERVE}:
        return str(noted)
    raise CannotDo(
        f"{_called(body)} was not suspended by this program, so its mode of before is not known. Say --mode Enforce or "
        "--mode Observe."
    )


async def _applications(cluster: Cluster, names: tuple[str, ...]) -> list[Body]:
    """Each once. Raises CannotDo."""
    found: dict[str, Body] = {}
    for name in names:
        kind, body = await named(cluster, name)
        chosen = [body]
        if kind is Kind.SERVER:
            server = body["metadata"]["name"]
            every = await cluster.applications()
            chosen = [each for each in every if each["spec"]["serverRef"]["name"] == server]
        found |= {each["metadata"]["uid"]: each for each in chosen}
    if not found:
        raise CannotDo("No PartnerApplication is on these servers.")
    return list(found.values())


async def _change(cluster: Cluster, body: Body, mode: str, before: str | None) -> None:
    change = {"metadata": {"annotations": {MODE_BEFORE: before}}, "spec": {"mode": str(mode)}}
    await cluster.patch(Kind.APPLICATION, body, change)
    click.echo(f"{_called(body)}: mode is {mode}.")
    if note := put_back(body, "spec.mode"):
        click.echo(note, err=True)


def _called(body: Body) -> str:
    return f"{Kind.APPLICATION} {body['metadata']['namespace']}/{body['metadata']['name']}"
