"""Objects as the API server gives them, with statuses that the operator itself wrote: they cannot go stale."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from partner_operator.kube.api.names import API_VERSION, FIELD_MANAGER
from partner_operator.trust.model import (
    ConnectivityTest,
    DesiredApplication,
    DesiredServer,
    Mode,
    Product,
    RestartPolicy,
    RestartRules,
    ServiceTest,
)
from support.cli.bodies import application_body, server_body
from support.engine.proven_farm import sharepoint_on_exchange
from support.engine.world import (
    SHAREPOINT_HOSTS,
    World,
    exchange_on_sharepoint,
    lync_on_sharepoint,
)
from support.trust import worlds as values

RESTART_AT = timedelta(minutes=11)
FABRIKAM = "https://lync.fabrikam.com/metadata/json/1"
CHINESE = "郵件系統"


class Scene(NamedTuple):
    """What a `kubectl get` of both kinds would bring, and when."""

    servers: list[dict[str, Any]]
    trusts: list[dict[str, Any]]
    now: datetime


def six_trusts() -> Scene:
    """Three products that trust each other as declared: what the demo comes to."""
    return copy.deepcopy(_scene("Automatic"))


def all_sorts() -> Scene:
    """A grown organisation on a bad day: every state at once."""
    return copy.deepcopy(_scene("Manual"))


def many(count: int) -> Scene:
    """That many trusts among servers of many namespaces, one namespace in ten on a bad day."""
    servers: list[dict[str, Any]] = []
    trusts: list[dict[str, Any]] = []
    number, now = 0, all_sorts().now
    while len(trusts) < count:
        number += 1
        scene = all_sorts() if number % 10 == 1 else six_trusts()
        for body in (*scene.servers, *scene.trusts):
            body["metadata"]["namespace"] = f"site-{number:03}"
            body["metadata"]["uid"] += f"-{number}"
        servers += scene.servers
        trusts += scene.trusts
    return Scene(servers, trusts[:count], now)


def odd_names() -> Scene:
    """Names as long as they may be, and texts that would be tags."""
    scene = all_sorts()
    for body in (*scene.servers, *scene.trusts):
        body["metadata"]["name"] = _long(body["metadata"]["name"])
        body["metadata"]["namespace"] = "n" * 63
        for reference in ("serverRef", "partnerRef"):
            if reference in body["spec"]:
                body["spec"][reference]["name"] = _long(body["spec"][reference]["name"])
        for condition in body["status"].get("conditions", []):
            condition["message"] = f"<script>alert(1)</script> & \"' {'W' * 300}"
    for each in scene.servers[0]["status"]["undeclared"]:
        each |= {"identity": "信" * 64, "realm": "<img src=x onerror=alert(1)>"}
    return scene


def _long(name: str) -> str:
    return f"{name}-{'w' * (252 - len(name))}"


@cache
def _scene(policy: str) -> Scene:
    bad_day = policy == RestartPolicy.MANUAL
    world = World()
    world.join_farm()
    for there in (world.exchange, world.lync):
        documents = (*there.model.documents, values.reading(Product.SHAREPOINT))
        there.model.documents = documents
    world.exchange.passes = lambda: not bad_day
    world.declare()
    for declared in (sharepoint_on_exchange(), _sharepoint_on_lync()):
        world.cluster.add(declared)
    world.cluster.add(exchange_on_sharepoint())
    world.cluster.add(lync_on_sharepoint())
    _passes(world)
    for host in SHAREPOINT_HOSTS:
        world.sharepoint.iisreset(host)
    _passes(world)
    assert world.all_ready() or bad_day
    if bad_day:
        _spoil(world)
    return Scene(
        [_server(world, each) for each in world.cluster.servers.values()],
        [_trust(world, each) for each in world.cluster.applications.values()],
        world.clock.instant + timedelta(minutes=3),
    )


def _spoil(world: World) -> None:
    """One after the other, what makes work for people."""
    cluster = world.cluster
    cluster.change_server(
        "exchange",
        restart=RestartRules(RestartPolicy.MANUAL, timedelta(0)),
        allowed_partners=("*.fabrikam.com",),
    )
    world.exchange.model.documents = (
        *world.exchange.model.documents,
        values.reading(Product.LYNC, FABRIKAM, realm="fabrikam.com"),
    )
    world.exchange.model.entries = (
        *world.exchange.model.entries,
        values.entry(
            Product.SHAREPOINT, reference="CN=old farm", identity="舊的 SharePoint", realm="old"
        ),
    )
    world.exchange.model.token_servers = (
        values.token_server(
            "ACS - 3f2b0c4e", "https://accounts.accesscontrol.windows.net/metadata/json/1"
        ),
        values.token_server("old sts", enabled=False),
    )
    soon = values.certificate("7E" * 20, not_after=world.clock.instant + timedelta(days=20))
    later = values.certificate("5A" * 20, not_after=world.clock.instant + timedelta(days=900))
    for organisation in world.organisations.values():
        organisation.model.documents = tuple(
            values.reading(Product.LYNC, certificates=(soon, later))
            if reading.url == values.LYNC_URL
            else reading
            for reading in organisation.model.documents
        )
    fabrikam = values.application(
        Product.LYNC,
        "fabrikam-lync-on-exchange",
        FABRIKAM,
        server_name="exchange",
        identity="FabrikamLync",
        has_finalizer=False,
    )
    cluster.add(replace(fabrikam, partner=replace(fabrikam.partner, server_name=None)))
    wanted = values.hr("hr-on-exchange", server_name="exchange", identity=f"{CHINESE} HR")
    cluster.add(wanted)
    cluster.change("sharepoint-on-lync", mode=Mode.SUSPEND)
    cluster.change("lync-on-sharepoint", mode=Mode.OBSERVE)
    world.sharepoint.model.entries = tuple(
        entry for entry in world.sharepoint.model.entries if entry.identity != "Lync"
    )
    chinese = replace(values.server(Product.SHAREPOINT), hosts=("mail.example.tw",))
    key = replace(chinese.key, name="exchange-tw", uid="uid-tw")
    cluster.add_server(
        replace(
            chinese,
            key=key,
            product=Product.EXCHANGE,
            auth_metadata_url="https://autodiscover.example.tw/autodiscover/metadata/json/1",
        )
    )
    cluster.lose_secret("exchange-tw")
    lost = values.application(Product.LYNC, "lync-on-nowhere", server_name="nowhere")
    cluster.add(replace(lost, has_finalizer=False))
    _passes(world)


def _passes(world: World, count: int = 3) -> None:
    for _ in range(count):
        world.clock.instant += RESTART_AT
        for name in world.cluster.servers:
            world.run_pass(name)


def _sharepoint_on_lync() -> DesiredApplication:
    return values.application(
        Product.SHAREPOINT, "sharepoint-on-lync", server_name="lync", has_finalizer=False
    )


def _server(world: World, declared: DesiredServer) -> dict[str, Any]:
    return _stored(world, server_body(world, declared.key.name))


def _trust(world: World, declared: DesiredApplication) -> dict[str, Any]:
    spec: dict[str, Any] = {"serverRef": {"name": declared.server_name}, "mode": str(declared.mode)}
    partner = declared.partner
    if partner.server_name is not None:
        spec["partnerRef"] = {"name": partner.server_name}
    elif partner.behind_token_server:
        spec["partner"] = {
            "applicationIdentifier": partner.identifier,
            "tokenServer": {"authMetadataUrl": partner.auth_metadata_url},
        }
    else:
        spec["partner"] = {"product": partner.name, "authMetadataUrl": partner.auth_metadata_url}
    if declared.identity is not None:
        spec["identity"] = declared.identity
    test = declared.connectivity_test
    if isinstance(test, ConnectivityTest):
        spec["lync"] = {"connectivityTest": {"sipUri": test.sip_uri}}
    elif isinstance(test, ServiceTest):
        spec["exchange"] = {"connectivityTest": {"url": test.url, "mailbox": test.mailbox}}
    return _stored(world, application_body(world, declared, spec))


def _stored(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """With the API server's note of who wrote the status, and when."""
    written = f"{world.clock.instant:%Y-%m-%dT%H:%M:%SZ}"
    note = {"manager": FIELD_MANAGER, "subresource": "status", "time": written}
    notes = [note] if body["status"].get("conditions") else []
    return {
        "apiVersion": API_VERSION,
        **body,
        "metadata": {**body["metadata"], "managedFields": notes},
    }
