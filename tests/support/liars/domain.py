"""The whole simulated domain whose servers lie on the wire, and an engine in front of it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import random
import re
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from partner_operator.catalog import CATALOG
from partner_operator.engine.ports import ServerName
from partner_operator.engine.run_pass import run_pass
from partner_operator.engine.state import Ports
from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.trust.conditions import find
from partner_operator.trust.model import Product
from partner_operator.trust.reasons import ConditionType, Reason
from partner_simulator.ports import CommandEngine, Output, RunningCommand, Session
from partner_simulator.powershell import PowerShellEngine
from partner_simulator.simulation import Simulation
from support.engine.crash import Crash
from support.engine.kubernetes import Cluster, TestClock
from support.engine.world import IMPATIENT, LYNC_ON_EXCHANGE, lync_on_exchange
from support.operated_domain import declared_server, leading_to, logon, remotely
from support.pwsh import find_pwsh
from support.trust import worlds as trust_worlds

Lie = Callable[[bytes, bytes], bytes]
"""From the whole standard output and the standard input of a run to what is sent instead."""
_FRAME = re.compile(rb"PO1\[\d+:[0-9a-f]{64}:([A-Za-z0-9+/=]+)\]PO1")
_REQUEST = re.compile(rb"PO1<\d+:[0-9a-f]{64}:([A-Za-z0-9+/=]+)>PO1")


class LyingEngine:
    """Runs everything truly; what is told of it goes through `lie` first."""

    def __init__(self, engine: CommandEngine) -> None:
        """`engine` does the work and belongs to this one."""
        self.lie: Lie | None = None
        self.told = 0
        """How many lies were told."""
        self._engine = engine

    def start(self, session: Session, command_line: str) -> RunningCommand:
        """Start, to be lied about."""
        return _Command(self, self._engine.start(session, command_line))

    def close(self) -> None:
        """End all processes."""
        self._engine.close()


class _Command:
    """Keeps standard output back until the end."""

    def __init__(self, engine: LyingEngine, command: RunningCommand) -> None:
        self.terminate = command.terminate
        self._engine, self._command = engine, command
        self._stdin = self._stdout = b""

    def write_stdin(self, data: bytes, *, end: bool) -> None:
        """Pass on and remember."""
        self._stdin += data
        self._command.write_stdin(data, end=end)

    def read(self, timeout_seconds: float) -> Output:
        """Nothing on standard output before the end, and then perhaps something else."""
        output = self._command.read(timeout_seconds)
        self._stdout += output.stdout
        if output.exit_code is None:
            return replace(output, stdout=b"")
        said, self._stdout = self._stdout, b""
        if self._engine.lie is not None:
            truth, said = said, self._engine.lie(said, self._stdin)
            self._engine.told += said != truth
        return replace(output, stdout=said)


def framed(document: dict[str, Any]) -> bytes:
    """A frame with the right length and digest: a liar knows how."""
    payload = json.dumps(document).encode("ascii")
    digest = hashlib.sha256(payload).hexdigest()
    return f"PO1[{len(payload)}:{digest}:{base64.b64encode(payload).decode()}]PO1".encode()


def altering(change: Callable[[dict[str, Any]], None]) -> Lie:
    """Changes the document of an answer to observe in place, and seals it again."""

    def lie(stdout: bytes, stdin: bytes) -> bytes:
        def sealed(found: re.Match[bytes]) -> bytes:
            document = json.loads(base64.b64decode(found[1]))
            if "entries" in (document.get("data") or {}):
                change(document)
            return framed(document)

        return _FRAME.sub(sealed, stdout)

    return lie


def operation_of(stdin: bytes) -> str:
    """The script that a request brings, to tell operations apart by what they call."""
    found = _REQUEST.search(stdin)
    assert found is not None
    return str(json.loads(base64.b64decode(found[1]))["script"])


class Domain:
    """Simulation, liar, cluster and engine."""

    liar: LyingEngine

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        """`patch` lets names lead to loopback, and puts the liar between wire and PowerShell."""

        def between(*what: Any, **how: Any) -> LyingEngine:
            self.liar = LyingEngine(PowerShellEngine(*what, **how))
            return self.liar

        patch.setattr("partner_simulator.simulation.PowerShellEngine", between)
        self.simulation = Simulation(pwsh=find_pwsh())
        self.simulation.start()
        patch.setattr(socket, "getaddrinfo", leading_to(self.simulation))
        self.declare()

    def declare(self) -> None:
        """A fresh cluster in which both directions are declared; nothing is remembered."""
        self.clock = TestClock(datetime.now(UTC).replace(microsecond=0))
        self.cluster = Cluster(Crash())
        for product in (Product.EXCHANGE, Product.LYNC):
            server = declared_server(self.simulation, product)
            known = logon(self.simulation, product)
            self.cluster.credentials_by_server[server.key.name] = known
            self.cluster.add_server(server)
        self.cluster.add(lync_on_exchange())
        self.cluster.add(trust_worlds.application(Product.EXCHANGE, EXCHANGE, server_name="lync"))

    def run_pass(self, server: str) -> None:
        """One pass, by an operator that remembers only what the cluster holds."""
        ports = Ports(
            rules=CATALOG.rules,
            reader=self.cluster,
            writer=self.cluster,
            announcer=self.cluster,
            operations={
                Product.EXCHANGE: ExchangeOperations(remotely),
                Product.LYNC: LyncOperations(remotely),
            },
            clock=self.clock,
            chance=random.Random(1),
            patience=IMPATIENT,
        )
        asyncio.run(run_pass(ports, ServerName("trust", server), None))
        self.clock.instant = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)

    def said_of(self, server: str) -> tuple[Reason, str]:
        """Reason and message of the server's Ready condition."""
        status = self.cluster.server_statuses[self.cluster.servers[server].key.uid]
        ready = find(status.conditions, ConditionType.READY)
        assert ready is not None
        return ready.reason, ready.message

    def said_of_application(self, server: str) -> tuple[Reason, str]:
        """Reason and message of the Ready condition of the application on this server."""
        ready = find(self.cluster.status(APPLICATIONS[server]).conditions, ConditionType.READY)
        assert ready is not None
        return ready.reason, ready.message


EXCHANGE = "exchange-on-lync"
APPLICATIONS = {"exchange": LYNC_ON_EXCHANGE, "lync": EXCHANGE}
