"""`partner-operator reconcile`, `approve-restart` and `release`: what people say to the operator by an annotation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click

from partner_operator.cli.cluster import Body, CannotDo, Cluster, ask, confirmed, name_of, named
from partner_operator.cli.gitops import put_back
from partner_operator.cli.people import Scope, one_namespace
from partner_operator.cli.planned import condition
from partner_operator.engine.ports import Kind
from partner_operator.kube.api.names import APPROVE_RESTART, RECONCILE_REQUESTED_AT, RELEASE
from partner_operator.texts import shown
from partner_operator.trust.reasons import ConditionType, Reason

YES = click.option("-y", "--yes", is_flag=True, help="Do not ask.")


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@YES
@one_namespace
def reconcile(names: tuple[str, ...], yes: bool, scope: Scope) -> None:
    """Ask for a pass now.

    NAME is a PartnerServer or a PartnerApplication; write pserver/NAME or papp/NAME where both have it. The word counts
    as an answer too where the operator waits for one, so it shows first what it would answer.
    """

    async def work(cluster: Cluster) -> None:
        found = [await named(cluster, name) for name in names]
        servers = {each["metadata"]["name"]: each for each in await cluster.servers()}
        applications = await cluster.applications()
        for kind, body in found:
            about = list(_about(kind, body, servers, applications))
            questions = dict.fromkeys(each for each in map(_question, about) if each)
            for question in questions:
                click.echo(question, err=True)
            if questions:
                confirmed(f"This answers the above for {_called(kind, body)}. Go on?", yes)
            await cluster.patch(kind, body, _annotated(RECONCILE_REQUESTED_AT, _now()))
            click.echo(f"{_called(kind, body)}: a pass is asked for.")

    ask(scope, work)


@click.command()
@click.argument("server")
@YES
@one_namespace
def approve_restart(server: str, yes: bool, scope: Scope) -> None:
    """Approve the restart of IIS that SERVER's condition asks for.

    It approves these hosts for this change and nothing else, also outside of the windows.
    """

    async def work(cluster: Cluster) -> None:
        name = name_of(Kind.SERVER, server)
        body = await cluster.get(Kind.SERVER, name)
        ready = condition(body, ConditionType.READY)
        question = _restart_question(body)
        told = shown(f"{ready.get('reason', 'not looked at yet')}: {ready.get('message', '')}")
        if question is None:
            raise CannotDo(
                f"No restart on PartnerServer {name} waits for an approval. It says: {told}"
            )
        click.echo(told, err=True)
        hosts = shown(", ".join(map(str, question.get("hosts") or ())))
        confirmed(f"IIS is restarted on {hosts}, one host after the other. Approve?", yes)
        now = await cluster.get(Kind.SERVER, name)
        if _restart_question(now) != question:
            raise CannotDo(
                "Meanwhile the operator asks for something else, so nothing was approved. Look again."
            )
        await cluster.patch(Kind.SERVER, now, _annotated(APPROVE_RESTART, _now()), unchanged=True)
        click.echo(f"{_called(Kind.SERVER, body)}: the restart of IIS on {hosts} is approved.")

    ask(scope, work)


@click.command()
@click.argument("name")
@YES
@one_namespace
def release(name: str, yes: bool, scope: Scope) -> None:
    """Give a trust up without removing it: the object NAME goes, and its entry stays.

    NAME is a PartnerApplication. It is deleted, if it is not being deleted yet. No server is asked, so this works where
    one cannot be reached.
    """

    async def work(cluster: Cluster) -> None:
        body = await cluster.get(Kind.APPLICATION, name_of(Kind.APPLICATION, name))
        leaving = "deletionTimestamp" in body["metadata"]
        entry = ((body.get("status") or {}).get("registration") or {}).get("identity")
        server = body["spec"]["serverRef"]["name"]
        stays = f"the entry {shown(str(entry))}" if entry else "whatever it registered"
        if note := put_back(body, "the object"):
            click.echo(note, err=True)
        confirmed(
            f"{_called(Kind.APPLICATION, body)} goes, and {stays} stays on {server}, kept by nobody. Go on?",
            yes,
        )
        if not leaving:
            # Who may not delete it must not leave it marked.
            await cluster.delete(Kind.APPLICATION, body, rehearsed=True)
        await cluster.patch(Kind.APPLICATION, body, _annotated(RELEASE, body["metadata"]["uid"]))
        if not leaving:
            await cluster.delete(Kind.APPLICATION, body)
        click.echo(f"{_called(Kind.APPLICATION, body)}: released; {stays} stays on {server}.")

    ask(scope, work)


def _restart_question(server: Body) -> Any:
    """What the next approval is for; None: nothing waits for one."""
    return ((server.get("status") or {}).get("iis") or {}).get("question")


def _annotated(name: str, value: str) -> Body:
    return {"metadata": {"annotations": {name: value}}}


def _now() -> str:
    """A new value each time."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _called(kind: Kind, body: Body) -> str:
    return f"{kind} {body['metadata']['namespace']}/{body['metadata']['name']}"


def _about(
    kind: Kind, body: Body, servers: dict[str, Body], applications: list[Body]
) -> Iterator[Body]:
    """All objects whose questions a word on this one can answer."""
    yield body
    if kind is Kind.APPLICATION:
        server = servers.get(body["spec"]["serverRef"]["name"])
        yield from [server] if server is not None else []
        return
    name = body["metadata"]["name"]
    yield from (each for each in applications if each["spec"]["serverRef"]["name"] == name)


def _question(body: Body) -> str:
    """What the operator asks; it names the annotation that answers."""
    ready = condition(body, ConditionType.READY)
    message, reason = str(ready.get("message", "")), ready.get("reason")
    # A test is only made earlier.
    if RECONCILE_REQUESTED_AT not in message or reason == Reason.CONNECTIVITY_TEST_FAILED:
        return ""
    return shown(f"{body['metadata']['name']}: {message}")
