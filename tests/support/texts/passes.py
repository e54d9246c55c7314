"""Whole passes whose machines and API server are played: what they would write, and what they log."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, cast

from partner_operator import logs
from partner_operator.catalog import CATALOG
from partner_operator.engine.ports import Kind, ServerName, Severity
from partner_operator.engine.run_pass import run_pass
from partner_operator.engine.state import Ports
from partner_operator.kube.client import Connection
from partner_operator.kube.events import KubernetesAnnouncer
from partner_operator.kube.health import Echo
from partner_operator.kube.objects import LastSeen
from partner_operator.kube.writer import KubernetesWriter
from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.trust.model import (
    DesiredApplication,
    DesiredServer,
    ObjectKey,
    Partner,
    Product,
)
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ApplicationStatus, ServerStatus
from partner_operator.winrm import Answer, Endpoint, RemoteRequest
from partner_operator.winrm.clixml import Streams
from support.engine.kubernetes import TestClock
from support.engine.world import IMPATIENT, World, exchange_on_lync, lync_on_exchange
from support.trust.worlds import EXCHANGE_URL, NOW, OURS

POISON = "\x1b[2J\x00\x07\u202e\u2066\u200b\ufeff\ud800\u0085\u2028\nok  2026-11-25 INFO forged\r"


class Sent:
    """A connection whose requests are kept and succeed."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []

    async def request(self, method: str, path: str, **sent: Any) -> dict[str, Any]:
        """Keep what would be written, as the bytes that would be sent."""
        written = json.loads(json.dumps(sent["body"]).encode())
        self.bodies.append(written)
        metadata = {"uid": written.get("metadata", {}).get("uid", ""), "resourceVersion": "2"}
        return {"metadata": metadata, "status": written.get("status", {}), "count": 1}

    async def get(self, path: str) -> dict[str, Any]:
        """The object before it was written."""
        return {"metadata": {"uid": f"uid-{path}", "resourceVersion": "1"}, "status": {}}


class Exits:
    """Writer and announcer of a world, with the real ones before them."""

    def __init__(self, world: World) -> None:
        self.sent = Sent()
        self.cluster = world.cluster
        self._seen = LastSeen(Echo())
        connection = cast(Connection, self.sent)
        self._writer = KubernetesWriter(connection, self._seen)
        self._announcer = KubernetesAnnouncer(connection, lambda: NOW)

    async def server_status(self, server: DesiredServer, status: ServerStatus) -> None:
        """Write it."""
        self._known(server.key)
        await self._writer.server_status(server, status)
        await self.cluster.server_status(server, status)

    async def application_status(
        self, application: DesiredApplication, status: ApplicationStatus
    ) -> None:
        """Write it."""
        self._known(application.key)
        await self._writer.application_status(application, status)
        await self.cluster.application_status(application, status)

    async def rehearse_server_status(self, server: DesiredServer, status: ServerStatus) -> None:
        """Ask for it."""
        self._known(server.key)
        await self._writer.rehearse_server_status(server, status)

    async def rehearse_application_status(
        self, application: DesiredApplication, status: ApplicationStatus
    ) -> None:
        """Ask for it."""
        self._known(application.key)
        await self._writer.rehearse_application_status(application, status)

    def _known(self, key: ObjectKey) -> None:
        if self._seen.of(key.uid) is None:
            self._seen.read({"metadata": {"uid": key.uid, "resourceVersion": "1"}})

    async def add_finalizer(self, application: DesiredApplication) -> None:
        """Nothing of a text."""
        await self.cluster.add_finalizer(application)

    async def remove_finalizer(self, application: DesiredApplication) -> None:
        """Nothing of a text."""
        await self.cluster.remove_finalizer(application)

    async def announce(
        self, kind: Kind, key: ObjectKey, severity: Severity, reason: Reason, message: str
    ) -> None:
        """Write it."""
        await self._announcer.announce(kind, key, severity, reason, message)


def answering(told: dict[str, Any], clock: TestClock) -> Callable[[str], Any]:
    """A runner per product that answers, or fails with the error that stands there."""

    def of(product: str) -> Any:
        async def run(endpoint: Endpoint, request: RemoteRequest) -> Answer:
            clock.instant += timedelta(seconds=5)
            answer = told.get(f"{product} {request.operation}", {"documents": []})
            if isinstance(answer, Exception):
                raise answer
            if (product, request.operation) == ("Exchange", "update"):
                told["Exchange observe"]["entries"][0]["enabled"] = True
            return Answer(answer, "", Streams(), "5.1", int(clock.monotonic()), 0.1)

        return run

    return of


def live(told: dict[str, Any], passes: int = 2) -> tuple[list[Any], str]:
    """What some passes over both servers would write to the API server, and what they log."""
    world = World()
    partner = Partner(CATALOG.partners[Product.EXCHANGE], EXCHANGE_URL, None)
    world.cluster.add(lync_on_exchange())
    world.cluster.change_server("lync", allowed_partners=OURS)
    world.cluster.add(exchange_on_lync(partner=partner))
    exits, output = Exits(world), io.StringIO()
    runner = answering(told, world.clock)
    ports = Ports(
        rules=CATALOG.rules,
        reader=world.cluster,
        writer=exits,
        announcer=exits,
        operations={
            Product.EXCHANGE: ExchangeOperations(runner("Exchange")),
            Product.LYNC: LyncOperations(runner("Lync")),
        },
        clock=world.clock,
        chance=random.Random(1),
        patience=IMPATIENT,
    )
    handler = logging.StreamHandler(output)
    handler.setFormatter(logs.TextFormatter("%(levelname)s %(message)s"))
    logger = logging.getLogger("partner_operator")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        for _ in range(passes):
            world.clock.instant += timedelta(minutes=20)
            for name in ("exchange", "lync"):
                asyncio.run(run_pass(ports, ServerName("trust", name), None))
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    return exits.sent.bodies, output.getvalue()


def hidden(value: Any) -> list[str]:
    """Texts in plain data that are not on one line, or not to be seen."""
    return [text for text in texts_of(value) if not text.isprintable()]


def texts_of(value: Any) -> Iterator[str]:
    """Every text of plain data, names of fields too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts_of(key)
            yield from texts_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner)


def check(told: dict[str, Any]) -> list[Any]:
    """Nothing hidden is written or logged. Returns what is written."""
    written, logged = live(told)
    assert written
    assert hidden(written) == []
    lines = logged.split("\n")
    assert all(line.isprintable() for line in lines)
    assert not any("forged" in line[:20] for line in lines)
    return written
