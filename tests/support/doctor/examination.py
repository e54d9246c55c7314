"""The doctor, run over the simulated domain as the command does it, but for the API server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from partner_operator.catalog import CATALOG
from partner_operator.doctor.challenge import hear
from partner_operator.doctor.facts import Shell, Way
from partner_operator.doctor.probe import probe
from partner_operator.doctor.report import Output, conclude
from partner_operator.doctor.run import examine
from partner_operator.engine.clock import SystemClock
from partner_operator.engine.ports import (
    Clock,
    Credentials,
    DeclaredApplication,
    DeclaredServer,
    ServerName,
)
from partner_operator.products.remote import Runner
from partner_operator.trust.model import DesiredServer, Product
from partner_operator.trust.status import ApplicationStatus, ServerStatus
from partner_operator.winrm import Answer, Endpoint, RemoteRequest
from partner_simulator.simulation import Simulation
from support.engine.world import exchange_on_lync, exchange_on_sharepoint, lync_on_exchange
from support.operated_domain import declared_server, held, logon, remotely
from support.products.answers import OPERATIONS

_DECLARED = {
    Product.EXCHANGE: lync_on_exchange,
    Product.LYNC: exchange_on_lync,
    Product.SHAREPOINT: exchange_on_sharepoint,
}


@dataclass(frozen=True, slots=True)
class Told:
    """What the doctor printed, both ways, and its exit code."""

    text: str
    checks: list[dict[str, Any]]
    code: int

    def crosses(self) -> list[tuple[str, str]]:
        """Short host name and check of each cross."""
        return [
            (check["host"].partition(".")[0], check["name"])
            for check in self.checks
            if check["ok"] is False
        ]

    def cross(self) -> dict[str, Any]:
        """The first cross."""
        return next(check for check in self.checks if check["ok"] is False)

    def unreached(self) -> set[str]:
        """Checks that were not reached anywhere."""
        return {check["name"] for check in self.checks if check["ok"] is None}


@dataclass
class _Declared:
    """Kubernetes with one server in it, read only."""

    server_object: DeclaredServer
    logon: Credentials

    async def server(self, name: ServerName) -> DeclaredServer | None:
        return self.server_object

    async def again(self, server: DesiredServer) -> DeclaredServer:
        raise AssertionError("the doctor looks once")

    async def credentials(self, server: DesiredServer) -> Credentials:
        return self.logon

    async def unserved(self) -> Sequence[DeclaredApplication]:
        raise AssertionError("the doctor looks at one server")


@dataclass
class Patient:
    """One server to examine: change what is declared, then `ask`."""

    simulation: Simulation
    product: Product
    declared: DesiredServer = field(init=False)
    credentials: Credentials = field(init=False)
    clock: Clock = field(default_factory=SystemClock)
    runner: Runner = remotely
    patience: float = 60.0
    """Seconds that runs wait for a host's mutex; other simulations of this machine share it."""
    bits: int | None = None
    """What hosts say of their PowerShell instead of the truth."""

    def __post_init__(self) -> None:
        self.declared = declared_server(self.simulation, self.product)
        self.credentials = logon(self.simulation, self.product)

    def declare(self, **changes: Any) -> None:
        """`kubectl apply` of a change of the PartnerServer."""
        self.declared = replace(self.declared, **changes)

    def one_host(self, host: str | None = None) -> None:
        """Only one host is listed, this one or the first."""
        self.declare(hosts=(host or self.declared.hosts[0],))

    def ask(self) -> Told:
        """Run the doctor. Text and JSON must tell the same."""
        facts = asyncio.run(self._examine())
        name = ServerName("trust", self.declared.key.name)
        text, code = conclude(name, facts, Output.TEXT)
        document, same_code = conclude(name, facts, Output.JSON)
        assert code == same_code
        read = json.loads(document)
        assert read["ok"] is (code == 0)
        return Told(text, read["checks"], code)

    async def _examine(self) -> Any:
        wanted = DeclaredApplication(_DECLARED[self.product](), ApplicationStatus())
        shells: dict[str, Shell] = {}

        async def runner(endpoint: Endpoint, request: RemoteRequest) -> Answer:
            hurried = replace(request, mutex_wait_seconds=self.patience)
            answer = await self.runner(endpoint, hurried)
            shells[endpoint.host] = Shell(answer.powershell_version, self.bits or answer.bits)
            return answer

        def way_to(server: DesiredServer, host: str) -> Way:
            return probe(host, server.port, server.ca_bundle)

        return await examine(
            ServerName("trust", self.declared.key.name),
            reader=_Declared(
                DeclaredServer(self.declared, ServerStatus(), (wanted,)), self.credentials
            ),
            operations={product: made(runner) for product, made in OPERATIONS.items()},
            prober=way_to,
            catalog=CATALOG,
            listener=lambda server, host, path: hear(host, path, server.ca_bundle),
            shells=shells,
            clock=self.clock,
        )


def mutex_held(patient: Patient, folder: Path) -> AbstractContextManager[Future[Answer]]:
    """Another run of the operator is at work on the first host while this lasts."""
    return held(patient.declared, patient.credentials, folder)
