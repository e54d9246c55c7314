"""A script of the hybrid set-up comes by between the operator's look and its change: nothing that it did is undone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.products.exchange.operations import ExchangeOperations, ExchangeSession
from partner_operator.products.lync.operations import LyncOperations, LyncSession
from partner_operator.trust.model import Entry, EntryKind, Observed, Product
from partner_operator.trust.plan import Change, Difference, Field
from partner_operator.trust.status import ChangeKind
from partner_simulator.simulation import Simulation
from partner_simulator.world.objects import AuthServer, PartnerApplication
from support.embedded.lync_worlds import lync_trusts
from support.embedded.worlds import both, trusted
from support.operated_domain import declared_server, logon, names_of, remotely
from support.pwsh import find_pwsh
from support.trust import worlds as trust_worlds
from support.trust.worlds import EXCHANGE_URL, LYNC_URL

PARTNER = {Product.EXCHANGE: Product.LYNC, Product.LYNC: Product.EXCHANGE}
FIELDS = (
    *(Field.ENABLED, Field.METADATA_URL, Field.CERTIFICATES, Field.REALM, Field.IDENTITY),
    *(Field.TRUST_LEVEL, Field.ACCEPTS_SECURITY_IDENTIFIERS, Field.LINKED_ACCOUNT, Field.ROLES),
)


@pytest.fixture(params=["embedded", pytest.param("powershell", marks=pytest.mark.pwsh)])
def simulation(request: pytest.FixtureRequest) -> Iterator[Simulation]:
    pwsh = find_pwsh() if request.param == "powershell" else None
    with Simulation(pwsh=pwsh) as running, names_of(running):
        both(trusted(), lync_trusts())(running.domain)
        running.hybrid()
        yield running


def session_on(simulation: Simulation, product: Product) -> ExchangeSession | LyncSession:
    """On the first host."""
    server, credentials = declared_server(simulation, product), logon(simulation, product)
    if product is Product.LYNC:
        return LyncOperations(remotely).on(server, credentials, server.hosts[0])
    return ExchangeOperations(remotely).on(server, credentials, server.hosts[0])


async def look(simulation: Simulation, product: Product) -> Observed:
    """One observe run."""
    return await session_on(simulation, product).observe((EXCHANGE_URL, LYNC_URL), None)


async def change(simulation: Simulation, seen: Observed, kind: ChangeKind, entry: Entry) -> None:
    """What the operator would do next, whatever comes of it."""
    session = session_on(simulation, seen.product)
    wanted = trust_worlds.application(PARTNER[seen.product], identity="Another")
    differences = tuple(Difference(field, "", "") for field in FIELDS)
    await session.apply(seen, Change(kind, wanted.key, entry, differences, False), wanted)


def turn(simulation: Simulation, product: Product) -> None:
    """The entry on the premises gets its tokens from a token server from now on."""
    if product is Product.LYNC:
        simulation.run_hybrid_script_on_lync("Exchange")
    else:
        simulation.change_exchange_entry("Lync", use_auth_server=True, auth_metadata_url="")


def everything(simulation: Simulation) -> list[object]:
    """What both products trust, with all that directory and store keep of it."""
    directory, store = simulation.domain.directory, simulation.domain.cms.state
    return [
        *directory.find(PartnerApplication),
        *directory.find(AuthServer),
        *store.applications.items(),
        *store.oauth_servers.items(),
        store.configuration,
    ]


@pytest.mark.parametrize("product", [Product.EXCHANGE, Product.LYNC])
async def test_whatever_was_planned_leaves_the_entry_as_the_script_made_it(
    simulation: Simulation, product: Product
) -> None:
    seen = await look(simulation, product)
    [entry] = [each for each in seen.entries if each.kind is EntryKind.OWN_KEYS]
    turn(simulation, product)
    there = everything(simulation)
    await change(simulation, seen, ChangeKind.REMOVE, entry)
    assert everything(simulation) == there
    for kind in (ChangeKind.UPDATE, ChangeKind.RECREATE):
        if (product, kind) != (Product.EXCHANGE, ChangeKind.RECREATE):
            with pytest.raises(OperationFailed, match="made into another one meanwhile"):
                await change(simulation, seen, kind, entry)
            assert everything(simulation) == there
