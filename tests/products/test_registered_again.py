"""Registered, removed, registered again, on a real PowerShell in every world of the guesses about it (C31)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.trust.model import DesiredApplication, Entry, EntryKind, Observed, Product
from partner_operator.trust.plan import Change, Difference, Field
from partner_operator.trust.status import ChangeKind
from partner_simulator.simulation import Simulation
from partner_simulator.world.switches import Name, Switches
from support.operated_domain import declared_server, logon, names_of, remotely
from support.pwsh import find_pwsh
from support.trust import worlds as trust_worlds
from support.trust.worlds import EXCHANGE_URL, LYNC_URL

pytestmark = pytest.mark.pwsh

WORLDS: dict[str, dict[Name, Any]] = {
    "default": {},
    "values are objects": {Name.IMPORTED_VALUES: "object"},
    "values are objects, names random": {
        Name.IMPORTED_VALUES: "object",
        Name.ASSIGNMENT_NAME: "random",
        Name.ENUM_FORM: "text",
    },
    "names random, second entries refused": {
        Name.ASSIGNMENT_NAME: "random",
        Name.DUPLICATES_REJECTED: True,
    },
}


@pytest.fixture(scope="module", params=WORLDS.values(), ids=list(WORLDS))
def simulation(request: pytest.FixtureRequest) -> Iterator[Simulation]:
    with Simulation(pwsh=find_pwsh(), switches=Switches(request.param)) as running:
        yield running


class Side:
    """An Exchange and what is done on it."""

    def __init__(self, simulation: Simulation) -> None:
        self.operations = ExchangeOperations(remotely)
        self.server = declared_server(simulation, Product.EXCHANGE)
        self.credentials = logon(simulation, Product.EXCHANGE)

    async def observe(self) -> Observed:
        urls = (EXCHANGE_URL, LYNC_URL)
        host = self.server.hosts[0]
        return await self.operations.on(self.server, self.credentials, host).observe(urls, None)

    async def do(self, kind: ChangeKind, entry: Entry | None, **declared: Any) -> str | None:
        seen = await self.observe()
        desired: DesiredApplication = trust_worlds.application(Product.LYNC, **declared)
        differences = (Difference(Field.ENTRY, "", ""),)
        change = Change(kind, desired.key, entry, differences, needs_restart=True)
        return await self.operations.on(self.server, self.credentials, seen.host).apply(
            seen, change, desired
        )

    async def ours(self) -> list[Entry]:
        return [
            entry for entry in (await self.observe()).entries if entry.kind is EntryKind.OWN_KEYS
        ]


async def test_registered_removed_and_registered_again(simulation: Simulation) -> None:
    """The account stays with its roles, none of which is given twice; the second entry is another one."""
    with names_of(simulation):
        side = Side(simulation)
        first = await side.do(ChangeKind.REGISTER, None)
        [entry] = await side.ours()
        assert entry.reference == first
        assert entry.linked_account is not None
        await side.do(ChangeKind.REMOVE, replace(entry, application_identifier="another"))
        assert await side.ours() == [entry], "what became another partner's is not removed"
        await side.do(ChangeKind.REMOVE, entry)
        assert await side.ours() == []
        second = await side.do(ChangeKind.REGISTER, None, identity="Again")
        [again] = await side.ours()
        assert again.reference == second != first
        assert again.identity == "Again"
        assert again.linked_account == entry.linked_account
        assert (again.enabled, again.accepts_security_identifiers) == (True, True)
        assert again.thumbprints == entry.thumbprints
        given = [write.what for write in simulation.writes() if "RoleAssignment" in write.what]
        assert len(given) == len(entry.linked_account.roles)
        await side.do(ChangeKind.REMOVE, entry)
        assert await side.ours() == [again], "the Guid of an entry never comes back"
