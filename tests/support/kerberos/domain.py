"""The whole simulated domain, reached by Kerberos, and the operator's operations on it; in a process of its own.

Tells the administrators and the hosts first, so that a realm can be made for them; works when a line comes.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from partner_operator.engine.ports import Credentials, RunFailed
from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.trust.model import Authentication, EntryKind, Product
from partner_operator.trust.plan import Change, Difference, Field
from partner_operator.trust.status import ChangeKind
from partner_simulator.simulation import Simulation
from partner_simulator.wsman import ChannelBinding, Tally, WsmanSettings
from support.operated_domain import declared_server, logon, names_of, remotely
from support.pwsh import find_pwsh
from support.trust import worlds as trust_worlds
from support.trust.worlds import EXCHANGE_URL, LYNC_URL

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
    with simulation, names_of(simulation):
        _say(asyncio.run(_work(simulation)))


async def _work(simulation: Simulation) -> dict[str, Any]:
    kerberos = Authentication.KERBEROS
    exchange = declared_server(simulation, Product.EXCHANGE, authentication=kerberos)
    credentials = _logon(simulation, Product.EXCHANGE)
    operations = ExchangeOperations(remotely)
    urls = (EXCHANGE_URL, LYNC_URL)
    host = exchange.hosts[0]
    empty = await operations.on(exchange, credentials, host).observe(urls, None)
    change = Change(
        ChangeKind.REGISTER,
        trust_worlds.application(Product.LYNC).key,
        None,
        (Difference(Field.ENTRY, "", ""),),
        needs_restart=True,
    )
    application = trust_worlds.application(Product.LYNC)
    await operations.on(exchange, credentials, empty.host).apply(empty, change, application)
    seen = await operations.on(exchange, credentials, host).observe(urls, empty.domain_controller)
    front_ends = declared_server(simulation, Product.LYNC, authentication=kerberos)
    lync = _logon(simulation, Product.LYNC)
    try:
        await LyncOperations(remotely).on(front_ends, lync, front_ends.hosts[0]).observe(urls, None)
        refused = ""
    except RunFailed as failure:
        refused = failure.obstacle.message
    return {
        "incomplete": [empty.incomplete, seen.incomplete],
        "partners": [
            entry.metadata_url for entry in seen.entries if entry.kind is EntryKind.OWN_KEYS
        ],
        "lync": refused,
        "accepted": simulation.counters.count(Tally.LOGONS_ACCEPTED),
        "rejected": simulation.rejected_logons(),
        "shells": len(simulation.open_shells()),
        "schemes": sorted({record.scheme for record in simulation.counters.requests()}),
    }


def _logon(simulation: Simulation, product: Product) -> Credentials:
    """With the name as Kerberos writes it."""
    known = logon(simulation, product)
    return replace(known, username=f"{known.username.partition(chr(92))[2]}@{REALM}")


def _say(value: Any) -> None:
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    main()
