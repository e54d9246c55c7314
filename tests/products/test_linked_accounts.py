"""The account that Exchange's entry acts with: in whatever domain of the forest it lives, and by roles that it can use.

In both worlds of what a named controller shows, and in both engines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.trust.model import (
    AllowedTokenServer,
    Entry,
    EntryKind,
    LinkedAccount,
    Observed,
    Product,
)
from partner_operator.trust.plan import Change, Difference, Field
from partner_operator.trust.status import ChangeKind
from partner_simulator.simulation import Simulation
from partner_simulator.world import names
from partner_simulator.world.objects import PartnerApplication, RoleAssignment, User
from partner_simulator.world.switches import Name, Switches
from support.embedded import worlds
from support.embedded.worlds import ACCOUNT, Arrange, both, of_no_use, trusted
from support.operated_domain import declared_server, logon, names_of, remotely
from support.pwsh import find_pwsh
from support.trust import worlds as trust_worlds
from support.trust.worlds import EXCHANGE_URL, LYNC_URL

ELSEWHERE = f"{names.CHILD_DOMAIN}/Users/{ACCOUNT}"
ROLES = ("ArchiveApplication", "UserApplication")


class Exchange:
    """One simulated Exchange, and what the operator does there."""

    def __init__(self, simulation: Simulation) -> None:
        self.directory = simulation.domain.directory
        self.operations = ExchangeOperations(remotely)
        self.server = declared_server(simulation, Product.EXCHANGE)
        self.credentials = logon(simulation, Product.EXCHANGE)

    async def look(self) -> Observed:
        """One observe run, on the first controller."""
        session = self.operations.on(self.server, self.credentials, self.server.hosts[0])
        return await session.observe((EXCHANGE_URL, LYNC_URL), names.DOMAIN_CONTROLLERS[0])

    async def do(self, kind: ChangeKind, *fields: Field) -> Entry:
        """A change of our entry, and how it looks afterwards."""
        seen = await self.look()
        entry = None if kind is ChangeKind.REGISTER else ours(seen)
        wanted = trust_worlds.application(Product.LYNC, identity="Lync")
        differences = tuple(Difference(field, "", "") for field in fields)
        change = Change(kind, wanted.key, entry, differences, needs_restart=True)
        session = self.operations.on(self.server, self.credentials, seen.host)
        await session.apply(seen, change, wanted)
        return ours(await self.look())

    def accounts(self) -> list[str]:
        """Where accounts of the name are."""
        return [user.domain for user in self.directory.find(User) if user.name == ACCOUNT]


def ours(seen: Observed) -> Entry:
    """The entry for Lync."""
    [found] = [entry for entry in seen.entries if entry.kind is EntryKind.OWN_KEYS]
    return found


WORLDS: dict[str, dict[Name, Any]] = {
    "a named controller shows its domain": {},
    "a named controller shows the forest": {Name.NAMED_CONTROLLER_SEES: "forest"},
    "controllers lag, any answers": {
        Name.DIRECTORY_LAG_SECONDS: 3600.0,
        Name.READS_ASK: "any",
        Name.NAMED_CONTROLLER_SEES: "forest",
    },
}


@pytest.fixture(params=["embedded", pytest.param("powershell", marks=pytest.mark.pwsh)])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=WORLDS.values(), ids=list(WORLDS))
def simulation(request: pytest.FixtureRequest, engine: str) -> Iterator[Simulation]:
    pwsh = find_pwsh() if engine == "powershell" else None
    with Simulation(pwsh=pwsh, switches=Switches(request.param)) as running, names_of(running):
        yield running


def arranged(simulation: Simulation, *arrangements: Arrange) -> Exchange:
    """The organisation after this."""
    both(*arrangements)(simulation.domain)
    return Exchange(simulation)


async def test_an_account_of_another_domain_is_found_linked_and_never_made_twice(
    simulation: Simulation,
) -> None:
    exchange = arranged(simulation, worlds.elsewhere)
    entry = await exchange.do(ChangeKind.REGISTER, Field.ENTRY)
    assert entry.linked_account is not None
    assert entry.linked_account.canonical_name == ELSEWHERE
    assert entry.linked_account.roles == ROLES
    assert exchange.accounts() == [names.CHILD_DOMAIN]
    # Somebody takes the link away, then a role.
    [stored] = [e for e in exchange.directory.find(PartnerApplication) if not e.use_auth_server]
    exchange.directory.write(replace(stored, linked_account=None))
    assert ours(await exchange.look()).linked_account is None
    entry = await exchange.do(ChangeKind.UPDATE, Field.LINKED_ACCOUNT, Field.ROLES)
    assert entry.linked_account is not None
    assert entry.linked_account.canonical_name == ELSEWHERE
    for assignment in exchange.directory.find(RoleAssignment):
        exchange.directory.delete(assignment)
    entry = await exchange.do(ChangeKind.UPDATE, Field.ROLES)
    assert entry.linked_account is not None
    assert entry.linked_account.roles == ROLES
    assert exchange.accounts() == [names.CHILD_DOMAIN]


async def test_of_two_accounts_nobody_can_tell_and_no_third_is_made(simulation: Simulation) -> None:
    exchange = arranged(simulation, worlds.in_two_domains)
    with pytest.raises(OperationFailed, match="several accounts named"):
        await exchange.do(ChangeKind.REGISTER, Field.ENTRY)
    assert names.DOMAIN not in exchange.accounts()


async def test_a_mailbox_of_another_domain_with_that_name_is_told() -> None:
    """The shipped script would not see it, and make the account beside it."""
    with Simulation(pwsh=None) as simulation, names_of(simulation):
        exchange = arranged(simulation, worlds.mailbox_elsewhere)
        with pytest.raises(OperationFailed, match="cannot be linked, so nothing was made"):
            await exchange.do(ChangeKind.REGISTER, Field.ENTRY)
        assert exchange.accounts() == [names.CHILD_DOMAIN]


async def test_roles_are_told_apart_where_enums_are_numbers() -> None:
    """The cmdlet is asked for those that count, so that nobody need know the numbers."""
    switches = Switches({Name.ENUM_FORM: "number"})
    with Simulation(pwsh=None, switches=switches) as simulation, names_of(simulation):
        exchange = arranged(simulation, of_no_use(delegating=True))
        account = ours(await exchange.look()).linked_account
        assert account is not None
        assert account.roles == ()


@pytest.mark.parametrize("useless", [{"enabled": False}, {"delegating": True}])
async def test_only_roles_that_it_can_use_count(
    simulation: Simulation, useless: dict[str, bool]
) -> None:
    """Disabled ones, and those that only let it delegate; they stay as they are beside the new ones."""
    exchange = arranged(simulation, of_no_use(**useless))
    seen = ours(await exchange.look())
    assert seen.linked_account is not None
    assert seen.linked_account.roles == ()
    before = exchange.directory.find(RoleAssignment)
    entry = await exchange.do(ChangeKind.UPDATE, Field.ROLES)
    assert entry.linked_account is not None
    assert entry.linked_account.roles == ROLES
    after = exchange.directory.find(RoleAssignment)
    assert [known for known in after if known in before] == before
    await exchange.do(ChangeKind.UPDATE, Field.ROLES)
    assert exchange.directory.find(RoleAssignment) == after


async def test_an_account_that_the_controller_knows_to_be_gone_is_gone(
    simulation: Simulation,
) -> None:
    """Another controller may show it for a while: of its own domain the named one is right."""
    exchange = arranged(simulation, trusted())
    [old] = [user for user in exchange.directory.find(User) if user.name == ACCOUNT]
    exchange.directory.delete(old, names.DOMAIN_CONTROLLERS[0])
    assert ours(await exchange.look()).linked_account is None
    entry = await exchange.do(ChangeKind.UPDATE, Field.LINKED_ACCOUNT, Field.ROLES)
    assert entry.linked_account is not None
    [made] = [
        user
        for user in exchange.directory.find(User, names.DOMAIN_CONTROLLERS[0])
        if user.name == ACCOUNT
    ]
    assert made.guid != old.guid


@pytest.mark.parametrize("declared", [ELSEWHERE, ACCOUNT])
async def test_an_application_behind_a_token_server_acts_with_an_account_of_another_domain(
    simulation: Simulation, declared: str
) -> None:
    """A controller that shows its own domain alone makes the entry; who knows the account links it."""
    exchange = arranged(simulation, worlds.elsewhere)
    simulation.trust_token_server("STS")
    line = AllowedTokenServer(names.TOKEN_SERVER, linked_accounts=(declared, "Nobody"))
    exchange.server = replace(exchange.server, allowed_token_servers=(line,))
    seen = await exchange.look()
    assert seen.accounts == {declared: 1, "Nobody": 0}
    wanted = trust_worlds.hr(url=names.TOKEN_SERVER_METADATA_URL, linked_account=declared)

    async def do(kind: ChangeKind, field: Field) -> Entry:
        seen = await exchange.look()
        entry = behind(seen) if kind is ChangeKind.UPDATE else None
        change = Change(kind, wanted.key, entry, (Difference(field, "", ""),), needs_restart=True)
        session = exchange.operations.on(exchange.server, exchange.credentials, seen.host)
        await session.apply(seen, change, wanted)
        found = behind(await exchange.look())
        assert found is not None
        return found

    assert (await do(ChangeKind.REGISTER, Field.ENTRY)).linked_account == LinkedAccount(
        ELSEWHERE, ()
    )
    simulation.change_exchange_entry(wanted.partner.name, linked_account=None)
    simulation.domain.directory.settle()
    assert (await do(ChangeKind.UPDATE, Field.LINKED_ACCOUNT)).linked_account == LinkedAccount(
        ELSEWHERE, ()
    )


def behind(seen: Observed) -> Entry | None:
    """The entry for the HR application."""
    found = [entry for entry in seen.entries if entry.application_identifier == trust_worlds.HR]
    return found[0] if found else None
