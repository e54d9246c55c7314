"""The whole simulated domain as the operator sees it from inside one process: names, logons, servers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from partner_operator import winrm
from partner_operator.engine.ports import Credentials
from partner_operator.trust.model import Authentication, DesiredServer, Product
from partner_operator.winrm import Answer, Channels, Endpoint, RemoteRequest
from partner_simulator.simulation import Simulation
from support.trust import worlds as trust_worlds
from support.trust.worlds import OURS
from support.waiting import eventually

WINRM = 5986
_CLOSED = ("127.0.0.1", 1)
_HOLD = """
[IO.File]::WriteAllText($Request.began, 'x')
while (-not [IO.File]::Exists($Request.over)) { Start-Sleep -Milliseconds 20 }
@{ length = $Secrets.password.Length }
"""


def leading_to(simulation: Simulation) -> Callable[..., Any]:
    """A `getaddrinfo` to which the domain's names are loopback: a port that nobody has refuses, and so on.

    The same rules as partner_simulator.names, but what changes in the simulation is seen at once.
    """
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *more: Any, **options: Any) -> Any:
        name = host.decode("ascii") if isinstance(host, bytes) else str(host)
        if not name.lower().endswith(".litwareinc.com"):
            return real(host, port, *more, **options)
        known = simulation.names().get(name.lower())
        if known is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        address: Any
        address, number = known.get(str(port), _CLOSED)
        return real(address, number, *more, **options)

    return getaddrinfo


@contextmanager
def names_of(simulation: Simulation) -> Iterator[None]:
    """While this lasts, the domain's names lead to loopback."""
    real = socket.getaddrinfo
    socket.getaddrinfo = leading_to(simulation)
    try:
        yield
    finally:
        socket.getaddrinfo = real


@contextmanager
def held(server: DesiredServer, credentials: Credentials, folder: Path) -> Iterator[Future[Answer]]:
    """While this lasts, a run that holds the password goes on on the first host; it tells the length."""
    began, over = folder / "began", folder / "over"
    request = RemoteRequest(
        "hold",
        _HOLD,
        {"began": str(began), "over": str(over)},
        {"password": credentials.password},
    )
    endpoint = Endpoint(
        server.hosts[0],
        server.port,
        "ntlm",
        credentials.username,
        credentials.password,
        server.ca_bundle,
    )
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(winrm.run, endpoint, request)
        try:
            eventually(lambda: began.exists() or running.done())
            yield running
        finally:
            over.touch()
            running.result()


async def remotely(
    endpoint: Endpoint, request: RemoteRequest, channels: Channels | None = None
) -> Answer:
    """As the composition root runs it."""
    return await asyncio.to_thread(winrm.run, endpoint, request, channels)


def declared_server(simulation: Simulation, product: Product, **changes: Any) -> DesiredServer:
    """The PartnerServer that the example would declare."""
    hosts = {
        Product.EXCHANGE: simulation.exchange_hosts,
        Product.LYNC: simulation.front_ends,
        Product.SHAREPOINT: simulation.sharepoint_hosts,
    }
    exchange = product is Product.EXCHANGE
    server = trust_worlds.server(
        product,
        hosts=tuple(hosts[product]()),
        port=WINRM,
        ca_bundle=simulation.ca_pem,
        authentication=Authentication.NTLM if exchange else Authentication.CREDSSP,
    )
    return replace(server, **changes)


def logon(simulation: Simulation, product: Product) -> Credentials:
    """The administrator's."""
    exchange, lync = simulation.credentials()
    known = {
        Product.EXCHANGE: exchange,
        Product.LYNC: lync,
        Product.SHAREPOINT: simulation.farm_credential(),
    }
    user, password = known[product]
    return Credentials(user, password, f"{product}-{password[:6]}", OURS)
