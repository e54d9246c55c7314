"""The whole simulated domain, reached by Kerberos, and the operator's operations on it; in a process of its own.

Tells the administrators and the hosts first, so that a realm can be made for them; works when a line comes.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from partner_operator import winrm
from partner_operator.engine.ports import Credentials, OperationFailed
from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.trust.model import Authentication, DesiredServer, Product
from partner_operator.trust.plan import Change, Difference, Field
from partner_operator.trust.status import ChangeKind
from partner_operator.winrm import Answer, Endpoint, RemoteRequest
from partner_simulator.simulation import Simulation
from partner_simulator.wsman import ChannelBinding, Tally, WsmanSettings
from support import trust_worlds
from support.pwsh import find_pwsh
from support.trust_worlds import EXCHANGE_URL, LYNC_URL

REALM = "LITWAREINC.COM"
_SETTINGS = WsmanSettings(
    offered_schemes=("Negotiate", "Kerberos", "CredSSP"), channel_binding=ChannelBinding.STRICT
)


def main() -> None:
    """Tell, wait, work, tell."""
    keytab = Path(json.loads(sys.stdin.readline())["keytab"])
    simulation = Simulation(find_pwsh(), settings=replace(_SETTINGS, kerberos_keytab=keytab))
    accounts = simulation.credentials()
    _say({"accounts": accounts, "hosts": list(simulation.domain.machines)})
    sys.stdin.readline()
    with simulation:
        _name(simulation)
        _say(asyncio.run(_work(simulation)))


async def _work(simulation: Simulation) -> dict[str, Any]:
    (exchange_user, exchange_password), (lync_user, lync_password) = simulation.credentials()
    exchange = _server(Product.EXCHANGE, simulation, simulation.exchange_hosts())
    credentials = Credentials(_principal(exchange_user), exchange_password, "digest")
    operations = ExchangeOperations(_remotely)
    urls = (EXCHANGE_URL, LYNC_URL)
    host = exchange.hosts[0]
    empty = await operations.observe(exchange, credentials, host, urls, None)
    change = Change(
        ChangeKind.REGISTER,
        trust_worlds.application(Product.LYNC).key,
        None,
        (Difference(Field.ENTRY, "", ""),),
        needs_restart=True,
    )
    application = trust_worlds.application(Product.LYNC)
    await operations.apply(exchange, credentials, empty, change, application)
    seen = await operations.observe(exchange, credentials, host, urls, empty.domain_controller)
    front_ends = _server(Product.LYNC, simulation, simulation.front_ends())
    lync = Credentials(_principal(lync_user), lync_password, "digest")
    try:
        await LyncOperations(_remotely).observe(front_ends, lync, front_ends.hosts[0], urls, None)
        refused = ""
    except OperationFailed as failure:
        refused = failure.message
    return {
        "incomplete": [empty.incomplete, seen.incomplete],
        "partners": [entry.metadata_url for entry in seen.entries if not entry.use_auth_server],
        "lync": refused,
        "accepted": simulation.counters.count(Tally.LOGONS_ACCEPTED),
        "rejected": simulation.rejected_logons(),
        "shells": len(simulation.open_shells()),
        "schemes": sorted({record.scheme for record in simulation.counters.requests()}),
    }


def _server(product: Product, simulation: Simulation, hosts: list[str]) -> DesiredServer:
    return replace(
        trust_worlds.server(product),
        hosts=tuple(hosts),
        ca_bundle=simulation.ca_pem,
        authentication=Authentication.KERBEROS,
    )


def _principal(user: str) -> str:
    return f"{user.partition(chr(92))[2]}@{REALM}"


async def _remotely(endpoint: Endpoint, request: RemoteRequest) -> Answer:
    return await asyncio.to_thread(winrm.run, endpoint, request)


def _name(simulation: Simulation) -> None:
    """The domain's names lead to loopback."""
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *more: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        where: Any = simulation.names().get(name, {}).get(str(port), (host, port))
        return real(where[0], where[1], *more, **options)

    socket.getaddrinfo = getaddrinfo


def _say(value: Any) -> None:
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    main()
